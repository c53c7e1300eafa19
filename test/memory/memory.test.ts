/**
 * What happens when memory is short: on Espruino built with 2,500 variables, as on an ESP32 ($ESPRUINO_SMALL,
 * $ESPRUINO_ESP32), with all of them and with 1,800; and in the simulator, whose count of variables is made up, as far as it can tell.
 */
import fs from "node:fs";
import path from "node:path";
import { WebSocketServer } from "ws";
import { startPeer, switching, text } from "../support/peer";
import { LISTEN_HOST } from "../support/hosts";
import { smallInterpreters, type RunResult, type Target } from "../support/targets";

/** Without any, the tests below are skipped under these names. */
const absent = [{ name: "Espruino" } as Target, { name: "Espruino like an ESP32's" } as Target];
const smalls = smallInterpreters();
const HEAP = 2500;

/** An echo server; `want N` is answered with N bytes of text. */
async function startServer(): Promise<{ url: string; closes: number[]; lengths: number[]; close(): Promise<void> }> {
  const server = new WebSocketServer({ host: LISTEN_HOST, port: 0, perMessageDeflate: false });
  const closes: number[] = [];
  const lengths: number[] = [];
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("close", (code) => closes.push(code));
    socket.on("message", (data: Buffer, binary) => {
      lengths.push(data.length);
      const wanted = /^want (\d+)$/.exec(data.length < 20 ? data.toString() : "");
      if (wanted) socket.send("x".repeat(Number(wanted[1])));
      else socket.send(data, { binary });
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}/`,
    closes,
    lengths,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Takes variables away until only so many are left of the heap's 2,500. */
const BALLAST = `
var ballast = [];
if (LIMIT < process.memory().total) while (ballast.length < process.memory().total - LIMIT) ballast.push(0);
`;

const START = `
var ws = require("esp_websocket_client");
var attempts = 0;
var client = ws.esp_websocket_client_init({
  uri: WS_URL, buffer_size: BUFFER, tx_queue_size: QUEUE, reconnect_timeout_ms: 50, ping_interval_sec: 0.3, pingpong_timeout_sec: 5
});
function end() {
  ws.esp_websocket_client_destroy(client);
  print("flags " + E.getErrorFlags().join(","));
  print("DONE");
}
client.on("error", function (event) { print("error " + event.data_ptr); });
client.on("disconnected", function () { print("disconnected"); onLost(); });
client.on("connected", function () { print("connected"); onConnected(++attempts); });
client.on("data", function (event) { if (event.op_code < 8) onData(event); });
function onLost() {}
`;

const describeSmall = smalls.length ? describe : describe.skip;
const named = smalls.length ? smalls : absent;
const heaps = named.flatMap((small) => [HEAP, 1800].map((limit) => ({ name: small.name, small, limit })));

describeSmall.each(heaps)("$name with $limit variables", ({ small, limit }) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeEach(async () => void (server = await startServer()));
  afterEach(() => server.close());

  const run = (script: string, queue?: number): Promise<RunResult> =>
    small.run(BALLAST + START + script + "\nws.esp_websocket_client_start(client);\n", {
      // A frame on its way is there several times: with so little memory its bound is set (docs/reliability.md).
      preset: {
        WS_URL: server.url,
        LIMIT: limit,
        BUFFER: limit === HEAP ? 1024 : 256,
        QUEUE: queue ?? (limit === HEAP ? 4096 : 1024),
      },
    });

  test.each([
    ["in many lines", (size: number) => Array(Math.floor(size / 50)).fill(`X-Filler: ${"x".repeat(38)}`)],
    ["in one line", (size: number) => [`X-Filler: ${"x".repeat(size - 12)}`]],
    ["in one folded line", (size: number) => [`X-Filler:${`\r\n ${"x".repeat(47)}`.repeat((size - 11) / 50)}`]],
  ])("a response head of 4 kB, %s", async (_name, filler) => {
    let longest = "";
    const peer = await startPeer(async (connection) => {
      await connection.readHead();
      const key = connection.header("Sec-WebSocket-Key")!;
      const head = switching(key, filler(4096 - switching(key).length));
      expect(head.length).toBeGreaterThan(4040);
      const lines = head.replace(/\r\n /g, " ").split("\r\n").slice(1);
      longest = `longest ${Math.max(...lines.map((line) => line.length))}`;
      connection.send(Buffer.concat([Buffer.from(head), text("hello")]));
    });
    const result = await small.run(
      `${BALLAST}${START}
var longest = 0;
client.on("header_received", function (event) { longest = Math.max(longest, event.data_len); });
function onConnected() { print("longest " + longest); }
function onData(event) { print("got " + event.data_ptr); end(); }
ws.esp_websocket_client_start(client);`,
      { preset: { WS_URL: peer.url, LIMIT: limit, BUFFER: 256, QUEUE: 256 } }
    );
    await peer.close();
    expect(result).toEqual({ lines: ["connected", longest, "got hello", "flags "], uncaught: [], done: true });
  });

  test("a message of 64 kB goes through a handler that does not keep it", async () => {
    const result = await run(`
var got = 0;
function onConnected() { ws.esp_websocket_client_send_text(client, "want 65536"); }
function onData(event) {
  got += event.data_len;
  if (got === 65536) { print("got " + got); end(); }
}`);
    expect(result).toEqual({ lines: ["connected", "got 65536", "flags "], uncaught: [], done: true });
  });

  test("a message that a handler collects and has no room for ends in ERROR, and the client connects again", async () => {
    const result = await run(`
var all = "";
function onConnected(attempt) { ws.esp_websocket_client_send_text(client, "want " + (attempt < 3 ? 65536 : 500)); }
function onLost() { all = ""; }
function onData(event) {
  all += event.data_ptr;
  if (all.length === 500 && event.payload_len === 500) { print("got 500"); end(); }
}`);
    const lost = ["connected", "error Out of memory", "disconnected"];
    expect(result.lines.slice(0, -1)).toEqual([...lost, ...lost, "connected", "got 500"]);
    // Espruino never ran dry itself: nothing was interrupted.
    expect(result.lines.at(-1)).not.toContain("MEMORY,");
    expect(result.lines.at(-1)).not.toMatch(/,MEMORY|CALLBACK/);
    expect(result.uncaught).toEqual([]);
  });

  test("a handler that runs out of memory loses its connection, with 1009 or ERROR, and the client connects again", async () => {
    const result = await run(`
function onConnected(attempt) {
  if (attempt === 1) { var text = "0123456789abcdef"; while (text.length < 65536) text += text; }
  else ws.esp_websocket_client_send_text(client, "hello");
}
function onData(event) { print("got " + event.data_ptr); end(); }`);
    const lines = result.lines.filter((line) => /^(connected|disconnected|error|got|flags)/.test(line));
    expect(lines.slice(0, 5)).toEqual([
      "connected",
      "error 1009 out of memory",
      "disconnected",
      "connected",
      "got hello",
    ]);
    // Here Espruino has run dry, and says so.
    expect(result.uncaught.join()).toContain("OUT OF MEMORY");
    expect(server.closes[0]).toBe(1009);
  });

  test("a long message of the user's is sent whole", async () => {
    const length = limit === HEAP ? 6000 : 1500;
    const result = await run(`
var got = 0;
function onConnected() {
  var text = "0123456789";
  while (text.length < ${length}) text += "0123456789";
  print("taken " + ws.esp_websocket_client_send_text(client, text));
}
function onData(event) {
  got += event.data_len;
  if (got === ${length}) { print("got " + got); end(); }
}`);
    expect(result).toEqual({
      lines: ["connected", `taken ${length}`, `got ${length}`, "flags "],
      uncaught: [],
      done: true,
    });
  });

  test("with nearly all variables taken a message is refused, nothing is interrupted, and later it goes", async () => {
    const result = await run(`
var taken = [];
var big = new Uint8Array(1000);
function onConnected() {
  process.memory();
  while (process.memory().free > 150) taken.push(0);
  print("sent " + ws.esp_websocket_client_send_bin(client, big));
  taken = [];
  print("sent " + ws.esp_websocket_client_send_text(client, "hello"));
}
function onData(event) { print("got " + event.data_ptr); end(); }`);
    expect(result).toEqual({
      lines: [
        "connected",
        expect.stringMatching(/^error No memory to send 1000 bytes: that takes \d+ free variables$/),
        "sent -1",
        "sent 5",
        "got hello",
        "flags ",
      ],
      uncaught: [],
      done: true,
    });
  });

  // Short messages cost far more memory than they have bytes; the queue's bound alone would let too many of them in.
  test.each([
    [1, undefined],
    [20, undefined],
    [100, undefined],
    [200, undefined],
    [400, undefined],
    [1, 20000],
    [60, 20000],
    [400, 20000],
  ])(
    "a burst of messages of %d bytes, tx_queue_size %p, is refused before it fills the memory",
    async (size, queue) => {
      const result = await run(
        `
var taken = 0;
var got = 0;
var text = "x";
while (text.length < ${size}) text += "x";
function onConnected() {
  while (taken < 2000 && ws.esp_websocket_client_send_text(client, text) === ${size}) taken++;
  print(taken < 2000 ? "refused" : "never refused");
}
function onData(event) {
  got += event.data_len;
  if (got === taken * ${size}) { print("all came back"); end(); }
}`,
        queue
      );
      expect(result).toEqual({ lines: ["connected", "refused", "all came back", "flags "], uncaught: [], done: true });
      expect(server.lengths.every((length) => length === size)).toBe(true);
    }
  );

  test("a burst that goes on with each drain arrives whole", async () => {
    const result = await run(`
var sent = 0;
var got = 0;
var text = "";
function send() {
  while (sent < 300 && ws.esp_websocket_client_send_text(client, "message " + sent) > 0) sent++;
}
function onConnected() { client.on("drain", send); send(); }
function onData(event) {
  text += event.data_ptr;
  if (text.length < event.payload_len) return;
  if (text !== "message " + got) print("wrong " + text);
  text = "";
  if (++got === 300) { print("all came back"); end(); }
}`);
    expect(result).toEqual({ lines: ["connected", "all came back", "flags "], uncaught: [], done: true });
  });

  test("a flood of the user's own PINGs is refused before it fills the memory", async () => {
    const result = await run(`
var taken = 0;
var body = "x";
while (body.length < 125) body += "x";
function onConnected() {
  while (taken < 2000 && ws.esp_websocket_client_send_with_opcode(client, 9, body) === 125) taken++;
  print(taken < 2000 ? "refused" : "never refused");
  client.on("drain", function () { ws.esp_websocket_client_send_text(client, "hello"); });
}
function onData(event) { print("got " + event.data_ptr); end(); }`);
    expect(result).toEqual({ lines: ["connected", "refused", "got hello", "flags "], uncaught: [], done: true });
  });
});

/** Tells of the error flags when the example has destroyed all its clients. */
const WATCH = `
(function () {
  var library = require("esp_websocket_client");
  var destroy = library.esp_websocket_client_destroy;
  var left = CLIENTS;
  function report() {
    print("flags " + E.getErrorFlags().join(","));
    print("DONE");
  }
  library.esp_websocket_client_destroy = function (client) {
    destroy(client);
    if (--left === 0) setTimeout(report, 20);
  };
  // An example that never ends.
  if (!left) setTimeout(report, 1500);
})();
`;

describeSmall.each(named)("the examples leave the error flags clear ($name)", (small) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeEach(async () => void (server = await startServer()));
  afterEach(() => server.close());
  const folder = path.join(__dirname, "../../examples");
  test.each([
    ["echo.js", HEAP, 1],
    ["echo.js", 1800, 1],
    ["fragments.js", HEAP, 1],
    ["fragments.js", 1800, 1],
    ["stream.js", HEAP, 1],
    ["telemetry.js", HEAP, 0],
    ["several.js", HEAP, 3],
  ])("%s with %d variables", async (name, limit, clients) => {
    const example = fs.readFileSync(path.join(folder, name), "utf8");
    const result = await small.run(BALLAST + WATCH + example, {
      preset: { WS_URL: server.url, LIMIT: limit, CLIENTS: clients, PARTS: 16, PERIOD: 200 },
    });
    expect(result.lines.at(-1)).toBe("flags ");
    expect(result.lines.join("\n")).not.toMatch(/^error/m);
    expect(result.lines.length).toBeGreaterThan(1);
    expect(result.uncaught).toEqual([]);
    expect(result.done).toBe(true);
  });
});

describe("the simulator with few variables", () => {
  const { createBoard } = require("../../dist/simulator/index.js") as typeof import("../../board/simulator");
  const library = fs.readFileSync(path.join(__dirname, "../../dist/esp_websocket_client.min.js"), "utf8");

  // It reports 100 of its variables as used, whatever happens.
  test.each([
    [250, ["connected", "error Out of memory", "disconnected"]],
    [1000, ["connected", "got hello"]],
  ])("of %d in all: data is taken only where there is room for it", async (variables, expected) => {
    const server = await startServer();
    const lines: string[] = [];
    const board = createBoard({
      storage: { esp_websocket_client: library },
      variables: variables + 100,
      print: (line) => lines.push(line),
    });
    let handshake = true;
    const memory = board.globals.process as { memory: (collect?: boolean) => { free: number } };
    const real = memory.memory;
    // The response has always room; what comes behind it has as much as there is.
    memory.memory = (collect) => (handshake ? { ...real(collect), free: 1000 } : real(collect));
    Object.assign(board.globals, { WS_URL: server.url, BUFFER: 1024, QUEUE: 4096 });
    board.globals.opened = () => void (handshake = false);
    board.run(`${START}
function onConnected() { opened(); ws.esp_websocket_client_send_text(client, "hello"); }
function onLost() { ws.esp_websocket_client_destroy(client); }
function onData(event) { print("got " + event.data_ptr); ws.esp_websocket_client_destroy(client); }
ws.esp_websocket_client_start(client);`);
    await board.idle();
    await board.close();
    await server.close();
    expect(lines).toEqual(expected);
    expect(board.uncaught).toEqual([]);
  });
});
