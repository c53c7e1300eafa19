/** What must hold for every stream of bytes, whatever a server sends, and however the network cuts it. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { install } from "../../src/board";
import { feed, FrameReader, readPiece, resetReader } from "../../src/protocol/frame_reader";
import { HEAD_LIMIT, newResponse, readResponse, Response } from "../../src/protocol/handshake";
import { frame } from "../support/peer";
import { TestBoard } from "../unit/test_board";
import { runClient } from "./client";
import { readReference, ReferenceFrame } from "./reference";

export interface Property {
  name: string;
  property: fc.IProperty<unknown>;
}

// Streams

/** Characters of each length, and bytes that are none. */
/** Where the rules of RFC 3629 have their edges. */
const EDGES = [
  ...["c080", "c1bf", "c280", "dfbf", "e09fbf", "e0a080", "ed9fbf", "eda080", "edbfbf", "ee8080", "efbfbf"],
  ...["f08fbfbf", "f0908080", "f48fbfbf", "f4908080", "f5808080", "80", "bf", "fe", "ff", "f09f98", "e282", "c3"],
].map((hex) => Buffer.from(hex, "hex"));
const characters = fc.string({ unit: "binary", maxLength: 20 }).map((value) => Buffer.from(value));
const textBytes = fc.oneof(
  { weight: 6, arbitrary: characters },
  {
    weight: 3,
    arbitrary: fc.tuple(characters, fc.constantFrom(...EDGES), characters).map((parts) => Buffer.concat(parts)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }).map((value) => Buffer.from(value)) }
);
const anyBytes = fc
  .oneof(
    { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 300 }) }
  )
  .map((value) => Buffer.from(value));

const control = fc.oneof(
  fc
    .tuple(fc.constantFrom(9, 10), fc.uint8Array({ maxLength: 125 }))
    .map(([opcode, payload]) => frame({ opcode, payload }))
);
const closing = fc
  .tuple(fc.oneof(fc.constantFrom(1000, 1001, 3000, 4999, 1005, 1015), fc.nat(65535)), textBytes)
  .map(([code, reason]) => {
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]).subarray(0, 125);
    return frame({ opcode: 8, payload });
  });

/** A message in fragments, wherever they are cut, with control frames between. */
const message = fc
  .tuple(
    fc.oneof(
      textBytes.map((payload) => ({ opcode: 1, payload })),
      anyBytes.map((payload) => ({ opcode: 2, payload }))
    ),
    fc.array(fc.nat(300), { maxLength: 4 }),
    fc.array(fc.option(control), { maxLength: 5 })
  )
  .map(([{ opcode, payload }, places, between]) => {
    const cuts = [0, ...places.map((place) => place % (payload.length + 1)).sort((a, b) => a - b), payload.length];
    return cuts.slice(1).flatMap((end, index) => {
      const part = frame({
        opcode: index ? 0 : opcode,
        fin: index === cuts.length - 2,
        payload: payload.subarray(cuts[index], end),
      });
      return between[index] ? [between[index], part] : [part];
    });
  });

/** What a server may say: messages, and perhaps a close frame with more behind it. */
const validStream = fc
  .tuple(fc.array(message, { maxLength: 5 }), fc.option(closing), fc.uint8Array({ maxLength: 4 }))
  .map(([messages, last, rest]) => Buffer.concat([...messages.flat(), ...(last ? [last, rest] : [])]));

type Change = { kind: "flip" | "cut" | "repeat" | "insert" | "drop"; at: number; value: number };

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("flip", "cut", "repeat", "insert", "drop"),
  at: fc.nat(2000),
  value: fc.nat(255),
});

function apply(stream: Buffer, { kind, at, value }: Change): Buffer {
  if (stream.length === 0) return stream;
  const place = at % stream.length;
  const before = stream.subarray(0, place);
  const behind = stream.subarray(place);
  if (kind === "cut") return before;
  if (kind === "insert") return Buffer.concat([before, Buffer.from([value]), behind]);
  if (kind === "drop") return Buffer.concat([before, behind.subarray(1 + (value & 7))]);
  if (kind === "repeat") return Buffer.concat([before, behind.subarray(0, 1 + (value & 31)), behind]);
  const copy = Buffer.from(stream);
  copy[place] ^= 1 << (value & 7);
  return copy;
}

