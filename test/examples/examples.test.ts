/** Each example runs unchanged, in the simulator and on the real interpreters. */
import fs from "node:fs";
import path from "node:path";
import { describeTargets, targets, type Target } from "../support/targets";
import { type Echo, startEcho } from "./server";

const folder = path.join(__dirname, "../../examples");
const source = (name: string) => fs.readFileSync(path.join(folder, name), "utf8");

const TEXT = "Hello from the board";
const BYTES = Buffer.from([1, 2, 3, 254, 255]);

/** The examples that end by themselves: what they print, and what the server gets. */
const examples: Record<
  string,
  (echo: Echo) => { preset?: Record<string, unknown>; lines: unknown; messages: unknown }
> = {
  "echo.js": ({ url }) => ({
    lines: [
      "begin",
      `before_connect: ${url}`,
      "header_received: Upgrade: websocket",
      "header_received: Connection: Upgrade",
      expect.stringMatching(/^header_received: Sec-WebSocket-Accept: .{28}$/),
      "connected",
      `data, text: ${TEXT}`,
      "data, binary: 1,2,3,254,255",
      "data, opcode 8: 0 bytes",
      "closed: without a code",
      "finish",
    ],
    messages: [TEXT, BYTES],
  }),
  "fragments.js": () => ({
    lines: ["answer: The first part, the second, and the last."],
    messages: ["The first part, the second, and the last."],
  }),
  "several.js": () => ({
    lines: ["client ann: I am ann", "client bob: I am bob", "client cyd: I am cyd"],
    messages: ["I am ann", "I am bob", "I am cyd"],
  }),
  "stream.js": () => {
    const parts = 16;
    const message = Buffer.concat(Array.from({ length: parts }, (_, part) => Buffer.alloc(1024, part)));
    const sum = message.reduce((total, byte) => total + byte, 0) % 65536;
    return {
      preset: { PARTS: parts },
      lines: [`received ${message.length} bytes, sum ${sum}`],
      messages: [message],
    };
  },
};

test("every example is known to these tests", () => {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".js"));
  expect(files.sort()).toEqual([...Object.keys(examples), "telemetry.js"].sort());
});

/** Shows the interpreter's error flags for as long as the example runs. */
const WATCH = '\nsetInterval(function () { print("FLAGS " + E.getErrorFlags().join()); }, 20);';

describeTargets(
  "examples",
  (target: Target) => {
    let echo: Echo;
    afterEach(() => echo.close());

    test.each(Object.keys(examples))("%s does what it says, and ends", async (name) => {
      echo = await startEcho();
      const { preset, lines, messages } = examples[name](echo);
      const result = await target.run(source(name), { preset: { WS_URL: echo.url, ...preset } });
      // Which of several clients is first is up to the network.
      if (name === "several.js") [result.lines, echo.messages].forEach((list) => list.sort());
      expect(result).toEqual({ lines, uncaught: [], done: false });
      expect(echo.messages).toEqual(messages);
    });

    test("telemetry.js sends, takes commands, and comes back", async () => {
      let seen = (): void => {};
      const twice = new Promise<void>((resolve) => (seen = resolve));
      echo = await startEcho((socket) => {
        socket.send(JSON.stringify({ command: "blink" }));
        socket.send("not JSON");
        // The first connection breaks; the example is to come back.
        if (echo.connections === 1) socket.terminate();
        else seen();
      });
      const running = target.start(source("telemetry.js"), { preset: { WS_URL: echo.url, PERIOD: 50 } });
      await Promise.race([twice, running.result]);
      await running.stop();
      const { lines, uncaught } = await running.result;
      expect(uncaught).toEqual([]);
      expect(lines.filter((line) => /connected/.test(line))).toEqual(["connected", "disconnected", "connected"]);
      const sent = echo.messages.map((message) => JSON.parse(String(message)) as Record<string, unknown>);
      // What was measured on the way to a lost connection may be lost with it; nothing comes twice or out of order.
      expect(sent.map(({ n }) => n)).toEqual(
        [...new Set(sent.map(({ n }) => n))].sort((one, other) => Number(one) - Number(other))
      );
      expect(Object.keys(sent[0])).toEqual(["n", "room", "uptime", "free"]);
      expect(new Set(sent.map((one) => one.room))).toEqual(new Set(["Küche"]));
    });

    test("telemetry.js writes JSON that every server reads", async () => {
      const helper = /^function toJson[^]*?^}$/m.exec(source("telemetry.js"))![0];
      const value = {
        plain: "a",
        letters: "Küche €",
        schlüssel: ["é\\\\é", "\\u00C3\\u00BC", '"\u0001\u007f"'],
        backslash: "\\",
      };
      const script = `${helper}\nvar text = toJson(${JSON.stringify(value)});\nprint(text);`;
      const { lines } = await target.run(script);
      expect(JSON.parse(lines[0]!)).toEqual(value);
      if (target.byteStrings) expect(lines[0]).toContain("Küche €");
    });

    test.each(Object.keys(examples))("%s leaves no error flag", async (name) => {
      if (!target.real || target.jerryscript) return;
      echo = await startEcho();
      const { preset, lines } = examples[name](echo);
      const flags: string[] = [];
      let seen = (): void => {};
      const running = target.start(source(name) + WATCH, {
        preset: { WS_URL: echo.url, ...preset },
        onLine: (line) => {
          if (!line.startsWith("FLAGS ")) return;
          flags.push(line);
          seen();
        },
      });
      await Promise.race([echo.served(name === "several.js" ? 3 : 1), running.result]);
      // What happened until now is told by the second line from here on.
      const before = flags.length;
      while (flags.length < before + 2) await new Promise<void>((resolve) => (seen = resolve));
      await running.stop();
      const result = await running.result;
      expect(new Set(flags)).toEqual(new Set(["FLAGS "]));
      const printed = result.lines.filter((line) => !line.startsWith("FLAGS "));
      expect(name === "several.js" ? printed.sort() : printed).toEqual(lines);
    });
  },
  targets()
);
