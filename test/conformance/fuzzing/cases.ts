/**
 * The cases of the fuzzing server. Their numbers and what they try are those of the Autobahn Testsuite's sections 1–7,
 * 9 and 10, as users know them; what is sent and how it is judged is this project's own.
 */
import { close, continuation, frame, ping, pong, text } from "../../support/peer";

/** What the client is to send back, in this order: messages, put together, and PONGs. */
export interface Reply {
  /** 1 and 2: a message; 10: a PONG. */
  opcode: 1 | 2 | 10;
  payload: Buffer;
}

/** One thing that the server does. */
export type Step =
  /** Sends bytes, in pieces if `chop` is set. */
  | { send: Uint8Array; chop?: number }
  /** Waits for so many replies in all. */
  | { await: number };

export interface FuzzingCase {
  id: string;
  description: string;
  steps: Step[];
  /** All replies, if the connection is to stay good. */
  replies: Reply[];
  /** The code with which the client must close; undefined: the server closes, with `serverCloses`. */
  clientCloses?: number;
  /** Bytes with which the server closes, sent when the replies are there. Default: a close frame with 1000. */
  serverCloses?: Uint8Array;
  /** The code that the client must answer with. Default: 1000; null: none. */
  answer?: number | null;
  /** The case has no right or wrong: it is only told what the client did. */
  informational?: boolean;
}

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const stars = (length: number): Buffer => Buffer.alloc(length, "*");
const fe = (length: number): Buffer => Buffer.alloc(length, 0xfe);
const message = (payload: string | Uint8Array, opcode: 1 | 2 = 1): Reply => ({ opcode, payload: Buffer.from(payload) });
const answer = (payload: string | Uint8Array = ""): Reply => ({ opcode: 10, payload: Buffer.from(payload) });
const all = (...frames: Uint8Array[]): Step[] => frames.map((send) => ({ send }));
const pieces = (chop: number, ...frames: Uint8Array[]): Step[] => [{ send: Buffer.concat(frames), chop }];

type Draft = Omit<FuzzingCase, "id">;

const good = (description: string, steps: Step[], replies: Reply[]): Draft => ({ description, steps, replies });
const bad = (description: string, steps: Step[], replies: Reply[] = [], clientCloses = 1002): Draft => ({
  description,
  steps,
  replies,
  clientCloses,
});

/** Numbers drafts as `prefix.1`, `prefix.2` … */
function numbered(prefix: string, drafts: Draft[]): FuzzingCase[] {
  return drafts.map((draft, index) => ({ id: `${prefix}.${index + 1}`, ...draft }));
}

// 1: framing

function framing(opcode: 1 | 2): Draft[] {
  const kind = opcode === 1 ? "text" : "binary";
  const payload = opcode === 1 ? stars : fe;
  const one = (length: number, chop?: number): Draft =>
    good(
      `A ${kind} message of ${length} bytes${chop ? ` in pieces of ${chop}` : ""}`,
      [{ send: frame({ opcode, payload: payload(length) }), chop }],
      [message(payload(length), opcode)]
    );
  return [...[0, 125, 126, 127, 128, 65535, 65536].map((length) => one(length)), one(65536, 997)];
}

// 2: PING and PONG

const tenPings = Array.from({ length: 10 }, (_, index) => ping(`payload-${index}`));
const tenAnswers = Array.from({ length: 10 }, (_, index) => answer(`payload-${index}`));
const notText = bytes(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);

const pings: Draft[] = [
  good("A PING without payload", all(ping()), [answer()]),
  good("A PING with text", all(ping("Hello, world!")), [answer("Hello, world!")]),
  good("A PING with what is not UTF-8", all(ping(notText)), [answer(notText)]),
  good("A PING of 125 bytes", all(ping(fe(125))), [answer(fe(125))]),
  bad("A PING of 126 bytes", all(ping(fe(126)))),
  good("A PING of 125 bytes in single bytes", pieces(1, ping(fe(125))), [answer(fe(125))]),
  good("An unsolicited PONG without payload", all(pong()), []),
  good("An unsolicited PONG with payload", all(pong("unsolicited pong payload")), []),
  good("An unsolicited PONG, then a PING", all(pong("unsolicited pong payload"), ping("ping payload")), [
    answer("ping payload"),
  ]),
  good("Ten PINGs", all(...tenPings), tenAnswers),
  good("Ten PINGs in single bytes", pieces(1, ...tenPings), tenAnswers),
];

