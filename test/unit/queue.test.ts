/** The send queue: bounds, "drain", order, control frames between pieces, and data that changes after the call. */
import * as ws from "../../src/api/esp_websocket_client";
import { closeBody, pass, Rig } from "./rig";
import { TestBoard, TestTransport } from "./test_board";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface Emitter {
  on(name: string, handler: (data: ws.EventData, id: number) => void): void;
}

/** A connection whose transport has as much as it takes: what is sent now waits. */
function full(config: ws.Config = {}, board?: TestBoard): Rig {
  const rig = Rig.connected({ buffer_size: 100, ping_interval_sec: 1000, ...config }, board);
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(100))).toBe(100);
  rig.connection.take();
  return rig;
}

const text = (rig: Rig, data: string, timeout?: number): number =>
  ws.esp_websocket_client_send_text(rig.client, data, undefined, timeout);

/** Lets the transport drain until nothing more comes; what was written, frame by frame. */
function drainAll(rig: Rig): string[] {
  const wire: string[] = [];
  for (;;) {
    rig.drain();
    const frames = rig.connection.takeWire();
    if (!frames.length) return wire;
    wire.push(...frames);
  }
}

test("a message goes at once while the transport takes it", () => {
  const rig = Rig.connected();
  expect(text(rig, "one")).toBe(3);
  expect(text(rig, "two")).toBe(3);
  expect(rig.connection.takeWire()).toEqual(["81(3) one", "81(3) two"]);
  expect(rig.client.tx_queued).toBe(0);
});

test("what the transport does not take waits for its drain, in order", () => {
  const rig = full();
  for (const message of ["one", "two", "three"]) expect(text(rig, message)).toBe(message.length);
  expect(rig.connection.take()).toHaveLength(0);
  expect(rig.client.tx_queued).toBe(11);
  expect(drainAll(rig)).toEqual(["81(3) one", "81(3) two", "81(5) three"]);
  expect(rig.client.tx_queued).toBe(0);
});

test("no more than about buffer_size goes to the transport between two drains", () => {
  const rig = full();
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000))).toBe(1000);
  for (let sent = 0; sent < 1000; sent += 100) {
    rig.drain();
    expect(rig.connection.take().length).toBeLessThan(100 + 14);
  }
  expect(rig.client.tx_queued).toBe(0);
});

test('full: -1, and "drain" follows when there is room again', () => {
  const rig = full({ tx_queue_size: 250 });
  const drains: string[] = [];
  (rig.client as unknown as Emitter).on("drain", () => {
    drains.push(`queued ${rig.client.tx_queued}, sends ${text(rig, "after")}`);
  });
  expect(text(rig, "x".repeat(200))).toBe(200);
  expect(text(rig, "x".repeat(50))).toBe(50);
  expect(text(rig, "x")).toBe(-1);
  expect(rig.client.tx_queued).toBe(250);
  expect(drains).toEqual([]);
  expect(drainAll(rig)).toEqual(["01(100)", "80(100)", "81(50)", "81(5) after"]);
  expect(drains).toEqual(["queued 0, sends 5"]);
  rig.drain();
  expect(drains).toHaveLength(1);
});

test("too little memory for the frames of a message, and nothing that will be freed: -1, and an ERROR that says how much", () => {
  const rig = Rig.connected({ buffer_size: 1000, ping_interval_sec: 1 });
  const drains: number[] = [];
  (rig.client as unknown as Emitter).on("drain", () => drains.push(text(rig, "x".repeat(1000))));
  rig.board.free = 460;
  expect(text(rig, "x".repeat(1000))).toBe(-1);
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000))).toBe(-1);
  expect(ws.esp_websocket_client_send_bin(rig.client, new ArrayBuffer(1000))).toBe(-1);
  expect(ws.esp_websocket_client_send_text_partial(rig.client, "x".repeat(1000))).toBe(-1);
  expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
  expect(rig.connection.take()).toHaveLength(0);
  expect(rig.take()).toEqual(Array(4).fill("ERROR hs=101"));
  expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe(
    "No memory to send 1000 bytes: that takes 578 free variables"
  );
  rig.board.free = 578;
  expect(text(rig, "x".repeat(1000))).toBe(1000);
  // What waits will make room.
  expect(text(rig, "x".repeat(1000))).toBe(1000);
  rig.board.free = 577;
  expect(text(rig, "x".repeat(1000))).toBe(-1);
  expect(rig.take()).toEqual([]);
  expect(rig.connection.takeWire()).toEqual(["81(1000)"]);
  rig.board.free = 578;
  rig.drain();
  expect(rig.connection.takeWire()).toEqual(["81(1000)"]);
  expect(drains).toEqual([1000]);
  // What is short and need not wait is sent with whatever there is; a copy of bytes takes memory of its own.
  rig.drain();
  rig.drain();
  rig.board.free = 0;
  expect(text(rig, "x".repeat(125))).toBe(125);
  rig.board.free = 470;
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000))).toBe(-1);
});

