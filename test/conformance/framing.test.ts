/** RFC 6455 §5.2, §5.6: frames of every length class, both ways. */
import { binary, frame, text } from "../support/peer";
import { bad, Case, closedByServer, closeFrame, data, good, longData, Pattern, patternBytes, suite } from "./suite";

const LENGTHS = [0, 1, 125, 126, 127, 128, 65535, 65536];
const KINDS = [
  { opcode: 1, pattern: "text" },
  { opcode: 2, pattern: "binary" },
] as const;
const kindName = { 1: "text", 2: "binary" };

const single = (opcode: number, length: number, chop: number): boolean => chop === 1 && length === 65534 + opcode;

const received = KINDS.flatMap(({ opcode, pattern }) =>
  LENGTHS.flatMap((length) =>
    [0, 1, 2, 7, 125, 126, 536, 997]
      // 64 kB in small pieces take long to send: of text 65535 bytes, of binary 65536 come in single bytes.
      .filter((chop) => !chop || (chop < length + 4 && (length < 1000 || chop > 500 || single(opcode, length, chop))))
      .map((chop) => {
        const payload = patternBytes(pattern, length);
        const name = `${kindName[opcode]} of ${length} bytes comes ${chop ? `in pieces of ${chop}` : "whole"}`;
        return good(name, [frame({ opcode, payload })], [longData(opcode, true, length)], { chop, pattern });
      })
  )
);

/** What `length` bytes become on the wire: frames of `size` bytes (as the C client fragments). */
function fragments(opcode: number, pattern: Pattern, length: number, size: number): Case["frames"] {
  const count = Math.max(1, Math.ceil(length / size));
  return Array.from({ length: count }, (_, index) => ({
    opcode: index ? 0 : opcode,
    fin: index === count - 1,
    payload: patternBytes(pattern, Math.min(size, length - index * size), index * size),
  }));
}

/** The script sends; the server takes it all and closes. */
const sent = KINDS.flatMap(({ opcode, pattern }) =>
  LENGTHS.flatMap((length) =>
    // One frame whatever the length; the default; and a size that fits nowhere.
    [70000, 1024, 1300]
      .filter((size) => size === 70000 || length > 1000)
      .map((size): Case => {
        const action = `send_${opcode === 1 ? "text" : "bin"}`;
        return {
          name: `${kindName[opcode]} of ${length} bytes is sent in frames of at most ${size}`,
          config: { buffer_size: size },
          actions: [[action, length, pattern]],
          roomy: length > 5000,
          async serve(connection) {
            await connection.framesUntil(({ fin }) => fin);
          },
          send: [Buffer.from([0x88, 2, 3, 232])],
          events: [[action, length], ...closedByServer(1000)],
          frames: [...fragments(opcode, pattern, length, size), closeFrame(1000)],
        };
      })
  )
);

/** RFC 6455 §5.2: the minimal number of bytes encodes the length; the top bit of 64 must be 0; §5.1 on masks. */
const malformed: Case[] = [
  ...[0, 1, 125].map((length) =>
    bad(
      `a length of ${length} in two bytes is refused`,
      [frame({ opcode: 2, payload: Buffer.alloc(length), lengthBytes: 2 })],
      1002,
      /length/
    )
  ),
  ...[0, 125, 126, 65535].map((length) =>
    bad(
      `a length of ${length} in eight bytes is refused`,
      [frame({ opcode: 2, payload: Buffer.alloc(length), lengthBytes: 8 })],
      1002,
      /length/
    )
  ),
  bad(
    "a length with its top bit set is refused",
    [frame({ opcode: 2, length: 1n << 63n, lengthBytes: 8 })],
    1002,
    /length/
  ),
  bad(
    "a length with all bits set is refused",
    [frame({ opcode: 2, length: (1n << 64n) - 1n, lengthBytes: 8 })],
    1002,
    /length/
  ),
  bad("a length of 2^53 bytes is too big", [frame({ opcode: 2, length: 1n << 53n, lengthBytes: 8 })], 1009, /long/),
  good(
    "a message behind one that was cut into single bytes is not lost",
    [text("one"), binary("2")],
    [data(1, true, "one"), data(2, true, "2")],
    { chop: 1 }
  ),
  ...KINDS.flatMap(({ opcode }) => [
    bad(
      `a masked ${kindName[opcode]} frame is refused`,
      [frame({ opcode, payload: "masked", mask: Buffer.from([1, 2, 3, 4]) })],
      1002,
      /mask/
    ),
  ]),
  bad("a masked empty frame is refused", [frame({ opcode: 1, mask: Buffer.alloc(4) })], 1002, /mask/),
  bad("a masked PING is refused", [frame({ opcode: 9, payload: "x", mask: Buffer.from([1, 2, 3, 4]) })], 1002, /mask/),
  bad("a masked close frame is refused", [frame({ opcode: 8, mask: Buffer.from([1, 2, 3, 4]) })], 1002, /mask/),
];

/** Any number of frames in one segment, and empty ones between. */
const manyFrames: Case[] = [
  good(
    "forty messages in one segment come one by one",
    Array.from({ length: 40 }, (_, index) => text(`message ${index}`)),
    Array.from({ length: 40 }, (_, index) => data(1, true, `message ${index}`))
  ),
  good(
    "empty messages between others are messages",
    [text(""), text("a"), binary(""), text("")],
    [data(1, true, ""), data(1, true, "a"), data(2, true, ""), data(1, true, "")]
  ),
];

suite("messages from the server", [...received, ...manyFrames]);
suite("messages from the client", sent);
suite("malformed frames", malformed);
