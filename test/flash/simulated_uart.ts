// A serial line, and behind it a console with a small input buffer that drops what overruns it, in a time of its own:
// nothing here waits for a real clock.

import type { BoardPort, Clock } from "../../tools/flash/board.mjs" with { "resolution-mode": "import" };
import type { ScriptedBoard } from "./scripted_board";

const XON = "\x11";
const XOFF = "\x13";
const BITS_PER_BYTE = 10;

export interface UartOptions {
  baud: number;
  /** Bytes that the console holds while the interpreter is busy. */
  buffer: number;
  /** The interpreter's time for one character, and for each write to Storage, ms. */
  characterMs?: number;
  writeMs?: number;
  /** What a USB adapter adds on each way, ms. */
  latencyMs?: number;
  /** Of so many bytes to the board one is lost, at random, whatever the buffer says: from spoil() on. */
  loseOneOf?: number;
  /** Whether the console says when its buffer fills. */
  flowControl?: boolean;
  /** From this byte on the interpreter is busy for ever. */
  hangAt?: number;
}

/** Time that goes on when everybody waits. */
export class SimulatedClock implements Clock {
  private time = 0;
  private order = 0;
  private events: { at: number; order: number; done: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, done: () => void): () => void {
    const event = { at: this.time + ms, order: this.order++, done };
    this.events.push(event);
    return () => {
      this.events = this.events.filter((other) => other !== event);
    };
  }

  /** Runs until the promise is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    for (;;) {
      // Whoever can go on does.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return promise;
      const next = this.events.reduce<(typeof this.events)[0] | undefined>(
        (first, event) =>
          !first || event.at < first.at || (event.at === first.at && event.order < first.order) ? event : first,
        undefined
      );
      if (!next) throw new Error("everybody waits, and nothing will happen");
      this.events = this.events.filter((event) => event !== next);
      this.time = next.at;
      next.done();
    }
  }
}

export class SimulatedUart implements BoardPort {
  readonly name = "uart";
  readonly baud: number;
  closed = false;
  /** Bytes that the console dropped because its buffer was full. */
  dropped = 0;
  /** The most bytes that were ever in the buffer. */
  fullest = 0;
  /** Bytes that were sent to the board. */
  sent = 0;
  xoffs = 0;
  private onBytes: (bytes: Uint8Array) => void = () => {};
  private onEnd: () => void = () => {};
  private toBoardFreeAt = 0;
  private fromBoardFreeAt = 0;
  private arrived = 0;
  private buffer: string[] = [];
  private held = false;
  private spoilt = false;
  private seed = 1;
  private busy = false;
  private readonly console;

  constructor(
    board: ScriptedBoard,
    private readonly clock: Clock,
    private readonly options: UartOptions
  ) {
    this.baud = options.baud;
    this.console = board.openConsole((text) => this.fromBoard(text));
  }

  private get byteMs(): number {
    return (BITS_PER_BYTE * 1000) / this.baud;
  }

  write(bytes: Uint8Array): Promise<void> {
    // The system takes everything at once and sends it when the line is free.
    for (const byte of bytes) {
      this.sent++;
      this.toBoardFreeAt = Math.max(this.toBoardFreeAt, this.clock.now()) + this.byteMs;
      this.clock.after(this.toBoardFreeAt - this.clock.now() + this.latency, () =>
        this.arrive(String.fromCharCode(byte))
      );
    }
    return Promise.resolve();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.onBytes = listener;
  }

  onClose(listener: () => void): void {
    this.onEnd = listener;
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.onEnd();
    }
    return Promise.resolve();
  }

  private get latency(): number {
    return this.options.latencyMs ?? 0;
  }

  /** From now on the line loses bytes, if it was told to. */
  spoil(): void {
    this.spoilt = this.options.loseOneOf !== undefined;
  }

  /** The same numbers each time, from 0 to 1. */
  private random(): number {
    this.seed = (this.seed * 1103515245 + 12345) % 2 ** 31;
    return this.seed / 2 ** 31;
  }

  private arrive(char: string): void {
    const { buffer, loseOneOf = 0, flowControl = true } = this.options;
    this.arrived++;
    if (this.spoilt && this.random() * loseOneOf < 1) return;
    if (this.buffer.length >= buffer) this.dropped++;
    else this.buffer.push(char);
    this.fullest = Math.max(this.fullest, this.buffer.length);
    if (flowControl && !this.held && this.buffer.length > buffer * 0.75) {
      this.held = true;
      this.xoffs++;
      this.fromBoard(XOFF);
    }
    this.work();
  }

  /** The interpreter takes one character after the other. */
  private work(): void {
    const { buffer, characterMs = 0.01, writeMs = 0, hangAt } = this.options;
    if (this.busy || (hangAt !== undefined && this.arrived >= hangAt)) return;
    const char = this.buffer.shift();
    if (char === undefined) return;
    const { board } = this.console;
    const { writes } = board;
    this.console.take(char);
    this.busy = true;
    this.clock.after(characterMs + (board.writes - writes) * writeMs, () => {
      this.busy = false;
      if (this.held && this.buffer.length < buffer * 0.4) {
        this.held = false;
        this.fromBoard(XON);
      }
      this.work();
    });
  }

  private fromBoard(text: string): void {
    for (const char of text) {
      this.fromBoardFreeAt = Math.max(this.fromBoardFreeAt, this.clock.now()) + this.byteMs;
      this.clock.after(this.fromBoardFreeAt - this.clock.now() + this.latency, () =>
        this.onBytes(Uint8Array.of(char.charCodeAt(0)))
      );
    }
  }
}
