/** The built bundle against real servers, on IoT.js where it is here and on its stand-in. */
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { WebSocketServer } from "ws";
import { close, startPeer, text } from "../../support/peer";
import { describeTargets, jerryscripts, Target } from "../../support/targets";

/** Sends what `MESSAGES` says, one when the last has come back; prints what came. */
const ECHO = fs.readFileSync(path.join(__dirname, "echo.js"), "utf8");

async function echoServer(): Promise<{ url: string; close(): Promise<void> }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as net.AddressInfo).port}/`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Connects to a scripted server and prints its events; stops after `LIMIT` of them. */
const EVENTS = `
var ws = require("esp_websocket_client");
var names = ["error", "connected", "disconnected", "data", "closed", "before_connect", "begin", "finish"];
var client = ws.esp_websocket_client_init({ uri: URL, reconnect_timeout_ms: 10 });
var count = 0;
client.on("any", function (event, id) {
  if (id === ws.WEBSOCKET_EVENT_DATA) {
    print("data", event.op_code, event.data_ptr);
    if (event.op_code === 1) ws.esp_websocket_client_send_text(client, "got it");
  }
  else if (id < 8) print(names[id], id ? event.close_status_code : event.error_handle.error_type);
  if (++count === LIMIT) ws.esp_websocket_client_destroy(client);
});
ws.esp_websocket_client_start(client);
`;

async function eventsOf(target: Target, url: string, limit: number): Promise<string[]> {
  const result = await target.run(EVENTS.replace("LIMIT", String(limit)), { preset: { URL: url } });
  expect(result.uncaught).toEqual([]);
  return result.lines;
}

describeTargets(
  "JerryScript",
  (target) => {
    test("binary messages of 0 to 65536 bytes come back", async () => {
      const server = await echoServer();
      const lengths = [0, 1, 125, 126, 127, 128, 1023, 1024, 1025, 65535, 65536];
      const result = await target.run(ECHO, { preset: { URL: server.url, MESSAGES: lengths } });
      await server.close();
      expect(result.uncaught).toEqual([]);
      expect(result.lines).toEqual([...lengths.map((length) => `binary ${length} right`), "closed 0", "finish"]);
    });

    test("text comes back: every length of UTF-8, NUL, and halves of pairs as U+FFFD", async () => {
      const server = await echoServer();
      const texts = ["", "plain", "\0", "a\0\0b\0", "é", "€", "😀", "\0é\0€\0😀", "\u{10ffff}\ud7ff\ue000\ufeff\ufffd"];
      const long = "é€😀x".repeat(300);
      const halves = ["a\ud83d", "\ud83db", "\ude00", "x\ude00\ud83d\ude00\ud83d"];
      const result = await target.run(ECHO, { preset: { URL: server.url, MESSAGES: [...texts, long, ...halves] } });
      await server.close();
      expect(result.uncaught).toEqual([]);
      const repaired = ["a\ufffd", "\ufffdb", "\ufffd", "x\ufffd\ud83d\ude00\ufffd"];
      expect(result.lines).toEqual([
        ...[...texts, long, ...repaired].map((one) => `text ${Buffer.byteLength(one)} ${[...unitsOf(one)].join()}`),
        "closed 0",
        "finish",
      ]);
    });

    test("what a caller sends may be changed right after the call, and may be a Buffer", async () => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        const frames = await connection.framesUntil(({ opcode }) => opcode === 8);
        expect(frames.slice(0, -1).map(({ payload }) => payload.toString("hex"))).toEqual([
          "0102",
          "0304",
          "05ff",
          "06",
          "c3a9",
        ]);
        connection.send(close(1000));
        connection.fin();
      });
      const result = await target.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: URL });
        client.on("connected", function () {
          var bytes = new Uint8Array([0, 1, 2, 3]);
          var array = [5, 255];
          var buffer = new Buffer([6]);
          print(ws.esp_websocket_client_send_bin(client, bytes.subarray(1, 3)));
          print(ws.esp_websocket_client_send_bin(client, new Uint8Array([3, 4]).buffer));
          print(ws.esp_websocket_client_send_bin(client, array));
          print(ws.esp_websocket_client_send_bin(client, buffer));
          print(ws.esp_websocket_client_send_text(client, "é", 1));
          bytes[1] = array[0] = 9;
          buffer.writeUInt8(9, 0);
          print(ws.esp_websocket_client_send_bin(client, {}), ws.esp_websocket_client_send_bin(client, 5));
          ws.esp_websocket_client_close(client);
        });
        ws.esp_websocket_client_start(client);`,
        { preset: { URL: peer.url } }
      );
      await peer.close();
      expect(result.lines).toEqual(["2", "2", "2", "1", "2", "-1 -1"]);
      expect(result.uncaught).toEqual([]);
    });

    test("a PING is answered, and a close by the server ends it", async () => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        connection.send(Buffer.from([0x89, 3, 0, 0xff, 0xc3]), close(1001, "bye"));
        const frames = await connection.framesUntil(({ opcode }) => opcode === 8);
        expect(frames.map(({ opcode, payload }) => [opcode, payload.toString("hex")])).toEqual([
          [10, "00ffc3"],
          [8, "03e9"],
        ]);
        connection.fin();
        expect(await connection.end()).toBe("fin");
      });
      const lines = await eventsOf(target, peer.url, 100);
      await peer.close();
      expect(lines).toEqual([
        "begin 0",
        "before_connect 0",
        "connected 0",
        "data 9 new Uint8Array([0, 255, 195])",
        "data 8 new Uint8Array([3, 233, 98, 121, 101])",
        "closed 1001",
        "finish 1001",
      ]);
    });

    test.each(["fin", "reset"] as const)("it connects again after %s", async (how) => {
      const peer = await startPeer(async (connection, index) => {
        await connection.handshake();
        connection.send(text(`number ${index}`));
        await connection.nextFrame();
        if (index < 2) connection[how]();
      });
      const lines = await eventsOf(target, peer.url, 17);
      await peer.close();
      const cycle = (index: number): string[] => ["before_connect 0", "connected 0", `data 1 number ${index}`];
      // HEADER_RECEIVED counts, and is not printed.
      expect(lines.slice(0, 9)).toEqual(["begin 0", ...cycle(0), "error 1", "disconnected 0", ...cycle(1)]);
    });

    test("a message that is sent into a connection which is just being reset ends no process", async () => {
      const peer = await startPeer(async (connection, index) => {
        await connection.handshake();
        await connection.nextFrame();
        if (index < 3) connection.reset();
        else connection.send(close(1000));
      });
      const result = await target.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: URL, reconnect_timeout_ms: 10, tx_queue_size: 100000 });
        function send() {
          // Until the loss is noticed.
          for (var i = 0; i < 20 && ws.esp_websocket_client_is_connected(client); i++)
            ws.esp_websocket_client_send_text(client, "twenty at once");
          if (ws.esp_websocket_client_is_connected(client)) setTimeout(send, 1);
        }
        client.on("connected", send);
        client.on("disconnected", function () { print("disconnected"); });
        client.on("finish", function () { print("finish"); });
        ws.esp_websocket_client_start(client);`,
        { preset: { URL: peer.url } }
      );
      await peer.close();
      expect(result.lines).toEqual(["disconnected", "disconnected", "disconnected", "finish"]);
      expect(result.uncaught).toEqual([]);
    });

    test("it goes on trying while the connection is refused", async () => {
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as net.AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const lines = await eventsOf(target, `ws://127.0.0.1:${port}/`, 7);
      const attempt = ["before_connect 0", "error 1", "disconnected 0"];
      expect(lines).toEqual(["begin 0", ...attempt, ...attempt, "finish 0"].slice(0, lines.length));
      expect(lines.length).toBeGreaterThanOrEqual(7);
    });

    test("an unknown host is an error", async () => {
      const lines = await eventsOf(target, "ws://no-such-host.invalid/", 4);
      expect(lines.slice(0, 4)).toEqual(["begin 0", "before_connect 0", "error 1", "disconnected 0"]);
    });

    test("an IPv6 address is refused at start", async () => {
      const result = await target.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: "ws://[::1]/" });
        print(ws.esp_websocket_client_start(client));`
      );
      expect(result.lines).toEqual([String(0x106)]);
    });

    test("a client that is closed leaves nothing that keeps the script alive", async () => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        expect((await connection.nextFrame()).opcode).toBe(8);
        connection.send(close(1000));
        connection.fin();
        expect(await connection.end()).toBe("fin");
      });
      const script = `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: URL });
        client.on("connected", function () { print(ws.esp_websocket_client_close(client)); });
        ws.esp_websocket_client_start(client);`;
      const result = await target.run(script, { preset: { URL: peer.url } });
      await peer.close();
      expect(result).toEqual({ lines: ["0"], uncaught: [], done: false });
    });
  },
  jerryscripts()
);

/** As `echo.js` tells a text: short ones by their code units, long ones by how many there are. */
function unitsOf(value: string): (number | string)[] {
  return value.length > 20 ? [`${value.length} units`] : value.split("").map((unit) => unit.charCodeAt(0));
}
