/** Says whether one round went as it must: what the client printed, beside what the server and the proxy saw. */
import type { Connection, Direction } from "./plan";

/** A whole message, as either side saw it: "t 12 abcdefghijkl" (type, length in bytes, checksum). */
export type Seen = string;

/** What there is to know of one connection, beside the client's lines. */
export interface Evidence {
  plan: Connection;
  /** The fault happened. */
  fired: boolean;
  garbled: Record<Direction, boolean>;
  /** Nothing happened that a connection need not bear. */
  sound: boolean;
  /** The exchange was complete, and the harness ended it as planned. */
  complete: boolean;
  /** What the server sent and received. */
  sent: Seen[];
  received: Seen[];
  /** What the server held against the client's frames. */
  complaint?: string;
}

export interface Verdict {
  violations: string[];
  counts: Counts;
}

export interface Counts {
  attempts: number;
  connected: number;
  /** Messages of the client: taken, delivered, taken and then reported as lost, and refused calls. */
  taken: number;
  delivered: number;
  lost: number;
  refused: number;
  /** Messages of the server that the client got. */
  received: number;
  /** Sound connections that failed by a time-out: the machine was too slow. */
  late: number;
  /** ERROR events by type, CLOSED events. */
  errors: Record<string, number>;
  closed: number;
}

/** The client's lines of one connection. */
interface Chapter {
  lines: string[];
  taken: Seen[];
  messages: Seen[];
  refused: number;
  error?: { type: number; status: number; text: string };
  end: "redirected" | "disconnected" | "closed";
  connected: boolean;
}

/** Which letter may follow which, for one run of a client; see client.js. */
const NEXT: Record<string, string> = {
  "": "B",
  B: "A",
  A: "HCEA",
  H: "HCEA",
  C: "cMSXEK",
  c: "cMSXEK",
  M: "cMSXEK",
  S: "cMSXEK",
  X: "cMSXEK",
  E: "LK",
  L: "A",
  K: "AF",
  F: "",
};

/** Judges a round by the client's lines and by the evidence for each connection. */
export function judge(lines: string[], evidence: Evidence[]): Verdict {
  const violations = lines.filter((line) => line.startsWith("V ")).map((line) => line.slice(2));
  const events = lines.filter((line) => !line.startsWith("V "));
  violations.push(...order(events));
  const chapters = divide(events);
  if (chapters.length !== evidence.length)
    violations.push(`${chapters.length} attempts of the client are ${evidence.length} connections of the proxy`);
  const counts = noCounts();
  chapters.forEach((chapter, index) => {
    if (!evidence[index]) return;
    const complaints = judgeConnection(chapter, evidence[index], counts);
    violations.push(...complaints.map((complaint) => `connection ${index}: ${complaint}`));
  });
  return { violations, counts };
}

export function noCounts(): Counts {
  const none = { attempts: 0, connected: 0, taken: 0, delivered: 0, lost: 0, refused: 0, received: 0, late: 0 };
  return { ...none, errors: {}, closed: 0 };
}

/** Are the events in a legal order, from BEGIN to FINISH? */
function order(lines: string[]): string[] {
  let last = "";
  for (const line of lines) {
    const next = line[0];
    if (!NEXT[last]?.includes(next)) return [`"${next}" after "${last}" is no legal order of events`];
    last = next;
  }
  return last === "F" ? [] : [`the last event is "${last}", not FINISH`];
}

function divide(lines: string[]): Chapter[] {
  const chapters: Chapter[] = [];
  for (const line of lines) {
    const [letter, ...words] = line.split(" ");
    if (letter === "A")
      chapters.push({ lines: [], taken: [], messages: [], refused: 0, end: "redirected", connected: false });
    const chapter = chapters.at(-1);
    if (!chapter) continue;
    chapter.lines.push(line);
    if (letter === "C") chapter.connected = true;
    if (letter === "S") chapter.taken.push(words.slice(1).join(" "));
    if (letter === "M") chapter.messages.push(words.join(" "));
    if (letter === "X") chapter.refused++;
    if (letter === "E")
      chapter.error = { type: Number(words[0]), status: Number(words[1]), text: words.slice(2).join(" ") };
    if (letter === "L") chapter.end = "disconnected";
    if (letter === "K") chapter.end = "closed";
  }
  return chapters;
}

