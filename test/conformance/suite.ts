/**
 * The RFC 6455 suite's machinery: cases are tables of exact bytes and exact events, run one connection each, all of a
 * table's in one run of the interpreter.
 */
import fs from "node:fs";
import path from "node:path";
import { close, frame, PeerConnection, ReceivedFrame, startPeer } from "../support/peer";
import { describeTargets, hasSmallHeap, Target } from "../support/targets";

/** A frame that the client is to send; text means its UTF-8. */
export interface ExpectedFrame {
  opcode: number;
  fin?: boolean;
  payload: string | Uint8Array;
}

/** What a handler is to be told: see the functions below. */
export type ExpectedEvent = (string | number | boolean | RegExp)[];

/** What the script does at CONNECTED: name of the function without its prefix, and data, or a length and a pattern. */
export type Action = [name: string, data?: string | number, pattern?: Pattern];

/** Bytes that repeat, for messages that are too long to be kept on the board. */
export type Pattern = "text" | "binary" | "multi";

export interface Case {
  /** The behaviour that is tested, as a sentence. */
  name: string;
  /** What the server sends behind the handshake. */
  send?: Uint8Array[];
  /** Bytes in each piece that is sent; all at once if left out. */
  chop?: number;
  /** Bytes that the server sends together with its handshake. */
  handshake?: Uint8Array;
  /** What the server does instead of sending `send`. */
  serve?: (connection: PeerConnection) => Promise<void>;
  /** More fields for the client's configuration. */
  config?: Record<string, unknown>;
  /** Calls at CONNECTED. */
  actions?: Action[];
  /** The long messages of the case are made of this. */
  pattern?: Pattern;
  /**
   * A heap as small as an ESP32's has no room for what the script keeps: a note of each of very many frames, or the whole
   * of a long message that is to be sent.
   */
  roomy?: boolean;
  /** What the handlers are told behind CONNECTED. */
  events: ExpectedEvent[];
  /** All frames that the client sends, in order. */
  frames: ExpectedFrame[];
  /** Instead of `frames`: a check of them. */
  checkFrames?: (frames: ReceivedFrame[]) => void;
}

const PATTERN_BYTES: Record<Pattern, Buffer> = {
  text: Buffer.from(Array.from({ length: 61 }, (_, index) => index + 33)),
  binary: Buffer.from(Array.from({ length: 251 }, (_, index) => (index * 7) % 251)),
  multi: Buffer.from("é€😀x"),
};

/** `length` bytes of a pattern, from `start` of it on. */
export function patternBytes(pattern: Pattern, length: number, start = 0): Buffer {
  const period = PATTERN_BYTES[pattern];
  const first = start % period.length;
  return Buffer.alloc(first + length, period).subarray(first);
}

// What handlers are told.

/** DATA of one frame, its pieces joined: the payload as it was handed on. */
export function data(
  opcode: number,
  fin: boolean,
  payload: string | Uint8Array,
  payloadLength?: number
): ExpectedEvent {
  const bytes = Buffer.from(payload);
  return [opcode, fin, payloadLength ?? bytes.length, bytes.toString("base64")];
}

/** DATA of one frame with a pattern: `total` is the bytes of the message up to the end of this frame. */
export const longData = (opcode: number, fin: boolean, length: number, total = length): ExpectedEvent => [
  opcode,
  fin,
  length,
  total,
];

/** What comes at the end of a connection that the server closes. */
export function closedByServer(
  code: number,
  reason: string | Uint8Array = "",
  closePayload = close(code, reason).subarray(2)
): ExpectedEvent[] {
  return [data(8, true, closePayload), ["CLOSED", code, 4], ["FINISH", code]];
}

/** What comes at the end of a connection on which the server broke a rule. */
export const failed = (sentence: RegExp): ExpectedEvent[] => [
  ["ERROR", 1, sentence],
  ["DISCONNECTED", 1],
  ["FINISH", 0],
];

// Frames of the client.

export const closeFrame = (code?: number): ExpectedFrame => ({
  opcode: 8,
  payload: code === undefined ? "" : Buffer.from([code >> 8, code & 255]),
});
export const pongFrame = (payload: string | Uint8Array): ExpectedFrame => ({ opcode: 10, payload });

/** A case in which the server sends good frames and then closes with 1000. */
export function good(name: string, send: Uint8Array[], events: ExpectedEvent[], more: Partial<Case> = {}): Case {
  return {
    name,
    send: [...send, close(1000)],
    events: [...events, ...closedByServer(1000)],
    ...more,
    frames: [...(more.frames ?? []), closeFrame(1000)],
  };
}

/** A case in which the server breaks a rule; `events` come before the client finds out. */
export function bad(
  name: string,
  send: Uint8Array[],
  code: number,
  sentence: RegExp,
  events: ExpectedEvent[] = [],
  more: Partial<Case> = {}
): Case {
  return {
    name,
    send,
    events: [...events, ...failed(sentence)],
    ...more,
    frames: [...(more.frames ?? []), closeFrame(code)],
  };
}

/** What was seen of a case. */
interface Outcome {
  /** Events, HEADER_RECEIVED and what is before it included. */
  events?: unknown[][];
  connection?: PeerConnection;
  /** Why the server's script failed, or ran out of time. */
  error?: Error;
}

/** No test waits for this: it ends a connection, or a script, that goes on no more. A busy machine may take its time. */
const STANDSTILL_MS = 120000;
/** All cases of a table together end in this time, in any case. */
const LIMIT_MS = 1800000;
/** Longer messages go out in pieces of this size, so that it is seen how they are taken. */
const LONG = 65536;

