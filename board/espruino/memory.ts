/** How much memory is left. */
import { unicode } from "./bytes";

declare const process: any;
declare const E: { getErrorFlags(): string[] };

/** Variables that a piece of data and its handlers may need, including a failure's events. */
export const RESERVE = 300;
/** Variables that may be used between two checks of `_isLow`. */
const BETWEEN_QUESTIONS = 250;

/** As usually built, Espruino for Linux has a heap that grows. */
var grows = unicode && process.env.BOARD === "LINUX";
/** How many variables are certainly free. */
var free = 0;

/** @hot */
export function _lacks(variables: number): boolean {
  return !grows && process.memory(false).free < variables && process.memory().free < variables;
}

/** @hot */
export function _isLow(): boolean {
  // Measuring costs as much as a short message.
  if (grows || (free -= BETWEEN_QUESTIONS) > RESERVE) return false;
  free = process.memory(false).free;
  return free < RESERVE && _lacks(RESERVE);
}

export function _ranOutOfMemory(): boolean {
  return E.getErrorFlags().indexOf("MEMORY") >= 0 || _lacks(RESERVE);
}