const changed = (stream: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(stream, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce(apply, bytes));

/** A header whose length is special, behind a good beginning. */
const header = fc
  .tuple(
    validStream,
    fc.constantFrom(0, 1, 2, 8, 9, 10),
    fc.boolean(),
    fc.oneof(
      fc.constantFrom(0n, 125n, 126n, 65535n, 65536n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
    ),
    fc.option(fc.constantFrom(2 as const, 8 as const))
  )
  .map(([before, opcode, fin, length, wanted]) => {
    const lengthBytes = wanted === 2 && length < 65536n ? 2 : 8;
    return Buffer.concat([before, frame({ opcode, fin, length, lengthBytes })]);
  });

const stream = fc.oneof(
  { weight: 2, arbitrary: header },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value)) },
  { weight: 3, arbitrary: validStream },
  { weight: 5, arbitrary: changed(validStream) }
);

/** Where the stream is cut: lengths of pieces, used over and over; none: not at all. */
const slicing = fc.oneof(
  fc.constant<number[]>([]),
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 })
);

function* slices(bytes: Buffer, lengths: number[]): Generator<Uint8Array> {
  if (lengths.length === 0) {
    yield new Uint8Array(bytes);
    return;
  }
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length];
    // Arrays of their own, as boards give them.
    yield new Uint8Array(bytes.subarray(at, at + length));
    at += length;
  }
}

// Frames

interface Seen {
  frames: ReferenceFrame[];
  error: string | undefined;
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what} is ${String(actual)}, not ${String(expected)}.`);
}

/** Reads a stream as the client does: until an error, or the close frame. */
function readAll(bytes: Buffer, lengths: number[], limit: number): Seen {
  const reader = {} as FrameReader;
  resetReader(reader);
  const frames: ReferenceFrame[] = [];
  let closed = false;
  let error: string | undefined;
  const deliver = (type: number): void => {
    const given = reader._piece!;
    const offset = reader._start;
    const length = reader._size;
    same(typeof given, type === 1 ? "string" : "object", "the form of a piece");
    const piece = Buffer.from(given as string);
    same(length, piece.length, "a piece's length");
    let current = frames.at(-1);
    if (!current || current.complete) {
      current = {
        opcode: reader._opcode,
        fin: reader._fin,
        length: reader._length,
        type,
        payload: Buffer.alloc(0),
        complete: false,
      };
      frames.push(current);
      heldBefore = held;
    }
    same(type, current.type, "a piece's type");
    const start = current.payload.length - heldBefore;
    if (current.opcode < 8) same(offset, start, "a piece's offset");
    if (type === 1) same(piece.toString(), given, "a piece's text");
    if (type < 8 && piece.length > limit + 3) throw new Error(`A piece has ${piece.length} bytes.`);
    current.payload = Buffer.concat([current.payload, piece]);
    held = type === 1 ? reader._cut.length : held;
    current.complete = !reader._left;
    closed = type === 8;
  };
  /** Bytes of a character that wait for their others, now and when the current frame began. */
  let held = 0;
  let heldBefore = 0;
  for (const slice of slices(bytes, lengths)) {
    feed(reader, Buffer.from(slice).toString("latin1"));
    while (!closed) {
      const type = readPiece(reader, limit);
      if (!type) break;
      deliver(type);
    }
    if (reader._violation) error = `${reader._violationCode} ${reader._violation}`;
    // The stated bound: an unfinished header, a control frame's payload, three bytes of a character.
    if (!closed && !error && reader._chunk.length - reader._index > 9)
      throw new Error("More than an unfinished header is kept.");
    if (reader._control.length > 125) throw new Error("More than a control frame is kept.");
    if (reader._cut.length > 3) throw new Error("More than a cut character is kept.");
    if (error || closed) break;
  }
  return { frames, error };
}

/** The close code that a stream is failed with; 0 if it is good. */
export function failureOf(bytes: Buffer): number {
  const { error } = readAll(bytes, [], 1024);
  return error ? Number(error.slice(0, 4)) : 0;
}

const framesProperty = fc.property(stream, slicing, fc.constantFrom(1, 2, 3, 7, 64, 1024), (bytes, lengths, limit) => {
  const meaning = readReference(bytes);
  const { frames, error } = readAll(bytes, lengths, limit);
  same(error ? Number(error.slice(0, 4)) : 0, meaning.code, "the close code");
  if (error && !/^[0-9]{4} \w+ \w+/.test(error)) throw new Error(`"${error}" says nothing.`);

  // Control frames come whole or not at all; of data, what came before the failure may be missing.
  const wanted = meaning.frames.filter(({ type, complete }, index) => {
    const faulty = meaning.code !== 0 && index === meaning.frames.length - 1;
    return type < 8 || (complete && !(faulty && type === 8));
  });
  const came = (list: ReferenceFrame[], type: number): string =>
    list
      .filter((one) => one.type === type)
      .map(({ payload }) => payload.toString("hex"))
      .join(type < 8 ? "" : " ");
  for (const type of [8, 9, 10]) same(came(frames, type), came(wanted, type), `what came with opcode ${type}`);
  for (const type of [1, 2]) {
    const expected = came(wanted, type);
    const actual = came(frames, type);
    if (!expected.startsWith(actual)) throw new Error(`The bytes with opcode ${type} are not those that were sent.`);
    // A character that is cut at the end waits; a bad one takes its piece with it.
    if (meaning.code === 0 && expected.length - actual.length > 6) throw new Error("Bytes were lost.");
    if (meaning.code === 0 && type === 2) same(actual, expected, "the binary data");
  }
  for (const [index, one] of frames.entries()) {
    // Of the frames with data, each begins with a piece of its own: fin, opcode and length are the header's.
    const original = wanted.filter(({ payload, complete }) => payload.length > 0 || complete)[index];
    if (!original || !one.complete) continue;
    same(one.opcode, original.opcode, `frame ${index}'s opcode`);
    same(one.fin, original.fin, `frame ${index}'s FIN bit`);
    same(one.length, original.length, `frame ${index}'s length`);
  }
});