function judgeConnection(chapter: Chapter, evidence: Evidence, counts: Counts): string[] {
  const complaints: string[] = [];
  const { plan, garbled, sent, received } = evidence;
  counts.attempts++;
  counts.connected += chapter.connected ? 1 : 0;
  counts.taken += chapter.taken.length;
  counts.refused += chapter.refused;
  counts.received += chapter.messages.length;
  counts.closed += chapter.end === "closed" ? 1 : 0;
  if (chapter.error) counts.errors[chapter.error.type] = (counts.errors[chapter.error.type] ?? 0) + 1;

  // Once and in order, and as they were: each side has seen the beginning of what the other has sent.
  const toClient = common(chapter.messages, sent);
  if (toClient < chapter.messages.length && !garbled.down)
    complaints.push(`the client got ${chapter.messages[toClient]} as message ${toClient}, not ${sent[toClient]}`);
  const toServer = common(received, chapter.taken);
  if (toServer < received.length && !garbled.up)
    complaints.push(`the server got ${received[toServer]} as message ${toServer}, not ${chapter.taken[toServer]}`);
  counts.delivered += toServer;
  counts.lost += chapter.taken.length - toServer;
  if (evidence.complaint && !garbled.up) complaints.push(`the server complains: ${evidence.complaint}`);

  // Whatever was taken and did not arrive is reported by the connection's end.
  if (chapter.end === "redirected") {
    if (plan.answer?.kind !== "redirect") complaints.push("the attempt ended without a word");
    if (chapter.connected) complaints.push("a connection ended without a word");
  }
  complaints.push(...judgeEnd(chapter, evidence, counts));
  return complaints;
}

/** Did the connection end as it must? */
function judgeEnd(chapter: Chapter, evidence: Evidence, counts: Counts): string[] {
  const complaints: string[] = [];
  const { plan, sound, complete, sent, received } = evidence;
  const { error } = chapter;
  const answer = plan.answer;
  if (answer) {
    if (chapter.connected) complaints.push("the client took a refusal for a connection");
    const status = { status: (answer as { status: number }).status, redirect: (answer as { status: number }).status };
    const wanted = { ...status, no_http: -1, endless_head: undefined, wrong_accept: 101 }[answer.kind];
    if (answer.kind === "redirect" ? error && error.text !== "Too many redirects" && !timedOut(error) : !error)
      complaints.push(`the answer ${answer.kind} led to: ${error?.text ?? "nothing"}`);
    // Of a head that never ends, the status line may have been read, or not.
    const right =
      error && error.type === 3 && (wanted === undefined ? [0, 101].includes(error.status) : error.status === wanted);
    if (error && !timedOut(error) && !right)
      complaints.push(`the answer ${answer.kind} led to error type ${error.type} and status ${error.status}`);
    if (error && timedOut(error)) counts.late++;
    return complaints;
  }
  if (!sound) return complaints;
  if (!complete) {
    // Nothing was wrong with it, so only its own time-outs may have ended it.
    if (error && timedOut(error)) counts.late++;
    else complaints.push(`a sound connection ended: ${error?.text ?? chapter.lines.at(-1)}`);
    return complaints;
  }
  if (plan.end === "close" || plan.end === "client") {
    // A close handshake comes after all messages: none may be missing.
    if (chapter.messages.length < sent.length && !(error && timedOut(error)))
      complaints.push(`the client got ${chapter.messages.length} of ${sent.length} messages before a clean close`);
    if (received.length < chapter.taken.length)
      complaints.push(`the server got ${received.length} of ${chapter.taken.length} messages before a clean close`);
    if (chapter.end !== "closed" && !(error && timedOut(error)))
      complaints.push(`a clean close led to: ${error?.text ?? chapter.lines.at(-1)}`);
  } else if (chapter.end !== "disconnected") complaints.push("a cut connection was not reported as such");
  return complaints;
}

/** How many of the first are the same as those of the second. */
function common(first: Seen[], second: Seen[]): number {
  const index = first.findIndex((one, at) => one !== second[at]);
  return index < 0 ? first.length : index;
}

function timedOut(error: NonNullable<Chapter["error"]>): boolean {
  return (
    error.type === 2 || /^No (answer|rest of a frame header|room for a frame|sign of life) in time/.test(error.text)
  );
}
