/** RFC 6455 §5.5.1, §7.1, §7.4: the close handshake, as the server's doing and as the client's. */
import { binary, close, continuation, frame, ping, text } from "../support/peer";
import { bad, Case, closedByServer, closeFrame, data, ExpectedEvent, patternBytes, suite } from "./suite";

const CODE = /close code/i;

/** The server closes; the client answers with the same code, and no reason. */
function closes(name: string, code: number, payload: Uint8Array, more: Partial<Case> = {}): Case {
  return {
    name,
    send: [frame({ opcode: 8, payload })],
    events: [data(8, true, payload), ["CLOSED", code, 4], ...reasonOf(payload), ["FINISH", code]],
    frames: [closeFrame(code || undefined)],
    ...more,
  };
}

/** CLOSED carries the reason. */
function reasonOf(payload: Uint8Array): ExpectedEvent[] {
  return payload.length > 2 ? [["reason", Buffer.from(payload.subarray(2)).toString("base64")]] : [];
}

const body = (code: number, reason: string | Uint8Array = ""): Buffer =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);

const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const INVALID = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 32768, 65535];

const codes: Case[] = [
  closes("a close frame without a code is answered without one", 0, Buffer.alloc(0)),
  ...VALID.map((code) => closes(`close code ${code} is answered with itself`, code, body(code))),
  ...INVALID.map((code) => bad(`close code ${code} is refused`, [close(code)], 1002, CODE)),
  bad("a close frame of one byte is refused", [frame({ opcode: 8, payload: "\x03" })], 1002, CODE),
];

const reasons: Case[] = [
  closes("a reason is handed on", 1000, body(1000, "Hello, world!")),
  closes("a reason of 123 bytes is handed on", 1000, body(1000, "*".repeat(123))),
  closes("a reason in single bytes is handed on", 1000, body(1000, "piecemeal"), { chop: 1 }),
  closes("a reason of many scripts is handed on", 1001, body(1001, "κόσμε 😀 𐀀 Приве́т")),
  bad("a reason of 124 bytes is refused", [close(1000, "*".repeat(124))], 1002, /control frame/i),
  ...[
    ["an overlong form", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character that is cut at the end", [0x61, 0xe2, 0x82]],
    ["a stray continuation byte", [0x61, 0x80, 0x61]],
    ["U+110000", [0xf4, 0x90, 0x80, 0x80]],
    ["0xFF", [0xff]],
    ["a good beginning", [...Buffer.from("κόσμε"), 0xed, 0xa0, 0x80, ...Buffer.from("edited")]],
  ].map(([what, reason]) =>
    bad(
      `a reason with ${what as string} and invalid UTF-8 is refused`,
      [close(1000, Buffer.from(reason as number[]))],
      1007,
      /UTF-8/
    )
  ),
];

const order: Case[] = [
  {
    name: "a message just before the close is handed on",
    send: [text("Hello World!"), close(1000)],
    events: [data(1, true, "Hello World!"), ...closedByServer(1000)],
    frames: [closeFrame(1000)],
  },
  ...[0, 1].flatMap((chop): Case[] => {
    const how = chop ? ", in single bytes" : "";
    const once = { events: closedByServer(1000), frames: [closeFrame(1000)], chop };
    return [
      { name: `two close frames get one answer${how}`, send: [close(1000), close(1000)], ...once },
      {
        name: `a second close frame with another code changes nothing${how}`,
        send: [close(1000), close(1001)],
        ...once,
      },
      { name: `a PING behind the close is passed over${how}`, send: [close(1000), ping("late")], ...once },
      { name: `a text behind the close is passed over${how}`, send: [close(1000), text("late")], ...once },
      {
        name: `what breaks the protocol behind the close is passed over${how}`,
        send: [close(1000), frame({ opcode: 15, rsv: 7 })],
        ...once,
      },
    ];
  }),
  {
    name: "a message that was begun before the close is not gone on with",
    send: [text("fragment1", false), close(1000), continuation("fragment2")],
    events: [data(1, false, "fragment1"), ...closedByServer(1000)],
    frames: [closeFrame(1000)],
  },
  {
    name: "a character that was cut before the close is no error",
    send: [text(Buffer.from([0x61, 0xe2, 0x82]), false), close(1000)],
    events: [data(1, false, "a", 3), ...closedByServer(1000)],
    frames: [closeFrame(1000)],
  },
  {
    name: "a close behind 256 kB is answered",
    pattern: "binary",
    send: [binary(patternBytes("binary", 262144)), close(1000), ping("late")],
    events: [[2, true, 262144, 262144], ...closedByServer(1000)],
    frames: [closeFrame(1000)],
  },
];

/** The script closes; the server answers. */
const byClient: Case[] = [
  {
    name: "close sends a close frame without a code, as the C client",
    actions: [["close"]],
    async serve(connection) {
      await connection.nextFrame();
      connection.send(close());
    },
    events: [["close", 0], data(8, true, ""), ["CLOSED", 0, 0], ["FINISH", 0]],
    frames: [closeFrame()],
  },
  {
    name: "what the server sends before its answer is handed on",
    actions: [["close"]],
    async serve(connection) {
      await connection.nextFrame();
      connection.send(text("last words"), close(1000));
    },
    events: [
      ["close", 0],
      data(1, true, "last words"),
      data(8, true, body(1000)),
      ["CLOSED", 1000, 0],
      ["FINISH", 1000],
    ],
    frames: [closeFrame()],
  },
  {
    // RFC 6455 §5.5.1: a close frame was sent; no frame may follow it.
    name: "a PING during the client's close is not answered",
    actions: [["close"]],
    async serve(connection) {
      await connection.nextFrame();
      connection.send(ping("late"), close(1000));
    },
    events: [["close", 0], data(9, true, "late"), data(8, true, body(1000)), ["CLOSED", 1000, 0], ["FINISH", 1000]],
    frames: [closeFrame()],
  },
  {
    name: "messages that were sent before the close leave before it",
    actions: [["send_bin", 5000, "binary"], ["close"], ["send_text", "too late"]],
    roomy: true,
    async serve(connection) {
      await connection.framesUntil(({ opcode }) => opcode === 8);
      connection.send(close(1000));
    },
    events: [
      ["send_bin", 5000],
      ["close", 0],
      ["send_text", -1],
      data(8, true, body(1000)),
      ["CLOSED", 1000, 0],
      ["FINISH", 1000],
    ],
    frames: [],
    checkFrames(frames) {
      expect(frames.map(({ opcode }) => opcode)).toEqual([2, 0, 0, 0, 0, 8]);
      expect(frames.map(({ payload }) => payload.length)).toEqual([1024, 1024, 1024, 1024, 904, 0]);
    },
  },
];

suite("close codes", codes);
suite("close reasons", reasons);
suite("the close frame among others", order);
suite("the client's own close", byClient);