const slicingProperty = fc.property(stream, slicing, fc.constantFrom(1, 5, 1024), (bytes, lengths, limit) => {
  const whole = readAll(bytes, [], 1024);
  const sliced = readAll(bytes, lengths, limit);
  same(sliced.error, whole.error, "the error of the sliced stream");
  const complete = ({ frames }: Seen): string =>
    JSON.stringify(
      frames.filter((one) => one.complete).map((one) => [one.opcode, one.fin, one.payload.toString("hex")])
    );
  same(complete(sliced), complete(whole), "what came of the sliced stream");
});

// The whole client

const hex = (frames: { payload: Buffer }[]): string[] => frames.map(({ payload }) => payload.toString("hex"));

const clientProperty = fc.property(stream, slicing, (bytes, lengths) => {
  const { code, frames } = readReference(bytes);
  const sent = runClient(slices(bytes, lengths));
  same(sent.reported.join(), "", "what was reported");
  same(sent.timers, 0, "the number of timers that are left");
  same(sent.rest.length, 0, "the length of what is no frame");
  for (const { opcode, fin, payload, key, raw } of sent.frames)
    if (!raw.equals(frame({ opcode, fin, payload, mask: key }))) throw new Error("A frame's header is wrong.");

  // A close frame: the reference's code, or the echo of the server's (RFC 6455 §5.5.1, §7.1.7). Nothing behind it.
  const whole = frames.filter(({ complete }) => complete);
  const last = whole.at(-1);
  const closedByServer = code === 0 && last?.type === 8;
  const closing = code ? code.toString(16).padStart(4, "0") : closedByServer ? hex([last])[0].slice(0, 4) : undefined;
  const wantedClose = closing === undefined ? 0 : 1;
  same(sent.frames.filter(({ opcode }) => opcode === 8).length, wantedClose, "the number of close frames");
  if (wantedClose) same(hex(sent.frames).at(-1), closing, "the close frame at the end");

  // PONGs: in the order of the PINGs; where there are many, the last PING's alone would do (§5.5.3).
  const pings = hex(whole.filter(({ type }) => type === 9));
  const pongs = hex(sent.frames.filter(({ opcode }) => opcode === 10));
  same(sent.frames.length, pongs.length + wantedClose, "the number of frames");
  let at = 0;
  for (const pong of pongs) {
    at = pings.indexOf(pong, at) + 1;
    if (!at) throw new Error(`The PONG ${pong} answers no PING.`);
  }
  if (!code && !closedByServer) same(pongs.at(-1), pings.at(-1), "the last PONG");

  // DATA, then how it ended, and nothing more.
  const names = sent.events.map(({ id }) => id);
  const end = closedByServer ? [4, 7] : [0, 2, 7];
  same(names.slice(-end.length).join(), end.join(), "the last events");
  if (names.slice(0, -end.length).some((id) => id !== 3)) throw new Error(`The events are ${names.join()}.`);
  const [ending] = sent.events.slice(-end.length);
  if (closedByServer) same(ending.data.close_status_code, parseInt(closing!, 16) || 0, "the code of CLOSED");
  else if (code) same(String(ending.data.data_ptr).slice(0, 5), `${code} `, "the beginning of ERROR's message");
});

