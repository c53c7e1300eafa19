/**
 * What TLS with pre-shared keys takes from its board: TCP, random numbers, and native AES and hashes. It is a small
 * interface of its own, since the module is a bundle of its own. Bytes are byte strings, one character a byte, unless
 * the type says otherwise.
 */
import type { Transport } from "../board";

/** A run of equal bytes. */
export interface Repeated {
  data: number;
  count: number;
}

/** What bytes can be put together from; of numbers, the lowest eight bits count. */
export type Part = string | ArrayBuffer | Uint8Array | number[] | Repeated;

/** A hash function. */
export type Hash = (bytes: string) => ArrayBuffer;

/** A board that has what TLS with pre-shared keys needs. Underscored names are shortened by the build. */
export interface Platform extends Transport {
  /** False: anybody with the same firmware can predict what `_random` returns. */
  readonly _randomIsGood: boolean;
  /** 32 random bits, 0…2³²-1. */
  _random(): number;
  /** True if fewer variables are free (`Board._full`). */
  _full(variables: number): boolean;
  /** The UTF-8 of a text. */
  _utf8(text: string): string;
  /** The parts, joined. Throws if a part is undefined. */
  _join(...parts: Part[]): string;
  /** The same as an array that is the whole of its buffer. */
  _bytes(...parts: (Part | string[])[]): Uint8Array;
  /** SHA-256: 32 bytes. */
  _sha256: Hash;
  /** SHA-1: 20 bytes. */
  _sha1: Hash;
  /** AES-128 in CBC mode with an IV of zeros, of whole blocks. Undefined where there is no memory. */
  _crypt(bytes: Uint8Array, key: string, decrypt: boolean): ArrayBuffer | undefined;
}

// What follows is for tests, which choose their platform at run time. The build puts the board's own file, which exports
// the same names, in this module's place.

export let open: Platform["open"];
export let _randomIsGood: Platform["_randomIsGood"];
export let _random: Platform["_random"];
export let _full: Platform["_full"];
export let _utf8: Platform["_utf8"];
export let _join: Platform["_join"];
export let _bytes: Platform["_bytes"];
export let _sha256: Platform["_sha256"];
export let _sha1: Platform["_sha1"];
export let _crypt: Platform["_crypt"];

/** Installs a platform. */
export function install(platform: Platform): void {
  open = platform.open.bind(platform);
  _randomIsGood = platform._randomIsGood;
  _random = platform._random.bind(platform);
  _full = platform._full.bind(platform);
  _utf8 = platform._utf8.bind(platform);
  _join = platform._join.bind(platform);
  _bytes = platform._bytes.bind(platform);
  _sha256 = platform._sha256.bind(platform);
  _sha1 = platform._sha1.bind(platform);
  _crypt = platform._crypt.bind(platform);
}
