import type { Clock } from "./clock";

/** The messages with which `connect` fails while there is no network. */
export type ConnectMessage = "Not connected to the internet" | "Unable to locate host" | "Unable to create socket";

/** An exception that nobody caught before it reached the interpreter's idle loop. */
export interface Uncaught {
  exception: unknown;
  /** The exception as text. */
  message: string;
  /**
   * What the board did with it: printed it on its console, gave it to
   * `process.on("uncaughtException", …)`, or lost it because another followed in the same idle pass.
   */
  fate: "printed" | "handled" | "lost";
}

/** What kind of board to simulate. Everything may be left out. */
export interface BoardOptions {
  /** What is in the board's flash: file names and contents. `require(name)` finds modules there. */
  storage?: Record<string, string>;
  /** false: strings are bytes, as on the ESP32 (default). true: characters, as on Linux and Bangle.js. */
  unicode?: boolean;
  /** Variables that `process.memory()` reports in all. Default 5000. */
  variables?: number;
  /** Gets each text that the board prints. Default: it goes to standard output. */
  print?: (text: string) => void;
  /** Gets each uncaught exception, beside its being recorded in `board.uncaught`. */
  onUncaught?: (uncaught: Uncaught) => void;
  /** `process.env.BOARD`. Default "ESP32", or "LINUX" with `unicode`. */
  boardName?: string;
  /** Built-in modules that this firmware lacks, e.g. `{without: ["tls", "crypto"]}`. */
  modules?: { without?: string[] };
  /** How many sockets there may be at a time. Default 10. */
  maxSockets?: number;
  /** Milliseconds after which a `connect` that gets no answer throws. Default 20000. */
  connectTimeout?: number;
  /** true: a `data` listener that throws is taken off its socket, as some firmware does. */
  dropsBrokenHandlers?: boolean;
  /**
   * false: scripts run although the board could not run them. Otherwise syntax that Espruino lacks, and calls above a
   * function's declaration, throw a SyntaxError with the place before the script (or the module) runs.
   */
  checkSyntax?: boolean;
  /**
   * How many calls of script functions may be nested before the script is cut off with `Too much recursion`, which it
   * cannot catch. Default: as many as Node's own stack takes. An ESP32's 25,000 bytes of stack take some 44 calls of
   * `function f() { f(); }`, and fewer of longer expressions.
   */
  maxCalls?: number;
  /**
   * Bits of the firmware's `long`: 32 on every chip (default), 64 on Linux (default with `unicode`). With 32,
   * `Graphics.setColor` makes every color of a picture with 32 bits per pixel 0.
   */
  longBits?: 32 | 64;
  /** Makes the hardware random numbers repeatable. Without it they are unpredictable. */
  hardwareSeed?: number;
  /** The clock that drives the board's timers and date. Default: the machine's. See `VirtualClock`. */
  clock?: Clock;
}

/** A simulated board. */
export interface Board {
  /**
   * Runs a script, as `espruino script.js` does: at once, to its end. What it left behind (timers,
   * sockets, events) goes on in the background. An exception is printed and recorded in `uncaught`.
   */
  run(source: string, filename?: string): void;
  /** Does what happens at power-up after the saved code is loaded: `E`'s "init" event and `onInit()`. */
  emitInit(): void;
  /** The script's global object. */
  readonly globals: Record<string, unknown>;
  /** All exceptions that reached the idle loop, oldest first. */
  readonly uncaught: Uncaught[];
  /** Resolves when no timer, socket or event is left, or the board is closed. */
  idle(): Promise<void>;
  /** Does one turn of the idle loop now. Not needed in general; the board does it by itself. */
  tick(): void;
  /** How many timers are waiting. */
  timers(): number;
  /** How many sockets are alive. */
  sockets(): number;
  /** Sets the board's date, in seconds since 1970, as the script's own `setTime` does; timers stay. */
  setTime(seconds: number): void;
  /**
   * Moves the system clock by so many milliseconds from outside the interpreter, as SNTP does on the
   * ESP32. Espruino takes the step for time that has passed: timers come early, or late.
   */
  stepClock(milliseconds: number): void;
  /**
   * Takes the network away or gives it back. While it is away, sockets are silent: no data, no event,
   * and what is written piles up; and `connect` throws an InternalError with the given message.
   */
  setWifi(connected: boolean, message?: ConnectMessage): void;
  /** Closes sockets, stops timers, and frees all that the board holds. The board is unusable after. */
  close(): Promise<void>;
}