test('too little memory for one more message that would wait: -1, a close goes all the same, and "drain" follows', () => {
  const rig = full();
  const drains: number[] = [];
  (rig.client as unknown as Emitter).on("drain", () => drains.push(text(rig, "after")));
  expect(text(rig, "one")).toBe(3);
  rig.board.free = 300;
  expect(text(rig, "two")).toBe(-1);
  expect(ws.esp_websocket_client_send_with_opcode(rig.client, ws.WS_TRANSPORT_OPCODES_PING, "p")).toBe(-1);
  expect(drainAll(rig)).toEqual(["81(3) one", "81(5) after"]);
  expect(drains).toEqual([5]);
  // Nothing waits behind what the transport takes at once.
  expect(text(rig, "three")).toBe(5);
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(100))).toBe(100);
  expect(ws.esp_websocket_client_close(rig.client)).toBe(ws.ESP_OK);
  expect(rig.connection.takeWire()).toEqual(["81(5) three", "82(100)", "88(0)"]);
});

test("the first message that would have to wait is refused for want of memory, too", () => {
  const rig = full();
  rig.board.free = 300;
  expect(text(rig, "one")).toBe(-1);
  expect(rig.client.tx_queued).toBe(0);
  rig.board.free = 400;
  expect(text(rig, "one")).toBe(3);
});

test("a transport that takes nothing is given no more than tx_queue_size of the user's PINGs", () => {
  const rig = full({ tx_queue_size: 200 });
  let drains = 0;
  (rig.client as unknown as Emitter).on("drain", () => drains++);
  const ping = (): number =>
    ws.esp_websocket_client_send_with_opcode(rig.client, ws.WS_TRANSPORT_OPCODES_PING, "0123456789");
  let taken = 0;
  while (taken < 1000 && ping() === 10) taken++;
  // Each is a frame of 16 bytes.
  expect(taken).toBe(13);
  expect(rig.connection.takeWire()).toHaveLength(13);
  rig.drain();
  expect(drains).toBe(1);
  expect(ping()).toBe(10);
});

test('no refusal, no "drain"', () => {
  const rig = full();
  (rig.client as unknown as Emitter).on("drain", () => {
    throw new Error("This drain was not asked for.");
  });
  text(rig, "one");
  drainAll(rig);
  expect(rig.board.reported).toEqual([]);
});

test('timeout 0 that is refused: "drain" follows too', () => {
  const rig = full();
  let drains = 0;
  (rig.client as unknown as Emitter).on("drain", () => drains++);
  expect(text(rig, "now", 0)).toBe(-1);
  rig.drain();
  expect(drains).toBe(1);
});

test("a message larger than tx_queue_size is taken when the queue is empty", () => {
  const rig = full({ tx_queue_size: 150 });
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(10000))).toBe(10000);
  expect(text(rig, "x")).toBe(-1);
  expect(drainAll(rig)).toEqual(["02(100)", ...Array(98).fill("00(100)"), "80(100)"]);
});

test("empty messages do not fill the queue without bound", () => {
  const rig = full();
  let taken = 0;
  while (taken < 10000 && text(rig, "") === 0) taken++;
  expect(taken).toBeLessThan(10000);
  expect(drainAll(rig)).toHaveLength(taken);
});

