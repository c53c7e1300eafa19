/**
 * The board's date is set while clients run, as SNTP or a script does after boot. `setTime` leaves an ESP32's timers
 * alone. A step of the system clock from outside of the interpreter, as SNTP makes it, is time that has passed to
 * Espruino: no more than a slice of each time-out may be lost to it.
 */
import fs from "node:fs";
import path from "node:path";
import { createBoard, VirtualClock } from "../../board/simulator";
import { pong, startPeer, text } from "../support/peer";
import { describeTargets, type Target } from "../support/targets";

const STEP = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: URL, ping_interval_sec: 0.3, pingpong_timeout_sec: 30, network_timeout_ms: 30000, keep_alive_enable: true
});
var pings = 0;
client.on("error", function (event) { print("ERROR " + event.data_ptr); });
client.on("data", function (event) {
  if (event.op_code === 10) {
    pings++;
    // A PING has been answered: the date goes forward, later back.
    if (pings === 1) setTime(getTime() + FORWARD);
    if (pings === 3) setTime(getTime() - FORWARD - BACK);
    print("pong " + pings);
  }
  if (event.op_code === 1) {
    print(event.data_ptr);
    ws.esp_websocket_client_destroy(client);
    print("DONE");
  }
});
ws.esp_websocket_client_start(client);
`;

/**
 * How far the date is moved, in seconds. Espruino for Linux cannot set its date, but its timers take setTime for time
 * that has passed, or stand still as long: there the steps are small enough to be waited for.
 */
const stepOf = (target: Target): number => (target.name.startsWith("espruino") ? 0.5 : 86400);

describeTargets("setTime, forward and back", (target) => {
  if (/IoT/.test(target.name)) {
    test.skip("IoT.js has no setTime", () => {});
    return;
  }
  test("the connection lives on, and its PINGs go on", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      for (let i = 0; i < 5; i++) {
        const frame = await connection.nextFrame();
        expect(frame.opcode).toBe(9);
        connection.send(pong(frame.payload));
      }
      connection.send(text("enough"));
    });
    const step = stepOf(target);
    const result = await target.run(STEP, { preset: { URL: peer.url, FORWARD: step, BACK: step } });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines).toEqual([...[1, 2, 3, 4, 5].map((count) => `pong ${count}`), "enough"]);
    expect(peer.connections).toHaveLength(1);
  });
});

const WAIT = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: URL, reconnect_timeout_ms: 400, network_timeout_ms: 400, ping_interval_sec: 600
});
var attempts = 0;
client.on("before_connect", function () {
  attempts++;
  print("attempt " + attempts);
});
client.on("disconnected", function () {
  setTime(getTime() + (attempts % 2 ? 86400 : -2 * 86400));
  print("disconnected");
});
client.on("connected", function () {
  ws.esp_websocket_client_destroy(client);
  print("DONE");
});
ws.esp_websocket_client_start(client);
// The network time-out of the first attempt runs while the date is set.
setTimeout(function () { setTime(getTime() - 86400); }, 50);
`;

describeTargets("setTime while a time-out runs", (target) => {
  if (target.real || /IoT/.test(target.name)) {
    test.skip("only where setTime sets the date and leaves the timers alone, as on the ESP32", () => {});
    return;
  }
  test("the network time-out and the wait for the next attempt take their time, not less and not for ever", async () => {
    const times: number[] = [];
    const peer = await startPeer(async (connection, index) => {
      // The first two attempts get no answer.
      if (index === 2) await connection.handshake();
    });
    const result = await target.run(WAIT, {
      preset: { URL: peer.url },
      onLine: (line) => line.startsWith("attempt") && times.push(performance.now()),
    });
    await peer.close();
    expect(result.lines).toEqual(["attempt 1", "disconnected", "attempt 2", "disconnected", "attempt 3"]);
    // Each wait is a network time-out and a reconnect time: never shorter than both (timers may be a little coarse).
    expect(times[1] - times[0]).toBeGreaterThan(780);
    expect(times[2] - times[1]).toBeGreaterThan(780);
  });
});

/** The most that a step takes from a time-out, in milliseconds. */
const SLICE = 250;

// The transport is the script's own: nothing here takes time but timers.
const TRANSPORT = `
var ws = require("esp_websocket_client");
var listener, opens = true, accepts = true;
var transport = {
  open: function (address, theListener) {
    if (!opens) throw "Nobody listens";
    listener = theListener;
    if (opens !== "silently") setTimeout(function () { theListener.opened(); }, 0);
    return { write: write, close: function () {} };
  }
};
function write(bytes) {
  var key = /Sec-WebSocket-Key: (\\S+)/.exec(E.toString(bytes));
  if (!key) { if (bytes[0] === 0x89) onPing(); }
  else if (accepts) setTimeout(function () {
    listener.received(E.toUint8Array("HTTP/1.1 101 X\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " +
      btoa(E.toString(require("crypto").SHA1(key[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))) + "\\r\\n\\r\\n"));
  }, 0);
}
function onPing() {}
function from() {
  print("from");
  setTimeout(print, 4000, "a timer of the script's own");
}
function to() { print("to"); }
var config = { uri: "ws://server/", ext_transport: transport, ping_interval_sec: 1000 };
function start() {
  var client = ws.esp_websocket_client_init(config);
  ws.esp_websocket_client_start(client);
  return client;
}
`;

