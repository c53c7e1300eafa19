import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { LISTEN_HOST } from "../support/hosts";
import { describeTargets, hasSmallHeap, targets } from "../support/targets";

// The main job, against a real server library: messages of 0 to 1,000,000 bytes there and back, in frames of
// buffer_size and in frames of the server's size, with PINGs in between from both sides; and the memory afterwards.

const script = readFileSync(path.join(__dirname, "echo.js"), "utf8");
let server: WebSocketServer;

beforeAll(async () => {
  server = new WebSocketServer({ host: LISTEN_HOST, port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket: WebSocket) => {
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, binary: boolean) => {
      socket.ping("from the server");
      // Half of the messages come back in fragments, with a PING between them.
      if (data.length % 2 === 0) return socket.send(data, { binary });
      socket.send(data.subarray(0, data.length >> 1), { binary, fin: false });
      socket.ping();
      socket.send(data.subarray(data.length >> 1), { binary, fin: true });
    });
  });
});

afterAll(() => {
  for (const socket of server.clients) socket.terminate();
  return new Promise((resolve) => server.close(resolve));
});

// A negative size is a text, 1 stands for an empty message.
const short = [1, -1, 16, -125, 126, -127, 1024, -1025, 2048, -4096];
const long = [...short, 4096, 16001, -16384, 65535, -65536, 250001, -1000000];

describeTargets(
  "echo against a real server",
  (target) => {
    test("0 to 1,000,000 bytes, fragments, PINGs, a streamed message, the close, and all memory back", async () => {
      const sizes = hasSmallHeap(target) ? short : long;
      const stream = 64000;
      // From Storage, as on a board: its functions stay in flash.
      const result = await target.run('require("app");', {
        storage: { app: script },
        preset: { URL: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, SIZES: sizes, STREAM: stream },
      });
      const round = (list: number[]) => [
        ...list.map((size) => `${size < 0 ? "text" : "binary"} ${Math.abs(size) === 1 ? 0 : Math.abs(size)}`),
        `stream ${stream} controls true`,
        "closed 1000",
      ];
      expect(result.uncaught).toEqual([]);
      expect(result.lines).toEqual([...round(sizes), ...round(sizes.slice(0, 8)), "variables back"]);
      expect(result.done).toBe(true);
    });
  },
  targets().filter((target) => !target.jerryscript)
);