test("PING and PONG go between the pieces of a long message, and find room in a full queue", () => {
  const rig = full({ tx_queue_size: 300 });
  expect(text(rig, "x".repeat(300))).toBe(300);
  rig.drain();
  expect(ws.esp_websocket_client_send_with_opcode(rig.client, ws.WS_TRANSPORT_OPCODES_PING, "p")).toBe(1);
  expect(text(rig, "y".repeat(300))).toBe(-1);
  rig.drain();
  expect(ws.esp_websocket_client_send_with_opcode(rig.client, ws.WS_TRANSPORT_OPCODES_PONG, "q")).toBe(1);
  rig.drain();
  expect(rig.connection.takeWire()).toEqual(["01(100)", "89(1) 70", "00(100)", "8a(1) 71", "80(100)"]);
});

test("our own PING and the answer to a PING go between the pieces too", () => {
  const rig = full({ ping_interval_sec: 1 });
  expect(text(rig, "x".repeat(200))).toBe(200);
  rig.drain();
  pass(1000);
  rig.frame(0x89, "are you there");
  rig.drain();
  rig.drain();
  const wire = rig.connection.takeWire();
  expect(wire.filter((frame) => !/^8[9a]/.test(frame))).toEqual(["01(100)", "80(100)"]);
  expect(wire.indexOf("89(0)")).toBe(1);
  expect(wire).toContain("8a(13) " + Buffer.from("are you there").toString("hex"));
});

test("a flood of PINGs to a transport that takes nothing costs one PONG, for the last", () => {
  const rig = full();
  for (let i = 0; i < 1000; i++) rig.frame(0x89, "ping " + i);
  expect(rig.connection.takeWire().length).toBeLessThan(3);
  expect(drainAll(rig)).toEqual(["8a(8) " + Buffer.from("ping 999").toString("hex")]);
});

test("our close goes behind the queued messages", () => {
  const rig = full();
  text(rig, "x".repeat(150));
  expect(ws.esp_websocket_client_close_with_code(rig.client, 1000)).toBe(ws.ESP_OK);
  expect(text(rig, "late")).toBe(-1);
  expect(drainAll(rig)).toEqual(["01(100)", "80(50)", "88(2) 03e8"]);
});

test("a close with nothing queued goes at once, also to a transport that is full", () => {
  const rig = full();
  ws.esp_websocket_client_close_with_code(rig.client, 1000);
  expect(rig.connection.takeWire()).toEqual(["88(2) 03e8"]);
});

test("when the server closes, queued messages are dropped and the answer goes at once", () => {
  const rig = full();
  text(rig, "queued", 100);
  rig.frame(0x88, closeBody(1000));
  expect(rig.connection.takeWire()).toEqual(["88(2) 03e8"]);
  rig.drain();
  expect(rig.connection.takeWire()).toEqual([]);
  expect(rig.client.tx_queued).toBe(0);
  rig.drop();
  expect(jest.getTimerCount()).toBe(0);
});

test("when both sides close, a close frame is sent once", () => {
  const rig = full();
  ws.esp_websocket_client_close_with_code(rig.client, 1000);
  rig.frame(0x88, closeBody(1001));
  rig.drain();
  expect(rig.connection.takeWire()).toEqual(["88(2) 03e8"]);
  rig.drop();
  expect(rig.take()).toEqual(["DATA(8,1,2/2@0) 03e9", "CLOSED hs=101 cc=1001", "FINISH hs=101 cc=1001"]);
});

test("a close that waits behind messages, and the server's comes first: its code is answered, once", () => {
  const rig = full();
  text(rig, "x".repeat(300));
  ws.esp_websocket_client_close_with_code(rig.client, 1000);
  rig.frame(0x88, closeBody(1001));
  expect(rig.connection.takeWire()).toEqual(["88(2) 03e9"]);
  expect(drainAll(rig)).toEqual([]);
  rig.drop();
  expect(rig.take().pop()).toMatch(/^FINISH hs=101 cc=1001|^FINISH et=4 hs=101 cc=1001/);
});

test("after a close was sent nothing else is: no PONG, no PING, no message", () => {
  const rig = Rig.connected({ ping_interval_sec: 1 });
  ws.esp_websocket_client_close(rig.client);
  rig.connection.take();
  rig.frame(0x89, "ping");
  pass(5000);
  expect(text(rig, "late")).toBe(-1);
  expect(ws.esp_websocket_client_send_with_opcode(rig.client, 9, "")).toBe(-1);
  expect(rig.connection.take()).toHaveLength(0);
});

