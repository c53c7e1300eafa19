import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { VirtualClock } from "../../../board/simulator";
import { board, closeBoards, run, until } from "./boards";
import { ScriptedServer } from "./scripted_server";
import { startTlsServers } from "./tls_servers";

afterEach(closeBoards);

describe("pins", () => {
  test("are written, read and remembered", async () => {
    const one = board();
    one.run(`digitalWrite(D2, 1); D4.set(); D4.reset(); pinMode(D5, "input_pullup"); analogWrite(D6, 0.5); LED1.toggle();
      print(digitalRead(D2), D4.read(), D5.getMode(), "" + D5, D5 instanceof Pin, new Pin(5) === D5);`);
    expect(one.printed).toEqual(["0 false input_pullup D5 true true"]);
    expect(one.hardware.actions).toEqual([
      { device: "D2", action: "write", value: true },
      { device: "D4", action: "write", value: true },
      { device: "D4", action: "write", value: false },
      { device: "D5", action: "mode", value: "input_pullup" },
      { device: "D6", action: "analogWrite", value: 0.5 },
      { device: "D2", action: "write", value: false },
    ]);
  });

  test("several at once are the bits of a number", async () => {
    expect(await run("digitalWrite([D2, D4, D5], 0b101); print(digitalRead([D2, D4, D5]), D4.read())")).toEqual([
      "5 false",
    ]);
  });

  test("what is wrong is refused as on the board", async () => {
    const script = [
      "digitalWrite('x', 1)",
      "pinMode(D2, 'x')",
      "setWatch(5, D2)",
      "clearWatch(7)",
      "clearWatch(undefined)",
    ];
    expect(await run(script.map((one) => `try { ${one} } catch (e) { print(e.message) }`).join(";"))).toEqual([
      "Invalid pin",
      "Unknown pin mode",
      "Function or String not supplied!",
      "Unknown Watch 7",
      "clearWatch(undefined) not allowed. Use clearWatch() instead",
    ]);
  });

  test("a test presses buttons and turns knobs", async () => {
    const one = board({ clock: new VirtualClock() });
    one.run(`var id = setWatch(function (e) { print("both", e.state, "" + e.pin) }, D5, { repeat: true });
      setWatch(function (e) { print("rising") }, D5, { edge: "rising", repeat: true });
      setWatch("print('once')", D5); print(id); print(analogRead(D34))`);
    one.hardware.setPin("D5", true);
    one.hardware.setPin("D5", true);
    one.hardware.setPin("D5", false);
    one.tick();
    one.run("clearWatch(id)");
    one.hardware.setPin("D5", true);
    one.tick();
    one.hardware.setAnalog("D34", 0.25);
    one.run("print(analogRead(D34))");
    expect(one.printed).toEqual(["1", "0", "both true D5", "rising", "once", "both false D5", "rising", "0.25"]);
    expect(() => one.hardware.setPin("D99", true)).toThrow("no pin D99");
  });
});

describe("buses", () => {
  test("remember what was sent, and answer what the test says", async () => {
    const one = board();
    one.hardware.onRead("I2C1", ({ address, count }) => Array.from({ length: count }, (_, i) => address! + i));
    one.hardware.onRead("SPI1", ({ bytes }) => bytes.map((byte) => byte + 1));
    one.run(`I2C1.setup({ scl: D22, sda: D21 }); I2C1.writeTo(0x40, 1, [2, 3]); print(I2C1.readFrom(0x40, 2));
      print(I2C1.readReg(0x40, 7, 1)); print(SPI1.send([1, 2]), SPI1.send(9), SPI1.send("ab")); SPI2.write(1, "a");
      var mine = new I2C(); mine.setup({ sda: D4 }); mine.writeTo(1, 2)`);
    expect(one.printed).toEqual(["new Uint8Array([64, 65])", "new Uint8Array([64])", "new Uint8Array([2, 3]) 10 bc"]);
    expect(one.hardware.actions).toContainEqual({ device: "I2C1", action: "writeTo", address: 64, bytes: [1, 2, 3] });
    expect(one.hardware.actions).toContainEqual({ device: "SPI2", action: "write", bytes: [1, 97] });
    expect(one.hardware.actions.at(-1)).toEqual({ device: "I2C", action: "writeTo", address: 1, bytes: [2] });
  });

  test("a serial port sends and receives", async () => {
    const one = board();
    one.run(`Serial1.setup(9600); Serial1.println("hi"); Serial1.write([1, 255])`);
    one.hardware.receive("Serial1", "before");
    one.run(
      `print(Serial1.available(), Serial1.read(3), Serial1.read()); Serial1.on("data", function (d) { print("data", d) })`
    );
    one.hardware.receive("Serial1", [104, 105]);
    await one.idle();
    expect(one.printed).toEqual(["6 bef ore", "data hi"]);
    expect(one.hardware.actions.slice(1)).toEqual([
      { device: "Serial1", action: "write", bytes: [104, 105, 13, 10] },
      { device: "Serial1", action: "write", bytes: [1, 255] },
    ]);
  });
});

