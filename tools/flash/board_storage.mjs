/** What is asked of a board, and done on it: all of it ES5 expressions that run in Espruino. */
import { FlashError } from "./flash_error.mjs";

/** Names of files on their way into Storage: flash.tmp0, flash.tmp1 … */
export const TEMPORARY_PREFIX = "flash.tmp";
/** Storage keeps a header of this many bytes in front of each file and aligns files to 4 bytes (8 on some chips). */
const FILE_HEADER = 32;
const ALIGNMENT = 8;
/** Copied at once on the board, bytes: small enough for its stack. */
const COPY_PIECE = 512;
/** Bytes per millisecond that the slowest board's interpreter gets through in a checksum loop of its own. */
const SLOWEST_CHECKSUM = 1;

/** The room a file of `size` bytes takes in Storage. */
export function storageRoom(size) {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT + FILE_HEADER;
}

/** The CRC-32 of a string, as an expression for a function on the board: old firmware has no E.CRC32. */
export const CHECKSUM_FUNCTION =
  `(E.CRC32||function(d){var c=-1,i,k;for(i=0;i<d.length;i++){c^=d.charCodeAt(i);` +
  `for(k=0;k<8;k++)c=(c>>>1)^(0xEDB88320&-(c&1))}return~c})`;

/**
 * @typedef {object} BoardFacts
 * @property {string} version of the firmware, "2v29"
 * @property {string} board its name, "ESP32"
 * @property {number} freeVariables
 * @property {number} totalVariables
 * @property {number|null} freeHeap bytes of the C heap, where sockets and TLS live; null where the firmware cannot tell
 * @property {number|null} freeStorage bytes in one piece; null where the firmware cannot tell
 * @property {number} trash bytes of erased files that Storage can win back
 * @property {string[]} files the names in Storage
 * @property {string[]} builtIn the modules of the firmware
 */

/** @returns {Promise<BoardFacts>} */
export async function askBoard(board) {
  const facts = await board.evaluate(
    `(function(m){return{version:process.version,board:process.env.BOARD,` +
      `freeVariables:m.free,totalVariables:m.total,` +
      `freeHeap:typeof ESP32!="undefined"&&ESP32.getState?ESP32.getState().freeHeap:null,` +
      `modules:process.env.MODULES}})(process.memory())`
  );
  board.knowBoard(facts.board);
  const storage = await board.evaluate(
    `(function(){var s;try{s=require("Storage")}catch(e){return 0}` +
      `return{files:s.list(),freeStorage:s.getFree?s.getFree():null,trash:s.getStats?s.getStats().trashBytes:0}})()`
  );
  if (!storage) {
    throw new FlashError(
      "no_storage",
      `the firmware of this board (${facts.board}, ${facts.version}) has no Storage to keep a module in`,
      "use another firmware"
    );
  }
  const { modules, ...rest } = facts;
  return { ...rest, ...storage, builtIn: (modules || "").split(",") };
}

/** @returns {Promise<{name: string, size: number}[]>} */
export function listStorage(board) {
  return board.evaluate(
    `require("Storage").list().map(function(n){return{name:n,size:(require("Storage").read(n)||"").length}})`
  );
}

/** Size and CRC-32 of a file in Storage, null where there is none. */
export async function checksum(board, name, expectedSize) {
  const result = await board.evaluate(
    `(function(n){var s=require("Storage"),d=s.read(n);return d===undefined?null:[d.length,${CHECKSUM_FUNCTION}(d)]` +
      `})(${JSON.stringify(name)})`,
    board.timeoutMs + expectedSize / SLOWEST_CHECKSUM
  );
  return result && { size: result[0], crc: result[1] >>> 0 };
}

export function erase(board, name) {
  return board.evaluate(`(require("Storage").erase(${JSON.stringify(name)}),1)`);
}

/** Erases what an interrupted upload left behind. */
export async function eraseTemporaries(board) {
  await board.evaluate(
    `(function(){var s=require("Storage");s.list().forEach(function(n){` +
      `if(n.substr(0,${TEMPORARY_PREFIX.length})==${JSON.stringify(TEMPORARY_PREFIX)})s.erase(n)});return 1})()`
  );
}

/** Has Storage win back the space of erased files; no file is lost if it cannot. */
export async function compact(board) {
  await board.evaluate(
    `(function(){var s=require("Storage");if(s.compact)s.compact();return 1})()`,
    board.timeoutMs * 6
  );
}

export function freeStorage(board) {
  return board.evaluate(`(function(){var s=require("Storage");return s.getFree?s.getFree():null})()`);
}

/**
 * Puts a checked temporary file in the place of the file it is for. Storage cannot rename, so the board copies,
 * without the connection: once the command has arrived, only a power failure can disturb it. Without
 * room for the copy, the old file is left alone.
 */
export async function replaceFile(board, temporary, name, size) {
  const done = await board.evaluate(
    `(function(t,n,z){var s=require("Storage"),i;if(s.read(n)===s.read(t))return 1;` +
      `if(s.getFree&&s.getFree()<${storageRoom(size)})return 0;` +
      `for(i=0;i<z;i+=${COPY_PIECE})s.write(n,s.read(t,i,${COPY_PIECE}),i,z);return 1})` +
      `(${JSON.stringify(temporary)},${JSON.stringify(name)},${size})`,
    board.timeoutMs + size / SLOWEST_CHECKSUM
  );
  if (!done) {
    throw new FlashError(
      "storage_full",
      `Storage became full before ${name} was replaced: the old ${name} is untouched`,
      "erase files you do not need and run this again"
    );
  }
}