test("nothing that the caller does to its data after the call changes what is sent", () => {
  const rig = full();
  const array = [1, 2, 3];
  const bytes = Uint8Array.of(4, 5, 6);
  const buffer = Uint8Array.of(7, 8, 9).buffer;
  for (const data of [array, bytes, buffer]) ws.esp_websocket_client_send_bin(rig.client, data);
  array[0] = 99;
  bytes.fill(99);
  new Uint8Array(buffer).fill(99);
  expect(drainAll(rig)).toEqual(["82(3) 010203", "82(3) 040506", "82(3) 070809"]);
});

test("data given to the transport is not touched again by later sends", () => {
  const rig = Rig.connected();
  const data = Uint8Array.of(1, 2, 3);
  ws.esp_websocket_client_send_bin(rig.client, data);
  data.fill(9);
  for (let i = 0; i < 10; i++) ws.esp_websocket_client_send_bin(rig.client, data);
  // The mock keeps the very arrays it was given.
  expect(rig.connection.takeFrames()[0].payload.toString("hex")).toBe("010203");
});

test.each(["the board", "a user"])(
  "each piece of a long message has a key of its own, and the arrays of %s",
  (whose) => {
    const transport = new TestTransport();
    const rig = Rig.connected(whose === "a user" ? { ext_transport: transport } : {});
    const data = Uint8Array.from({ length: 5000 }, (_, index) => index * 7);
    expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(5000);
    for (let i = 0; i < 5; i++) rig.drain();
    // A user's transport may keep what it is given until it is sent; the mocked board's own sockets take copies.
    const written = rig.connection.written.slice(-5);
    expect(new Set(written.map((bytes) => bytes.buffer)).size).toBe(5);
    expect(new Set(written.map((bytes) => bytes.subarray(4, 8).join())).size).toBe(5);
    expect(Buffer.concat(rig.connection.takeFrames().map(({ payload }) => payload)).equals(data)).toBe(true);
  }
);

test("a long message that finds no room is not copied to find that out", () => {
  // The client takes the board's functions when the board is installed.
  const board = new TestBoard();
  const copies = jest.spyOn(board, "_payload");
  const rig = full({ tx_queue_size: 250 }, board);
  expect(text(rig, "x".repeat(200))).toBe(200);
  expect(copies).toHaveBeenCalled();
  copies.mockClear();
  expect(text(rig, "x".repeat(1000))).toBe(-1);
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000))).toBe(-1);
  expect(ws.esp_websocket_client_send_bin(rig.client, new ArrayBuffer(1000))).toBe(-1);
  expect(copies).not.toHaveBeenCalled();
  expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000), 50)).toBe(50);
});

test("a long message is sent unchanged, whatever the sizes", () => {
  for (const [size, buffer_size] of [
    [1, 1],
    [1000, 7],
    [70000, 1024],
    [200000, 65536],
    [16384, 1024],
    [17408, 1024],
    [2049, 128],
    [3000, 124],
    [140000, 65532],
    [5000, 5000],
    [5001, 5000],
  ]) {
    const rig = Rig.connected({ buffer_size });
    const data = Uint8Array.from({ length: size }, (_, index) => (index * 31) ^ (index >> 8));
    expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(size);
    let sent = 0;
    for (let frame = 0; sent < size; frame++) {
      for (const { payload, fin, opcode } of rig.connection.takeFrames()) {
        expect(payload.equals(data.subarray(sent, sent + payload.length))).toBe(true);
        expect(payload.length).toBeLessThanOrEqual(buffer_size);
        expect(opcode).toBe(sent ? 0 : 2);
        sent += payload.length;
        expect(fin).toBe(sent === size);
      }
      expect(frame).toBeLessThan(size + 2);
      rig.drain();
    }
  }
});

