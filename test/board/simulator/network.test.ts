import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { board, closeBoards, run, until, type NotedBoard } from "./boards";
import { makeIdentity } from "./identity";
import { ScriptedServer } from "./scripted_server";
import { startTlsServers, type TlsServers } from "./tls_servers";

let server: ScriptedServer;

beforeEach(async () => void (server = await ScriptedServer.start()));
afterEach(async () => {
  await closeBoards();
  await server.close();
});

/** A board with one connection; `s` is its socket. */
async function connected(command: string, script = "", options = {}): Promise<NotedBoard> {
  const one = board(options);
  const before = server.accepted;
  one.run(`var s = require("net").connect({ host: "127.0.0.1", port: ${server.port} }, function () { s.write("${command}\\n") });
    s.on("end", function () { print("end") }); s.on("close", function (e) { print("close", e) });
    s.on("error", function (e) { print("error", e.code, e.message) });\n${script}`);
  await until(() => server.accepted > before && server.last.received.includes(command));
  return one;
}

test("a connect makes one connection, and the server sees no other", async () => {
  await run(
    `var n = 3; for (var i = 0; i < 3; i++) require("net").connect({ port: ${server.port} }, function (s) { s.write("fin\\n") });`
  );
  expect(server.accepted).toBe(3);
});

test("connect blocks until the connection is there", async () => {
  const one = board();
  one.run(`var s = require("net").connect({ port: ${server.port} }); print("connected"); s.end()`);
  expect(one.printed).toEqual(["connected"]);
  expect(one.sockets()).toBe(1);
  await one.idle();
  expect(one.sockets()).toBe(0);
});

test("a failed connect leaves nothing behind", async () => {
  const one = board();
  one.run(`try { require("net").connect({ host: "127.0.0.1", port: 1 }) } catch (e) { print(e.type, e.message) }`);
  expect(one.printed).toEqual(["ERROR: Connect failed (err 111)", "InternalError Unable to create socket"]);
  expect(one.sockets()).toBe(0);
  await one.idle();
});

test("a server that never answers: connect throws after its time", async () => {
  // A listener whose backlog is full takes no more connections, and says nothing.
  const full = createServer();
  full.listen({ port: 0, host: "127.0.0.1", backlog: 1 });
  await once(full, "listening");
  const { port } = full.address() as AddressInfo;
  const one = board({ connectTimeout: 200 });
  // The server's own thread is busy with this script, so it accepts none of these.
  one.run(
    `var made = 0; try { for (;;) { require("net").connect({ port: ${port} }); made++ } } catch (e) { print(e.message, made < 10) }`
  );
  expect(one.printed).toEqual(["ERROR: Connect failed (err 110)", "Unable to create socket true"]);
  await one.close();
  full.close();
  await once(full, "close");
});

test("the eleventh socket is one too many", async () => {
  const one = board();
  one.run(
    `var net = require("net"), n = 0; try { for (;;) { net.connect({ port: ${server.port} }); n++ } } catch (e) { print(n, e.message) }`
  );
  expect(one.printed).toEqual(["ERROR: Socket creation failed", "10 Unable to create socket"]);
});

test("a host name is cut off after 127 characters", async () => {
  const host = `${"x".repeat(127)}.invalid`;
  expect(
    await run(`try { require("net").connect({ host: "${host}", port: 1 }) } catch (e) { print(e.message) }`)
  ).toEqual(["Unable to locate host"]);
});

test("a megabyte each way, unharmed", async () => {
  const size = 1e6;
  const one = await connected(
    "echo",
    `var sent = 0, got = 0, piece = ""; for (var i = 0; i < 1000; i++) piece += String.fromCharCode(i * 7);
     var sum = 0; s.on("drain", function () { if (sent < ${size}) { s.write(piece); sent += 1000 } });
     s.on("data", function (d) { for (var i = 0; i < d.length; i++) if (d.charCodeAt(i) !== ((got + i) % 1000 * 7 & 255)) return print("wrong");
       got += d.length; if (got == ${size}) s.end() });`
  );
  await one.idle();
  expect(one.printed).toEqual(["end", "close false"]);
  const expected = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) & 255));
  const hash = (data: Uint8Array): string => createHash("sha1").update(data).digest("hex");
  expect(hash(server.last.received.subarray(5))).toBe(
    hash(Buffer.concat(Array.from({ length: size / 1000 }, () => expected)))
  );
});

