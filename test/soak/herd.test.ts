/**
 * A thousand clients come back at once after their server was away: the built bundle in the simulator, in virtual time,
 * and the waits that a real interpreter asks for. (test/unit/load.test.ts looks at more settings.)
 */
import fs from "node:fs";
import path from "node:path";
import { describeTargets, interpreters, simulators } from "../support/targets";

const { createBoard, VirtualClock } =
  require("../../dist/simulator/index.js") as typeof import("../../board/simulator");
const library = fs.readFileSync(path.join(__dirname, "../../dist/esp_websocket_client.min.js"), "utf8");

const CLIENTS = 1000;
/** How fine the load is looked at, in milliseconds, and how many connections the server takes in that time. */
const BUCKET = 100;
const CAPACITY = 20;

/** A server inside the board, behind `ext_transport`: it answers handshakes, and refuses what is above its capacity. */
const HERD = `
var ws = require("esp_websocket_client");
var GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
var listeners = [], load = [], connected = 0, begin, room = 1e9;
function bucket() { return Math.floor((Date.now() - begin) / BUCKET); }
var server = {
  open: function (address, listener) {
    if (begin !== undefined) {
      load[bucket()] = (load[bucket()] || 0) + 1;
      if (load[bucket()] > room) throw new Error("Connection refused");
    }
    listeners.push(listener);
    setTimeout(function () { listener.opened(); }, 0);
    return {
      close: function () {},
      write: function (bytes) {
        var key = /Sec-WebSocket-Key: (.*)\\r/.exec(E.toString(bytes, ""));
        if (key) {
          var accept = btoa(E.toString(require("crypto").SHA1(key[1].trim() + GUID)));
          var head = ["HTTP/1.1 101 X", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept];
          setTimeout(function () { listener.received(E.toUint8Array(head.join("\\r\\n") + "\\r\\n\\r\\n")); }, 0);
        }
        setTimeout(function () { listener.drained(); }, 0);
      }
    };
  }
};
CONFIG.uri = "ws://server/";
CONFIG.ext_transport = server;
for (var i = 0; i < CLIENTS; i++) {
  var client = ws.esp_websocket_client_init(CONFIG);
  client.on("connected", function () { connected++; });
  ws.esp_websocket_client_start(client);
}
function goDown() {
  begin = Date.now();
  connected = 0;
  room = CAPACITY;
  listeners.splice(0).forEach(function (listener) { listener.closed(); });
}
`;

/** What becomes of the herd within that many seconds: who is back, and the load in each bucket of time. */
async function herd(config: object, seconds: number): Promise<{ back: number; load: number[] }> {
  const clock = new VirtualClock();
  const board = createBoard({ storage: { esp_websocket_client: library }, clock });
  Object.assign(board.globals, { CONFIG: config, CLIENTS, CAPACITY, BUCKET });
  board.run(HERD);
  clock.advance(100);
  expect(board.globals.connected).toBe(CLIENTS);
  board.run("goDown();");
  clock.advance(seconds * 1000);
  const { connected, load } = board.globals as { connected: number; load: number[] };
  expect(board.uncaught).toEqual([]);
  const seen = Array.from(load, (count) => count ?? 0);
  await board.close();
  return { back: connected, load: seen };
}

describe("a thousand clients that lose their server at the same moment (simulator)", () => {
  const config = { reconnect_timeout_ms: 1000, reconnect_max_ms: 30000, ping_interval_sec: 100000 };

  test("with backoff and jitter are all back within a minute, though the server takes few at a time", async () => {
    const { back, load } = await herd({ ...config, reconnect_jitter: 1 }, 60);
    expect(back).toBe(CLIENTS);
    // The first attempts are spread over the whole reconnect time.
    expect(Math.max(...load)).toBeLessThan(CLIENTS / 4);
  });

  test("without jitter they come all together, again and again, and most find no room", async () => {
    const { back, load } = await herd(config, 10);
    expect(Math.max(...load)).toBe(CLIENTS);
    expect(back).toBeLessThan(CLIENTS / 4);
  });
});

/** Attempts that all fail, without waiting: it tells of the times that the library asks its timer for. */
const WAITS = `
var wait = 0;
var last = 0;
var plain = setTimeout;
var lost = false;
global.setTimeout = function (f, time) {
  var args = [].slice.call(arguments, 0);
  // One wait is made of many short ones. 100 is the watch over handlers, which waits for nothing.
  if (lost && time > 0 && time !== 100) {
    wait += last = time;
    args[1] = 0;
  }
  return plain.apply(this, args);
};
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: "ws://server/", reconnect_timeout_ms: 1000, reconnect_jitter: 1,
  ext_transport: { open: function () { throw "refused"; } }
});
var tens = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
client.on("disconnected", function () {
  // The wait that counts is set behind this handler.
  wait = 0;
  lost = true;
});
client.on("before_connect", function () {
  lost = false;
  // The last one belongs to the wait for the attempt after this, which has been set.
  if (wait) tens[Math.min(Math.floor((wait - last) / 100), 9)]++;
  if (--LEFT) return;
  print(tens.join(" "));
  ws.esp_websocket_client_destroy(client);
  print("DONE");
});
ws.esp_websocket_client_start(client);
`;

describeTargets(
  "the waits of a client with jitter",
  (target) => {
    test("are spread evenly over the reconnect time", async () => {
      const attempts = 301;
      const { lines, uncaught } = await target.run(WAITS, { preset: { LEFT: attempts } });
      expect(uncaught).toEqual([]);
      const tens = lines[0].split(" ").map(Number);
      expect(tens.reduce((sum, count) => sum + count, 0)).toBe(attempts - 1);
      // 30 are expected in each; five standard deviations.
      for (const count of tens) expect(Math.abs(count - 30)).toBeLessThan(5 * Math.sqrt(30 * 0.9));
    });
  },
  [...simulators(), ...interpreters()]
);
