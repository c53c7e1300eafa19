/**
 * A simulator of Espruino boards for Node: runs an unmodified user script, together with the built
 * library, over real TCP and TLS, with the globals and the habits of the real interpreter. Nothing
 * but Node is needed, so that scripts can be tested (in jest, for instance) without a board.
 *
 * ```js
 * const { createBoard } = require("esp-websocket-client/simulator");
 * const { readFileSync } = require("node:fs");
 *
 * const library = readFileSync(require.resolve("esp-websocket-client"), "utf8");
 * const board = createBoard({ storage: { esp_websocket_client: library }, print: (text) => lines.push(text) });
 * board.run(readFileSync("my_script.js", "utf8"), "my_script.js");
 * await board.idle(); // until the script has no timers and no sockets any more
 * await board.close();
 * ```
 *
 * What it has, what it refuses and what it lacks stands in docs/simulator.md.
 */
import { SimulatedBoard } from "./board";
import type { Board, BoardOptions } from "./options";

export { VirtualClock, type Clock } from "./clock";
export type { Hardware, HardwareAction } from "./hardware";
export type { Board, BoardOptions, ConnectMessage, Uncaught, WifiLoss } from "./options";
export type { WifiOptions } from "./wifi";
export { runFile, type RunOptions } from "./run";

/** Makes a board and switches it on. Call its `close` when done with it. */
export function createBoard(options: BoardOptions = {}): Board {
  return new SimulatedBoard(options);
}
