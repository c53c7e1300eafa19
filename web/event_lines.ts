/** The lines that a board prints for the timeline: `@ws MILLISECONDS CLIENT WHAT {…}`, see web/board/ws_timeline.js. */

export interface BoardEvent {
  /** The board's time, ms. */
  boardMs: number;
  /** Which client, from 1; 0 for what is no client's, as the Wi-Fi. */
  client: number;
  /** "connected", "data", "send", "wifi" … */
  what: string;
  details: Record<string, unknown>;
}

const PREFIX = "@ws ";
const LINE = /^@ws (-?\d+) (\d+) (\w+) (\{.*\})$/;
/** What is held back until its line is complete is not longer than this, characters. */
const LONGEST_LINE = 4000;

/** The event that a line stands for; undefined for any other line. */
export function parseEvent(line: string): BoardEvent | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, boardMs, client, what, json] = match as unknown as [string, string, string, string, string];
  try {
    const details = JSON.parse(json, (_, value: unknown) => (typeof value === "string" ? fromBytes(value) : value));
    return { boardMs: Number(boardMs), client: Number(client), what, details: details as Record<string, unknown> };
  } catch {
    // Damaged on its way: it stays in the console.
    return undefined;
  }
}

/** A text of a board whose strings are bytes: `JSON.stringify` gives each byte of a letter as a letter there. */
function fromBytes(text: string): string {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  if (!codes.some((code) => code > 0x7f) || codes.some((code) => code > 0xff)) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(codes));
  } catch {
    return text;
  }
}

/** Parts what a board prints into text for the console and events for the timeline. */
export class EventFilter {
  private line = "";
  /** Whether the beginning of this line went to the console already. */
  private shown = false;

  constructor(
    private readonly onText: (text: string) => void,
    private readonly onEvent: (event: BoardEvent) => void
  ) {}

  /** Takes what comes next, in pieces of any length. Text is passed on as soon as it can be no event. */
  take(text: string): void {
    const lines = (this.line + text).split("\n");
    this.line = lines.pop()!;
    let ready = "";
    for (const line of lines) {
      const event = this.shown ? undefined : parseEvent(line.replace(/\r$/, ""));
      this.shown = false;
      if (event) {
        this.passOn(ready);
        ready = "";
        this.onEvent(event);
      } else ready += `${line}\n`;
    }
    if (this.shown || !mayBecomeEvent(this.line)) {
      this.shown = this.shown || this.line !== "";
      ready += this.line;
      this.line = "";
    }
    this.passOn(ready);
  }

  private passOn(text: string): void {
    if (text !== "") this.onText(text);
  }
}

function mayBecomeEvent(line: string): boolean {
  return line.length < LONGEST_LINE && (line.startsWith(PREFIX) || PREFIX.startsWith(line));
}
