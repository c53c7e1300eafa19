/** What happens in one round of the soak: the client's configuration, and connection by connection what goes wrong. */
import { Random } from "./random";

/** Which bytes: from the server to the client ("down"), or from the client to the server ("up"). */
export type Direction = "down" | "up";

/** What a byte belongs to. "frame" stands for the first byte of a frame's header, "close" for a whole close frame. */
export type Region = "handshake" | "frame" | "header" | "payload" | "close";

/** A place in the stream: the byte of that region with that index, counted from the beginning of the connection. */
export interface Place {
  direction: Direction;
  region: Region;
  index: number;
}

/** What the proxy does when the stream comes to a place. */
export type Action =
  /** FIN to both sides. */
  | { kind: "fin" }
  /** RST to both sides. */
  | { kind: "reset" }
  /** Nothing goes either way any more; TCP stays open. */
  | { kind: "silence" }
  /** Nothing goes this way any more; TCP stays open. */
  | { kind: "mute" }
  /** The client hears FIN, but TCP stays open in the other direction. */
  | { kind: "half_open" }
  /** What the client sends is not read any more. */
  | { kind: "deaf" }
  /** This direction stands still for a while. */
  | { kind: "stall"; milliseconds: number }
  /** So many bytes go one at a time. */
  | { kind: "dribble"; count: number }
  /** Bytes go in lumps, one each so many milliseconds. */
  | { kind: "coalesce"; milliseconds: number; lumps: number }
  /** The next bytes go twice. */
  | { kind: "duplicate"; count: number }
  /** The next bytes are changed. */
  | { kind: "corrupt"; count: number; mask: number }
  /** Bytes that nobody sent, in hexadecimal. */
  | { kind: "insert"; hex: string };

/** What answers instead of the server. */
export type Answer =
  | { kind: "status"; status: number; headers: string[]; body: string }
  /** To another path of the same address. */
  | { kind: "redirect"; status: number }
  | { kind: "no_http" }
  | { kind: "endless_head"; line: string }
  | { kind: "wrong_accept" };

/** A message: how it is sent, and its length in bytes. */
export type MessageKind =
  /** One call, or one frame: text (ASCII), text (UTF-8), binary. */
  | "text"
  | "utf8"
  | "binary"
  /** In parts: `_partial` functions, or fragments. */
  | "text_parts"
  | "binary_parts"
  /** Of the server only: so many PINGs; so many frames of one byte. */
  | "pings"
  | "crumbs";
export type Message = [kind: MessageKind, length: number];

export interface Connection {
  fault?: { place: Place; action: Action };
  answer?: Answer;
  /** Messages of the client and of the server, in order. */
  client: Message[];
  server: Message[];
  /** Milliseconds between two messages. */
  gap: number;
  /** How it ends when all has been said: by the server's close frame, by the proxy, or by the client, at its very end. */
  end: "close" | "fin" | "reset" | "client";
}

/** Fields of the client's configuration, in its own units. */
export interface Settings {
  [field: string]: number | boolean | string;
}

export interface Plan {
  seed: number;
  round: number;
  config: Settings;
  /** Ticks: the `timeout` of `send_*` (-1: none given) and of `close`. */
  sendTimeout: number;
  closeTimeout: number;
  /** The client's close code; 0: `close` without one. */
  closeCode: number;
  connections: Connection[];
}

/** The connection of that index; after the planned ones nothing goes wrong any more, and only the end is said. */
export function connectionOf(plan: Plan, index: number): Connection {
  return plan.connections[index] ?? { client: [], server: [], gap: 0, end: "client" };
}

/** What a board can bear. */
export interface Strength {
  /** Stretches all times: 1 for the simulator, more for slower interpreters. */
  slowness: number;
  /** The heap has 2,500 variables or so: messages and buffers are small enough for that. */
  small: boolean;
}

/** Draws a round. */
export function drawPlan(seed: number, round: number, strength: Strength = { slowness: 1, small: false }): Plan {
  const random = new Random(seed, round);
  const { slowness, small } = strength;
  const config = drawConfig(random, strength);
  const connections: Connection[] = [];
  const attempts = random.between(1, 3);
  for (let i = 0; i < attempts; i++) connections.push(...drawFaulty(random, strength));
  // The last one goes well, or breaks in the very end, in the client's own close handshake.
  const last = drawTalk(random, small);
  last.end = "client";
  if (random.oneIn(4)) last.fault = drawCloseFault(random);
  else if (random.oneIn(3)) last.fault = drawHarmless(random, slowness);
  connections.push(last);
  return {
    seed,
    round,
    config,
    sendTimeout: random.oneIn(3) ? Math.round(40 * slowness) : -1,
    closeTimeout: Math.round(20 * slowness),
    closeCode: random.pick([0, 1000, 1001, 3000, 4999]),
    connections,
  };
}

function drawConfig(random: Random, { slowness, small }: Strength): Settings {
  const config: Settings = {
    buffer_size: random.pick(small ? [16, 125, 126, 200, 256] : [16, 125, 126, 200, 536, 1024, 2048]),
    network_timeout_ms: 120 * slowness,
    ping_interval_sec: (random.pick([20, 40, 60]) * slowness) / 1000,
    pingpong_timeout_sec: (100 * slowness) / 1000,
    reconnect_timeout_ms: random.pick([1, 5, 20]) * slowness,
    enable_close_reconnect: true,
    max_redirects: 2,
  };
  if (random.oneIn(3)) {
    config.reconnect_max_ms = 30 * slowness;
    config.reconnect_jitter = 0.5;
  }
  if (random.oneIn(4)) config.tx_queue_size = random.pick(small ? [1, 500] : [1, 500, 20000]);
  if (random.oneIn(4)) {
    config.keep_alive_enable = true;
    config.keep_alive_idle = config.keep_alive_interval = (50 * slowness) / 1000;
    config.keep_alive_count = 2;
    if (random.oneIn(2)) config.disable_pingpong_discon = true;
  }
  return config;
}