// 3: reserved bits; 4: reserved opcodes

const HELLO = "Hello, world!";

const reservedBits: Draft[] = [
  bad("A text with reserved bits 1", all(frame({ opcode: 1, rsv: 1, payload: HELLO }))),
  bad(
    "A text, a text with reserved bits 2, a PING",
    all(text(HELLO), frame({ opcode: 1, rsv: 2, payload: HELLO }), ping()),
    [message(HELLO)]
  ),
  bad(
    "A text, a text with reserved bits 3, a PING, in one segment",
    [{ send: Buffer.concat([text(HELLO), frame({ opcode: 1, rsv: 3, payload: HELLO }), ping()]) }],
    [message(HELLO)]
  ),
  bad(
    "A text, a text with reserved bits 4, a PING, in single bytes",
    pieces(1, text(HELLO), frame({ opcode: 1, rsv: 4, payload: HELLO }), ping()),
    [message(HELLO)]
  ),
  bad("A binary with reserved bits 5", all(frame({ opcode: 2, rsv: 5, payload: fe(8) }))),
  bad("A PING with reserved bits 6", all(frame({ opcode: 9, rsv: 6, payload: HELLO }))),
  bad("A close frame with reserved bits 7", all(frame({ opcode: 8, rsv: 7, payload: bytes(3, 232) }))),
];

const reservedOpcodes = ([first, second, third, fourth, fifth]: number[]): Draft[] => [
  bad(`Opcode ${first}`, all(frame({ opcode: first }))),
  bad(`Opcode ${second} with payload`, all(frame({ opcode: second, payload: "reserved opcode payload" }))),
  bad(`A text, opcode ${third}, a PING`, all(text(HELLO), frame({ opcode: third }), ping()), [message(HELLO)]),
  bad(
    `A text, opcode ${fourth} with payload, a PING`,
    all(text(HELLO), frame({ opcode: fourth, payload: "reserved opcode payload" }), ping()),
    [message(HELLO)]
  ),
  bad(
    `A text, opcode ${fifth} with payload, a PING, in single bytes`,
    pieces(1, text(HELLO), frame({ opcode: fifth, payload: "reserved opcode payload" }), ping()),
    [message(HELLO)]
  ),
];

// 5: fragmentation

const two = [text("fragment1", false), continuation("fragment2")];
const interrupted = [text("fragment1", false), ping("ping payload"), continuation("fragment2")];
const interruptedReplies = [answer("ping payload"), message("fragment1fragment2")];
const orphan = (fin: boolean): Uint8Array[] => [continuation("non-continuation payload", fin), text(HELLO)];
const orphanBehind = (fin: boolean): Uint8Array[] => [...two, continuation("fragment3", fin), text(HELLO)];
const five = [
  text("fragment1", false),
  continuation("fragment2", false),
  ping("pongme 1!"),
  continuation("fragment3", false),
  continuation("fragment4", false),
  ping("pongme 2!"),
  continuation("fragment5"),
];
const fiveReplies = [
  answer("pongme 1!"),
  answer("pongme 2!"),
  message("fragment1fragment2fragment3fragment4fragment5"),
];