// Opening handshake

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const OFFERED = "chat, superchat";

const anyCase = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) =>
      Array.from(name, (character, index) => (upper[index] ? character.toUpperCase() : character.toLowerCase())).join(
        ""
      )
    );
const space = fc.constantFrom("", " ", "\t", "  ");
const line = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(anyCase(name), space, value, space)
    .map(([written, before, what, behind]) => `${written}:${before}${what}${behind}`);
const otherLine = fc
  .tuple(
    fc.constantFrom("Server", "Date", "X-Long", "Set-Cookie", "Retry-After", "Location"),
    fc.string({ maxLength: 30 })
  )
  .map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, "")}`);

const responseLines = fc
  .tuple(
    line("upgrade", anyCase("websocket")),
    line("connection", fc.constantFrom("Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade,keep-alive")),
    line("sec-websocket-accept", fc.constant(ACCEPT)),
    fc.option(line("sec-websocket-protocol", fc.constantFrom("chat", "superchat"))),
    fc.array(otherLine, { maxLength: 4 }),
    fc.constantFrom("\r\n", "\n"),
    fc.nat(119)
  )
  .map(([upgrade, connection, accept, protocol, others, end, order]) => {
    const lines = [upgrade, connection, accept, ...(protocol ? [protocol] : []), ...others];
    return { lines: [...lines.slice(order % lines.length), ...lines.slice(0, order % lines.length)], end };
  });

const toHead = (lines: string[], end: string): Buffer =>
  Buffer.from(["HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join(end), "latin1");

/** A response that opens the connection. */
const goodResponse = responseLines.map(({ lines, end }) => toHead(lines, end));

/** One that says something twice, or leaves something out. */
const wrongLines = fc.tuple(responseLines, fc.nat(20), fc.boolean()).map(([{ lines, end }, at, twice]) =>
  toHead(
    lines.flatMap((one, index) => (index === at % lines.length ? (twice ? [one, one] : []) : [one])),
    end
  )
);

/** A good one whose head has nearly the longest allowed length. */
const longResponse = fc.tuple(responseLines, fc.integer({ min: -20, max: 20 })).map(([{ lines, end }, more]) => {
  const short = toHead([...lines, "X-Filler: "], end);
  return toHead([...lines, `X-Filler: ${"x".repeat(HEAD_LIMIT + more - short.length)}`], end);
});

const response = fc.oneof(
  { weight: 3, arbitrary: goodResponse },
  { weight: 5, arbitrary: changed(goodResponse) },
  { weight: 1, arbitrary: wrongLines },
  { weight: 1, arbitrary: longResponse },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(6000))
      .map(([value, length]) =>
        Buffer.concat([Buffer.from("HTTP/1.1 101 x\r\nA: "), Buffer.alloc(length, "x"), Buffer.from(value)])
      ),
  }
);

interface Answer {
  response: Response;
  /** Where the head ended in the stream; -1 if it did not. */
  end: number;
  lines: string[];
}

function readHead(bytes: Buffer, lengths: number[]): Answer {
  const answer: Response = { ...newResponse(), _key: KEY, _offered: OFFERED };
  const lines: string[] = [];
  let before = 0;
  for (const slice of slices(bytes, lengths)) {
    const piece = Buffer.from(slice).toString("latin1");
    const rest = readResponse(answer, piece);
    lines.push(...answer._lines.splice(0));
    if (answer._complete) {
      if (!piece.endsWith(rest)) throw new Error("What is behind the head is not the piece's end.");
      return { response: answer, end: before + piece.length - rest.length, lines };
    }
    before += slice.length;
    // The stated bound: the line that is being read, and what counts of the lines before it.
    const kept = answer._line.length + answer._values.join("").length;
    if (kept > HEAD_LIMIT + 7) throw new Error(`${kept} bytes of the head are kept.`);
  }
  return { response: answer, end: -1, lines };
}

/** A second opinion on a head that was accepted: each condition of RFC 6455 §4.1, on the text. */
function mustOpen(head: string): void {
  const text = head.replace(/\r/g, "");
  const values = (name: string): string[] =>
    [...text.replace(/\n[ \t]+/g, " ").matchAll(new RegExp(`^${name}:(.*)$`, "gim"))].map(([, value]) => value.trim());
  const tokens = (name: string): string[] =>
    values(name).flatMap((value) =>
      value
        .toLowerCase()
        .split(",")
        .map((one) => one.trim())
    );
  if (!/^HTTP\/1\.[0-9] 101[ \n]/.test(text)) throw new Error("The status is not 101.");
  if (!tokens("upgrade").includes("websocket")) throw new Error("There is no Upgrade.");
  if (!tokens("connection").includes("upgrade")) throw new Error("There is no Connection.");
  if (values("sec-websocket-accept").join() !== ACCEPT) throw new Error("The Accept is wrong.");
  if (values("sec-websocket-extensions").some((value) => value !== "")) throw new Error("There is an extension.");
  if (values("sec-websocket-protocol").some((value) => value && !OFFERED.split(", ").includes(value)))
    throw new Error("The subprotocol was not offered.");
}

const goodResponseProperty = fc.property(
  goodResponse,
  fc.uint8Array({ maxLength: 20 }),
  slicing,
  (head, behind, lengths) => {
    const answer = readHead(Buffer.concat([head, behind]), lengths);
    same(answer.response._error, "", "the error");
    same(answer.response._status, 101, "the status");
    same(answer.end, head.length, "the head's end");
  }
);

const responseProperty = fc.property(response, slicing, (bytes, lengths) => {
  const whole = readHead(bytes, []);
  const sliced = readHead(bytes, lengths);
  same(sliced.response._error, whole.response._error, "the sliced response's error");
  if (whole.response._error === "" && whole.end >= 0) {
    same(sliced.end, whole.end, "the sliced response's end");
    same(JSON.stringify(sliced.lines), JSON.stringify(whole.lines), "the sliced response's lines");
    same(sliced.response._protocol, whole.response._protocol, "the sliced response's subprotocol");
    mustOpen(bytes.toString("latin1", 0, whole.end));
  }
});

const longResponseProperty = fc.property(longResponse, slicing, (head, lengths) => {
  const longer = lengths.map((length) => length * 40);
  const { response: answer, end } = readHead(head, longer);
  if (head.length <= HEAD_LIMIT) {
    same(answer._error, "", "the error");
    same(end, head.length, "the head's end");
  } else if (!answer._error) throw new Error(`A head of ${head.length} bytes was taken.`);
});

/** What the client has against a response with this status line and Upgrade header; "" if it opens. */
export function openingError(status: string, upgrade: string): string | undefined {
  const lines = [status, `Upgrade: ${upgrade}`, "Connection: Upgrade", `Sec-WebSocket-Accept: ${ACCEPT}`, "", ""];
  return readHead(Buffer.from(lines.join("\r\n"), "latin1"), []).response._error;
}

/** Installs the board that the properties need. */
export function prepare(): void {
  install(new TestBoard());
}

export const PROPERTIES: Property[] = [
  { name: "frames: what the reference says, with its close code", property: framesProperty },
  { name: "frames: however the stream is cut", property: slicingProperty },
  { name: "client: its frames, events and timers, with the reference's close code", property: clientProperty },
  { name: "handshake: a good response opens, however it is written and cut", property: goodResponseProperty },
  { name: "handshake: a head above 4096 bytes is refused", property: longResponseProperty },
  { name: "handshake: what opens is good, however it is cut", property: responseProperty },
];
