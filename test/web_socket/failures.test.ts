/** What fails: listeners, connections on which is sent, messages that are too long. */
import { binary, close, continuation, frame, text } from "../support/peer";
import { describeTargets, hasSmallHeap } from "../support/targets";
import { everywhere, run } from "./run";

const repeat = (bytes: Buffer, times: number): Buffer => Buffer.concat(Array<Buffer>(times).fill(bytes));

describeTargets(
  "WebSocket, when something fails:",
  (target) => {
    test("each exception of a listener is reported at once, though others catch theirs in the same pass", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], Buffer.concat([text("1"), text("2"), close(1000)]));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        setTimeout(function () { try { throw "caught"; } catch (error) {} }, 0);
        s.onmessage = function (event) {
          setTimeout(function () { try { throw "caught"; } catch (error) {} }, 0);
          throw new Error("message " + event.data);
        };
        s.addEventListener("message", function () { throw "a string"; });
        s.onclose = function () { throw new Error("close"); };
        s.addEventListener("close", function () { show("close"); });`
      );
      expect(result.lines).toEqual(['"close"']);
      expect(result.uncaught).toEqual([
        "Uncaught Error: message 1",
        "Uncaught a string",
        "Uncaught Error: message 2",
        "Uncaught a string",
        "Uncaught Error: close",
      ]);
    });

    test("listeners of uncaughtException get it instead", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], Buffer.concat([text("1"), close(1000)]));
          connection.fin();
        },
        `
        process.removeAllListeners("uncaughtException");
        process.on("uncaughtException", function (exception) { show(exception.message); });
        var s = new WebSocket(URL);
        s.onmessage = function () { throw new Error("heard"); };
        s.onclose = function () { show("close"); };`
      );
      expect([...result.lines].sort()).toEqual(['"close"', '"heard"']);
      expect(result.uncaught).toEqual([]);
    });

    test("every send raises bufferedAmount, and a failure is told once", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          connection.pause();
        },
        `
        var s = new WebSocket(URL, [], { buffer_size: 100, tx_queue_size: 1000 });
        var errors = 0;
        s.onopen = function () {
          var raised = true;
          var times = 0;
          var bytes = new Uint8Array(500);
          while (s.bufferedAmount < 16384) {
            var before = s.bufferedAmount;
            s.send(bytes);
            times++;
            if (s.bufferedAmount !== before + 500) raised = false;
          }
          show(times, raised, s.readyState);
        };
        s.onerror = function (event) { errors++; show(event.message); };
        s.onclose = function (event) {
          show(event.code, errors, s.bufferedAmount > 16000);
          s.send("12345");
          setTimeout(function () { show(s.bufferedAmount > 16000); }, 20);
        };`
      );
      expect(result).toMatchObject({
        lines: ["33,true,2", '"Send queue full, or out of memory"', "1006,1,true", "true"],
        uncaught: [],
      });
    });

    test("a send on a connection that is gone counts, and the connection's own error is told", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], text("go"));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        var told = [];
        s.onerror = function (event) { told.push("error", typeof event.message, /queue|memory/i.test(event.message)); };
        s.onclose = function (event) {
          told.push(event.code);
          var before = s.bufferedAmount;
          s.send("late");
          show(told, s.bufferedAmount - before);
        };`
      );
      expect(result).toMatchObject({ lines: ['["error","string",false,1006],4'], uncaught: [] });
    });

    test("a fragment behind the first counts 32 bytes", async () => {
      const result = await run(
        target,
        async (connection, index) => {
          await connection.handshake();
          const empty = repeat(continuation("", false), index ? 65 : 62);
          connection.send(Buffer.concat([text("a", false), empty, continuation("b"), text("c")]));
          const answer = await connection.nextFrame();
          expect(answer.payload).toEqual(index ? Buffer.from([3, 241]) : Buffer.alloc(0));
          connection.send(close(index ? 1009 : 1000));
          connection.fin();
        },
        `
        function attempt(next) {
          var s = new WebSocket(URL, [], { max_message_size: 2048 });
          s.onmessage = function (event) {
            show(event.data);
            if (event.data === "c") s.close();
          };
          s.onerror = function (event) { show(event.message); };
          s.onclose = function (event) { show(event.code); next(); };
        }
        attempt(function () { attempt(function () {}); });`
      );
      expect(result).toMatchObject({
        lines: ['"ab"', '"c"', "1000", '"Over max_message_size"', "1009"],
        uncaught: [],
      });
    });
  },
  everywhere
);