const fragmentation: Draft[] = [
  bad(
    "A PING in two fragments",
    all(frame({ opcode: 9, fin: false, payload: "fragment1" }), continuation("fragment2"))
  ),
  bad(
    "A PONG in two fragments",
    all(frame({ opcode: 10, fin: false, payload: "fragment1" }), continuation("fragment2"))
  ),
  good("A text in two fragments", all(...two), [message("fragment1fragment2")]),
  good("A text in two fragments, in one segment", [{ send: Buffer.concat(two) }], [message("fragment1fragment2")]),
  good("A text in two fragments, in single bytes", pieces(1, ...two), [message("fragment1fragment2")]),
  good("A text in two fragments with a PING between", all(...interrupted), interruptedReplies),
  good("The same in one segment", [{ send: Buffer.concat(interrupted) }], interruptedReplies),
  good("The same in single bytes", pieces(1, ...interrupted), interruptedReplies),
  bad("A last continuation with nothing to continue, then a text", all(...orphan(true))),
  bad("The same in one segment", [{ send: Buffer.concat(orphan(true)) }]),
  bad("The same in single bytes", pieces(1, ...orphan(true))),
  bad("A continuation without FIN with nothing to continue, then a text", all(...orphan(false))),
  bad("The same in one segment", [{ send: Buffer.concat(orphan(false)) }]),
  bad("The same in single bytes", pieces(1, ...orphan(false))),
  bad("A text in two fragments, a last continuation with nothing to continue, a text", all(...orphanBehind(true)), [
    message("fragment1fragment2"),
  ]),
  bad("Twice: a continuation without FIN with nothing to continue, a text", all(...orphan(false), ...orphan(false))),
  bad("Twice: a last continuation with nothing to continue, a text", all(...orphan(true), ...orphan(true))),
  bad("A text inside a fragmented text", all(text("fragment1", false), text("fragment2"))),
  good(
    "A text in five fragments with two PINGs; the second half waits for the first PONG",
    [...all(...five.slice(0, 3)), { await: 1 }, ...all(...five.slice(3))],
    fiveReplies
  ),
  good("A text in five fragments with two PINGs, in single bytes", pieces(1, ...five), fiveReplies),
];

// 6: UTF-8

const MIXED = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
// With U+1F79, so that there are characters of three bytes, too.
const COSMOS = Buffer.from("κ\u1f79σμε");
const SURROGATE = bytes(0xed, 0xa0, 0x80);
const TOO_HIGH = bytes(0xf4, 0x90, 0x80, 0x80);
const EDITED = Buffer.from("edited");

/** Each byte a fragment. */
const inFragments = (payload: Uint8Array): Uint8Array[] =>
  Array.from(payload, (byte, index) =>
    frame({ opcode: index ? 0 : 1, fin: index === payload.length - 1, payload: bytes(byte) })
  );

const valid = (payload: Uint8Array): Draft => good(`Valid: ${show(payload)}`, all(text(payload)), [message(payload)]);
const invalid = (payload: Uint8Array): Draft => bad(`Invalid: ${show(payload)}`, all(text(payload)), [], 1007);

function show(payload: Uint8Array): string {
  const hex = Buffer.from(payload).toString("hex");
  return hex.length > 60 ? `${hex.slice(0, 60)}…` : hex;
}

/** Valid or not, as this computer's own decoder has it. */
function judged(...payload: number[]): Draft {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes(...payload));
    return valid(bytes(...payload));
  } catch {
    return invalid(bytes(...payload));
  }
}

const encoded = (code: number): number[] => [...Buffer.from(String.fromCodePoint(code))];
const starts = (first: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, at) => [first + at, 32]).flat());
const run = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index % 2 ? 0xbf : 0x80)));

/** Sequences of each length without their last byte; those of 5 and 6 bytes never were characters. */
const unfinished = [
  [0xc0],
  [0xe0, 0x80],
  [0xf0, 0x80, 0x80],
  [0xf8, 0x80, 0x80, 0x80],
  [0xfc, 0x80, 0x80, 0x80, 0x80],
  [0xdf],
  [0xef, 0xbf],
  [0xf7, 0xbf, 0xbf],
  [0xfb, 0xbf, 0xbf, 0xbf],
  [0xfd, 0xbf, 0xbf, 0xbf, 0xbf],
];

const cosmosHead = Array.from({ length: COSMOS.length }, (_, index) => judged(...COSMOS.subarray(0, index + 1)));

