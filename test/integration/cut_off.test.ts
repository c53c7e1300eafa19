import { close, continuation, ping, pong, startPeer, text, type PeerConnection } from "../support/peer";
import { describeTargets, hasSmallHeap, targets } from "../support/targets";

/**
 * Espruino cuts a handler off when its stack is full (or memory runs out): nothing of it, or of what called it, is gone on
 * with. Nothing that came before or comes afterwards may get lost with it, whatever that is.
 */
const script = `
var ws = require("esp_websocket_client");
var names = "ERROR CONNECTED DISCONNECTED DATA CLOSED BEFORE_CONNECT BEGIN FINISH HEADER".split(" ");
function deep() { deep(); }
CONFIG.uri = URL;
// The watch, not a PING, has to go on.
CONFIG.ping_interval_sec = 3600;
CONFIG.reconnect_timeout_ms = 10;
var client = ws.esp_websocket_client_init(CONFIG);
var cut = CUT;
client.on("any", function (event, id) {
  var name = names[id] + (id === 3 ? " " + event.op_code + " " + event.data_ptr : "");
  if (id < 5 || id === 7) print(name);
  if (id === 7) setTimeout(function () { ws.esp_websocket_client_destroy(client); print("DONE"); }, 1);
  if (name !== cut) return;
  cut = "";
  if (STOP) ws.esp_websocket_client_stop(client);
  deep();
});
ws.esp_websocket_client_start(client);`;

interface Case {
  /** The event whose handler is cut off, as the script prints it. */
  cut: string;
  /** The handler stops the client before. */
  stop?: boolean;
  server: (connection: PeerConnection) => Promise<void> | void;
  expected: string[];
}

const bytes = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const end = (connection: PeerConnection): void => void connection.send(close(1000));
const CLOSED = ["DATA 8 3,232", "CLOSED", "FINISH"];

const cases: Record<string, Case> = {
  "in DATA, with another message in the same read": {
    cut: "DATA 1 a",
    server: (connection) => connection.send(bytes(text("a"), text("b"), close(1000))),
    expected: ["CONNECTED", "DATA 1 a", "DATA 1 b", ...CLOSED],
  },
  "in DATA, and nothing else comes before the client answers": {
    cut: "DATA 9 ",
    server: async (connection) => {
      connection.send(bytes(ping(), ping("x"), text("b")));
      await connection.framesUntil(({ opcode, payload }) => opcode === 10 && payload.length === 1);
      end(connection);
    },
    expected: ["CONNECTED", "DATA 9 ", "DATA 9 120", "DATA 1 b", ...CLOSED],
  },
  "in DATA, with half a message behind it": {
    cut: "DATA 1 a",
    server: async (connection) => {
      connection.send(bytes(text("a"), text("bcd").subarray(0, 3)));
      await new Promise((resolve) => setTimeout(resolve, 250));
      connection.send(bytes(text("bcd").subarray(3), close(1000)));
    },
    expected: ["CONNECTED", "DATA 1 a", "DATA 1 b", "DATA 1 cd", ...CLOSED],
  },
  "in DATA of a fragment": {
    cut: "DATA 1 a",
    server: (connection) => connection.send(bytes(text("a", false), ping(), continuation("b"), close(1000))),
    expected: ["CONNECTED", "DATA 1 a", "DATA 9 ", "DATA 0 b", ...CLOSED],
  },
  "in HEADER_RECEIVED": {
    cut: "HEADER",
    server: (connection) => connection.send(bytes(text("a"), close(1000))),
    expected: ["CONNECTED", "DATA 1 a", ...CLOSED],
  },
  "in DATA, and then the server ends TCP": {
    cut: "DATA 1 a",
    server: (connection) => {
      connection.send(bytes(text("a"), text("b")));
      connection.fin();
    },
    expected: ["CONNECTED", "DATA 1 a", "DATA 1 b", "ERROR", "DISCONNECTED", "FINISH"],
  },
  "in CONNECTED, with a message behind the response": {
    cut: "CONNECTED",
    server: (connection) => connection.send(bytes(text("a"), close(1000))),
    expected: ["CONNECTED", "DATA 1 a", ...CLOSED],
  },
  "in DATA, after stop": {
    cut: "DATA 1 a",
    stop: true,
    server: (connection) => connection.send(text("a")),
    expected: ["CONNECTED", "DATA 1 a", "FINISH"],
  },
  "in ERROR": {
    cut: "ERROR",
    server: (connection) => connection.fin(),
    expected: ["CONNECTED", "ERROR", "DISCONNECTED", "FINISH"],
  },
  "in DISCONNECTED": {
    cut: "DISCONNECTED",
    server: (connection) => connection.fin(),
    expected: ["CONNECTED", "ERROR", "DISCONNECTED", "FINISH"],
  },
  "in CLOSED": {
    cut: "CLOSED",
    server: end,
    expected: ["CONNECTED", ...CLOSED],
  },
  "in the DATA of a close frame": {
    cut: "DATA 8 3,232",
    server: end,
    expected: ["CONNECTED", ...CLOSED],
  },
  "in DATA of a PONG": {
    cut: "DATA 10 ",
    server: (connection) => connection.send(bytes(pong(), text("b"), close(1000))),
    expected: ["CONNECTED", "DATA 10 ", "DATA 1 b", ...CLOSED],
  },
};
describeTargets(
  "a handler that the interpreter cuts off",
  (target) => {
    test.each(Object.entries(cases))("%s", async (_name, { cut, stop = false, server, expected }) => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        await server(connection);
        await connection.end();
      });
      try {
        const preset = { URL: peer.url, CUT: cut, STOP: stop, CONFIG: { disable_auto_reconnect: true } };
        const { lines } = await target.run(script, { preset, timeoutMs: 30000 });
        expect(lines).toEqual(expected);
      } finally {
        await peer.close();
      }
    });
  },
  // A small heap is full before a stack that is not small as well; then the connection ends, and is told of.
  targets().filter((target) => !target.jerryscript && !(hasSmallHeap(target) && target.longBits === 64))
);
