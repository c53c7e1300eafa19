/** What TLS with a pre-shared key takes of a heap as small as an ESP32's: 2,500 variables, byte strings. */
import fs from "node:fs";
import path from "node:path";
import { hasSmallHeap, interpreters, type RunResult } from "../support/targets";
import { IDENTITY, KEY } from "./psk_server";
import { type Running, startNode } from "./servers";

const storage = { tls_psk: fs.readFileSync(path.join(__dirname, "../../dist/tls_psk.min.js"), "utf8") };
const small = interpreters().find(hasSmallHeap);

const START = `
var ws = require("esp_websocket_client");
var transport = require("tls_psk")(OPTIONS);
function start() {
  var client = ws.esp_websocket_client_init({ uri: URI, ext_transport: transport, disable_auto_reconnect: true });
  client.on("error", function (event) { print("ERROR " + event.data_ptr); });
  ws.esp_websocket_client_start(client);
  return client;
}
`;

(small ? describe : describe.skip)("TLS with a pre-shared key on a small heap ($ESPRUINO_SMALL)", () => {
  let server: Running;
  beforeEach(async () => void (server = await startNode()));
  afterEach(() => server.close());

  const run = (script: string): Promise<RunResult> =>
    small!.run(START + script, {
      storage,
      preset: { URI: `wss://localhost:${server.port}/`, OPTIONS: { identity: IDENTITY, key: KEY.toString("hex") } },
    });

  test("echo of 4 kB", async () => {
    const result = await run(`
      var got = 0, client = start();
      client.on("connected", function () {
        ws.esp_websocket_client_send_text(client, E.toString({ data: 65, count: 4096 }));
      });
      client.on("data", function (event) {
        if (event.op_code < 3) got += event.data_len;
        if (got === 4096) print("DONE");
      });`);
    expect(result).toEqual({ lines: [], uncaught: [], done: true });
  });

  test("64 kB stream there and back", async () => {
    const result = await run(`
      var got = 0, sent = 0, piece = E.toString({ data: 65, count: 1024 }), client = start();
      function send() {
        while (sent < 65536 && ws.esp_websocket_client_send_text(client, piece) > 0) sent += 1024;
      }
      client.on("connected", send);
      client.on("drain", send);
      client.on("data", function (event) {
        if (event.op_code < 3) got += event.data_len;
        if (got === 65536) print("DONE");
      });`);
    expect(result).toEqual({ lines: [], uncaught: [], done: true });
  });

  test("50 connections one after the other leave nothing behind", async () => {
    const result = await run(`
      var rounds = 0, before = 0, client = start();
      client.on("connected", function () { ws.esp_websocket_client_send_text(client, "hello"); });
      client.on("data", function (event) { if (event.op_code < 3) ws.esp_websocket_client_close(client); });
      client.on("finish", function () {
        setTimeout(function () {
          if (++rounds === 5) before = process.memory().usage;
          if (rounds < 50) ws.esp_websocket_client_start(client);
          else {
            print(process.memory().usage - before < 60 ? "nothing is left" : process.memory().usage - before);
            print("DONE");
          }
        }, 50);
      });`);
    expect(result).toEqual({ lines: ["nothing is left"], uncaught: [], done: true });
    expect(server.sessions).toHaveLength(50);
  });

  test("three connections at once", async () => {
    const result = await run(`
      var got = "", clients = [];
      function next() {
        if (clients.length === 3)
          return clients.forEach(function (client, index) { ws.esp_websocket_client_send_text(client, "" + index); });
        var client = start();
        clients.push(client);
        client.on("connected", function () { setTimeout(next, 20); });
        client.on("data", function (event) {
          if (event.op_code < 3) got += event.data_ptr;
          if (got.length === 3) print(got.split("").sort().join("")), print("DONE");
        });
      }
      next();`);
    expect(result).toEqual({ lines: ["012"], uncaught: [], done: true });
  });

  test("variables: at most 250 for require, 120 for an open connection", async () => {
    const result = await run(
      `
      var open = [];
      function used() { return process.memory().usage; }
      require("Storage");
      Modules.removeCached("tls_psk");
      transport = undefined;
      var before = used();
      var make = require("tls_psk");
      print(used() - before);
      transport = make(OPTIONS);
      var base = 0;
      var listener = {
        opened: function () {
          setTimeout(function () {
            if (open.length === 1) base = used();
            if (open.length < 3) return connect();
            print((used() - base) / 2);
            print("DONE");
          }, 50);
        },
        received: function () {}, drained: function () {}, closed: function () {}
      };
      function connect() {
        open.push(transport.open({ host: "localhost", port: PORT, tls: {} }, listener));
      }
      connect();`.replace("PORT", String(server.port))
    );
    expect(result).toEqual({ lines: [expect.any(String), expect.any(String)], uncaught: [], done: true });
    const [required, open] = result.lines.map(Number);
    expect(required).toBeLessThanOrEqual(250);
    // Its socket among them.
    expect(open).toBeLessThanOrEqual(120);
  });
});
