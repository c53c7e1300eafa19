/**
 * The record layer of TLS 1.2 (RFC 5246 §6.2) with AES-128-CBC, HMAC and encrypt-then-MAC (RFC 7366): nothing is
 * decrypted, and no padding examined, before the MAC of what came has been checked.
 */
import * as platform from "./platform";
import type { Hash, Part } from "./platform";
import { hmac, MacKey } from "./keys";

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

const OUT_OF_MEMORY = "out of memory";

/** What protects the records in one direction: the MAC's key, and */
export interface Protection extends MacKey {
  _hash: Hash;
  /** The key of AES. */
  _key: string;
  /** The next record's sequence number: its lowest 32 bits, and those above. */
  _low: number;
  _high: number;
}

/** Length of the MAC, in bytes. */
export function macLength(hash: Hash): number {
  return hash === platform._sha1 ? 20 : 32;
}

/**
 * The sequence number of the next record, eight bytes. Throws when 2⁴⁸ of them have been used.
 *
 * @hot
 */
function nextNumber(protection: Protection): number[] {
  var low = protection._low;
  var high = protection._high;
  if (high > 65535) throw "sequence numbers are used up";
  protection._low = low + 1;
  if (low > 4294967294) {
    protection._low = 0;
    protection._high++;
  }
  return [0, 0, high >> 8, high, low >> 24, low >> 16, low >> 8, low];
}

/**
 * A record with a fragment that is protected.
 *
 * @hot
 */
export function protect(protection: Protection, type: number, fragment: Part, length: number): string {
  var number = nextNumber(protection);
  var salt = platform._random();
  var padding = 15 - (length & 15);
  // A block that never comes twice, encrypted with an IV of zeros, becomes the record's own IV: nobody without the key
  // can predict it (RFC 5246 §6.2.3.2; NIST SP 800-38A, appendix C).
  var plain = platform._bytes(number.concat([salt >> 24, salt >> 16, salt >> 8, salt, 0, 0, 0, 0]), fragment, {
    data: padding,
    count: padding + 1,
  });
  var encrypted = platform._crypt(plain, protection._key, false);
  if (!encrypted) throw OUT_OF_MEMORY;
  length = encrypted.byteLength;
  // The MAC is of the number, the header and all that is sent (RFC 7366 §3).
  var mac = hmac(protection._hash, protection, number.concat([type, 3, 3, length >> 8, length]), encrypted);
  length += mac.byteLength;
  return platform._join([type, 3, 3, length >> 8, length], encrypted, mac);
}

/**
 * The fragment of a protected record, whose `length` bytes behind its header begin at `start` of `input`.
 * Undefined if it was not made with these keys, in this place, by the other side.
 *
 * @hot
 */
export function unprotect(
  protection: Protection,
  type: number,
  input: Uint8Array,
  start: number,
  length: number
): Uint8Array | undefined {
  var macBytes = macLength(protection._hash);
  length -= macBytes;
  // An IV and a block at least.
  if (length < 32 || length & 15) return undefined;
  var encrypted = new Uint8Array(input.buffer, start, length);
  var mac = new Int32Array(
    hmac(protection._hash, protection, nextNumber(protection).concat([type, 3, 3, length >> 8, length]), encrypted)
  );
  var given = new Int32Array(platform._bytes(new Uint8Array(input.buffer, start + length, macBytes)).buffer);
  // All words are compared, even after a difference: the time reveals nothing. SHA-1 has five of them.
  if (
    (mac[0] ^ given[0]) |
    (mac[1] ^ given[1]) |
    (mac[2] ^ given[2]) |
    (mac[3] ^ given[3]) |
    (mac[4] ^ given[4]) |
    (macBytes > 20 ? (mac[5] ^ given[5]) | (mac[6] ^ given[6]) | (mac[7] ^ given[7]) : 0)
  )
    return undefined;
  var plain = platform._crypt(encrypted, protection._key, true);
  if (!plain) throw OUT_OF_MEMORY;
  // From here on, anything wrong is the server's own mistake. The IV's block decrypts to nothing useful.
  var bytes = new Uint8Array(plain, 16);
  length -= 17;
  var padding = bytes[length];
  length -= padding;
  if (length < 0) return undefined;
  for (var i = 0; i < padding; i++) if (bytes[length + i] !== padding) return undefined;
  // To Espruino, a length of 0 means all that is left.
  return length ? new Uint8Array(plain, 16, length) : new Uint8Array(0);
}
