/** The client's events as rows for a reader: when, in which direction, what, and how large. */
import type { BoardEvent } from "./event_lines";

export interface Row {
  /** Since the first event, ms. */
  timeMs: number;
  /** From 1; 0 for what is no client's. */
  client: number;
  direction: "sent" | "received" | "state";
  event: string;
  /** Bytes of payload; undefined where there is none. */
  size?: number;
  details: string;
  failed: boolean;
}

type Description = Omit<Row, "timeMs" | "client">;

/** Beyond this difference to our own clock, the board has set its clock, ms. */
const LARGEST_DRIFT_MS = 5000;

const OPCODES: Record<number, string> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "PING",
  10: "PONG",
};
const SENT: Record<string, string> = {
  send_text: "text",
  send_bin: "binary",
  send_text_partial: "text, first part",
  send_bin_partial: "binary, first part",
  send_cont_msg: "continuation",
  send_fin: "end of the message",
};
const CLOSE_CODES: Record<number, string> = {
  0: "without a code",
  1000: "1000, normal closure",
  1001: "1001, going away",
  1002: "1002, protocol error",
  1003: "1003, unsupported data",
  1006: "1006, the connection was lost",
  1007: "1007, invalid UTF-8",
  1008: "1008, policy violation",
  1009: "1009, message too big",
  1011: "1011, error of the server",
};

const count = (n: number): string => n.toLocaleString("en-US");
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const opcode = (value: unknown): string => OPCODES[number(value) ?? -1] ?? `opcode ${String(value)}`;
const closeCode = (value: unknown): string => CLOSE_CODES[number(value) ?? 0] ?? String(value);

export class Timeline {
  private last?: { boardMs: number; arrivedMs: number };
  private nowMs = 0;

  /** @param arrivedMs when the line came, on a clock that nobody sets */
  add(event: BoardEvent, arrivedMs: number): Row {
    if (this.last) {
      const passed = event.boardMs - this.last.boardMs;
      const waited = arrivedMs - this.last.arrivedMs;
      // The board's own time is the better one: lines wait for one another on their way.
      const steady = passed >= 0 && Math.abs(passed - waited) < LARGEST_DRIFT_MS;
      this.nowMs += steady ? passed : waited;
    }
    this.last = { boardMs: event.boardMs, arrivedMs };
    return { timeMs: this.nowMs, client: event.client, ...describe(event) };
  }

  /** The next event is the first one. */
  clear(): void {
    this.last = undefined;
    this.nowMs = 0;
  }
}

const state = (event: string, details = "", failed = false): Description => ({
  direction: "state",
  event,
  details,
  failed,
});

function describe({ what, details }: BoardEvent): Description {
  switch (what) {
    case "data":
      return received(details);
    case "header_received":
      return { ...state("header", text(details["name"])), direction: "received", size: number(details["size"]) };
    case "send":
      return sent(details);
    case "close":
      return closing(details);
    case "closed":
      return state("closed", [closeCode(details["code"]), text(details["text"])].filter(Boolean).join(": "));
    case "error":
      return state("error", text(details["text"]), true);
    case "wifi":
      return wifi(details);
    default:
      return state(what.replaceAll("_", " "));
  }
}

function received(details: BoardEvent["details"]): Description {
  const size = number(details["size"]) ?? 0;
  const at = number(details["at"]) ?? 0;
  const length = number(details["of"]) ?? size;
  const frame = size === length ? [] : [`from byte ${count(at)} of ${count(length)}`];
  const more = details["fin"] ? [] : ["more frames follow"];
  return {
    direction: "received",
    event: opcode(details["op"]),
    size,
    details: [...frame, ...more].join(", "),
    failed: false,
  };
}

function sent(details: BoardEvent["details"]): Description {
  const size = number(details["size"]) ?? -1;
  const by = text(details["by"]);
  const event = details["op"] === undefined ? (SENT[by] ?? by) : opcode(details["op"]);
  if (size < 0)
    return { ...state(event, "refused: not connected, or the send queue is full", true), direction: "sent" };
  // What ends a message adds no bytes to it.
  return { direction: "sent", event, size: by === "send_fin" ? 0 : size, details: "", failed: false };
}

function closing(details: BoardEvent["details"]): Description {
  const refused = details["result"] !== 0;
  const code = details["code"] === undefined ? "" : closeCode(details["code"]);
  return { ...state("close", refused ? "refused: not connected" : code, refused), direction: "sent" };
}

function wifi(details: BoardEvent["details"]): Description {
  switch (details["state"]) {
    case "joined":
      return state("Wi-Fi joined", `address ${text(details["ip"])}`);
    case "failed":
      return state("Wi-Fi failed", `${text(details["text"])}; another attempt follows`, true);
    case "missing":
      return state("no Wi-Fi", "this firmware has no module Wifi", true);
    default:
      return state("joining Wi-Fi");
  }
}

/** 12345 as "12.345". */
export const seconds = (ms: number): string => (ms / 1000).toFixed(3);
