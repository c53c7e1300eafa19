/** In place of Espruino's own `ws`: scripts that were written for that module. */
import { close, frame, ping, text } from "../support/peer";
import { describeTargets } from "../support/targets";
import { espruino, run } from "./run";

describeTargets(
  "drop-in for ws",
  (target) => {
    test("a script for ws runs with only the name in require changed", async () => {
      let head = "";
      const result = await run(
        target,
        async (connection) => {
          head = await connection.readHead();
          await connection.handshake(["Sec-WebSocket-Protocol: echo-protocol"]);
          const hello = await connection.nextFrame();
          expect(hello).toMatchObject({ opcode: 1, fin: true, masked: true, payload: Buffer.from("Hello Server") });
          connection.send(text("Hello"), text("Espruino"));
          const answer = await connection.nextFrame();
          expect(answer.payload.toString()).toBe('{"msg":"Hello"}');
          connection.send(close(1000));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", {
          path: "/echo?room=1",
          port: PORT,
          protocolVersion: 13,
          protocol: "echo-protocol",
          origin: "My board",
          keepAlive: 60,
          headers: { some: "header", "ultimate-question": 42 }
        });
        ["handshake", "open", "message", "close"].forEach(function (name) {
          ws.on(name, function (value) { show(name, value === undefined ? null : value, ws.connected); });
        });
        ws.on("message", function (message) {
          if (message === "Hello") ws.send(JSON.stringify({ msg: message }));
        });
        ws.on("error", function (reason) { show("error", reason); });
        show("constructed");
        ws.send("Hello Server");`
      );
      expect(head.split("\r\n")).toEqual(
        expect.arrayContaining([
          "GET /echo?room=1 HTTP/1.1",
          "Sec-WebSocket-Protocol: echo-protocol",
          "Sec-WebSocket-Version: 13",
          "Origin: My board",
          "some: header",
          "ultimate-question: 42",
        ])
      );
      expect(result).toMatchObject({
        lines: [
          '"constructed"',
          '"handshake",null,true',
          '"open",null,true',
          '"message","Hello",true',
          '"message","Espruino",true',
          '"close",null,false',
        ],
        uncaught: [],
      });
    });

    test("answers PINGs, sends its own every keepAlive seconds, and tells of both", async () => {
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], ping("are you there"));
          const pong = await connection.nextFrame();
          expect(pong).toMatchObject({ opcode: 10, payload: Buffer.from("are you there") });
          const own = await connection.nextFrame();
          expect(own.opcode).toBe(9);
          connection.send(frame({ opcode: 10, payload: own.payload }), close(1000));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", { port: PORT, keepAlive: 0.05 });
        ["ping", "pong", "close"].forEach(function (name) {
          ws.on(name, function () { show(name); });
        });`
      );
      expect(result).toMatchObject({ lines: ['"ping"', '"pong"', '"close"'], uncaught: [] });
    });

    test("rawData has every byte of the server's, the opening handshake among them", async () => {
      const sent = Buffer.concat([
        frame({ opcode: 1, fin: false, payload: "ab" }),
        frame({ opcode: 0, payload: "c\u00e9" }),
      ]);
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake([], sent);
          await connection.nextFrame();
          connection.send(close(1000));
          connection.fin();
        },
        `
        var ws = new WebSocket("127.0.0.1", { port: PORT });
        var raw = "";
        ws.on("rawData", function (data) { raw += data; });
        ws.on("message", function (message) {
          // Whole messages, where ws tells of each frame
          show(message.substr(0, 3), raw.substr(0, 34));
          var bytes = [];
          for (var i = raw.length - ${sent.length}; i < raw.length; i++) bytes.push(raw.charCodeAt(i));
          show(bytes);
          ws.send("done");
        });`
      );
      expect(result.lines).toEqual(['"abc","HTTP/1.1 101 Switching Protocols\\r\\n"', JSON.stringify([...sent])]);
      expect(result.uncaught).toEqual([]);
    });

    test("sends any whole frame, and text without new; binary messages come as an ArrayBuffer", async () => {
      const received: unknown[] = [];
      const result = await run(
        target,
        async (connection) => {
          await connection.handshake();
          for (let i = 0; i < 3; i++) {
            const { opcode, payload } = await connection.nextFrame();
            received.push([opcode, payload.toString()]);
          }
          connection.send(frame({ opcode: 2, payload: Buffer.from([7]) }));
          expect((await connection.nextFrame()).payload).toHaveLength(0);
          connection.send(close());
          connection.fin();
        },
        `
        var connect = WebSocket;
        var ws = connect("127.0.0.1", { port: PORT });
        WebSocket.prototype.shout = function (word) { this.send(word + "!"); };
        ws.on("open", function () {
          ws.send("ping", 0x89);
          ws.send(42);
          ws.shout("hey");
        });
        ws.on("message", function (message) {
          show(new Uint8Array(message)[0]);
          ws.close();
        });
        ws.on("close", function () {
          show("close");
          try { ws.send("late"); } catch (error) { show(error.message); }
        });`
      );
      expect(received).toEqual([
        [9, "ping"],
        [1, "42"],
        [1, "hey!"],
      ]);
      expect(result).toMatchObject({ lines: ["7", '"close"', '"Socket closed"'], uncaught: [] });
    });

    test("a failure is an error with its reason, and close; it does not connect again", async () => {
      const result = await run(
        target,
        async (connection, index) => {
          expect(index).toBe(0);
          await connection.readHead();
          connection.send("HTTP/1.1 503 Service Unavailable\r\n\r\n");
        },
        `
        function attempt(port, next) {
          var ws = new WebSocket("127.0.0.1", { port: port });
          ws.on("open", function () { show("open"); });
          ws.on("error", function (reason) { show(typeof reason, reason.length > 5); });
          ws.on("close", function () { show("close"); next(); });
        }
        attempt(PORT, function () { attempt(1, function () {}); });`
      );
      expect(result).toMatchObject({ lines: ['"string",true', '"close"', '"string",true', '"close"'], uncaught: [] });
    });

    test("says that it has no server, and refuses options that cannot be sent", async () => {
      const result = await run(
        target,
        () => {},
        `
        try { WebSocket.createServer(function () {}); } catch (error) { show(error.message); }
        try { new WebSocket("127.0.0.1", { port: PORT, headers: { "a b": 1 } }); } catch (error) { show(error.name); }
        try { new WebSocket("127.0.0.1", { port: PORT, origin: "a\\r\\nb: c\\r\\n\\r\\n" }); } catch (error) { show(error.name); }
        try { new WebSocket("127.0.0.1", { port: 70000 }); } catch (error) { show(error.name); }`
      );
      const lines = result.lines.filter((line) => !/^esp_websocket_client: /.test(line));
      expect(lines).toEqual(['"No server: use Espruino\'s ws"', '"SyntaxError"', '"SyntaxError"', '"SyntaxError"']);
      expect(result.uncaught).toEqual([]);
    });
  },
  espruino
);
