/** RFC 6455 §5.4: fragmentation. */
import { binary, close, continuation, ping, pong, text } from "../support/peer";
import { bad, Case, closedByServer, closeFrame, data, good, longData, patternBytes, pongFrame, suite } from "./suite";

const ORDER = /continu|inside|message/i;

/** The same with the stream whole, in single bytes, and in pieces that cut headers. */
const chopped = (make: (chop: number, how: string) => Case): Case[] =>
  [0, 1, 3, 7].map((chop) => make(chop, chop ? `, in pieces of ${chop}` : ""));

const orders: Case[] = [
  ...chopped((chop, how) =>
    good(
      `text in two fragments${how}`,
      [text("fragment1", false), continuation("fragment2")],
      [data(1, false, "fragment1"), data(0, true, "fragment2")],
      { chop }
    )
  ),
  ...chopped((chop, how) =>
    good(
      `binary in three fragments${how}`,
      [binary("\x01", false), continuation("\x02", false), continuation("\x03")],
      [data(2, false, "\x01"), data(0, false, "\x02"), data(0, true, "\x03")],
      { chop }
    )
  ),
  ...chopped((chop, how) =>
    good(
      `a PING between fragments is answered at once${how}`,
      [text("fragment1", false), ping("ping"), continuation("fragment2")],
      [data(1, false, "fragment1"), data(9, true, "ping"), data(0, true, "fragment2")],
      { chop, frames: [pongFrame("ping")] }
    )
  ),
  ...chopped((chop, how) =>
    good(
      `two PINGs between each two of five fragments${how}`,
      [
        text("fragment1", false),
        continuation("fragment2", false),
        ping("ping1"),
        ping("ping2"),
        continuation("fragment3", false),
        continuation("fragment4", false),
        ping("ping3"),
        ping("ping4"),
        continuation("fragment5"),
      ],
      [
        data(1, false, "fragment1"),
        data(0, false, "fragment2"),
        data(9, true, "ping1"),
        data(9, true, "ping2"),
        data(0, false, "fragment3"),
        data(0, false, "fragment4"),
        data(9, true, "ping3"),
        data(9, true, "ping4"),
        data(0, true, "fragment5"),
      ],
      { chop, frames: ["ping1", "ping2", "ping3", "ping4"].map(pongFrame) }
    )
  ),
  good(
    "a PONG between fragments is passed over",
    [text("a", false), pong("x"), continuation("b")],
    [data(1, false, "a"), data(10, true, "x"), data(0, true, "b")]
  ),
  good(
    "three empty fragments are an empty message",
    [text("", false), continuation("", false), continuation("")],
    [data(1, false, ""), data(0, false, ""), data(0, true, "")]
  ),
  good(
    "empty fragments around one with text",
    [text("", false), continuation("middle", false), continuation("")],
    [data(1, false, ""), data(0, false, "middle"), data(0, true, "")]
  ),
  good(
    "an empty first fragment and an empty last one of a binary message",
    [binary("", false), continuation("middle", false), continuation("")],
    [data(2, false, ""), data(0, false, "middle"), data(0, true, "")]
  ),
  good(
    "a fragmented message behind a fragmented message",
    [text("a", false), continuation("b"), binary("c", false), continuation("d")],
    [data(1, false, "a"), data(0, true, "b"), data(2, false, "c"), data(0, true, "d")]
  ),
  good(
    "a whole message behind a fragmented one",
    [text("a", false), continuation("b"), text("c")],
    [data(1, false, "a"), data(0, true, "b"), data(1, true, "c")]
  ),
  good(
    "a thousand fragments of one byte",
    [text("*", false), ...Array.from({ length: 998 }, () => continuation("*", false)), continuation("*")],
    [data(1, false, "*"), ...Array.from({ length: 998 }, () => data(0, false, "*")), data(0, true, "*")],
    { roomy: true }
  ),
  good(
    "fragments that are longer than buffer_size",
    [
      binary(patternBytes("binary", 3000), false),
      ping("between"),
      continuation(patternBytes("binary", 5000, 3000), false),
      continuation(patternBytes("binary", 1, 8000)),
    ],
    [longData(2, false, 3000), data(9, true, "between"), longData(0, false, 5000, 8000), longData(0, true, 1, 8001)],
    { pattern: "binary", frames: [pongFrame("between")] }
  ),
  {
    name: "the server may close in the middle of a message",
    send: [text("unfinished", false), close(1001)],
    events: [data(1, false, "unfinished"), ...closedByServer(1001)],
    frames: [closeFrame(1001)],
  },
];