const utf8: [string, Draft[]][] = [
  [
    "6.1",
    [
      good("An empty text", all(text("")), [message("")]),
      good("Three empty fragments", all(text("", false), continuation("", false), continuation("")), [message("")]),
      good(
        "An empty, a full and an empty fragment",
        all(text("", false), continuation("middle frame payload", false), continuation("")),
        [message("middle frame payload")]
      ),
    ],
  ],
  [
    "6.2",
    [
      good("Characters of one and two bytes", all(text(MIXED)), [message(MIXED)]),
      good(
        "The same, in two fragments between characters",
        all(text(MIXED.subarray(0, 12), false), continuation(MIXED.subarray(12))),
        [message(MIXED)]
      ),
      good("The same, each byte a fragment", all(...inFragments(MIXED)), [message(MIXED)]),
      good("Greek, each byte a fragment", all(...inFragments(COSMOS)), [message(COSMOS)]),
    ],
  ],
  [
    "6.3",
    [
      invalid(Buffer.concat([COSMOS, SURROGATE, EDITED])),
      bad("The same, each byte a fragment", all(...inFragments(Buffer.concat([COSMOS, SURROGATE, EDITED]))), [], 1007),
    ],
  ],
  [
    "6.4",
    // Nothing is sent behind the byte that cannot be: who waits for more waits in vain.
    [
      bad(
        "Fail fast: a fragment with U+110000, and no more",
        all(text(COSMOS, false), continuation(TOO_HIGH, false)),
        [],
        1007
      ),
      bad(
        "Fail fast: fragments with the first two bytes of U+110000, and no more",
        all(text(Buffer.concat([COSMOS, bytes(0xf4)]), false), continuation(bytes(0x90), false)),
        [],
        1007
      ),
      bad(
        "Fail fast: a frame with U+110000 whose end does not come",
        all(frame({ opcode: 1, payload: Buffer.concat([COSMOS, TOO_HIGH]), length: 1000 })),
        [],
        1007
      ),
      bad(
        "Fail fast: a frame with the first two bytes of U+110000 whose end does not come",
        pieces(1, frame({ opcode: 1, payload: Buffer.concat([COSMOS, bytes(0xf4, 0x90)]), length: 1000 })),
        [],
        1007
      ),
    ],
  ],
  [
    "6.5",
    [
      good("Greek whole", all(text(COSMOS)), [message(COSMOS)]),
      good(
        "Greek in one segment of two fragments",
        [{ send: Buffer.concat([text(COSMOS.subarray(0, 5), false), continuation(COSMOS.subarray(5))]) }],
        [message(COSMOS)]
      ),
      good("Greek in two fragments", all(text(COSMOS.subarray(0, 4), false), continuation(COSMOS.subarray(4))), [
        message(COSMOS),
      ]),
      good("Greek in single bytes", pieces(1, text(COSMOS)), [message(COSMOS)]),
      good(
        "Greek, each byte a fragment, in one segment",
        [{ send: Buffer.concat(inFragments(COSMOS)) }],
        [message(COSMOS)]
      ),
    ],
  ],
  ["6.6", cosmosHead],
  ["6.7", [0x0, 0x80, 0x800, 0x10000].map((code) => judged(...encoded(code)))],
  ["6.8", [judged(0xf8, 0x88, 0x80, 0x80, 0x80), judged(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80)]],
  ["6.9", [0x7f, 0x7ff, 0xffff, 0x10ffff].map((code) => judged(...encoded(code)))],
  [
    "6.10",
    [judged(0xf7, 0xbf, 0xbf, 0xbf), judged(0xfb, 0xbf, 0xbf, 0xbf, 0xbf), judged(0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf)],
  ],
  ["6.11", [...[0xd7ff, 0xe000, 0xfffd, 0x10ffff].map((code) => judged(...encoded(code))), judged(...TOO_HIGH)]],
  [
    "6.12",
    [
      invalid(bytes(0x80)),
      invalid(bytes(0xbf)),
      ...[2, 3, 4, 5, 6].map((length) => invalid(run(length))),
      invalid(Buffer.from(Array.from({ length: 64 }, (_, index) => 0x80 + index))),
    ],
  ],
  ["6.13", [starts(0xc0, 32), starts(0xe0, 16), starts(0xf0, 8), starts(0xf8, 4), starts(0xfc, 2)].map(invalid)],
  ["6.14", unfinished.map((sequence) => judged(...sequence))],
  ["6.15", [judged(...unfinished.flat())]],
  ["6.16", [judged(0xfe), judged(0xff), judged(0xfe, 0xfe, 0xff, 0xff)]],
  [
    "6.17",
    [
      [0xc0, 0xaf],
      [0xe0, 0x80, 0xaf],
      [0xf0, 0x80, 0x80, 0xaf],
      [0xf8, 0x80, 0x80, 0x80, 0xaf],
      [0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf],
    ].map((sequence) => judged(...sequence)),
  ],
  [
    "6.18",
    [
      [0xc1, 0xbf],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf8, 0x87, 0xbf, 0xbf, 0xbf],
      [0xfc, 0x83, 0xbf, 0xbf, 0xbf, 0xbf],
    ].map((sequence) => judged(...sequence)),
  ],
  [
    "6.19",
    [
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf8, 0x80, 0x80, 0x80, 0x80],
      [0xfc, 0x80, 0x80, 0x80, 0x80, 0x80],
    ].map((sequence) => judged(...sequence)),
  ],
  ["6.20", [0xa080, 0xadbf, 0xae80, 0xafbf, 0xb080, 0xbe80, 0xbfbf].map((rest) => judged(0xed, rest >> 8, rest & 255))],
  [
    "6.21",
    [
      [0xa080, 0xb080],
      [0xa080, 0xbfbf],
      [0xadbf, 0xb080],
      [0xadbf, 0xbfbf],
      [0xae80, 0xb080],
      [0xae80, 0xbfbf],
      [0xafbf, 0xb080],
      [0xafbf, 0xbfbf],
    ].map(([high, low]) => judged(0xed, high >> 8, high & 255, 0xed, low >> 8, low & 255)),
  ],
  [
    "6.22",
    Array.from({ length: 17 }, (_, plane) =>
      [0xfffe, 0xffff].map((last) => judged(...encoded(plane * 0x10000 + last)))
    ).flat(),
  ],
  ["6.23", [0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff].map((code) => judged(...encoded(code)))],
];