describe("Wi-Fi", () => {
  const EVENTS = `var Wifi = require("Wifi");
    ["associated", "connected", "disconnected"].forEach(function (name) {
      Wifi.on(name, function (e) { print(name, e.ip || e.msg || e.ssid) });
    });`;

  test("joining: events, callback, address", async () => {
    const one = board({ wifi: { joined: false } });
    one.run(`${EVENTS} print(Wifi.getStatus().station, Wifi.getStatus().mode, Wifi.getIP().ip);
      Wifi.connect("home", { password: "secret" }, function (error) { print("called", error, Wifi.getIP().ip);
        print(Wifi.getStatus().station, Wifi.getStatus().ssid, Wifi.getStatus().mode, Wifi.getDetails().password);
        Wifi.getIP(function (error, ip) { print(error, ip.gw, ip.mac) }); });`);
    await one.idle();
    expect(one.printed).toEqual([
      "ASSOC_LEAVE NULL 0.0.0.0",
      "associated home",
      "called null 192.168.4.2",
      "connected home STA secret",
      "connected 192.168.4.2",
      "null 192.168.4.1 24:0a:c4:00:00:01",
    ]);
  });

  test("the wrong password, and a network that is not there", async () => {
    const one = board({ wifi: { joined: false, networks: { home: "secret" } } });
    one.run(`${EVENTS} Wifi.connect("home", { password: "wrong" }, function (error) { print(error);
      Wifi.connect("none", {}, function (error) { print(error); Wifi.scan(function (list) { print(list[0].ssid) }) }) })`);
    await one.idle();
    expect(one.printed).toEqual([
      "disconnected 4WAY_HANDSHAKE_TIMEOUT",
      "4WAY_HANDSHAKE_TIMEOUT",
      "disconnected NO_AP_FOUND",
      "NO_AP_FOUND",
      "home",
    ]);
  });

  test("what it complains of", async () => {
    const script = [
      "Wifi.connect()",
      "Wifi.connect('a', 5)",
      "Wifi.connect('a', {}, 5)",
      "Wifi.connect('a', { password: 5 })",
      "Wifi.scan()",
      "Wifi.startAP('a', { password: 'short' })",
    ];
    const source = script.map((one) => `try { ${one} } catch (e) { print(e.message) }`).join(";");
    expect(await run(`var Wifi = require("Wifi"); ${source}`)).toEqual([
      "No SSID provided",
      "Expecting Object, got Number",
      "Expecting callback function but got 5",
      "Expecting options.password to be a string but got Number",
      "Expecting callback function but got undefined",
      "Password must be string of at least 8 characters",
    ]);
  });

  test("an access point, a name, and what is saved", async () => {
    const one = board();
    one.run(`var Wifi = require("Wifi"); Wifi.startAP("mine", { password: "long enough" }, function (e) {
      print(e, Wifi.getStatus().mode, Wifi.getAPDetails().ssid, Wifi.getAPDetails().authMode, Wifi.getAPIP().ip);
      Wifi.setHostname("kitchen"); print(Wifi.getHostname()); Wifi.save();
      print(require("Storage").readJSON(".wificfg").ssid); Wifi.save("clear"); print(require("Storage").list()) });`);
    await one.idle();
    expect(one.printed).toEqual(["null APSTA mine wpa2 192.168.4.1", "kitchen", "simulated", "[  ]"]);
  });

  test("only the ESP32's firmware has it", async () => {
    expect(await run("print(typeof ESP32); require('Wifi')", { boardName: "LINUX" })).toEqual([
      "undefined",
      expect.stringContaining('Uncaught Error: Module "Wifi" not found'),
    ]);
  });

  describe("lost", () => {
    let server: ScriptedServer;
    beforeEach(async () => void (server = await ScriptedServer.start()));
    afterEach(() => server.close());

    const SOCKET = (port: number): string => `${EVENTS}
      var s = require("net").connect({ host: "127.0.0.1", port: ${port} }, function () { s.write("echo\\n") });
      s.on("data", function (d) { print("data", d) });
      s.on("end", function () { print("end") }); s.on("close", function (e) { print("close", e) });
      s.on("error", function (e) { print("error", e.code) });
      function attempt() { try { require("net").connect({ port: ${port} }); print("connects") } catch (e) { print(e.type, e.message) } }`;

    test("as the firmware shows it: sockets end, connect throws, and it comes back by itself", async () => {
      const one = board();
      one.run(SOCKET(server.port));
      await until(() => server.accepted === 1 && server.last.received.includes("echo"));
      one.setWifi(false);
      await until(() => one.printed.includes("close false"));
      one.run("attempt(); print(Wifi.getStatus().station, Wifi.getIP().ip)");
      // The server cannot know yet.
      server.last.socket.write("unheard");
      await new Promise((resolve) => setTimeout(resolve, 30));
      one.setWifi(true);
      one.run("attempt()");
      await until(() => one.printed.includes("connects"));
      one.tick();
      expect(one.printed.slice().sort()).toEqual(
        [
          "disconnected BEACON_TIMEOUT",
          "end",
          "close false",
          "ERROR: Connect failed (err 118)",
          "InternalError Unable to create socket",
          "BEACON_TIMEOUT 0.0.0.0",
          "associated simulated",
          "connected 192.168.4.2",
          "connects",
        ].sort()
      );
      expect(one.printed.indexOf("end")).toBe(one.printed.indexOf("close false") - 1);
    });

    test("by the script itself", async () => {
      const one = board();
      one.run(`${SOCKET(server.port)} Wifi.disconnect(function () { print("called", arguments.length); attempt(); });`);
      await until(() => one.printed.includes("close false"));
      expect(one.printed).toContain("called 0");
      expect(one.printed).toContain("InternalError Unable to create socket");
      expect(one.printed).toContain("disconnected ASSOC_LEAVE");
    });
  });

  test("the sample of docs/boards.md gets its address and goes on", async () => {
    const page = readFileSync(join(__dirname, "../../../docs/boards.md"), "utf8");
    const sample = /## Joining a Wi-Fi[^]*?```js\n([^]*?)```/.exec(page)![1]!;
    const one = board({
      wifi: { joined: false, networks: { "my network": "my password" } },
      storage: {
        esp_websocket_client:
          "exports.esp_websocket_client_init = function (c) { print(c.uri); return { on: function () {} } };" +
          "exports.esp_websocket_client_start = function () { print('start') };",
      },
    });
    one.run(sample);
    await one.idle();
    expect(one.printed).toEqual(["ws://192.168.1.10:8080/", "start"]);
  });
});

