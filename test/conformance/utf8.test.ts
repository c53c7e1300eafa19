/**
 * RFC 6455 §5.6, §8.1 and RFC 3629: the UTF-8 of text messages. The kinds of bytes are those of Markus Kuhn's
 * decoder stress test: first and last characters of each length, stray and missing continuation bytes, impossible
 * bytes, overlong forms, surrogates, noncharacters.
 */
import { continuation, frame, ping, text } from "../support/peer";
import { bad, Case, data, good, longData, patternBytes, pongFrame, suite } from "./suite";

const UTF8 = /UTF-8/;
const bytes = (...values: number[]): Buffer => Buffer.from(values);

// What is valid.

const BOUNDARIES = [
  0, 0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xfdd0, 0xfdef, 0xfffd, 0xfffe,
  0xffff, 0x10000, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff,
];
const NONCHARACTERS = Array.from({ length: 16 }, (_, plane) =>
  [0x1fffe, 0x1ffff].map((last) => last + plane * 0x10000)
).flat();

const validTexts: [string, string][] = [
  ["Greek", "κόσμε"],
  ["Hello-µ@ßöäüàá-UTF-8!!", "Hello-µ@ßöäüàá-UTF-8!!"],
  ["Cyrillic, Hebrew, Arabic, Thai, Japanese", "Приве́т שלום مرحبا สวัสดี こんにちは"],
  ["outside the basic plane", "𐀀𝄞😀🇦🇶"],
  ["combining characters", "e\u0301 n\u0303 \u1100\u1161\u11a8"],
  ["a byte order mark", "\ufeffmarked"],
];

const valid: Case[] = [
  ...validTexts.map(([name, value]) => good(`text is handed on: ${name}`, [text(value)], [data(1, true, value)])),
  ...validTexts.map(([name, value]) => {
    const whole = Buffer.from(value);
    return good(`text in single bytes is handed on: ${name}`, [text(whole)], [data(1, true, value)], { chop: 1 });
  }),
  ...[...new Set([...BOUNDARIES, ...NONCHARACTERS])].map((code) => {
    const value = `<${String.fromCodePoint(code)}>`;
    return good(
      `U+${code.toString(16).toUpperCase().padStart(4, "0")} is valid`,
      [text(value)],
      [data(1, true, value)]
    );
  }),
  good(
    "all of the first 2048 characters",
    [text(firstCharacters())],
    [[1, true, 3968, firstCharacters().toString("base64")]]
  ),
];

function firstCharacters(): Buffer {
  return Buffer.from(Array.from({ length: 2048 }, (_, code) => String.fromCodePoint(code)).join(""));
}

