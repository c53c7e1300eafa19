/**
 * TLS with a pre-shared key, for boards whose own TLS verifies no one or does not fit: a transport for `ext_transport`.
 * Server and client prove to each other that they know the key, and everything between them is encrypted.
 *
 *     var ws = require("esp_websocket_client");
 *     var client = ws.esp_websocket_client_init({
 *       uri: "wss://gateway.local:8443/",
 *       ext_transport: require("tls_psk")({ identity: "board-7", key: "00112233445566778899aabbccddeeff" }),
 *     });
 *
 * TLS 1.2 (RFC 5246) with PSK (RFC 4279), AES-128-CBC, HMAC-SHA-256 or, for GnuTLS, HMAC-SHA-1, encrypt-then-MAC
 * (RFC 7366) and extended master secret (RFC 7627). docs/security.md says what it protects, and what it does not.
 */
import type { Transport } from "../board";
import { open, Settings } from "../tls_psk/connection";
import { premaster } from "../tls_psk/keys";
import * as platform from "../tls_psk/platform";

/** What `require("tls_psk")` takes. */
export interface PskOptions {
  /** The name under which the server knows the key: 1 to 128 bytes of UTF-8 (RFC 4279 §5.1, §5.3). */
  identity: string;
  /** The key: 16 to 64 bytes, or their hexadecimal digits in a string (RFC 4279 §5.3). */
  key: string | Uint8Array | ArrayBuffer | number[];
  /**
   * Longest fragment to ask the server for, in bytes: 512, 1024, 2048 or 4096 (RFC 6066 §4). Default: 1024, and 512
   * where fewer than 2,000 of the board's variables are free.
   */
  max_fragment_length?: number;
  /** True: talk to servers without extended master secret (RFC 7627 §5.4). Default: they are refused. */
  allow_no_ems?: boolean;
  /** True: work on boards whose random numbers can be predicted. Default: they are refused. */
  allow_weak_random?: boolean;
}

/** What `require("tls_psk")(…)` returns. */
export interface PskTransport extends Transport {
  /** The key proves who the other side is: no certificate is checked. */
  readonly authenticates: true;
}

/** The key's bytes; "" if it is not a key. */
function readKey(key: any): string {
  if (typeof key !== "string") return key && key.length !== 0 ? platform._join(key, "") : "";
  var bytes: number[] = [];
  if (key.length & 1 || /[^\da-fA-F]/.test(key)) return "";
  for (var i = 0; i < key.length; i += 2) bytes.push(parseInt(key.substr(i, 2), 16));
  return platform._join(bytes, "");
}

/**
 * Makes a transport for any number of connections. Throws a sentence, which reveals nothing of the key, if an option
 * is wrong or unknown, or the board's random numbers are weak.
 */
export type TlsPsk = (options: PskOptions) => PskTransport;

var tlsPsk: TlsPsk = function (options) {
  var known = "identity key max_fragment_length allow_no_ems allow_weak_random".split(" ");
  for (var name in options) if (known.indexOf(name) < 0) throw "tls_psk: unknown option " + name;
  var identity = typeof options.identity === "string" ? platform._utf8(options.identity) : "";
  var key = readKey(options.key);
  var fragmentCode =
    [512, 1024, 2048, 4096].indexOf(options.max_fragment_length || (platform._full(2000) ? 512 : 1024)) + 1;
  if (!identity || identity.length > 128) throw "tls_psk: identity must have 1 to 128 bytes";
  if (key.length < 16 || key.length > 64) throw "tls_psk: key must have 16 to 64 bytes, or their hexadecimal digits";
  if (!fragmentCode) throw "tls_psk: max_fragment_length must be 512, 1024, 2048 or 4096";
  if (!platform._randomIsGood && !options.allow_weak_random)
    throw "tls_psk: this board's random numbers can be predicted: see allow_weak_random";
  var settings: Settings = {
    _identity: identity,
    _secret: premaster(key),
    _fragmentCode: fragmentCode,
    _allowNoExtendedMasterSecret: !!options.allow_no_ems,
  };
  // Bound, not a function in here: that would keep the key and all other variables.
  return { authenticates: true, open: open.bind(undefined, settings) };
};

export default tlsPsk;
