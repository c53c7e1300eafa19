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
 * What it does not do as a real board does:
 *
 * - The language is V8's with things taken away. Syntax that Espruino does not know (spread, destructuring, labels …)
 *   passes here, messages of exceptions that V8 throws have V8's words, and numbers print with all their digits.
 * - There is no limit to memory, and nothing is slow: `process.memory()` gives fixed figures.
 * - On Unicode boards, a string whose characters are all below 256 is taken for bytes wherever bytes are wanted.
 * - Of the built-in modules there are `net` and `tls` (clients only), `crypto` and `Storage` (without `open`); no pins,
 *   no `Wifi`, no `http`. `Graphics` draws images and rectangles into memory, with 4, 8 or 32 bits per pixel, and nothing
 *   else. Times are in the time zone of the computer.
 * - The internals of a socket are not visible as properties, only its listeners (`#onconnect` …) are.
 */
import { SimulatedBoard } from "./board";
import type { Board, BoardOptions } from "./options";

export { VirtualClock, type Clock } from "./clock";
export type { Board, BoardOptions, ConnectMessage, Uncaught } from "./options";
export { runFile, type RunOptions } from "./run";

/** Makes a board and switches it on. Call its `close` when done with it. */
export function createBoard(options: BoardOptions = {}): Board {
  return new SimulatedBoard(options);
}