test("a peer that reads nothing stops the drain events", async () => {
  const one = await connected(
    "silent",
    `var drains = 0; s.on("drain", function () { drains++; s.write(new Array(1001).join("x")) })`
  );
  server.last.socket.pause();
  let before = -1;
  // Full is what no longer changes over many turns of both loops.
  while (one.globals.drains !== before) {
    before = one.globals.drains as number;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(before).toBeGreaterThan(10);
  server.last.socket.resume();
  await until(() => (one.globals.drains as number) > before + 10);
});

test("end is FIN; closing with data unread is a reset", async () => {
  const one = await connected("silent");
  one.run("s.end()");
  expect(await server.last.ended).toBe("fin");
  const two = await connected("data 5000", `s.on("data", function () { s.end() })`);
  expect(await server.last.ended).toBe("ECONNRESET");
  await two.idle();
});

test("closing the board ends its connections", async () => {
  const one = await connected("silent");
  await one.close();
  expect(await server.last.ended).toBe("fin");
  expect(one.printed).toEqual([]);
});

test("save leaves the sockets dead, without a word", async () => {
  const one = await connected("silent");
  one.run("save()");
  expect(await server.last.ended).toBe("fin");
  expect(one.sockets()).toBe(0);
  one.run("try { s.write('x') } catch (e) { print(e.message) }");
  expect(one.printed).toEqual(["This socket is closed"]);
});

test("without a network that nobody told of, sockets are silent, and connect throws", async () => {
  const one = await connected("echo", `s.on("data", function (d) { print("data", d) })`);
  one.setWifi(false, "Not connected to the internet");
  one.run(
    `s.write("hello"); try { require("net").connect({ port: ${server.port} }) } catch (e) { print(e.type, e.message) }`
  );
  server.last.socket.write("lost?");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(one.printed).toEqual(["InternalError Not connected to the internet"]);
  expect(server.last.received.toString()).toBe("echo\n");
  one.setWifi(false, "Unable to locate host");
  one.run(`try { require("net").connect({ port: ${server.port} }) } catch (e) { print(e.message) }`);
  expect(one.printed[1]).toBe("Unable to locate host");
  one.setWifi(true);
  await until(() => one.printed.join().includes("lost?") && one.printed.join().includes("hello"));
  expect(one.printed.slice(2).join("")).not.toContain("close");
});

test("without a network that nobody told of, what is written piles up", async () => {
  const one = await connected("silent", `var drains = 0; s.on("drain", function () { drains++ })`);
  await until(() => one.globals.drains === 2);
  one.setWifi(false, { silent: true });
  one.run(`s.write(new Array(5001).join("x"))`);
  await until(() => one.globals.drains === 3);
  one.run(`s.write(new Array(5001).join("x"))`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(one.globals.drains).toBe(3);
  one.setWifi(true);
  await until(() => server.last.received.length === 10007);
});

test("a listener that throws stays, or is dropped", async () => {
  const script = `s.on("data", function (d) { print(d); throw "x" })`;
  const one = await connected("echo", script);
  one.run("s.write('a')");
  await until(() => one.printed.includes("Uncaught x"));
  one.run("s.write('b')");
  await until(() => one.printed.includes("b"));
  const two = await connected("echo", script, { dropsBrokenHandlers: true });
  two.run("s.write('a')");
  await until(() => two.printed.includes("Uncaught x"));
  two.run("s.write('b'); print(E.getErrorFlags())");
  await until(() => two.run("print(s.available())") === undefined && two.printed.includes("1"));
  expect(two.printed).not.toContain("b");
  expect(two.printed).toContain('[ \n  "CALLBACK"\n ]');
});

test("more data than the store holds comes again and again to a late listener", async () => {
  const one = await connected("data 2000");
  await until(() => one.run("print(s.available())") === undefined && one.printed.includes("536"));
  // The rest has come with it; each pass reads one chunk of it.
  for (let i = 0; i < 4; i++) one.tick();
  one.run(`var pieces = []; s.on("data", function (d) { pieces.push(d.length); if (pieces.length == 5) s.end() })`);
  await one.idle();
  expect((one.globals.pieces as number[]).slice(0, 5)).toEqual([1464, 536, 1464, 1464, 1464]);
});

test("a listener added to connect's callback tears the callback apart", async () => {
  const one = board();
  const connect = (callback: string): void =>
    one.run(`(function () { var mine = 1; var s = require("net").connect({ port: ${server.port} }, ${callback});
      s.on("connect", function () { print("added"); s.end() }); })()`);
  connect("function () { print(typeof mine) }");
  await one.idle();
  expect(one.printed).toEqual(["undefined", "added"]);
  connect("function (socket) { print(typeof mine) }");
  await until(() => one.printed.includes("Execution Interrupted during event processing."));
  expect(one.printed).toHaveLength(3);
});

describe("TLS", () => {
  let tls: TlsServers;

  beforeAll(async () => void (tls = await startTlsServers()));
  afterAll(() => tls.close());

  test("a bad certificate throws after the connection is made, and leaves it open", async () => {
    const one = board();
    one.run(
      `try { require("tls").connect({ port: ${server.port}, ca: "${"x".repeat(200)}" }) } catch (e) { print(e.type, e.message) }`
    );
    expect(one.printed).toEqual(["InternalError HTTPS init failed! mbedtls_x509_crt_parse of 'ca': Invalid format"]);
    await until(() => server.accepted === 1);
    expect(one.sockets()).toBe(0);
    await one.close();
    expect(await server.last.ended).toBe("fin");
  });

  test("a short string is taken for a file", async () => {
    const printed = await run(
      `try { require("tls").connect({ port: ${server.port}, key: "key.pem" }) } catch (e) { print(e.message) }`
    );
    expect(printed).toEqual(['WARNING: File "key.pem" not found', "Could not open file : UNKNOWN"]);
  });

  test("the client's certificate arrives", async () => {
    const one = board();
    Object.assign(one.globals, tls.preset);
    one.run(`var s = require("tls").connect({ port: PORT_MUTUAL, cert: atob(CERT), key: atob(KEY) });
      s.on("data", function (d) { print(d); s.end() })`);
    await one.idle();
    expect(one.printed).toEqual(["hello"]);
  });

  test("a key that belongs to another certificate fails the handshake", async () => {
    const one = board();
    Object.assign(one.globals, tls.preset, { OTHER: makeIdentity("other").keyDer.toString("base64") });
    one.run(`require("tls").connect({ port: PORT_MUTUAL, cert: atob(CERT), key: atob(OTHER) })`);
    await one.idle();
    expect(one.uncaught.map(({ message }) => message)).toEqual([
      "InternalError: mbedtls_ssl_handshake returned -0x7780",
    ]);
  });

  test("what was written before the connection was lost is an error", async () => {
    const one = board();
    Object.assign(one.globals, tls.preset);
    one.run(`var s = require("tls").connect({ port: PORT_13 }); s.write("x");
      ["error", "end", "close"].forEach(function (n) { s.on(n, function (e) { print(n, n == "error" ? e.code : e) }) });
      process.on("uncaughtException", function (e) { print("uncaught", e.message) })`);
    await one.idle();
    expect(one.printed).toEqual([
      "error -8",
      "end undefined",
      "close true",
      "uncaught mbedtls_ssl_handshake returned -0x7780",
    ]);
  });
});
