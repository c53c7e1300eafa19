// What is at the other end of the stand-in for Web Serial.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Clock } from "../../tools/flash/board.mjs" with { "resolution-mode": "import" };
import type { ScriptedBoard } from "../flash/scripted_board";
import { SimulatedUart, type UartOptions } from "../flash/simulated_uart";

/** One end of a serial line. */
export interface Wire {
  /** Takes what the page sends. */
  write(bytes: Buffer): void;
  /** Gets what the board sends. */
  listener: (bytes: Buffer) => void;
}

/** Espruino for Linux, with its console on its standard input and output. */
export class EspruinoBoard implements Wire {
  listener: (bytes: Buffer) => void = () => {};
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "web-espruino-"));
  private child: ChildProcess;
  private printed = "";

  /** @param image a file with its flash memory; without it, that is empty */
  constructor(
    private readonly program: string,
    image?: string
  ) {
    if (image) fs.copyFileSync(image, path.join(this.folder, "espruino.flash"));
    this.child = this.powerOn();
  }

  private powerOn(): ChildProcess {
    const child = spawn(this.program, [], { cwd: this.folder, stdio: ["pipe", "pipe", "ignore"] });
    child.stdin!.on("error", () => {});
    child.stdout!.on("data", (bytes: Buffer) => {
      this.printed += bytes.toString("latin1");
      this.listener(bytes);
      this.changed();
    });
    return child;
  }

  private changed = (): void => {};

  write(bytes: Buffer): void {
    this.child.stdin!.write(bytes);
  }

  /** The value of an expression on the board. */
  async ask(expression: string): Promise<unknown> {
    this.printed = "";
    // Ctrl-C first: half a line of an upload that was cut may be there.
    this.write(Buffer.from(`\x03\n\x10print("<"+"#",JSON.stringify({value:${expression}}),"#>")\n`));
    for (;;) {
      const match = /<# (.*) #>/.exec(this.printed);
      if (match) return (JSON.parse(match[1]!) as { value?: unknown }).value;
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }

  /** Power off and on: Storage is a file, and survives it. */
  async restart(): Promise<void> {
    await this.powerOff();
    this.child = this.powerOn();
  }

  private async powerOff(): Promise<void> {
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
  }

  async stop(): Promise<void> {
    await this.powerOff();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The console of a scripted board, which takes everything at once. */
export function scriptedWire(board: ScriptedBoard): Wire {
  const { faults } = board.options;
  const wire: Wire = {
    listener: () => {},
    write(bytes) {
      if (faults?.otherProgram !== undefined) wire.listener(Buffer.from(faults.otherProgram));
      else if (!board.isDeaf) for (const character of bytes.toString("latin1")) console.take(character);
    },
  };
  const console = board.openConsole((text) => wire.listener(Buffer.from(text, "latin1")));
  return wire;
}

/** The system's time, with timers that run in the order of their times, however late the system is. */
class RealClock implements Clock {
  private events: { at: number; done: () => void }[] = [];
  private waits = false;

  now(): number {
    return performance.now();
  }

  after(ms: number, done: () => void): () => void {
    const event = { at: this.now() + ms, done };
    const later = this.events.findIndex(({ at }) => at > event.at);
    this.events.splice(later < 0 ? this.events.length : later, 0, event);
    this.wait();
    return () => (this.events = this.events.filter((other) => other !== event));
  }

  private wait(): void {
    if (this.waits || this.events.length === 0) return;
    this.waits = true;
    setTimeout(() => {
      this.waits = false;
      while (this.events.length > 0 && this.events[0]!.at <= this.now()) this.events.shift()!.done();
      this.wait();
    }, 1);
  }
}

/** A scripted board behind a serial line that is as slow as a real one, and a console that can overrun. */
export function uartWire(board: ScriptedBoard, options: UartOptions): { wire: Wire; uart: SimulatedUart } {
  const uart = new SimulatedUart(board, new RealClock(), options);
  const wire: Wire = { listener: () => {}, write: (bytes) => void uart.write(bytes) };
  uart.onData((bytes) => wire.listener(Buffer.from(bytes)));
  return { wire, uart };
}