describe("the chip", () => {
  test("ESP32.getState and process.memory have the firmware's fields", async () => {
    expect(
      await run("print(Object.keys(ESP32.getState()).join()); print(Object.keys(process.memory()).join())")
    ).toEqual(["sdkVersion,freeHeap,BLE,Wifi,minHeap", "free,usage,total,history,gc,gctime,blocksize"]);
    expect(await run("print(process.memory().blocksize, ESP32.getState().freeHeap)", { heap: 32036 })).toEqual([
      "14 32036",
    ]);
    expect(await run("print('a'); ESP32.reboot()", { storage: { ".bootcde": "print('boot')" } })).toEqual([
      "a",
      "boot",
    ]);
  });

  test("TLS takes of the C heap, and fails without", async () => {
    const tls = await startTlsServers();
    try {
      const connect = `var tls = require("tls"); function open(o) {
        try { return tls.connect(o); } catch (e) { print(e.type, e.message) } }`;
      const small = board({ heap: 32036 });
      Object.assign(small.globals, tls.preset);
      small.run(`${connect} open({ port: PORT })`);
      expect(small.printed).toEqual(["InternalError mbedtls_ssl_setup: Not enough memory"]);
      expect(small.sockets()).toBe(0);
      const one = board({ heap: 60000 });
      Object.assign(one.globals, tls.preset);
      one.run(`${connect} var s = open({ port: PORT }); print(ESP32.getState().freeHeap); open({ port: PORT });
        s.on("close", function () { print(ESP32.getState().freeHeap, ESP32.getState().minHeap); open({ port: PORT }).end() });
        s.end();`);
      await one.idle();
      expect(one.printed).toEqual(["18000", "InternalError mbedtls_ssl_setup: Not enough memory", "60000 18000"]);
    } finally {
      await closeBoards();
      await tls.close();
    }
  });

  test("variables hold 9 characters, then 10 each", async () => {
    expect(await run("print([0, 9, 10, 19, 20].map(function (n) { return E.getSizeOf('x'.repeat(n)) }))")).toEqual([
      "[ 1, 1, 2, 2, 3 ]",
    ]);
    expect(await run("print(E.getSizeOf([1, 2, 3]), E.getSizeOf({ a: 1 }), E.getSizeOf(new Uint8Array(100)))")).toEqual(
      ["4 2 11"]
    );
  });
});