test("2,000 messages against a slow transport: all sent once, in order, with bounded memory", () => {
  const rig = Rig.connected({ buffer_size: 100 });
  let next = 0;
  let most = 0;
  const push = (): void => {
    while (next < 2000 && text(rig, "message " + next) > 0) next++;
    most = Math.max(most, rig.client.tx_queued);
  };
  (rig.client as unknown as Emitter).on("drain", push);
  push();
  const received: string[] = [];
  for (let drains = 0; received.length < 2000 && drains < 2000; drains++) {
    received.push(...rig.connection.takeFrames().map(({ payload }) => payload.toString()));
    rig.drain();
  }
  expect(received).toEqual(Array.from({ length: 2000 }, (_, index) => "message " + index));
  expect(most).toBeLessThanOrEqual(400);
});

test("what waited when the connection failed is dropped, not sent on the next one", () => {
  const rig = full();
  text(rig, "lost", 100);
  rig.drop();
  expect(rig.client.tx_queued).toBe(0);
  pass(10000);
  rig.accept();
  rig.drain();
  rig.connection.take();
  rig.drain();
  expect(rig.connection.take()).toHaveLength(0);
  expect(text(rig, "new")).toBe(3);
  expect(rig.connection.takeWire()).toEqual(["81(3) new"]);
});

test("a part that fails with its connection leaves no unfinished message behind", () => {
  const rig = Rig.connected();
  ws.esp_websocket_client_send_text_partial(rig.client, "begin");
  rig.connection.onWrite = () => {
    throw new Error("gone");
  };
  pass(0);
  expect(ws.esp_websocket_client_send_cont_msg(rig.client, "middle")).toBe(-1);
  pass(10000);
  rig.accept();
  expect(text(rig, "new")).toBe(3);
});

test("a part that is refused for want of room leaves the message as it was", () => {
  const rig = full({ tx_queue_size: 100 });
  expect(ws.esp_websocket_client_send_text_partial(rig.client, "x".repeat(100))).toBe(100);
  expect(ws.esp_websocket_client_send_cont_msg(rig.client, "y")).toBe(-1);
  expect(text(rig, "z")).toBe(-1);
  drainAll(rig);
  expect(text(rig, "z")).toBe(-1);
  expect(ws.esp_websocket_client_send_cont_msg(rig.client, "y")).toBe(1);
  expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(0);
  expect(rig.connection.takeWire()).toEqual(["00(1) 79", "80(0)"]);
  expect(text(rig, "z")).toBe(1);
});

test("a first part that is refused has not begun a message", () => {
  const rig = full({ tx_queue_size: 100 });
  text(rig, "x".repeat(100));
  expect(ws.esp_websocket_client_send_text_partial(rig.client, "y")).toBe(-1);
  drainAll(rig);
  expect(ws.esp_websocket_client_send_cont_msg(rig.client, "y")).toBe(-1);
  expect(text(rig, "z")).toBe(1);
});

test("several clients at once do not disturb one another", () => {
  const first = Rig.connected({ buffer_size: 100, tx_queue_size: 100000 });
  const rigs = [first, ...[1, 2, 3].map(() => Rig.connected({ buffer_size: 100, tx_queue_size: 100000 }, first.board))];
  // All of them are on one board: each has its own connection, in the order in which they were made.
  const connections = first.board.connections;
  rigs.forEach((rig, index) => {
    for (let i = 0; i < 20; i++) expect(text(rig, `client ${index} message ${i}`)).toBeGreaterThan(0);
  });
  connections[1].listener.closed();
  connections.forEach((connection) => connection.listener.received(Uint8Array.from([0x81, 1, 0x61])));
  const wires = connections.map((connection) => {
    const wire: string[] = [];
    for (let i = 0; i < 30; i++) {
      wire.push(...connection.takeFrames().map(({ payload }) => payload.toString()));
      connection.listener.drained();
    }
    return wire;
  });
  rigs.forEach((rig, index) => {
    const whole = Array.from({ length: 20 }, (_, i) => `client ${index} message ${i}`);
    if (index === 1) expect(whole.slice(0, wires[1].length)).toEqual(wires[1]);
    else expect(wires[index]).toEqual(whole);
    expect(rig.take()).toEqual(
      index === 1 ? ["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"] : ['DATA(1,1,1/1@0) "a"']
    );
  });
});
