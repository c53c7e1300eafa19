import * as board from "../board";
import type { Part } from "../board";
import { mask } from "./mask";

/**
 * The first bytes of a frame, up to its masking key (RFC 6455 §5.2): FIN bit and opcode, then the payload's length in 7,
 * 16 or 64 bits. Only each number's lowest eight bits count.
 */
export function frameHeader(first: number, length: number): number[] {
  if (length < 126) return [first, length | 128];
  if (length < 65536) return [first, 0xfe, length >> 8, length];
  // No payload that a board holds comes near 4 GB.
  return [first, 0xff, 0, 0, 0, 0, length >> 24, length >> 16, length >> 8, length];
}

/**
 * One frame, ready for the wire (RFC 6455 §5.2, §5.3): `length` bytes of `payload` from `offset`, masked with the 32 bits
 * of `key`.
 *
 * Masking works on 32-bit words. Where the masking key shares a word with payload, its place stays zero: the loop turns
 * a zero there into the key itself.
 *
 * @hot
 */
export function encodeFrame(first: number, payload: Part, offset: number, length: number, key: number): Uint8Array {
  var header = frameHeader(first, length);
  // After a header of 2 or 10 bytes the words begin two bytes into the key.
  if (header.length === 4) header.push(0, 0, 0, 0);
  else {
    header.push(key, key >> 8, 0, 0);
    key = (key << 16) | (key >>> 16);
  }
  var bytes = board._join(header, payload, offset, length);
  var words = new Uint32Array(bytes.buffer);
  mask(words, key, words, header.length > 8 ? 3 : 1);
  return bytes.subarray(0, header.length + length);
}
