/** HMAC (RFC 2104) and the keys that TLS 1.2 makes from a secret with it (RFC 5246 §5, §6.3, §8.1). */
import * as platform from "./platform";
import type { Hash, Part } from "./platform";

/** The block of SHA-1 and SHA-256, in bytes. */
const BLOCK = 64;

/** A secret for HMAC, as the two blocks that hashing begins with: a key is worked into them only once. */
export interface MacKey {
  _inner: string;
  _outer: string;
}

/** One of those blocks: the secret, filled up with zeros, XOR the pad (RFC 2104 §2). */
function padded(secret: string, pad: number): string {
  // Four bytes at a time, and none of the zeros.
  var words = new Uint32Array(platform._bytes(secret, { data: 0, count: -secret.length & 3 }).buffer);
  var count = words.length;
  var mask = pad * 0x1010101;
  for (var i = 0; i < count; i++) words[i] ^= mask;
  return platform._join(words.buffer as ArrayBuffer, { data: pad, count: BLOCK - count * 4 });
}

/** Prepares a secret for `hmac`; one longer than a block is hashed first. */
export function macKey(secret: string): MacKey {
  if (secret.length > BLOCK) secret = platform._join(platform._sha256(secret));
  return { _inner: padded(secret, 0x36), _outer: padded(secret, 0x5c) };
}

/**
 * The HMAC of a message in two parts.
 *
 * @hot
 */
export function hmac(hash: Hash, key: MacKey, head: Part, message: Part): ArrayBuffer {
  return hash(platform._join(key._outer, hash(platform._join(key._inner, head, message))));
}

/** `length` bytes of the pseudorandom function with SHA-256 (RFC 5246 §5). */
export function prf(key: MacKey, label: string, seed: Part, length: number): string {
  var result = "";
  var a: Part = platform._join(label, seed);
  seed = a;
  while (result.length < length) {
    a = hmac(platform._sha256, key, a, "");
    result = platform._join(result, hmac(platform._sha256, key, a, seed));
  }
  return result.substr(0, length);
}

/** The premaster secret of a pre-shared key (RFC 4279 §2), ready for the PRF. */
export function premaster(key: string): MacKey {
  var length = [0, key.length];
  return macKey(platform._join(length, { data: 0, count: key.length }, length, key));
}
