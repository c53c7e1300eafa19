/** RFC 6455 §5.2 reserved bits and opcodes, §5.5 control frames, §5.5.2 PING, §5.5.3 PONG. */
import { binary, close, frame, ping, pong, ReceivedFrame, text } from "../support/peer";
import { bad, Case, closedByServer, data, ExpectedFrame, good, pongFrame, suite } from "./suite";

const ALL_BYTES = Buffer.from(Array.from({ length: 125 }, (_, index) => (index * 37 + 128) & 255));

/** A PING comes to the user as DATA too, and is answered. */
const answered = (payload: string | Uint8Array): { frames: ExpectedFrame[] } => ({ frames: [pongFrame(payload)] });

const pings: Case[] = [
  good("an empty PING is answered with an empty PONG", [ping()], [data(9, true, "")], answered("")),
  ...[1, 5, 124, 125].flatMap((length) =>
    [0, 1, 3].map((chop) =>
      good(
        `a PING of ${length} bytes ${chop ? `in pieces of ${chop} ` : ""}is answered with the same payload`,
        [ping(ALL_BYTES.subarray(0, length))],
        [data(9, true, ALL_BYTES.subarray(0, length))],
        { ...answered(ALL_BYTES.subarray(0, length)), chop }
      )
    )
  ),
  good(
    "a PING with what is not UTF-8 is answered",
    [ping(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))],
    [data(9, true, Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))],
    answered(Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]))
  ),
  good("an unsolicited PONG is passed over", [pong()], [data(10, true, "")]),
  good("an unsolicited PONG with a payload is passed over", [pong("unsolicited")], [data(10, true, "unsolicited")]),
  good(
    "an unsolicited PONG does not disturb the answer to a PING",
    [pong("unsolicited"), ping("ping")],
    [data(10, true, "unsolicited"), data(9, true, "ping")],
    answered("ping")
  ),
  ...[0, 1].map((chop) =>
    good(
      `ten PINGs at once ${chop ? "in single bytes " : ""}are answered in order`,
      Array.from({ length: 10 }, (_, index) => ping(`payload-${index}`)),
      Array.from({ length: 10 }, (_, index) => data(9, true, `payload-${index}`)),
      { frames: Array.from({ length: 10 }, (_, index) => pongFrame(`payload-${index}`)), chop }
    )
  ),
  {
    // RFC 6455 §5.5.3: who has several PINGs to answer may answer the last one only.
    name: "of fifty long PINGs at once the last is answered, and the others in order if at all",
    roomy: true,
    async serve(connection) {
      const payload = (index: number): Buffer => Buffer.alloc(125, index + 33);
      connection.send(...Array.from({ length: 50 }, (_, index) => ping(payload(index))));
      await connection.framesUntil((received) => received.payload.equals(payload(49)));
      connection.send(close(1000));
    },
    events: [
      ...Array.from({ length: 50 }, (_, index) => data(9, true, Buffer.alloc(125, index + 33))),
      ...closedByServer(1000),
    ],
    frames: [],
    checkFrames(frames: ReceivedFrame[]) {
      const pongs = frames.slice(0, -1);
      expect(pongs.every(({ opcode, payload }) => opcode === 10 && payload.equals(Buffer.alloc(125, payload[0])))).toBe(
        true
      );
      const order = pongs.map(({ payload }) => payload[0]);
      expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
      expect(order.at(-1)).toBe(49 + 33);
      expect(frames.at(-1)).toMatchObject({ opcode: 8, payload: Buffer.from([3, 232]) });
    },
  },
  {
    name: "a PING behind the server's close frame is not answered",
    send: [close(1000), ping("late")],
    events: closedByServer(1000),
    frames: [{ opcode: 8, payload: Buffer.from([3, 232]) }],
  },
];

const broken: Case[] = [
  ...[8, 9, 10].flatMap((opcode) => {
    const name = { 8: "close frame", 9: "PING", 10: "PONG" }[opcode];
    const payload =
      opcode === 8 ? Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(124, 0x78)]) : Buffer.alloc(126, 254);
    return [
      bad(`a ${name} of 126 bytes is refused`, [frame({ opcode, payload })], 1002, /control frame/i),
      bad(
        `a ${name} of 65536 bytes is refused by its header`,
        [frame({ opcode, length: 65536 })],
        1002,
        /control frame/i
      ),
      bad(
        `a ${name} without FIN is refused`,
        [frame({ opcode, payload: "\x03\x08", fin: false })],
        1002,
        /control frame/i
      ),
      bad(
        `a ${name} with its length in two bytes is refused`,
        [frame({ opcode, payload: "\x03\x08", lengthBytes: 2 })],
        1002,
        /control frame/i
      ),
    ];
  }),
  bad(
    "a PING without FIN is refused though a continuation follows",
    [frame({ opcode: 9, payload: "frag", fin: false }), frame({ opcode: 0, payload: "ment" })],
    1002,
    /control frame/i
  ),
];

/** Autobahn's section 3: without an extension no bit may be set, on any frame. */
const reservedBits: Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((rsv) =>
    [1, 2, 8, 9, 10].map((opcode) =>
      bad(`reserved bits ${rsv} on opcode ${opcode} are refused`, [frame({ opcode, rsv })], 1002, /reserved bit/i)
    )
  ),
  ...[0, 1].map((chop) =>
    bad(
      `reserved bits behind a valid message ${chop ? "in single bytes " : ""}are refused when it has been handed on`,
      [text("Hello, world!"), frame({ opcode: 1, rsv: 2, payload: "Hello" }), ping()],
      1002,
      /reserved bit/i,
      [data(1, true, "Hello, world!")],
      { chop }
    )
  ),
  bad(
    "a reserved bit on a continuation is refused",
    [text("a", false), frame({ opcode: 0, rsv: 4, payload: "b" })],
    1002,
    /reserved bit/i,
    [data(1, false, "a")]
  ),
];

/** Autobahn's section 4. */
const reservedOpcodes: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  bad(`opcode ${opcode} is refused`, [frame({ opcode })], 1002, /opcode/i),
  bad(`opcode ${opcode} with a payload is refused`, [frame({ opcode, payload: "payload" })], 1002, /opcode/i),
  bad(
    `opcode ${opcode} behind a valid message is refused`,
    [text("Hello, world!"), frame({ opcode }), ping()],
    1002,
    /opcode/i,
    [data(1, true, "Hello, world!")]
  ),
  bad(
    `opcode ${opcode} with a payload behind a valid message in single bytes is refused`,
    [binary("Hello, world!"), frame({ opcode, payload: "payload" }), ping()],
    1002,
    /opcode/i,
    [data(2, true, "Hello, world!")],
    { chop: 1 }
  ),
]);

suite("PING and PONG", pings);
suite("malformed control frames", broken);
suite("reserved bits", reservedBits);
suite("reserved opcodes", reservedOpcodes);
