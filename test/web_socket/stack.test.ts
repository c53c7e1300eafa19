/**
 * How much of the interpreter's stack lies under a listener, and under the deepest point of a `send` from there: counted
 * in nested calls that are no longer possible there, but are in a callback of the idle loop. On an ESP32 one takes about
 * 700 bytes of 25,000.
 */
import { text } from "../support/peer";
import { interpreters } from "../support/targets";
import { run } from "./run";

/** Bounds that hold now, to be lowered with the path to them. Of 9,000 bytes, 11 calls are left to both together. */
const CALLS_TO_LISTENER = 16;
const CALLS_TO_WRITE = 21;

/** The user's transport, whose `write` is where a `send` is deepest; `dive` calls itself until the interpreter ends it. */
const SCRIPT = `
var depths = {};
function callItself(name, depth) { depths[name] = depth; callItself(name, depth + 1); }
function dive(name) {
  // What follows in this callback is cut off.
  setTimeout(next, 0);
  callItself(name, 1);
}
var where = "";
var transport = {
  open: function (address, listener) {
    var socket = require("net").connect({ host: address.host, port: address.port }, function () { listener.opened(); });
    socket.on("data", function (data) { listener.received(data); });
    socket.on("drain", function () { listener.drained(); });
    socket.on("close", function () { listener.closed(); });
    return {
      write: function (bytes) {
        if (where === "write") { where = ""; dive("write"); }
        socket.write(E.toString(bytes));
      },
      close: function () { socket.end(); }
    };
  }
};
function connect(name) {
  var s = new WebSocket(URL, [], { ext_transport: transport });
  s.onmessage = function () {
    where = name;
    if (name === "listener") dive(name);
    s.send("x");
  };
}
var steps = [
  function () { dive("idle"); },
  function () { connect("listener"); },
  function () { connect("write"); },
  function () { print(JSON.stringify(depths)); print("DONE"); }
];
function next() { steps.shift()(); }
// A small heap ends before a stack that is not small as well: there is nothing to count.
var memory = process.memory();
if (memory.total < 4000 && memory.stackFree === undefined) print("no small stack");
else setTimeout(next, 0);`;

const found = interpreters();
const describeReal = found.length ? describe : describe.skip;
describeReal("stack", () => {
  test.each(found.map((target) => [target.name, target] as const))("%s", async (_name, target) => {
    const result = await run(
      target,
      async (connection) => {
        await connection.handshake([], text("go"));
        await connection.end();
      },
      SCRIPT
    );
    const line = result.lines.at(-1)!;
    if (line === "no small stack") return;
    const { idle, listener, write } = JSON.parse(line) as Record<string, number>;
    expect(idle - listener).toBeLessThanOrEqual(CALLS_TO_LISTENER);
    expect(idle - write).toBeLessThanOrEqual(CALLS_TO_WRITE);
    expect(write).toBeLessThan(listener);
  });
});
