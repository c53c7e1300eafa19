import { readFileSync } from "node:fs";
import { SimulatedBoard } from "./board";
import type { BoardOptions } from "./options";

/** What to run, and on what kind of board. */
export interface RunOptions extends BoardOptions {
  /** Path of the script. */
  script: string;
  /** Globals that are set before the script runs, e.g. `{URI: "ws://127.0.0.1:8080/"}`. */
  globals?: Record<string, string | number | boolean>;
  /** Aborting it switches the board off. */
  signal?: AbortSignal;
}

/**
 * Runs a script file on a simulated board; what it prints goes to standard output. Resolves when the
 * script has nothing left to do, with whether all went well: false if an exception was printed.
 */
export async function runFile({ script, globals = {}, signal, ...options }: RunOptions): Promise<boolean> {
  const source = readFileSync(script, "utf8");
  const board = new SimulatedBoard(options);
  const off = (): void => void board.close();
  signal?.addEventListener("abort", off, { once: true });
  try {
    if (signal?.aborted) return true;
    Object.assign(board.globals, globals);
    board.run(source, script);
    await board.idle();
  } finally {
    signal?.removeEventListener("abort", off);
    await board.close();
  }
  return board.uncaught.every(({ fate }) => fate === "handled");
}
