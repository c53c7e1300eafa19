/**
 * Frames of at most 125 bytes. This has the shape that costs the interpreter the fewest steps (bench/README.md). It
 * makes the same as `encodeFrame` of src/protocol/frame_writer.ts, which is its oracle in the tests.
 */
import type { Payload } from "../../src/board";
import { mask } from "../../src/protocol/mask";
import { toArrayBuffer, toString } from "./bytes";
import { _random } from "./random";

/** @hot */
export function _shortFrame(first: number, payload: Payload): string {
  var length = payload.length;
  var key = _random();
  // Two bytes that are not sent, so that the masking key fills a word; the header's two; the key's four; the payload; and
  // what fills its last word.
  var frame = toArrayBuffer("\0\0\0\0\0\0\0\0" + payload + "\0\0\0");
  var words = new Uint32Array(frame, 0, (length + 11) >> 2);
  words[0] = (first << 16) | ((length | 128) << 24);
  words[1] = key;
  // Writing to a missing word does nothing. Each pass of a loop would cost twice as much.
  words[2] ^= key;
  words[3] ^= key;
  words[4] ^= key;
  words[5] ^= key;
  if (length > 16) mask(words, key, words, 6);
  return toString(new Uint8Array(frame, 2, length + 6));
}
