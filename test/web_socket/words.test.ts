/** What the constructor takes, and what it says of all else: in both styles, the browser's and that of Espruino's `ws`. */
import { close, frame, text } from "../support/peer";
import { describeTargets } from "../support/targets";
import { espruino, everywhere, run } from "./run";

/** What the library prints of a configuration is not the module's. */
const ours = (lines: string[]): string[] => lines.filter((line) => !/^esp_websocket_client: /.test(line));

/** Shows the name of the error that a constructor throws, and its message. */
const ATTEMPT = `
function attempt(make) {
  try { make(); show("nothing"); } catch (error) { show(error.name, error.message); }
}
`;

describeTargets(
  "WebSocket's constructor",
  (target) => {
    test("takes blanks off both ends of a URL", async () => {
      const result = await run(
        target,
        () => {},
        `
        [" ws://127.0.0.1:1/", "ws://127.0.0.1:1/ ", "\\n ws://127.0.0.1:1/\\t\\r\\n"].forEach(function (url) {
          var s = new WebSocket(url);
          s.close();
          show(s.url);
        });`
      );
      expect(result.lines).toEqual(Array(3).fill('"ws://127.0.0.1:1/"'));
    });

    test("says what is missing of a URL", async () => {
      const result = await run(
        target,
        () => {},
        `${ATTEMPT}
        attempt(function () { new WebSocket(); });
        attempt(function () { new WebSocket(""); });
        attempt(function () { new WebSocket("127.0.0.1:8765"); });
        attempt(function () { new WebSocket("127.0.0.1"); });
        attempt(function () { new WebSocket("127.0.0.1", "chat"); });
        attempt(function () { new WebSocket("127.0.0.1", ["chat"]); });
        attempt(function () { new WebSocket("127.0.0.1:80", { path: "/" }); });
        attempt(function () { new WebSocket("127.0.0.1/chat", { port: 80 }); });
        attempt(function () { new WebSocket("ftp://127.0.0.1/"); });`
      );
      const missing = (url: string): string =>
        `"SyntaxError",${JSON.stringify(`No ws://, nor a host and options: ${url}`)}`;
      expect(ours(result.lines)).toEqual([
        ...[
          "undefined",
          "",
          "127.0.0.1:8765",
          "127.0.0.1",
          "127.0.0.1",
          "127.0.0.1",
          "127.0.0.1:80",
          "127.0.0.1/chat",
        ].map(missing),
        '"SyntaxError","Bad URL or config: ftp://127.0.0.1/"',
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("an empty reason is false, and so is an empty message", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake(
            [],
            Buffer.concat([text(""), frame({ opcode: 1, fin: false }), frame({ opcode: 0 })])
          );
          const answer = await connection.nextFrame();
          // The reason was empty: no body at all.
          expect([answer.opcode, answer.payload.length]).toEqual([8, 0]);
          connection.send(close(1000));
          connection.fin();
        },
        `
        var s = new WebSocket(URL);
        var got = 0;
        s.onmessage = function (event) {
          show(event.data.length, !!event.data);
          if (++got === 2) s.close(undefined, event.data);
        };
        s.onclose = function (event) { show(event.code, !!event.reason); };`
      );
      expect(result).toMatchObject({ lines: ["0,false", "0,false", "1000,false"], uncaught: [] });
    });
  },
  everywhere
);

describeTargets(
  "in place of ws",
  (target) => {
    test("takes a port of digits and an array of subprotocols, as ws does", async () => {
      let head = "";
      const result = await run(
        target,
        async (connection) => {
          head = await connection.readHead();
          await connection.handshake(["Sec-WebSocket-Protocol: b"], close(1000));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", { port: "0" + PORT, protocol: ["a", "b"] });
        ws.on("close", function () { show("close"); });`
      );
      expect(head).toMatch(/^Sec-WebSocket-Protocol: a,b\r$/m);
      expect(head).not.toMatch(/^Host: 127\.0\.0\.1:0/m);
      expect(result).toMatchObject({ lines: ['"close"'], uncaught: [] });
    });

    test("nothing gets a line of its own into the opening handshake", async () => {
      const result = await run(
        target,
        () => {},
        `${ATTEMPT}
        var evil = "x\\r\\nEvil: 1";
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, headers: { A: evil } }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, headers: { A: "x\\nEvil: 1" } }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, headers: { "A: x\\r\\nEvil": 1 } }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, headers: { "A:x": 1 } }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, origin: evil }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, protocol: evil }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: PORT, path: "/" + evil }); });
        attempt(function () { new WebSocket("127.0.0.1\\r\\nEvil", { port: PORT }); });
        attempt(function () { new WebSocket("127.0.0.1", { port: "80 80" }); });`
      );
      expect(ours(result.lines)).toEqual([
        '"SyntaxError","Bad header: A"',
        '"SyntaxError","Bad header: A"',
        '"SyntaxError","Bad header: A: x\\r\\nEvil"',
        '"SyntaxError","Bad header: A:x"',
        '"SyntaxError","Bad header: Origin"',
        '"SyntaxError","Bad URL or config: 127.0.0.1"',
        '"SyntaxError","Bad URL or config: 127.0.0.1"',
        '"SyntaxError","Bad URL or config: 127.0.0.1\\r\\nEvil"',
        '"SyntaxError","Bad URL or config: 127.0.0.1"',
      ]);
      expect(result.uncaught).toEqual([]);
    });

    test("on… handlers get a browser's events", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], Buffer.concat([text("hi"), close(3001, "enough")]));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", { port: PORT });
        ws.onopen = function (event) { show(event.type, event.target === ws, this === ws); };
        ws.onmessage = function (event) { show(event.type, event.data); };
        ws.onclose = function (event) { show(event.type, event.code, event.reason); };
        ws.on("message", function (data) { show("on", data, this === ws); });
        function gone() { show("gone"); }
        ws.on("message", function () { ws.removeListener("message", gone); });
        ws.on("message", gone);`
      );
      expect(result).toMatchObject({
        lines: ['"open",true,true', '"message","hi"', '"on","hi",true', '"close",3001,"enough"'],
        uncaught: [],
      });
    });

    test("what is sent before open waits, in order, and leaves nothing behind", async () => {
      const got: string[] = [];
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          for (let i = 0; i < 4; i++) got.push((await connection.nextFrame()).payload.toString());
          connection.send(close(1000));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", { port: PORT });
        ws.send("one");
        ws.send(new Uint8Array([50]));
        ws.send("three", 0x82);
        ws.on("open", function () { ws.send("open"); });
        ws.on("close", function () { show("close"); });`
      );
      expect(got).toEqual(["one", "2", "three", "open"]);
      expect(result).toMatchObject({ lines: ['"close"'], uncaught: [] });
    });
  },
  espruino
);