/** Messages in both directions. */
function drawTalk(random: Random, small: boolean): Connection {
  const lengths = [0, 1, 2, 30, 124, 125, 126, 127, 400].concat(small ? [] : [1100, 1500]);
  const message = (): Message => [
    random.pick(["text", "utf8", "binary", "text_parts", "binary_parts"] as const),
    random.pick(lengths),
  ];
  const list = (most: number): Message[] => Array.from({ length: random.between(0, most) }, message);
  const server = list(5);
  if (random.oneIn(12)) server.push(["pings", random.between(20, 200)]);
  if (random.oneIn(12)) server.push(["crumbs", random.between(20, 200)]);
  return { client: list(5), server, gap: random.pick([0, 0, 1, 3]), end: random.pick(["close", "fin", "reset"]) };
}

function drawFaulty(random: Random, { slowness, small }: Strength): Connection[] {
  const talk = drawTalk(random, small);
  const kind = random.weighted({ stream: 14, close: 2, harmless: 4, answer: 4, redirects: 1, plain: 2 });
  if (kind === "redirects") {
    // A short chain leads on; a long one is a loop, and fails.
    const hops = random.pick([1, 2, 3]);
    const redirect: Connection = {
      ...talk,
      answer: { kind: "redirect", status: random.pick([301, 302, 303, 307, 308]) },
    };
    return [...Array.from({ length: hops }, () => redirect), talk];
  }
  if (kind === "answer") talk.answer = drawAnswer(random);
  else if (kind === "harmless") talk.fault = drawHarmless(random, slowness);
  else if (kind === "close") {
    talk.end = "close";
    talk.fault = drawCloseFault(random);
  } else if (kind === "stream") {
    const place = drawPlace(random);
    talk.fault = { place, action: drawAction(random, place, slowness) };
  }
  return [talk];
}

function drawPlace(random: Random): Place {
  const direction = random.pick(["down", "down", "up"] as const);
  const region = random.pick(["handshake", "frame", "header", "payload"] as const);
  // The head of a response has some 130 bytes, that of a request some 190.
  const most = { handshake: direction === "down" ? 128 : 180, frame: 8, header: 30, payload: 3000, close: 1 }[region];
  // Early places are as likely as all the others together.
  return { direction, region, index: random.below(random.oneIn(2) ? Math.min(most, 12) : most) };
}

function drawAction(random: Random, place: Place, slowness: number): Action {
  const kind = random.weighted({
    fin: 3,
    reset: 3,
    silence: 3,
    mute: 2,
    half_open: 1,
    deaf: 1,
    stall: 2,
    duplicate: 2,
    corrupt: 3,
    insert: 2,
  });
  switch (kind) {
    case "stall":
      // Longer than the time-outs.
      return { kind, milliseconds: 400 * slowness };
    case "duplicate":
      return { kind, count: random.between(1, 40) };
    case "corrupt":
      return { kind, count: random.between(1, 4), mask: random.between(1, 255) };
    case "insert":
      return { kind, hex: random.pick(place.direction === "down" ? WRONG_BYTES : ["ff", "00000000"]) };
    default:
      return { kind };
  }
}

/** What a server must not send; where it is a frame, it is one only at a frame's beginning. */
const WRONG_BYTES = [
  "827f0020000000000000", // 2^53 bytes
  "827f001fffffffffffff", // 2^53 - 1 bytes, of which none will come
  "827fffffffffffffffff", // the top bit is set
  "8285000000000000000000", // masked
  "c100", // a reserved bit
  "8300", // a reserved opcode
  "8000", // a continuation of nothing
  "0900", // a PING in fragments
  "8900897e0080", // a PING of 128 bytes
  "8103c3a9c3", // text that ends inside a character
  "8101ff", // no UTF-8
  "8801", // a close frame with half a code
  "880203ec", // a close code that must not be sent
  "00",
  "ffffffffffffffffffffffffffffffff",
];

/** In the close handshake, whoever began it. */
function drawCloseFault(random: Random): Connection["fault"] {
  const kind = random.pick(["fin", "reset", "silence", "mute", "half_open"] as const);
  return {
    place: { direction: random.pick(["down", "up"] as const), region: "close", index: random.below(5) },
    action: { kind },
  };
}

/** What every connection must bear. */
function drawHarmless(random: Random, slowness: number): Connection["fault"] {
  const place = drawPlace(random);
  place.index = Math.min(place.index, 20);
  const kind = random.pick(["stall", "dribble", "coalesce"] as const);
  if (kind === "stall") return { place, action: { kind, milliseconds: random.between(1, 30) * slowness } };
  if (kind === "dribble") return { place, action: { kind, count: random.between(10, 400) } };
  return { place, action: { kind, milliseconds: random.between(5, 20) * slowness, lumps: random.between(1, 4) } };
}

function drawAnswer(random: Random): Answer {
  const kind = random.weighted({ status: 6, no_http: 1, endless_head: 1, wrong_accept: 1 });
  if (kind === "status") {
    const status = random.pick([200, 400, 401, 403, 404, 500, 503]);
    const headers = status === 401 ? ['WWW-Authenticate: Basic realm="x"'] : [];
    // The shortest time that can be asked for is a second: rarely, or the soak would only wait.
    if (status === 503 && random.oneIn(8)) headers.push("Retry-After: 1");
    return { kind, status, headers, body: "<html><body>Please log in to the network</body></html>" };
  }
  if (kind === "endless_head") return { kind, line: random.pick(["X-A: b\r\n", "x", " \r\n", "\r"]) };
  return { kind };
}