// 7: closing

const closes = (
  description: string,
  payload: Uint8Array,
  answered: number | null,
  more: Partial<Draft> = {}
): Draft => ({
  description,
  steps: [],
  replies: [],
  serverCloses: frame({ opcode: 8, payload }),
  answer: answered,
  ...more,
});
const code = (value: number, reason: string | Uint8Array = ""): Buffer => close(value, reason).subarray(2);

const closing: [string, Draft[]][] = [
  [
    "7.1",
    [
      good("A text, then the close", all(text("Hello World!")), [message("Hello World!")]),
      closes("Two close frames", code(1000), 1000, { serverCloses: Buffer.concat([close(1000), close(1000)]) }),
      closes("A close frame, then a PING", code(1000), 1000, { serverCloses: Buffer.concat([close(1000), ping()]) }),
      closes("A close frame, then a text", code(1000), 1000, {
        serverCloses: Buffer.concat([close(1000), text("late")]),
      }),
      closes("A fragment, a close frame, then the other fragment", code(1000), 1000, {
        serverCloses: Buffer.concat([text("fragment1", false), close(1000), continuation("fragment2")]),
      }),
      closes("A text of 256 kB and a text, then a close frame and a PING", code(1000), 1000, {
        steps: all(text(stars(262144)), text("Hello World!")),
        replies: [message(stars(262144)), message("Hello World!")],
        serverCloses: Buffer.concat([close(1000), ping()]),
      }),
    ],
  ],
  [
    "7.3",
    [
      closes("A close frame without payload", Buffer.alloc(0), null),
      bad("A close frame of one byte", all(frame({ opcode: 8, payload: "a" }))),
      closes("A close code", code(1000), 1000),
      closes("A close code and a reason", code(1000, "Hello World!"), 1000),
      closes("A close code and a reason of 123 bytes", code(1000, stars(123)), 1000),
      bad("A close code and a reason of 124 bytes", all(frame({ opcode: 8, payload: code(1000, stars(124)) }))),
    ],
  ],
  ["7.5", [bad("A reason that is not UTF-8", all(close(1000, Buffer.concat([COSMOS, SURROGATE, EDITED]))), [], 1007)]],
  [
    "7.7",
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((value) =>
      closes(`Close code ${value}`, code(value), value)
    ),
  ],
  [
    "7.9",
    [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((value) => bad(`Close code ${value}`, all(close(value)))),
  ],
  ["7.13", [5000, 65535].map((value) => ({ ...bad(`Close code ${value}`, all(close(value))), informational: true }))],
];

// 9: limits

const KB = 1024;
const MB = 1024 * KB;
const size = (length: number): string => (length < MB ? `${length / KB} kB` : `${length / MB} MB`);
const filled = (opcode: 1 | 2, length: number): Buffer => (opcode === 1 ? stars(length) : fe(length));

function long(opcode: 1 | 2): Draft[] {
  return [64 * KB, 256 * KB, MB, 4 * MB, 8 * MB, 16 * MB].map((length) => ({
    description: `A message of ${size(length)}`,
    // Made when they are wanted: all of them at once would take half a gigabyte.
    get steps() {
      return all(frame({ opcode, payload: filled(opcode, length) }));
    },
    get replies() {
      return [message(filled(opcode, length), opcode)];
    },
  }));
}

function inManyFragments(opcode: 1 | 2): Draft[] {
  return [64, 256, KB, 4 * KB, 16 * KB, 64 * KB, 256 * KB, MB, 4 * MB].map((length) => ({
    description: `A message of 4 MB in fragments of ${length} bytes`,
    get steps() {
      const payload = filled(opcode, length);
      const count = (4 * MB) / length;
      const frames = Array.from({ length: count }, (_, at) =>
        frame({ opcode: at ? 0 : opcode, fin: at === count - 1, payload })
      );
      return [{ send: Buffer.concat(frames) }];
    },
    get replies() {
      return [message(filled(opcode, 4 * MB), opcode)];
    },
  }));
}

function inPieces(opcode: 1 | 2): Draft[] {
  return [64, 128, 256, 512, KB, 2 * KB].map((chop) => ({
    description: `A message of 1 MB in pieces of ${chop} bytes`,
    get steps() {
      return pieces(chop, frame({ opcode, payload: filled(opcode, MB) }));
    },
    get replies() {
      return [message(filled(opcode, MB), opcode)];
    },
  }));
}

/** A thousand messages, each sent when the last came back. */
function roundTrips(opcode: 1 | 2): Draft[] {
  return [0, 16, 64, 256, KB, 4 * KB].map((length) => ({
    description: `A thousand messages of ${length} bytes, one after the other`,
    get steps() {
      const send = frame({ opcode, payload: filled(opcode, length) });
      return Array.from({ length: 1000 }, (_, index) => [{ send }, { await: index + 1 }]).flat();
    },
    get replies() {
      const reply = message(filled(opcode, length), opcode);
      return Array.from({ length: 1000 }, () => reply);
    },
  }));
}

/** `draft` keeps its getters. */
function named(id: string, draft: Draft): FuzzingCase {
  return Object.defineProperties({ id } as FuzzingCase, Object.getOwnPropertyDescriptors(draft));
}

const limits: [string, Draft[]][] = [
  ["9.1", long(1)],
  ["9.2", long(2)],
  ["9.3", inManyFragments(1)],
  ["9.4", inManyFragments(2)],
  ["9.5", inPieces(1)],
  ["9.6", inPieces(2)],
  ["9.7", roundTrips(1)],
  ["9.8", roundTrips(2)],
];

/** All cases in order. */
export const CASES: FuzzingCase[] = [
  ...numbered("1.1", framing(1)),
  ...numbered("1.2", framing(2)),
  ...numbered("2", pings),
  ...numbered("3", reservedBits),
  ...numbered("4.1", reservedOpcodes([3, 4, 5, 6, 7])),
  ...numbered("4.2", reservedOpcodes([11, 12, 13, 14, 15])),
  ...numbered("5", fragmentation),
  ...utf8.flatMap(([prefix, drafts]) => numbered(prefix, drafts)),
  ...closing.flatMap(([prefix, drafts]) => numbered(prefix, drafts)),
  ...limits.flatMap(([prefix, drafts]) => drafts.map((draft, index) => named(`${prefix}.${index + 1}`, draft))),
  ...numbered("10.1", [good("A text of 65536 bytes", all(text(stars(65536))), [message(stars(65536))])]),
];