/** How many bytes at the end of `start` are the beginning of a character. */
function cut(start: Buffer): number {
  for (let back = 1; back <= Math.min(3, start.length); back++) {
    const byte = start[start.length - back];
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

const SPLIT = Buffer.from("é€😀ö");

/** Bytes: checking them one by one takes a board some time. */
const MULTI = 6000;

const splits: Case[] = [
  ...Array.from({ length: SPLIT.length + 1 }, (_, at) => {
    const first = SPLIT.subarray(0, at);
    const held = cut(first);
    return good(
      `a message in two fragments, split at byte ${at}: no piece ends inside a character`,
      [text(first, false), continuation(SPLIT.subarray(at))],
      [data(1, false, first.subarray(0, at - held), at), data(0, true, SPLIT.subarray(at - held), SPLIT.length - at)]
    );
  }),
  good(
    "a message with one byte in each fragment",
    Array.from(SPLIT, (byte, index) =>
      frame({ opcode: index ? 0 : 1, fin: index === SPLIT.length - 1, payload: bytes(byte) })
    ),
    Array.from(SPLIT, (_, index) => {
      const before = index - cut(SPLIT.subarray(0, index));
      const behind = index + 1 - cut(SPLIT.subarray(0, index + 1));
      return data(index ? 0 : 1, index === SPLIT.length - 1, SPLIT.subarray(before, behind), 1);
    })
  ),
  good(
    "a PING inside a character that is split over fragments",
    [text(bytes(0xf0, 0x9f), false), ping("between"), continuation(bytes(0x98), false), continuation(bytes(0x80))],
    [data(1, false, "", 2), data(9, true, "between"), data(0, false, "", 1), data(0, true, "😀", 1)],
    { frames: [pongFrame("between")] }
  ),
  good(
    "empty fragments inside a character",
    [text(bytes(0xe2), false), continuation("", false), continuation(bytes(0x82, 0xac))],
    [data(1, false, "", 1), data(0, false, "", 0), data(0, true, "€", 2)]
  ),
  ...[0, 1, 7, 536, 997].map((chop) =>
    good(
      `6 kB of characters of every length ${chop ? `in pieces of ${chop}` : "whole"}`,
      [text(patternBytes("multi", MULTI))],
      [longData(1, true, MULTI)],
      { chop, pattern: "multi" }
    )
  ),
  good(
    "invalid UTF-8 in a binary message is no error",
    [frame({ opcode: 2, payload: bytes(0xff, 0xc0, 0x80) })],
    [data(2, true, bytes(0xff, 0xc0, 0x80))]
  ),
];

// What is not.

/** What UTF-8 would make of a surrogate. */
const surrogate = (code: number): Buffer => bytes(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));

const INVALID: [string, Buffer][] = [
  ["a first continuation byte alone", bytes(0x80)],
  ["a last continuation byte alone", bytes(0xbf)],
  ...[2, 3, 4, 5, 6, 7].map((count): [string, Buffer] => [
    `${count} continuation bytes`,
    bytes(0x80, 0xbf, 0x80, 0xbf, 0x80, 0xbf, 0x80).subarray(0, count),
  ]),
  ["all 64 continuation bytes", Buffer.from(Array.from({ length: 64 }, (_, index) => 0x80 + index))],
  [
    "two-byte starts, each with a space",
    Buffer.from(Array.from({ length: 32 }, (_, index) => [0xc0 + index, 32]).flat()),
  ],
  [
    "three-byte starts, each with a space",
    Buffer.from(Array.from({ length: 16 }, (_, index) => [0xe0 + index, 32]).flat()),
  ],
  [
    "four-byte starts, each with a space",
    Buffer.from(Array.from({ length: 8 }, (_, index) => [0xf0 + index, 32]).flat()),
  ],
  ["five-byte starts, each with a space", bytes(0xf8, 32, 0xf9, 32, 0xfa, 32, 0xfb, 32)],
  ["six-byte starts, each with a space", bytes(0xfc, 32, 0xfd, 32)],
  ["a two-byte character without its last byte", bytes(0xc3)],
  ["a three-byte character without its last byte", bytes(0xe2, 0x82)],
  ["a four-byte character without its last byte", bytes(0xf0, 0x9f, 0x98)],
  ["a three-byte character without its last two bytes", bytes(0xe2)],
  ["a four-byte character without its last two bytes", bytes(0xf0, 0x9f)],
  ["U+07FF without its last byte", bytes(0xdf)],
  ["U+FFFF without its last byte", bytes(0xef, 0xbf)],
  ["U+1FFFFF, its last byte missing", bytes(0xf7, 0xbf, 0xbf)],
  ["the largest in five bytes, its last byte missing", bytes(0xfb, 0xbf, 0xbf, 0xbf)],
  ["the largest in six bytes, its last byte missing", bytes(0xfd, 0xbf, 0xbf, 0xbf, 0xbf)],
  ["NUL in two bytes, its last byte missing", bytes(0xc0)],
  ["NUL in three bytes, its last byte missing", bytes(0xe0, 0x80)],
  ["NUL in four bytes, its last byte missing", bytes(0xf0, 0x80, 0x80)],
  ["NUL in five bytes, its last byte missing", bytes(0xf8, 0x80, 0x80, 0x80)],
  ["NUL in six bytes, its last byte missing", bytes(0xfc, 0x80, 0x80, 0x80, 0x80)],
  ["unfinished characters in a row", bytes(0xc3, 0xe2, 0x82, 0xf0, 0x9f, 0x98)],
  [
    "all of the unfinished ones in a row",
    Buffer.from("c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf", "hex"),
  ],
  ["0xFE", bytes(0xfe)],
  ["0xFF", bytes(0xff)],
  ["0xFE and 0xFF", bytes(0xfe, 0xfe, 0xff, 0xff)],
  ["a slash in two bytes", bytes(0xc0, 0xaf)],
  ["a slash in three bytes", bytes(0xe0, 0x80, 0xaf)],
  ["a slash in four bytes", bytes(0xf0, 0x80, 0x80, 0xaf)],
  ["a slash in five bytes", bytes(0xf8, 0x80, 0x80, 0x80, 0xaf)],
  ["a slash in six bytes", bytes(0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf)],
  ["NUL in two bytes", bytes(0xc0, 0x80)],
  ["NUL in three bytes", bytes(0xe0, 0x80, 0x80)],
  ["NUL in four bytes", bytes(0xf0, 0x80, 0x80, 0x80)],
  ["NUL in five bytes", bytes(0xf8, 0x80, 0x80, 0x80, 0x80)],
  ["NUL in six bytes", bytes(0xfc, 0x80, 0x80, 0x80, 0x80, 0x80)],
  ["the highest overlong form of two bytes", bytes(0xc1, 0xbf)],
  ["the highest overlong form of three bytes", bytes(0xe0, 0x9f, 0xbf)],
  ["the highest overlong form of four bytes", bytes(0xf0, 0x8f, 0xbf, 0xbf)],
  ["the highest overlong form of five bytes", bytes(0xf8, 0x87, 0xbf, 0xbf, 0xbf)],
  ["the highest overlong form of six bytes", bytes(0xfc, 0x83, 0xbf, 0xbf, 0xbf, 0xbf)],
  ...[0xd800, 0xdb7f, 0xdb80, 0xdbff, 0xdc00, 0xdf80, 0xdfff].map((code): [string, Buffer] => [
    `the surrogate U+${code.toString(16).toUpperCase()}`,
    surrogate(code),
  ]),
  ...[0xd800, 0xdb7f, 0xdb80, 0xdbff].flatMap((high) =>
    [0xdc00, 0xdfff].map((low): [string, Buffer] => [
      `the surrogates U+${high.toString(16).toUpperCase()} U+${low.toString(16).toUpperCase()}`,
      Buffer.concat([surrogate(high), surrogate(low)]),
    ])
  ),
  ["U+110000", bytes(0xf4, 0x90, 0x80, 0x80)],
  ["U+13FFFF", bytes(0xf4, 0xbf, 0xbf, 0xbf)],
  ["U+140000", bytes(0xf5, 0x80, 0x80, 0x80)],
  ["U+1FFFFF", bytes(0xf7, 0xbf, 0xbf, 0xbf)],
  ["five bytes", bytes(0xf8, 0x88, 0x80, 0x80, 0x80)],
  ["the largest in five bytes", bytes(0xfb, 0xbf, 0xbf, 0xbf, 0xbf)],
  ["six bytes", bytes(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80)],
  ["the largest in six bytes", bytes(0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf)],
];

const invalid: Case[] = INVALID.flatMap(([name, sequence]) => [
  bad(`a message is refused: ${name}`, [text(sequence)], 1007, UTF8),
  bad(
    `a message with a good beginning is refused: ${name}`,
    [text(Buffer.concat([Buffer.from("κόσμε"), sequence]))],
    1007,
    UTF8
  ),
  bad(
    `a message is refused behind a good one: ${name}`,
    [text("good"), text(sequence), text("never seen")],
    1007,
    UTF8,
    [data(1, true, "good")]
  ),
]);

// As soon as the bytes cannot become valid: without waiting for the rest of the frame or of the message.

const GOOD = Buffer.from("κόσμε");

const failFast: Case[] = [
  ...INVALID.filter(([name]) => !name.includes("without")).map(([name, sequence]) =>
    bad(
      `a frame that never ends is refused: ${name}`,
      // Of a frame with 100 more bytes, no more is sent.
      [frame({ opcode: 1, payload: sequence, length: sequence.length + 100 })],
      1007,
      UTF8
    )
  ),
  ...[
    ["the second byte of a surrogate", bytes(0xed, 0xa0)],
    ["the second byte of U+110000", bytes(0xf4, 0x90)],
    ["the second byte of an overlong form", bytes(0xe0, 0x9f)],
    ["0xF5", bytes(0xf5)],
    ["0xC0", bytes(0xc0)],
  ].map(([name, sequence]) =>
    bad(`${name as string} is enough`, [frame({ opcode: 1, payload: sequence as Buffer, length: 1000 })], 1007, UTF8)
  ),
  bad(
    "a fragmented message that never ends is refused",
    [text(GOOD, false), continuation(bytes(0xf4, 0x90), false)],
    1007,
    UTF8,
    [data(1, false, GOOD)]
  ),
  bad(
    "a continuation that does not continue the character is refused",
    [text(bytes(0x61, 0xe2, 0x82), false), continuation("x", false)],
    1007,
    UTF8,
    [data(1, false, "a", 3)]
  ),
  bad(
    "a message that ends inside a character is refused, with an empty last fragment",
    [text(bytes(0x61, 0xe2, 0x82), false), continuation("")],
    1007,
    UTF8,
    [data(1, false, "a", 3)]
  ),
];

suite("valid UTF-8", valid);
suite("characters split over pieces", splits);
suite("invalid UTF-8", invalid);
suite("UTF-8 that fails fast", failFast);