/** Time-outs of four seconds: scripts that say from when to when they took. */
const TIMEOUTS: [string, string][] = [
  [
    "connect",
    `opens = "silently"; config.network_timeout_ms = 4000;
     var client = start(); client.on("before_connect", from); client.on("error", to);`,
  ],
  [
    "opening handshake",
    `accepts = false; config.network_timeout_ms = 4000;
     var client = start(); client.on("before_connect", from); client.on("error", to);`,
  ],
  [
    "wait for the next attempt",
    `opens = false; config.reconnect_timeout_ms = 4000;
     var client = start(), attempts = 0;
     client.on("disconnected", from); client.on("before_connect", function () { if (attempts++) to(); });`,
  ],
  [
    "PONG",
    `config.ping_interval_sec = 1; config.pingpong_timeout_sec = 4; var pings = 0;
     onPing = function () { if (!pings++) from(); };
     start().on("error", to);`,
  ],
  [
    "frame header",
    `config.network_timeout_ms = 4000;
     var client = start(); client.on("error", to);
     client.on("connected", function () { setTimeout(function () { listener.received(E.toUint8Array([0x81])); from(); }, 0); });`,
  ],
  [
    "close",
    `var client = start(); client.on("closed", to);
     client.on("connected", function () { ws.esp_websocket_client_close(client, 400); from(); });`,
  ],
  [
    "message that waits to be sent",
    `var client = start(); client.on("error", to);
     client.on("connected", function () {
       ws.esp_websocket_client_send_bin(client, new Uint8Array(2000));
       ws.esp_websocket_client_send_text(client, "waits", 5, 400);
       from();
     });`,
  ],
  [
    "last probe of keep-alive",
    `config.keep_alive_enable = true; config.keep_alive_idle = 1; config.keep_alive_interval = 4; config.keep_alive_count = 1;
     onPing = from; start().on("error", to);`,
  ],
];

describe.each(TIMEOUTS)("the system clock steps, as SNTP does it, during a time-out: %s", (_name, script) => {
  const library = path.join(__dirname, "../../dist/esp_websocket_client.min.js");

  /** When each line was printed, in milliseconds; the clock makes these steps, the first one a second after `from`. */
  async function run(...steps: number[]): Promise<Map<string, number>> {
    const clock = new VirtualClock();
    const printed = new Map<string, number>();
    const board = createBoard({
      clock,
      storage: { esp_websocket_client: fs.readFileSync(library, "utf8") },
      print: (line) => printed.has(line) || printed.set(line, clock.now()),
    });
    board.run(TRANSPORT + script);
    while (!printed.has("from") && clock.now() < 10000) clock.advance(1);
    for (const step of steps) {
      // At the beginning of a slice, so that nearly all of it is lost.
      clock.advance(1010);
      board.stepClock(step);
      board.tick();
    }
    while (!printed.has("to") && clock.now() < 3700000) clock.advance(1000);
    expect(board.uncaught).toEqual([]);
    await board.close();
    return printed;
  }

  /** How long the time-out took. */
  const took = (printed: Map<string, number>): number => printed.get("to")! - printed.get("from")!;

  test("without a step it takes its time", async () => {
    expect(took(await run())).toBeCloseTo(4000);
  });

  test.each([1, 2])("%d forward: each takes no more than a slice away", async (count) => {
    const time = took(await run(...Array(count).fill(56 * 365 * 86400e3)));
    expect(time).toBeLessThan(4000);
    expect(time).toBeGreaterThanOrEqual(4000 - count * SLICE);
  });

  test("back: it stands still as long as the script's own timers", async () => {
    const printed = await run(-3600e3);
    expect(took(printed)).toBeCloseTo(4000 + 3600e3);
    expect(printed.get("a timer of the script's own")! - printed.get("from")!).toBeCloseTo(4000 + 3600e3);
  });
});

// On Espruino for Linux, setTime cannot move the clock, only what Espruino compares it with: to the timers, the way
// back is the step forward that SNTP makes.
const STEP_ON_LINUX = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: URL, reconnect_timeout_ms: 1500, network_timeout_ms: 1500, ping_interval_sec: 0.3, pingpong_timeout_sec: 1.5
});
var begin, attempts = 0;
function from() {
  begin = getTime();
  // Before anything is due.
  setTimeout(function () { setTime(getTime() - 86400); }, 100);
}
function to(what) {
  var time = (getTime() - begin) * 1000;
  print(what + (time < 1500 - SLICE ? " came early, after " + time : " took its time"));
}
client.on("before_connect", function () {
  if (attempts++) to("the next attempt");
  if (attempts === 1) from();
});
client.on("connected", function () { setTimeout(from, 400); });
client.on("error", function (event) { to(event.data_ptr); });
client.on("disconnected", function () {
  from();
  if (attempts === 2) {
    ws.esp_websocket_client_destroy(client);
    print("DONE");
  }
});
ws.esp_websocket_client_start(client);
`;

describeTargets("a step of the clock, on the real interpreter", (target) => {
  if (!target.real || /IoT/.test(target.name)) {
    test.skip("only where setTime does to timers what a step of the clock does", () => {});
    return;
  }
  test("no time-out is early by more than a slice", async () => {
    const peer = await startPeer(async (connection, index) => {
      // The first attempt gets no answer, the second no PONG.
      if (index === 1) await connection.handshake();
    });
    // The PONG's time began 100 ms before the script looked.
    const result = await target.run(STEP_ON_LINUX, { preset: { URL: peer.url, SLICE: SLICE + 150 } });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines).toEqual([
      "No answer in time took its time",
      "the next attempt took its time",
      "No PONG in time took its time",
    ]);
  });
});
