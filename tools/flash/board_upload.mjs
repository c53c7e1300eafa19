/**
 * Sends one file into a board's Storage, piece by piece.
 *
 * Each piece carries its checksum. The board writes it only if it arrived whole, reads it back, and says so, and the
 * next piece is sent when that answer is there. So at most one piece is in the console's buffer, a lost character costs
 * one piece, and it is known whether the line or the flash was at fault.
 */
import { crc32 } from "./crc32.mjs";
import { FlashError } from "./flash_error.mjs";
import { CHECKSUM_FUNCTION, freeStorage, storageRoom } from "./board_storage.mjs";

/** What `_w` is called with besides the data: ECHO_OFF, `_w(`, id, offset, checksum, quotes and the line's end. */
const CALL = '\x10_w(99999,9999999,-2147483648,"")\n'.length;
/** Bytes of a file in one line, as base64: flash is written in words of 4 bytes, and base64 makes 4 characters of 3. */
const bytesInOneLine = (lineBytes) => Math.floor((lineBytes - CALL) / 16) * 12;

/** The answers of `_w`, beside the text of an exception. */
const DAMAGED_LINE = 0;
const WRITTEN = 1;

const count = (n) => n.toLocaleString("en-US");

/** Internal: what was written reads back differently, and flash is written only once. */
export class DamagedFlash extends Error {}

/**
 * @param board a BoardConsole
 * @param {string} name the file's name in Storage; no such file may exist
 * @param {Uint8Array} data
 * @param {(bytes: number) => void} onProgress how many bytes are stored
 * @param {AbortSignal} [signal] ends it between two pieces
 */
export async function sendFile(board, name, data, onProgress, signal) {
  await board.evaluate(`(${setUp(name, data.length)},1)`);
  let attempt = 0;
  /** Where pieces end whose answers were lost: they may be written, and no other piece may reach across such an end. */
  const uncertain = [];
  for (let at = 0; at < data.length;) {
    if (signal?.aborted) throw new FlashError("cancelled", "the upload was cancelled");
    const longest = at + bytesInOneLine(board.lineBytes);
    const end = Math.min(longest, data.length, ...uncertain.filter((place) => place > at));
    const piece = data.subarray(at, end);
    const text = btoa(String.fromCharCode(...piece));
    // The checksum is that of the place, too: a lost digit must not write a piece elsewhere.
    const sum = crc32(new TextEncoder().encode(`${at},${text}`)) | 0;
    const call = `${at},${sum},"${text}"`;
    const answer = await board.sendOnce((id) => `_w(${id},${call})`);
    if (answer === undefined || answer === DAMAGED_LINE) {
      if (answer === undefined) uncertain.push(end);
      board.lineWasLost(++attempt);
      continue;
    }
    if (typeof answer === "string") throw await refusal(board, name, data.length, answer);
    if (answer !== WRITTEN) throw new DamagedFlash(`at byte ${at}`);
    at = end;
    attempt = 0;
    onProgress(at);
  }
}

/** Defines `_w(id, offset, checksum, base64)`, which writes one piece. A piece that is there already is not written again. */
function setUp(name, size) {
  const file = JSON.stringify(name);
  return (
    `_w=function(i,o,c,d){var s=require("Storage"),r=0,z,k=${CHECKSUM_FUNCTION};` +
    `try{if((k(o+","+d)|0)==c){d=atob(d);z=d.length;` +
    `if(s.read(${file},o,z)!==d)s.write(${file},d,o,${size});` +
    `r=s.read(${file},o,z)===d?${WRITTEN}:2}}catch(e){r=""+e}` +
    `print("<#"+i,JSON.stringify(r),i+"#>")}`
  );
}

/** Why Storage did not take a piece. */
async function refusal(board, name, size, exception) {
  const free = await freeStorage(board);
  if (/different data/.test(exception)) return new DamagedFlash(exception);
  if (/Unable to find or create file/.test(exception) && (free === null || free < storageRoom(size))) {
    return new FlashError(
      "storage_full",
      `Storage is full: there was no room for ${count(size)} bytes`,
      `erase files you do not need (see require("Storage").list()) and run this again`
    );
  }
  return new FlashError(
    "storage_fault",
    `Storage refused a file of ${count(size)} bytes (${exception})${
      free === null ? "" : `, although ${count(free)} bytes are free`
    }`,
    `have it cleaned up with require("Storage").compact(), and run this again`
  );
}