// Memory of the board's size: everything is answered with whole messages, or with 1009 where they do not fit.
const small = everywhere.filter(hasSmallHeap);
if (small.length === 0) test.skip("WebSocket with little memory: set ESPRUINO_SMALL to its file to run this", () => {});
else describeSmall();

function describeSmall(): void {
  describe("WebSocket with little memory", () => {
    const floods: [string, Buffer][] = [
      [
        "empty fragments of a text",
        Buffer.concat([text("a", false), repeat(continuation("", false), 3000), continuation("b")]),
      ],
      [
        "fragments of one byte of a text",
        Buffer.concat([text("a", false), repeat(continuation("b", false), 600), continuation("b")]),
      ],
      [
        "empty fragments of bytes",
        Buffer.concat([binary("a", false), repeat(continuation("", false), 3000), continuation("b")]),
      ],
      [
        "fragments of one byte of bytes",
        Buffer.concat([binary("a", false), repeat(continuation("b", false), 600), continuation("b")]),
      ],
      [
        "fragments of 500 bytes",
        Buffer.concat([binary("a", false), repeat(continuation("b".repeat(500), false), 30), continuation("b")]),
      ],
      [
        "PINGs inside a message",
        Buffer.concat([text("a", false), repeat(frame({ opcode: 9 }), 300), continuation("b")]),
      ],
      ["empty texts", repeat(text(""), 500)],
      ["empty binary messages", repeat(binary(""), 500)],
      ["texts of 16 bytes", repeat(text("x".repeat(16)), 200)],
      ["binary messages of 16 bytes", repeat(binary("x".repeat(16)), 200)],
      ["texts of 125 bytes", repeat(text("x".repeat(125)), 100)],
      ["texts of 600 bytes", repeat(text("x".repeat(600)), 20)],
      ["binary messages of 600 bytes", repeat(binary("x".repeat(600)), 20)],
      ["PONGs", repeat(frame({ opcode: 10, payload: "x".repeat(125) }), 200)],
      ["a text of 4 kB", text("x".repeat(4000))],
      ["a text of 8 kB", text("x".repeat(8000))],
      ["a text of 12 kB", text("x".repeat(12000))],
      ["a text of 30 kB", text("x".repeat(30000))],
      ["8 kB", binary("x".repeat(8000))],
      // It has failed when its header has come, and the rest never does.
      ["1 MB", frame({ opcode: 2, payload: "x".repeat(2000), length: 1000000, lengthBytes: 8 })],
    ];
    const cases = small.flatMap((target) => [2500, 1800].map((limit) => [target.name, limit, target] as const));
    test.each(cases)("%s, %d variables", async (_name, limit, target) => {
      const result = await run(
        target,
        async (connection, index) => {
          await connection.handshake([], floods[index][1]);
          connection.send(close(1000));
          // Without memory for a close frame, it just ends.
          await connection.framesUntil(({ opcode }) => opcode === 8).catch(() => {});
          connection.fin();
        },
        `
      var ballast = [];
      while (ballast.length < process.memory().total - ${limit}) ballast.push(0);
      var left = ${floods.length};
      function connect() {
        var s = new WebSocket(URL);
        var told = [];
        s.onmessage = function () { if (told[0] !== "message") told.push("message"); };
        s.onerror = function (event) { told.push(event.message); };
        s.onclose = function (event) {
          print(told.concat(event.code, s.readyState).join());
          if (--left) setTimeout(connect, 0);
          else print("flags " + E.getErrorFlags());
        };
      }
      connect();`
      );
      const told = Object.fromEntries(floods.map(([name], index) => [name, result.lines[index]]));
      // All of it, or a failure that is told, with the messages before it.
      for (const line of Object.values(told))
        expect(line).toMatch(/^((message,)?1000|(message,)?Out of memory,100[69]),3$/);
      expect(result.lines.slice(floods.length)).toEqual(["flags "]);
      expect(result.uncaught).toEqual([]);
      const tooLong = expect.stringMatching(limit < 2500 ? /^Out of memory,100[69],3$/ : /^Out of memory,1009,3$/);
      expect(told).toMatchObject({
        "a text of 30 kB": tooLong,
        "1 MB": tooLong,
      });
      if (limit < 2500) return;
      const all = "message,1000,3";
      expect(told).toMatchObject({
        "empty fragments of a text": all,
        "empty texts": all,
        "texts of 16 bytes": all,
        "binary messages of 16 bytes": all,
        "texts of 125 bytes": all,
        "texts of 600 bytes": all,
        "a text of 4 kB": all,
      });
    });
  });
}
