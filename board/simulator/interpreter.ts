import type { Clock } from "./clock";
import type { EventQueue } from "./events";
import type { Realm } from "./realm";

/** What the parts of a simulated board see of the whole. */
export interface Interpreter {
  readonly realm: Realm;
  readonly events: EventQueue;
  readonly clock: Clock;
  /** Strings are characters (Linux, Bangle.js) rather than bytes (ESP32). */
  readonly unicode: boolean;
  /** Are strings other memory where they are that on the board? */
  readonly sharesStrings: boolean;
  /** Writes to the board's console. */
  print(text: string): void;
  /** A value as the board's console shows it. */
  format(value: unknown): string;
  /**
   * Runs something that scripts wrote; what it throws is reported at the end of the idle pass.
   * Returns whether it returned.
   */
  guard(run: () => unknown): boolean;
  /** Was a script cut off in this idle pass? */
  readonly interrupted: boolean;
  /** Remembers an exception for the end of the idle pass. */
  raise(exception: unknown): void;
  /** Sets one of the flags that `E.getErrorFlags` tells. */
  flag(name: string): void;
  /** Something happened: makes sure that an idle pass follows. */
  wake(): void;
}
