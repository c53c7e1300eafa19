import type { Clock } from "./clock";
import type { Hardware } from "./hardware";
import type { WifiOptions } from "./wifi";

/** The messages with which `connect` fails while there is no network. */
export type ConnectMessage = "Not connected to the internet" | "Unable to locate host" | "Unable to create socket";

/** How the network is lost. */
export interface WifiLoss {
  /** What `connect` throws in the meantime. Default "Unable to create socket", as on an ESP32. */
  message?: ConnectMessage;
  /** true: the firmware does not notice. Sockets are silent: no data, no event, and what is written piles up. */
  silent?: boolean;
}

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
   * Strings are other memory where they are that on the board (default): one from `Storage.read` becomes null when its
   * file is erased or written anew, one from `E.toString(array)` changes with the array, and `E.asUTF8("")` is truthy.
   * false: they are copies.
   */
  sharedStrings?: boolean;
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
  /**
   * Bytes of C heap that are free: `ESP32.getState().freeHeap`. A TLS session takes 42,000 of them (53,000 with a
   * certificate of the board's own), and `tls.connect` throws `mbedtls_ssl_setup: Not enough memory` where they are not
   * there. An ESP32 without PSRAM has 39,828 at boot, 32,036 after joining a Wi-Fi. Default: 4,000,000, as with PSRAM.
   */
  heap?: number;
  /** The Wi-Fi around the board. By default the board is in a network when it starts. */
  wifi?: WifiOptions;
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
   * Takes the network away or gives it back. As on an ESP32, sockets then end (`end`, `close(false)`), the module
   * `Wifi` says "disconnected", and `connect` prints `Connect failed (err 118)` and throws an InternalError. The loss
   * can be silent, as it is when something on the way fails. A text is the `message` of a silent loss.
   */
  setWifi(connected: boolean, loss?: WifiLoss | ConnectMessage): void;
  /** Pins and buses. */
  readonly hardware: Hardware;
  /** Closes sockets, stops timers, and frees all that the board holds. The board is unusable after. */
  close(): Promise<void>;
}
