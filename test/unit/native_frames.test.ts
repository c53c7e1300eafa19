/** Frames that the board makes and masks itself: which ones, in what memory, and when that is let go. */
import type { Part } from "../../src/board";
import * as ws from "../../src/api/esp_websocket_client";
import { encodeFrame } from "../../src/protocol/frame_writer";
import { idle, pass, Rig } from "./rig";
import { TestBoard, TestTransport } from "./test_board";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A board whose frames lie in one memory, like Espruino's. */
class NativeBoard extends TestBoard {
  /** Payload bytes that each memory was asked for, and those of each frame that was made in the last one. */
  readonly memories: number[] = [];
  made: number[] = [];
  /** False: there is no memory. */
  room = true;

  override _frameMemory(length: number): Uint8Array | undefined {
    if (!this.room) return undefined;
    this.memories.push(length);
    this.made = [];
    return new Uint8Array(length + 8);
  }

  override _makeFrame(memory: object, header: number[], part: Part, offset: number, length: number): Uint8Array {
    this.made.push(length);
    const frame = (memory as Uint8Array).subarray(0, length + 8);
    frame.set(encodeFrame(header[0], part, offset, length, this._random()).subarray(0, length + 8));
    return frame;
  }
}

function connected(config: ws.Config = {}, board = new NativeBoard()): { rig: Rig; board: NativeBoard } {
  return { rig: Rig.connected({ ping_interval_sec: 1000, ...config }, board), board };
}

/** Sends bytes that tell where they were. */
function send(rig: Rig, length: number, start = 0): void {
  const data = Uint8Array.from({ length }, (_, index) => (start + index) * 7);
  expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(length);
}

/** Lets the transport drain until nothing more comes: all the payload that was written. */
function drainAll(rig: Rig): Buffer {
  const payloads: Buffer[] = [];
  for (;;) {
    const frames = rig.connection.takeFrames();
    if (!frames.length) return Buffer.concat(payloads);
    payloads.push(...frames.map(({ payload }) => payload));
    rig.drain();
  }
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index * 7);

test("the frames of a long message are made in one memory, the last one too", () => {
  const { rig, board } = connected();
  send(rig, 5000);
  expect(drainAll(rig).equals(bytes(5000))).toBe(true);
  expect(board.memories).toEqual([1024]);
  expect(board.made).toEqual([1024, 1024, 1024, 1024, 904]);
});

test("frames below 320 bytes are not worth it", () => {
  const { rig, board } = connected();
  send(rig, 1024 + 319);
  expect(drainAll(rig).equals(bytes(1343))).toBe(true);
  expect(board.made).toEqual([1024]);
  const small = connected({ buffer_size: 319 });
  send(small.rig, 5000);
  expect(drainAll(small.rig).equals(bytes(5000))).toBe(true);
  expect(small.board.memories).toEqual([]);
});

describe("with plenty of memory", () => {
  test("a message that is sent alone is native, too, and its memory stays until the next PING", () => {
    const { rig, board } = connected({ ping_interval_sec: 10 });
    for (let i = 0; i < 3; i++) {
      send(rig, 1000);
      drainAll(rig);
    }
    expect(board.memories).toEqual([1024]);
    expect(board.made).toEqual([1000, 1000, 1000]);
    pass(9999);
    expect(rig.client._memory).toBeDefined();
    pass(1);
    expect(rig.client._memory).toBeUndefined();
    drainAll(rig);
    send(rig, 1000);
    drainAll(rig);
    expect(board.memories).toEqual([1024, 1024]);
  });

  test("short messages make no memory", () => {
    const { rig, board } = connected();
    for (let i = 0; i < 9; i++) send(rig, 319);
    drainAll(rig);
    expect(board.memories).toEqual([]);
  });

  test("what is refused on a connection that is not open makes no memory", () => {
    const { rig, board } = connected();
    expect(ws.esp_websocket_client_close(rig.client)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, "x".repeat(1000))).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(ws.esp_websocket_client_send_text(rig.client, "x".repeat(1000))).toBe(-1);
    expect(board.memories).toEqual([]);
  });
});

describe("where memory is no longer plenty", () => {
  const scarce = (config: ws.Config = {}): ReturnType<typeof connected> => {
    const board = new NativeBoard();
    board.free = 1999;
    return connected(config, board);
  };

  test("a message that is sent alone is not worth it; messages that wait for one another are", () => {
    const { rig, board } = scarce();
    for (let i = 0; i < 3; i++) {
      send(rig, 1000);
      drainAll(rig);
    }
    expect(board.memories).toEqual([]);
    for (let i = 0; i < 4; i++) send(rig, 600, i * 600);
    expect(drainAll(rig).equals(bytes(2400))).toBe(true);
    expect(board.memories).toEqual([1024]);
    expect(board.made).toEqual([600, 600, 600, 600]);
  });

  test("the memory stays as long as the user fills the queue anew, and no longer", () => {
    const { rig, board } = scarce({ tx_queue_size: 2000 });
    let rounds = 3;
    const fill = (): void => {
      while (rounds > 0) {
        if (ws.esp_websocket_client_send_bin(rig.client, bytes(1000)) < 0) return void rounds--;
      }
    };
    (rig.client as unknown as { on(event: string, handler: () => void): void }).on("drain", fill);
    fill();
    drainAll(rig);
    expect(rounds).toBe(0);
    expect(board.memories).toEqual([1024]);
    expect(rig.client._memory).toBeUndefined();
    send(rig, 5000);
    drainAll(rig);
    expect(board.memories).toEqual([1024, 1024]);
  });
});

test.each<[string, (rig: Rig) => void]>([
  ["the connection fails", (rig) => rig.drop({ code: -1, message: "gone" })],
  ["the client is stopped", (rig) => void ws.esp_websocket_client_stop(rig.client)],
])("the memory is let go when %s", (_, end) => {
  const { rig } = connected();
  send(rig, 5000);
  rig.drain();
  expect(rig.client._memory).toBeDefined();
  end(rig);
  expect(rig.client._memory).toBeUndefined();
});

test("what there is no memory for is made as ever", () => {
  const { rig, board } = connected();
  board.room = false;
  send(rig, 5000);
  expect(drainAll(rig).equals(bytes(5000))).toBe(true);
  expect(board.memories).toEqual([]);
});

test("memory that could not be had is asked for again with the next frame", () => {
  const { rig, board } = connected();
  board.room = false;
  send(rig, 5000);
  idle();
  rig.drain();
  board.room = true;
  expect(drainAll(rig).equals(bytes(5000))).toBe(true);
  expect(board.memories).toEqual([1024]);
  expect(board.made).toEqual([1024, 1024, 904]);
});

test("a user's own transport, which may keep what it is given, gets copies of these frames", () => {
  const board = new NativeBoard();
  const rig = Rig.connected({ ext_transport: new TestTransport() }, board);
  send(rig, 5000);
  expect(drainAll(rig).equals(bytes(5000))).toBe(true);
  expect(board.made).toHaveLength(5);
  // What the transport was given is as it was.
  expect(new Set(rig.connection.written.map(({ buffer }) => buffer)).size).toBe(rig.connection.written.length);
});