const wrongOrders: Case[] = [
  ...chopped((chop, how) =>
    bad(`a last continuation at the beginning is refused${how}`, [continuation("orphan"), text("a")], 1002, ORDER, [], {
      chop,
    })
  ),
  ...chopped((chop, how) =>
    bad(
      `a continuation without FIN at the beginning is refused${how}`,
      [continuation("orphan", false), text("a")],
      1002,
      ORDER,
      [],
      {
        chop,
      }
    )
  ),
  bad("an empty continuation at the beginning is refused", [continuation("")], 1002, ORDER),
  bad("a continuation behind a whole message is refused", [text("whole"), continuation("orphan")], 1002, ORDER, [
    data(1, true, "whole"),
  ]),
  bad(
    "a continuation behind a fragmented message is refused",
    [text("a", false), continuation("b"), continuation("c")],
    1002,
    ORDER,
    [data(1, false, "a"), data(0, true, "b")]
  ),
  ...chopped((chop, how) =>
    bad(
      `a text inside a text is refused${how}`,
      [text("fragment1", false), text("fragment2")],
      1002,
      ORDER,
      [data(1, false, "fragment1")],
      { chop }
    )
  ),
  bad("a binary inside a text is refused", [text("a", false), binary("b")], 1002, ORDER, [data(1, false, "a")]),
  bad("a text inside a binary is refused", [binary("a", false), text("b")], 1002, ORDER, [data(2, false, "a")]),
  bad("a fragment inside a message is refused", [text("a", false), text("b", false)], 1002, ORDER, [
    data(1, false, "a"),
  ]),
  bad("a text behind an empty fragment is refused", [text("", false), text("b")], 1002, ORDER, [data(1, false, "")]),
  bad(
    "an orphan behind a message with a PING in it is refused",
    [text("a", false), ping("ping"), continuation("b"), continuation("c", false)],
    1002,
    ORDER,
    [data(1, false, "a"), data(9, true, "ping"), data(0, true, "b")],
    { frames: [pongFrame("ping")] }
  ),
];

/** The script sends fragments itself; the bytes are those of c-client's `_partial` functions. */
const sent: Case[] = [
  {
    name: "partial, continuations and fin make one message",
    actions: [["send_text_partial", "abc"], ["send_cont_msg", "def"], ["send_cont_msg", "ghijk"], ["send_fin"]],
    async serve(connection) {
      await connection.framesUntil(({ fin }) => fin);
      connection.send(close(1000));
    },
    events: [
      ["send_text_partial", 3],
      ["send_cont_msg", 3],
      ["send_cont_msg", 5],
      ["send_fin", 0],
      ...closedByServer(1000),
    ],
    frames: [
      { opcode: 1, fin: false, payload: "abc" },
      { opcode: 0, fin: false, payload: "def" },
      { opcode: 0, fin: false, payload: "ghijk" },
      { opcode: 0, payload: "" },
      closeFrame(1000),
    ],
  },
  {
    // Autobahn's 10.1.1
    name: "65536 bytes of text with a buffer_size of 1300 are sent in 51 fragments",
    config: { buffer_size: 1300 },
    actions: [["send_text", 65536, "text"]],
    roomy: true,
    async serve(connection) {
      await connection.framesUntil(({ fin }) => fin);
      connection.send(close(1000));
    },
    events: [["send_text", 65536], ...closedByServer(1000)],
    frames: [],
    checkFrames(frames) {
      const message = frames.slice(0, -1);
      expect(message.map(({ opcode }) => opcode)).toEqual([1, ...Array<number>(50).fill(0)]);
      expect(message.map(({ fin }) => fin)).toEqual([...Array<boolean>(50).fill(false), true]);
      expect(message.map(({ payload }) => payload.length)).toEqual([...Array<number>(50).fill(1300), 536]);
      expect(Buffer.concat(message.map(({ payload }) => payload)).equals(patternBytes("text", 65536))).toBe(true);
    },
  },
  {
    // The PING comes in the segment of the opening handshake: CONNECTED has queued a message by then.
    name: "a PING is answered between the fragments of a long message",
    actions: [["send_bin", 60000, "binary"]],
    roomy: true,
    handshake: ping("now"),
    async serve(connection) {
      await connection.framesUntil(({ fin, opcode }) => fin && opcode === 0);
      connection.send(close(1000));
    },
    events: [["send_bin", 60000], data(9, true, "now"), ...closedByServer(1000)],
    frames: [],
    checkFrames(frames) {
      const order = frames.map(({ opcode, fin }) => `${opcode}${fin ? "!" : ""}`).join(" ");
      expect(order).toMatch(/^(2 )?(0 )*10! (2 )?(0 )+0! 8!$/);
      const message = frames.filter(({ opcode }) => opcode < 8);
      expect(Buffer.concat(message.map(({ payload }) => payload)).equals(patternBytes("binary", 60000))).toBe(true);
      expect(frames.find(({ opcode }) => opcode === 10)?.payload.toString()).toBe("now");
    },
  },
];

suite("fragmented messages", orders);
suite("wrong orders of fragments", wrongOrders);
suite("fragments from the client", sent);
