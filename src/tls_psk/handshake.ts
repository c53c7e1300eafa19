/** The messages of the handshake with a pre-shared key (RFC 5246 §7.4, RFC 4279 §2), as bytes. */
import * as platform from "./platform";
import type { Part } from "./platform";
import { DECODE_ERROR, HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, PROTOCOL_VERSION, UNSUPPORTED_EXTENSION } from "./alerts";

export const HELLO_REQUEST = 0;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const SERVER_KEY_EXCHANGE = 12;
export const SERVER_HELLO_DONE = 14;
export const CLIENT_KEY_EXCHANGE = 16;
export const FINISHED = 20;

/** Length of a message's header, in bytes. */
export const HEADER = 4;

/** TLS_PSK_WITH_AES_128_CBC_SHA256 (RFC 5487 §3): what OpenSSL and mbedTLS take by default. */
const SHA256_SUITE = 0xae;
/** TLS_PSK_WITH_AES_128_CBC_SHA (RFC 4279 §2): what GnuTLS takes by default. */
const SHA1_SUITE = 0x8c;
/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3). */
const RENEGOTIATION_SCSV = 0xff;

// Extensions.
/** RFC 6066 §3. */
const SERVER_NAME = 0;
/** RFC 6066 §4. */
const MAX_FRAGMENT_LENGTH = 1;
/** RFC 7366 §2. */
const ENCRYPT_THEN_MAC = 22;
/** RFC 7627 §5.1. */
const EXTENDED_MASTER_SECRET = 23;
/** RFC 5746 §3.2. */
const RENEGOTIATION_INFO = 0xff01;

/** What the two hellos agree on. */
export interface Agreement {
  /** The suite's MAC is SHA-1; otherwise SHA-256. */
  _sha1: boolean;
  /** The server keeps to the fragment length that was asked for. */
  _shortFragments: boolean;
  _extendedMasterSecret: boolean;
}

/** A message with its header. */
export function message(type: number, body: Part, more: Part): string {
  var bytes = platform._join(body, more);
  return platform._join([type, 0, bytes.length >> 8, bytes.length], bytes);
}

/**
 * ClientHello (RFC 5246 §7.4.1.2).
 * @param name the server's name, "" to send none
 * @param fragmentCode 1…4: fragments of 512, 1,024, 2,048 or 4,096 bytes
 *
 * @cold
 */
export function clientHello(random: string, name: string, fragmentCode: number): string {
  var length = name.length;
  var extensions = platform._join(length ? [0, SERVER_NAME, 0, length + 5, 0, length + 3, 0, 0, length] : "", name, [
    0,
    MAX_FRAGMENT_LENGTH,
    0,
    1,
    fragmentCode,
    0,
    ENCRYPT_THEN_MAC,
    0,
    0,
    0,
    EXTENDED_MASTER_SECRET,
    0,
    0,
  ]);
  return message(
    CLIENT_HELLO,
    // No session to resume; three suites; no compression.
    platform._join([3, 3], random, [
      0,
      0,
      6,
      0,
      SHA256_SUITE,
      0,
      SHA1_SUITE,
      0,
      RENEGOTIATION_SCSV,
      1,
      0,
      0,
      extensions.length,
    ]),
    extensions
  );
}

/** 16 bits of a message, most significant byte first. */
function word(bytes: string, at: number): number {
  return (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
}

/**
 * Reads a ServerHello (RFC 5246 §7.4.1.3). Throws an alert and its reason if the server has chosen what was not
 * offered, or does not offer what it must.
 */
export function readServerHello(hello: string, name: string, fragmentCode: number): Agreement {
  var length = hello.length;
  // After the random: the length of the session ID, which is not kept.
  var at = HEADER + 34;
  var sessionLength = hello.charCodeAt(at++);
  if (word(hello, HEADER) !== 0x303) throw PROTOCOL_VERSION + " not TLS 1.2";
  if (length < 42 || sessionLength > 32) throw DECODE_ERROR + " ServerHello";
  at += sessionLength;
  var suite = word(hello, at);
  if ((suite !== SHA256_SUITE && suite !== SHA1_SUITE) || hello.charCodeAt(at + 2))
    throw ILLEGAL_PARAMETER + " the suite was not offered";
  at += 3;
  // Without extensions there is not even their length.
  if (at < length) {
    at += 2;
    if (at + word(hello, at - 2) !== length) throw DECODE_ERROR + " ServerHello";
  }
  var seen: number[] = [];
  while (at < length) {
    var extension = word(hello, at);
    var size = word(hello, at + 2);
    var value = hello.charCodeAt(at + 4);
    at += 4 + size;
    if (
      extension !== MAX_FRAGMENT_LENGTH &&
      extension !== ENCRYPT_THEN_MAC &&
      extension !== EXTENDED_MASTER_SECRET &&
      extension !== RENEGOTIATION_INFO &&
      (extension !== SERVER_NAME || !name)
    )
      throw UNSUPPORTED_EXTENSION + " the extension was not offered";
    var oneByte = extension === MAX_FRAGMENT_LENGTH || extension === RENEGOTIATION_INFO;
    if (
      seen.indexOf(extension) >= 0 ||
      size !== +oneByte ||
      (oneByte && value !== (extension === MAX_FRAGMENT_LENGTH ? fragmentCode : 0))
    )
      throw ILLEGAL_PARAMETER + " extension " + extension;
    seen.push(extension);
  }
  if (at !== length) throw DECODE_ERROR + " ServerHello";
  if (seen.indexOf(ENCRYPT_THEN_MAC) < 0) throw HANDSHAKE_FAILURE + " no encrypt_then_mac";
  return {
    _sha1: suite === SHA1_SUITE,
    _shortFragments: seen.indexOf(MAX_FRAGMENT_LENGTH) >= 0,
    _extendedMasterSecret: seen.indexOf(EXTENDED_MASTER_SECRET) >= 0,
  };
}
