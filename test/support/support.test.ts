import { once } from "node:events";
import net from "node:net";
import { close, decodeFrames, frame, startPeer, text } from "./peer";
import { describeTargets } from "./targets";

const ECHO = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({ uri: URL });
client.on("data", function (event) {
  if (event.op_code === 1) {
    print("DATA", JSON.stringify(event.data_ptr), event.data_len);
    ws.esp_websocket_client_send_text(client, event.data_ptr, event.data_len);
  }
});
client.on("finish", function () {
  print("FINISH");
  ws.esp_websocket_client_destroy(client);
});
ws.esp_websocket_client_start(client);
`;

describeTargets("a script against the scripted peer", (target) => {
  test("prints lines, echoes, and ends by itself", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      connection.send(text("hello"));
      const echo = await connection.nextFrame();
      expect(echo).toMatchObject({ opcode: 1, fin: true, rsv: 0, masked: true, payload: Buffer.from("hello") });
      connection.send(close(1000));
      expect((await connection.nextFrame()).payload).toEqual(Buffer.from([3, 232]));
      connection.fin();
      expect(await connection.end()).toBe("fin");
    });
    const result = await target.run(ECHO, { preset: { URL: peer.url } });
    await peer.close();
    expect(result).toEqual({ lines: ['DATA "hello" 5', "FINISH"], uncaught: [], done: false });
  });

  test("tells of an uncaught exception without its stack trace, and of DONE", async () => {
    const script = `
function after() { print("after", [1], "é".length); print("DONE"); }
// Not due in the same idle pass: Espruino loses an exception that another callback follows.
function fails() { setTimeout(after, 20); throw new Error("Oh no"); }
setTimeout(fails, 1);
setInterval(function () {}, 1000);`;
    const result = await target.run(script);
    expect(result.uncaught).toEqual(["Uncaught Error: Oh no"]);
    expect(result.lines).toEqual([`after [ 1 ] ${target.byteStrings ? 2 : 1}`]);
    expect(result.done).toBe(true);
  });

  // The simulator has no loopback ports, and no queue that could be full.
  if (target.real && !target.jerryscript) {
    test("tells the interpreter's own complaints from the script's lines", async () => {
      const script = `
print("before");
for (var i = 0; i < 200; i++) LoopbackA.write("0123456789");
setTimeout(function () { print("after", E.getErrorFlags()[0]); print("DONE"); }, 20);`;
      const result = await target.run(script);
      expect(result.lines).toEqual(["before", "after FIFO_FULL"]);
      expect(result.uncaught).toEqual(["New interpreter error: FIFO_FULL"]);
    });
  }

  test("fails when the script does not end", async () => {
    const running = target.start('print("here"); setInterval(function () {}, 10);', { timeoutMs: 500 });
    await expect(running.result).rejects.toThrow(/did not end within 500 ms. It printed:\nhere/);
  });

  test("stops when it is told to", async () => {
    let stop = (): void => {};
    const line = new Promise<string>((resolve) => (stop = resolve as () => void));
    const running = target.start('print("go"); setInterval(function () {}, 10);', { onLine: () => stop() });
    await line;
    await running.stop();
    expect((await running.result).lines).toEqual(["go"]);
  });
});

test("what came before a reset is read, though the peer writes into it", async () => {
  const peer = await startPeer();
  try {
    const client = net.connect(peer.port, "127.0.0.1");
    await once(client, "connect");
    const connection = await peer.connection(0);
    // All in one turn: nothing of it is read yet.
    client.write(frame({ opcode: 8, payload: close(1002).subarray(2), mask: Buffer.alloc(4) }));
    client.resetAndDestroy();
    for (const payload of ["first", "second", "third"]) connection.send(text(payload));
    expect(await connection.nextFrame()).toMatchObject({ opcode: 8, payload: close(1002).subarray(2) });
    await connection.end();
  } finally {
    await peer.close();
  }
});

test("frames of every length class are encoded and decoded", () => {
  const lengths = [0, 1, 125, 126, 127, 65535, 65536];
  const mask = Buffer.from([1, 2, 3, 4]);
  const stream = Buffer.concat(lengths.map((length) => frame({ opcode: 2, payload: Buffer.alloc(length, 7), mask })));
  const { frames, rest, needed } = decodeFrames(stream.subarray(0, stream.length - 1));
  expect(frames.map(({ payload }) => payload.length)).toEqual(lengths.slice(0, -1));
  expect(needed).toBe(65536 + 14);
  expect(rest.length).toBe(needed - 1);
  expect(decodeFrames(stream).frames.at(-1)?.payload.equals(Buffer.alloc(65536, 7))).toBe(true);
});
