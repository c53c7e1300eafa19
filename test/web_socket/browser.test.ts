/** The browser's WebSocket: what the WHATWG standard says of it, on the wire and in the script. */
import { close, frame, ping, text } from "../support/peer";
import { describeTargets } from "../support/targets";
import { everywhere, run } from "./run";

/** Prints all events of `s`. */
const SHOW_EVENTS = `
s.onopen = function () { show("open", s.readyState); };
s.onmessage = function (event) { show("message", event.data); };
s.onerror = function () { show("error", s.readyState); };
s.onclose = function (event) { show("close", event.code, event.reason, event.wasClean, s.readyState); };
`;

describeTargets(
  "WebSocket",
  (target) => {
    /** Text as the board's strings have it. */
    const native = (value: string): string =>
      target.byteStrings ? Buffer.from(value, "utf8").toString("latin1") : value;
    /** A line of the script's `show`. */
    const shown = (...values: unknown[]): string => JSON.stringify(values).slice(1, -1);
    /** The lines, whatever the interpreter's way to write characters above 0x7e. */
    const parsed = (lines: readonly string[]): string[] => lines.map((line) => shown(...JSON.parse(`[${line}]`)));

    test("tells of open, messages and close; handlers may be set late, and nothing is told before", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], Buffer.concat([text("first"), text("hé€😀"), text("")]));
          const answer = await connection.nextFrame();
          expect([answer.opcode, answer.fin, answer.payload.toString()]).toEqual([1, true, "hé€"]);
          expect((await connection.nextFrame()).payload).toEqual(Buffer.from([0, 1, 255]));
          expect((await connection.nextFrame()).payload).toEqual(Buffer.from([2, 3]));
          expect((await connection.nextFrame()).payload).toEqual(Buffer.from([4, 5]));
          expect((await connection.nextFrame()).payload.toString()).toBe("null");
          connection.send(close(3456, "byé"));
          expect((await connection.nextFrame()).payload).toEqual(Buffer.from([0x0d, 0x80]));
          connection.fin();
        },
        `
        var s = new WebSocket(URL + "path?q");
        show(s.readyState, s.url === URL + "path?q", s.protocol, s.extensions, s.binaryType, s.bufferedAmount);
        show(WebSocket.CONNECTING, WebSocket.OPEN, s.CLOSING, s.CLOSED, s instanceof WebSocket);
        s.addEventListener("open", function (event) {
          show(event.type, event.target === s, this === s, s.readyState);
          s.send("hé€");
          s.send(new Uint8Array([0, 1, 255]));
          s.send(new Uint8Array([2, 3]).buffer);
          s.send(new Uint16Array([0, 0x504]).buffer.byteLength === 4 && new DataView(new Uint8Array([9, 4, 5, 9]).buffer, 1, 2));
          s.send(null);
        });
        s.onmessage = function (event) { show(event.type, event.data); };
        s.onclose = function (event) { show(event.type, event.code, event.reason, event.wasClean, s.readyState); };
        show("constructed");`
      );
      expect(parsed(result.lines)).toEqual([
        shown(0, true, "", "", "arraybuffer", 0),
        shown(0, 1, 2, 3, true),
        shown("constructed"),
        shown("open", true, true, 1),
        shown("message", "first"),
        shown("message", native("hé€😀")),
        shown("message", ""),
        shown("close", 3456, native("byé"), true, 3),
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("puts messages together, however they are cut, control frames between them", async () => {
      const long = Buffer.from("0123456789é".repeat(150));
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          connection.send(
            frame({ opcode: 1, fin: false, payload: Buffer.from("a\u00e9").subarray(0, 2) }),
            ping("p"),
            frame({ opcode: 0, fin: false, payload: "" }),
            frame({ opcode: 0, fin: true, payload: Buffer.from("\u00e9b").subarray(1) }),
            frame({ opcode: 2, fin: false, payload: Buffer.from([1, 2]) }),
            frame({ opcode: 0, fin: true, payload: Buffer.from([3]) })
          );
          await connection.sendChopped(frame({ opcode: 2, payload: Buffer.alloc(3000, 7) }), 700);
          await connection.sendChopped(frame({ opcode: 1, payload: long }), 333);
          connection.send(frame({ opcode: 2 }));
          connection.send(close());
          connection.fin();
          await connection.end();
        },
        `
        var s = new WebSocket(URL);
        var count = 0;
        s.onmessage = function (event) {
          var data = event.data;
          if (typeof data === "string") show(data.length > 99 ? [data.length, data.substr(0, 5), data.split("0123456789").length] : data);
          else {
            show(data instanceof ArrayBuffer, data instanceof Uint8Array, data.byteLength, [].slice.call(new Uint8Array(data), 0, 4));
            s.binaryType = "uint8array";
          }
        };
        s.onclose = function (event) { show(event.code, event.reason, event.wasClean); };`
      );
      const length = target.byteStrings ? long.length : 1650;
      expect(parsed(result.lines)).toEqual([
        shown(native("aéb")),
        shown(true, false, 3, [1, 2, 3]),
        shown(false, true, 3000, [7, 7, 7, 7]),
        shown([length, "01234", 151]),
        shown(false, true, 0, []),
        shown(1005, "", true),
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("echoes 4 kB of text", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          const echo: Buffer[] = [];
          for (let fin = false; !fin;) {
            const piece = await connection.nextFrame();
            echo.push(piece.payload);
            fin = piece.fin;
          }
          expect(Buffer.concat(echo).toString()).toBe("0123456789abcdef".repeat(256));
          connection.send(text(Buffer.concat(echo)));
          await connection.nextFrame();
          connection.send(close(1000));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        s.onopen = function () {
          var text = "0123456789abcdef";
          while (text.length < 4096) text += text;
          s.send(text);
        };
        s.onmessage = function (event) {
          show(event.data.length, event.data.substr(4080));
          s.close();
        };`
      );
      expect(result).toMatchObject({ lines: ['4096,"0123456789abcdef"'], uncaught: [] });
    });

    test("fails with error and then close 1006: dropped TCP, refused handshake, refused connection", async () => {
      const result = await run(
        target,
        async (connection, index) => {
          if (index === 0) {
            await connection.handshake();
            connection.fin();
          } else {
            await connection.readHead();
            connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
          }
        },
        `
        function attempt(url, next, config) {
          var s = new WebSocket(url, undefined, config);
          ${SHOW_EVENTS}
          s.addEventListener("error", function (event) { show(typeof event.message); });
          s.addEventListener("close", next);
          show("constructed");
        }
        attempt(URL, function () {
          attempt(URL, function () {
            attempt("ws://127.0.0.1:1/", function () {
              attempt("wss://127.0.0.1:1/", function () {}, { crt_bundle_attach: function () {} });
            });
          });
        });`
      );
      const failure = [shown("error", 3), shown("string"), shown("close", 1006, "", false, 3)];
      expect(result.lines).toEqual([
        shown("constructed"),
        shown("open", 1),
        ...failure,
        shown("constructed"),
        ...failure,
        shown("constructed"),
        ...failure,
        // A board that cannot do what is asked tells of it as of any other failure.
        shown("constructed"),
        ...failure,
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("closes with the code and reason that are given, and ignores messages from then on", async () => {
      const bodies: string[] = [];
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          const received = await connection.nextFrame();
          expect(received.opcode).toBe(8);
          bodies.push(received.payload.toString("hex"));
          connection.send(text("late"), close(received.payload.length ? 1000 : undefined));
          connection.fin();
        },
        `
        var calls = [[], [1000], [3001, "why"], [undefined, "é"], [4999, ""]];
        function next() {
          var args = calls.shift();
          if (!args) return;
          var s = new WebSocket(URL);
          ${SHOW_EVENTS}
          s.addEventListener("open", function () {
            s.close.apply(s, args);
            show(s.readyState);
            s.close(); // the second time is ignored
          });
          s.addEventListener("close", function () { setTimeout(next, 0); });
        }
        next();`
      );
      expect(bodies).toEqual(["", "03e8", "0bb9776879", "03e8c3a9", "1387"]);
      const closed = (code: number): string[] => [shown("open", 1), "2", shown("close", code, "", true, 3)];
      expect(result.lines).toEqual([
        ...closed(1005),
        ...closed(1000),
        ...closed(1000),
        ...closed(1000),
        ...closed(1000),
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("throws what the standard says", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          await connection.nextFrame();
          connection.send(close(1000));
          connection.fin();
        },
        `
        function attempt(f) { try { f(); show("nothing"); } catch (error) { show(error.name, error instanceof Error); } }
        ["ftp://h/", "wsss://h/", "ws://h/#f", "ws://", "ws://h:70000/", "ws://a b/"].forEach(function (url) {
          attempt(function () { new WebSocket(url); });
        });
        [["a", "a"], "a b", [""], "", "a,b", ["a", "é"]].forEach(function (protocols) {
          attempt(function () { new WebSocket(URL, protocols); });
        });
        attempt(function () { new WebSocket(URL, [], { no_such_field: 1 }); });
        show("socket");
        var s = new WebSocket(URL);
        attempt(function () { s.send("too early"); });
        var reason = "", long = "";
        while (reason.length < 124) reason += "x";
        for (var i = 0; i < 62; i++) long += "é"; // 124 bytes
        function closing() {
          [999, 1001, 1005, 1006, 2999, 5000, "x", null].forEach(function (code) {
            attempt(function () { s.close(code); });
          });
          attempt(function () { s.close(1000, reason); });
          attempt(function () { s.close(1000, long); });
          show("state", s.readyState);
        }
        closing();
        s.onopen = function () {
          closing();
          attempt(function () { s.close(1000, reason.substr(0, 121) + "é\\xe9".substr(0, 1) + "zzz"); });
          s.close(1000, reason.substr(1));
        };
        s.onclose = function () { closing(); };`
      );
      const lines = result.lines.filter((line) => !/^esp_websocket_client: /.test(line));
      const syntax = shown("SyntaxError", true);
      const access = shown("InvalidAccessError", true);
      const closing = (state: number): string[] => [
        ...Array<string>(8).fill(access),
        syntax,
        syntax,
        shown("state", state),
      ];
      expect(lines).toEqual([
        ...Array<string>(13).fill(syntax),
        shown("socket"),
        shown("InvalidStateError", true),
        ...closing(0),
        ...closing(1),
        syntax,
        ...closing(3),
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("writes URLs in one form", async () => {
      const result = await run(
        target,
        () => {},
        `
        ["WS://127.0.0.1:1", "http://127.0.0.1:1?x/y", "HTTPS://127.0.0.1:1/a?b", "  ws://127.0.0.1:1//a/?b?c"].forEach(function (url) {
          var s = new WebSocket(url);
          s.close();
          show(s.url, s.readyState);
        });`
      );
      expect(result.lines).toEqual([
        shown("ws://127.0.0.1:1/", 2),
        shown("ws://127.0.0.1:1/?x/y", 2),
        shown("wss://127.0.0.1:1/a?b", 2),
        shown("ws://127.0.0.1:1//a/?b?c", 2),
      ]);
    });

    test("fails a connection that is closed before it is open", async () => {
      const result = await run(
        target,
        () => {},
        `
        var s = new WebSocket(URL);
        ${SHOW_EVENTS}
        s.close();
        show("returned", s.readyState);`
      );
      expect(result.lines).toEqual([shown("returned", 2), shown("error", 3), shown("close", 1006, "", false, 3)]);
    });

    test("offers subprotocols, and fails if the server chooses none", async () => {
      const offers: (string | undefined)[] = [];
      const result = await run(
        target,
        async (connection, index) => {
          await connection.readHead();
          offers.push(connection.header("Sec-WebSocket-Protocol"));
          await connection.handshake(index ? [] : ["Sec-WebSocket-Protocol: b"]);
          if (index === 0) {
            connection.send(close(1000));
            connection.fin();
          }
        },
        `
        var s = new WebSocket(URL, ["a", "b"]);
        s.onopen = function () { show("open", s.protocol); };
        s.onclose = function () {
          s = new WebSocket(URL, "a");
          ${SHOW_EVENTS}
        };`
      );
      expect(offers.map((offer) => offer?.replace(/ /g, ""))).toEqual(["a,b", "a"]);
      expect(result.lines).toEqual([shown("open", "b"), shown("error", 3), shown("close", 1006, "", false, 3)]);
    });

    test("ends a connection with 1009 on a message longer than max_message_size", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          connection.send(
            frame({ opcode: 2, payload: Buffer.alloc(10) }),
            frame({ opcode: 1, fin: false, payload: "12345" }),
            frame({ opcode: 0, fin: true, payload: "67890a" }),
            text("more")
          );
          const received = await connection.nextFrame();
          expect(received).toMatchObject({ opcode: 8, payload: Buffer.from([3, 241]) });
          connection.send(close(1009));
          connection.fin();
        },
        `
        var s = new WebSocket(URL, [], { max_message_size: 10 });
        ${SHOW_EVENTS}
        s.onmessage = function (event) { show(event.data.byteLength); };`
      );
      expect(result.lines).toEqual([shown("open", 1), "10", shown("error", 3), shown("close", 1009, "", true, 3)]);
    });

    test("bufferedAmount counts what waits, and what comes too late", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          await connection.framesUntil((one) => one.payload.toString() === "end");
          connection.send(close(1000));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        s.onopen = function () {
          var kilobyte = new Uint8Array(1024);
          s.send("abc");
          show(s.bufferedAmount);
          s.send(kilobyte);
          s.send(kilobyte);
          show(s.bufferedAmount);
          var timer = setInterval(function () {
            if (s.bufferedAmount) return;
            clearInterval(timer);
            show(0);
            s.send("end");
          }, 1);
        };
        s.onclose = function () {
          show(s.bufferedAmount);
          s.send("late");
          s.send(new Uint8Array(3));
          show(s.bufferedAmount);
        };`
      );
      expect(result).toMatchObject({ lines: ["3", "2051", "0", "0", "7"], uncaught: [] });
    });

    test("fails where a configured send queue is full", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          connection.pause();
        },
        `
        var s = new WebSocket(URL, [], { buffer_size: 100, tx_queue_size: 200 });
        ${SHOW_EVENTS}
        s.onopen = function () {
          for (var i = 0; i < 5; i++) s.send(new Uint8Array(150));
          show("returned", s.readyState);
        };
        s.onerror = function (event) { show(event.type, event.message); };
        s.addEventListener("close", function () { show(s.bufferedAmount); });`
      );
      expect(result.lines).toEqual([
        shown("returned", 2),
        shown("error", "Send queue full, or out of memory"),
        shown("close", 1006, "", false, 3),
        // A message that is longer than a frame waits for the idle loop: none of it has left.
        "750",
      ]);
    });

    test("calls every listener once, in order, objects too, whatever another throws", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], text("1"));
          await connection.nextFrame();
          connection.send(text("2"), close(1000));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        var object = { name: "object", handleEvent: function (event) { show(this.name, event.data); } };
        function twice(event) { show("twice", event.data); }
        function fails() { throw new Error("Oh no"); }
        function once(event) {
          show("once", event.data);
          s.removeEventListener("message", once);
          s.removeEventListener("message", fails);
          s.addEventListener("message", function (event) { show("added", event.data); });
          s.send("go on");
        }
        s.addEventListener("message", fails);
        s.addEventListener("message", twice);
        s.addEventListener("message", object);
        s.addEventListener("message", twice);
        s.addEventListener("message", once);
        s.addEventListener("close", object);
        s.removeEventListener("close", object);
        s.removeEventListener("open", once);
        s.onmessage = function (event) { show("onmessage", event.data); };`
      );
      const calls = (value: string, ...names: string[]): string[] => names.map((name) => shown(name, value));
      expect(result.lines).toEqual([
        ...calls("1", "onmessage", "twice", "object", "once"),
        ...calls("2", "onmessage", "twice", "object", "added"),
      ]);
      expect(result.uncaught).toEqual(["Uncaught Error: Oh no"]);
    });

    test("calls no listener that another has removed meanwhile", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], Buffer.concat([text("1"), text("2"), close(1000)]));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        function first(event) {
          show("first", event.data);
          s.removeEventListener("message", second);
          s.addEventListener("message", third);
        }
        function second(event) { show("second", event.data); }
        function third(event) { show("third", event.data); }
        s.addEventListener("message", first);
        s.addEventListener("message", second);
        function opened() { show("opened"); }
        s.addEventListener("open", opened);
        s.onopen = function () { s.removeEventListener("open", opened); };`
      );
      expect(result).toMatchObject({
        lines: [shown("first", "1"), shown("first", "2"), shown("third", "2")],
        uncaught: [],
      });
    });

    test("connects again only if the configuration asks, and close ends that", async () => {
      const result = await run(
        target,
        async (connection, index) => {
          await connection.handshake();
          if (index < 2) connection.fin();
          else {
            await connection.nextFrame();
            connection.send(close(1000));
            connection.fin();
          }
        },
        `
        var s = new WebSocket(URL, [], { disable_auto_reconnect: false, reconnect_timeout_ms: 20 });
        var opened = 0;
        ${SHOW_EVENTS}
        s.addEventListener("open", function () { if (++opened === 3) s.close(1000); });
        s.addEventListener("close", function () {
          if (opened < 3) return;
          var other = new WebSocket("ws://127.0.0.1:1/", [], { disable_auto_reconnect: false });
          // Between two attempts
          other.onclose = function (event) { show("other", event.code); other.close(); };
        });`
      );
      const dropped = [shown("open", 1), shown("error", 3), shown("close", 1006, "", false, 3)];
      expect(result.lines).toEqual([
        ...dropped,
        ...dropped,
        shown("open", 1),
        shown("close", 1000, "", true, 3),
        shown("other", 1006),
      ]);
      expect(result.uncaught).toEqual([]);
    });
  },
  everywhere
);