/** Calls `stop` when what `moved` tells has stood still. Returns how to end the watch. */
function watch(moved: () => number, stop: () => void, milliseconds = STANDSTILL_MS): () => void {
  let before = -1;
  const timer = setInterval(() => {
    const now = moved();
    if (now === before) stop();
    before = now;
  }, milliseconds);
  return () => clearInterval(timer);
}

const movedOn = (connection?: PeerConnection): number =>
  connection ? connection.bytesReceived + connection.socket.bytesWritten : 0;

const CLIENT = fs.readFileSync(path.join(__dirname, "client.js"), "utf8");

async function runAll(target: Target, cases: Case[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = cases.map(() => ({ error: new Error("The script did not get to this case.") }));
  const peer = await startPeer(async (connection) => {
    await connection.readHead();
    const number = Number(connection.path.slice(1));
    const outcome: Outcome = { connection };
    outcomes[number] = outcome;
    const unwatch = watch(
      () => movedOn(connection),
      () => {
        outcome.error = new Error("Nothing happened any more on this connection.");
        connection.socket.destroy();
      }
    );
    try {
      await serve(connection, cases[number]);
    } catch (error) {
      outcome.error ??= error as Error;
    } finally {
      unwatch();
      connection.socket.destroy();
    }
  });
  let line = 0;
  const special: Record<number, object> = {};
  cases.forEach(({ config, actions, pattern }, index) => {
    if (config || actions || pattern) special[index] = { config, actions, pattern };
  });
  let problem: Error | undefined;
  const strange: string[] = [];
  let unwatch = (): void => {};
  try {
    // From Storage where memory is small, as on a board: its functions stay in flash.
    const small = hasSmallHeap(target);
    const running = target.start(small ? 'require("app");' : CLIENT, {
      ...(small && { storage: { app: CLIENT } }),
      preset: { URL: peer.url, COUNT: cases.length, CASES: special, TIGHT: target.jerryscript },
      timeoutMs: LIMIT_MS,
      onLine(json) {
        const events = eventsOf(json);
        if (events && line < cases.length) outcomes[line++].events = events;
        else strange.push(`The script printed: ${json}`);
      },
    });
    unwatch = watch(
      () => line + peer.connections.length + movedOn(peer.connections.at(-1)),
      () => {
        strange.push("The script did nothing any more.");
        void running.stop();
      },
      // A connection that is given up must be able to show in the script.
      2 * STANDSTILL_MS
    );
    const result = await running.result;
    strange.push(...result.uncaught);
    if (strange.length > 0) problem = new Error(strange.join("\n"));
  } catch (error) {
    problem = error as Error;
  } finally {
    unwatch();
    await peer.close();
  }
  if (problem) outcomes.forEach((outcome, index) => index >= line - 1 && (outcome.error ??= problem));
  return outcomes;
}

/** The events that a line tells of; undefined for a line that is none of ours. */
function eventsOf(line: string): unknown[][] | undefined {
  try {
    return (JSON.parse(line) as unknown[][]).map(joined);
  } catch {
    return undefined;
  }
}

/** A frame's pieces come each in base64 of their own. */
function joined(event: unknown[]): unknown[] {
  if (typeof event[3] !== "string" || !event[3].includes(" ")) return event;
  const bytes = Buffer.concat(event[3].split(" ").map((piece) => Buffer.from(piece, "base64")));
  return [...event.slice(0, 3), bytes.toString("base64")];
}

async function serve(connection: PeerConnection, one: Case): Promise<void> {
  await connection.handshake([], one.handshake);
  if (one.serve) await one.serve(connection);
  const bytes = Buffer.concat(one.send ?? []);
  if (one.chop || bytes.length > LONG) await connection.sendChopped(bytes, one.chop || LONG);
  else connection.send(bytes);
  // The client's close frame ends each case: its answer to ours, or its own.
  await connection.until(() => connection.allFrames().some(({ opcode }) => opcode === 8), "a close frame");
  connection.fin();
  await connection.end();
}

/** Makes a test of each case, on each target. */
export function suite(title: string, cases: Case[], targets?: Target[]): void {
  const names = cases.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Two cases have the name: ${twice}`);
  describeTargets(
    title,
    (target) => {
      const fitting = hasSmallHeap(target) ? cases.filter(({ roomy }) => !roomy) : cases;
      let outcomes: Outcome[];
      beforeAll(async () => {
        outcomes = await runAll(target, fitting);
      }, LIMIT_MS + 10000);
      fitting.forEach((one, index) => test(one.name, () => check(one, outcomes[index])));
    },
    targets
  );
}

function check(expected: Case, { events, connection, error }: Outcome): void {
  if (error) throw error;
  expect(connection).toBeDefined();
  const connected = events!.findIndex(([name]) => name === "CONNECTED");
  const told = events!.slice(connected + 1);
  expect(told).toEqual(
    expected.events.map((event) =>
      event.map((field) => (field instanceof RegExp ? (expect.stringMatching(field) as unknown) : field))
    )
  );
  for (const event of told) {
    // What went on the wire, and what was wrong, in words.
    if (event[0] === "ERROR") expect(event[2]).toMatch(/^[0-9]{4} \w+ \w+/);
  }
  const frames = connection!.frames;
  if (expected.checkFrames) expected.checkFrames(frames);
  else {
    expect(frames.map(({ opcode, fin, payload }) => ({ opcode, fin, payload: payload.toString("base64") }))).toEqual(
      expected.frames.map(({ opcode, fin = true, payload }) => ({
        opcode,
        fin,
        payload: Buffer.from(payload).toString("base64"),
      }))
    );
  }
  // Exact bytes: masked, no reserved bit, and the shortest form of the length (RFC 6455 §5.2).
  for (const { opcode, fin, payload, key, raw } of frames) {
    expect(raw.equals(frame({ opcode, fin, payload, mask: key }))).toBe(true);
  }
  expect(connection!.rest.length).toBe(0);
}