describe("modules", () => {
  test("fs reads what it wrote", async () => {
    const script = `var fs = require("fs"); print(fs.writeFileSync("a.txt", "one"), fs.appendFile("a.txt", " two"));
      print(fs.readFileSync("a.txt"), fs.statSync("a.txt").size, fs.statSync("none")); fs.mkdirSync("d");
      fs.writeFileSync("d/b", new Uint8Array([65, 66])); print(fs.readdir("d"), fs.readdirSync("x"));
      print(fs.readdirSync("").join()); fs.unlinkSync("a.txt");
      try { fs.readFileSync("a.txt") } catch (e) { print(e.message) }
      try { fs.unlinkSync("a.txt") } catch (e) { print(e.message) }`;
    expect(await run(script)).toEqual([
      "true true",
      "one two 7 undefined",
      '[ \n  ".", \n  "..", \n  "b"\n ] undefined',
      ".,..,a.txt,d",
      "Could not open file : UNKNOWN",
      "Unable to delete file : UNKNOWN",
    ]);
  });

  test("http gets, posts, and understands chunks", async () => {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        response.writeHead(200, { "X-Method": request.method });
        response.write(`${request.url} `);
        response.end(`${body}|${request.headers.host}|${request.headers["x-mine"] ?? ""}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const show = `function show(done) { return function (r) { var t = "";
        print(r.statusCode, typeof r.statusCode, r.statusMessage, r.headers["X-Method"], r instanceof httpCRs);
        r.on("data", function (d) { t += d }); r.on("close", function () { print(t); done && done() }) } }`;
      expect(
        await run(`${show} var http = require("http"); http.get("http://127.0.0.1:${port}/a?b=1", show(function () {
          var r = http.request({ host: "127.0.0.1", port: ${port}, path: "/p", method: "POST",
            headers: { "Content-Length": 4, "X-Mine": "yes" } }, show()); r.write("bo"); r.end("dy"); }));`)
      ).toEqual([
        "200 string OK GET true",
        `/a?b=1 |127.0.0.1:${port}|`,
        "200 string OK POST true",
        `/p body|127.0.0.1:${port}|yes`,
      ]);
      expect(
        await run("try { require('http').get('http://127.0.0.1:1/') } catch (e) { print(e.type, e.message) }")
      ).toEqual(["ERROR: Connect failed (err 111)", "InternalError Unable to create socket"]);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test("url.parse", async () => {
    expect(await run("print(JSON.stringify(url.parse('http://a:1/b?c=d', true)))")).toEqual([
      '{"protocol":"http:","method":"GET","host":"a","path":"/b?c=d","pathname":"/b","search":"?c=d","port":1,"query":{"c":"d"}}',
    ]);
  });
});
