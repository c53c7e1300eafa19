import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { LISTEN_HOST } from "../support/hosts";
import { describeTargets, hasSmallHeap, targets, type Target } from "../support/targets";

// Messages that wait for one another, and those of many frames, are masked by Espruino's own pictures where it has them,
// and memory for it: they must come out the same, with and without.

const script = readFileSync(path.join(__dirname, "frames.js"), "utf8");
let server: WebSocketServer;

/** Where the bytes that frames.js sends begin to be others; -1 if they are right. */
const firstWrong = (data: Buffer): number => data.findIndex((byte, index) => byte !== ((index % 251) & 127));

beforeAll(async () => {
  server = new WebSocketServer({ host: LISTEN_HOST, port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket: WebSocket) => {
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, binary: boolean) => {
      const wrong = firstWrong(data);
      socket.send(`${binary ? "binary" : "text"} ${data.length} ${wrong < 0 ? "right" : `wrong at ${wrong}`}`);
    });
  });
});

afterAll(() => {
  for (const socket of server.clients) socket.terminate();
  return new Promise((resolve) => server.close(resolve));
});

interface Case {
  size: number;
  burst: number;
  /** So many messages are answered before the next ones are sent. By default all. */
  pause?: number;
  bufferSize: number;
  graphics: "untouched" | "counted" | "missing" | "blank" | "scattered";
}

async function run(target: Target, { size, burst, pause = burst, bufferSize, graphics }: Case): Promise<number> {
  const result = await target.run('require("app");', {
    storage: { app: script },
    preset: {
      URL: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      SIZE: size,
      BURST: burst,
      PAUSE: pause,
      BUFFER_SIZE: bufferSize,
      GRAPHICS: graphics,
    },
  });
  expect(result.uncaught).toEqual([]);
  const pictures = result.lines.pop()!;
  expect(result.lines).toEqual(
    Array.from({ length: burst }, (_, index) => `${index & 1 ? "text" : "binary"} ${size} right`)
  );
  expect(pictures).toMatch(/^pictures \d+$/);
  return Number(pictures.split(" ")[1]);
}

describeTargets(
  "frames of messages that wait",
  (target) => {
    const small = hasSmallHeap(target);

    // Beyond 64 kB no typed array of Espruino's can begin.
    test.each([
      [512, 6, 1024],
      [1000, 6, 1024],
      [1024, 9, 1024],
      // The script holds the bytes, and the text of them: 2,500 variables of 14 bytes have no room for a longer one.
      [1500, 2, 700],
      ...(small && target.longBits === 32
        ? []
        : [
            [4000, 2, 1024],
            [2500, 2, 700],
          ]),
      ...(small
        ? []
        : [
            [16385, 2, 1024],
            [100_000, 2, 8192],
            [150_000, 2, 20_000],
            [70_000, 2, 66_000],
          ]),
    ])("%i bytes, %i times, in frames of %i", async (size, burst, bufferSize) => {
      await run(target, { size, burst, bufferSize, graphics: "untouched" });
    });

    test("pictures do the masking where there is memory for it: four, which are kept where memory is plenty", async () => {
      const pictures = await run(target, { size: 1000, burst: 18, pause: 9, bufferSize: 1024, graphics: "counted" });
      // Memory in one piece may run out, or be there only later.
      if (small) return;
      if (target.real) expect(pictures).toBeGreaterThanOrEqual(4);
      else expect(pictures).toBe(4);
    });

    test("a message that is alone is masked by pictures, too, where memory is plenty", async () => {
      const pictures = await run(target, { size: 1000, burst: 1, bufferSize: 1024, graphics: "counted" });
      expect(pictures).toBe(small ? 0 : 4);
    });

    test("memory that is scattered is not drawn in: later, it may lie in one piece", async () => {
      const pictures = await run(target, { size: 1000, burst: 9, bufferSize: 1024, graphics: "scattered" });
      if (!small) expect(pictures).toBeGreaterThanOrEqual(8);
    });

    test.each([
      ["missing", 1],
      ["blank", 4],
    ] as const)("where pictures are %s that is found out once", async (graphics, tried) => {
      const pictures = await run(target, { size: 1000, burst: 9, bufferSize: 1024, graphics });
      if (!small) expect(pictures).toBe(tried);
    });
  },
  targets().filter((target) => !target.jerryscript)
);
