import * as board from "../board";
import type { Transport, TlsOptions } from "../board";
import { Field, names } from "./fields";
import type { Settings } from "./fields";
import { asksToVerify, boardVerifies } from "./tls";
import { encodePath, isHost, parseUri, Uri } from "../protocol/uri";

/** Called before each attempt to connect; what it returns takes the place of the configured value. */
export type Provider = () => string | null | undefined;

/**
 * `esp_websocket_client_config_t`, and what this project adds to it. Every field is optional; an unknown field makes
 * `esp_websocket_client_init` return null. docs/api.md describes each field.
 */
export interface Config {
  /** `ws://` or `wss://` URI. `host`, `port`, `path`, `username` and `password` override its parts. */
  uri?: string;
  /** Host name or IP address. */
  host?: string;
  /** TCP port, 1…65535. Default: 80, for `wss` 443. */
  port?: number;
  /** User name for Basic authentication. */
  username?: string;
  /** Password for Basic authentication. */
  password?: string;
  /** Path and query of the request. Default `/`. */
  path?: string;
  /** True: do not connect again after a failure. */
  disable_auto_reconnect?: boolean;
  /** True: connect again after the server closes the connection. */
  enable_close_reconnect?: boolean;
  /** Passed to every handler in `event_data.user_context`. */
  user_context?: unknown;
  /** Accepted without effect: there are no tasks. */
  task_core_id_set?: boolean;
  /** Accepted without effect: there are no tasks. */
  task_core_id?: number;
  /** Accepted without effect: there are no tasks. */
  task_prio?: number;
  /** Accepted without effect: there are no tasks. */
  task_name?: string;
  /** Accepted without effect: there are no tasks. */
  task_stack?: number;
  /** Longest frame to send and longest piece to pass on, in bytes. Default 1024. */
  buffer_size?: number;
  /** Certificate authority to check the server with: PEM, or DER with `cert_len`. */
  cert_pem?: string | Uint8Array;
  /** Length of a DER `cert_pem` in bytes. */
  cert_len?: number;
  /** The client's certificate, for mutual TLS: PEM, or DER with `client_cert_len`. */
  client_cert?: string | Uint8Array;
  /** Length of a DER `client_cert` in bytes. */
  client_cert_len?: number;
  /** The client's private key: PEM, or DER with `client_key_len`. */
  client_key?: string | Uint8Array;
  /** Length of a DER `client_key` in bytes. */
  client_key_len?: number;
  /** The digital signature peripheral's data. No board here has it: refused unless `client_key` is given too. */
  client_ds_data?: unknown;
  /** `WEBSOCKET_TRANSPORT_OVER_TCP` or `_OVER_SSL`; a URI's scheme overrides it. */
  transport?: number;
  /** Subprotocols to offer, separated by commas. */
  subprotocol?: string;
  /** Default `ESP32 Websocket Client`. */
  user_agent?: string;
  /** Header lines for the opening handshake, each ended by CRLF. */
  headers?: string;
  /** How long to wait for the answer to a PING, in seconds. Default 120. */
  pingpong_timeout_sec?: number;
  /** True: a missing PONG does not end the connection. */
  disable_pingpong_discon?: boolean;
  /** Check the server with the store of `esp_tls_set_global_ca_store`. */
  use_global_ca_store?: boolean;
  /** Check the server with the board's certificate bundle: called with the TLS options, to fill them in. */
  crt_bundle_attach?: (options: TlsOptions) => unknown;
  /** The name that the server's certificate must have, if it is not `host`. */
  cert_common_name?: string;
  /** True: the name in the server's certificate is not checked. */
  skip_cert_common_name_check?: boolean;
  /** True: probe a silent connection (with PINGs, where the board has no TCP keep-alive). */
  keep_alive_enable?: boolean;
  /** Silence before the first probe, in seconds. Default 5. */
  keep_alive_idle?: number;
  /** Time between probes, in seconds. Default 5. */
  keep_alive_interval?: number;
  /** Unanswered probes that end the connection. Default 3. */
  keep_alive_count?: number;
  /** Time between attempts to connect, in milliseconds. Default 10000. */
  reconnect_timeout_ms?: number;
  /** Limit for connecting, the opening handshake and a stalled frame header, in milliseconds. Default 10000. */
  network_timeout_ms?: number;
  /** Time between PINGs, in seconds. Default 10. */
  ping_interval_sec?: number;
  /** Refused: no board here can bind a socket to an interface. */
  if_name?: string;
  /** The user's own transport, instead of the board's sockets. */
  ext_transport?: Transport;
  /** True: connect over TLS even where the board cannot verify the server as the configuration asks. */
  allow_unverified_tls?: boolean;
  /** Most bytes in the send queue; each message counts as at least 16. Default 4 × `buffer_size`. */
  tx_queue_size?: number;
  /** Longest time between attempts, in milliseconds: turns on exponential backoff from `reconnect_timeout_ms`. */
  reconnect_max_ms?: number;
  /** Random part of the reconnect time, 0…1. Default 0. */
  reconnect_jitter?: number;
  /** Most redirects to follow in a row. Default 5. */
  max_redirects?: number;
  /** Returns the URI of each attempt. */
  uri_provider?: Provider;
  /** Returns the header lines of each attempt. */
  headers_provider?: Provider;
}

/** True if a value is text with no control characters but tabs: it can be in a header (RFC 9110 §5.5). */
export function isSafe(value: unknown): value is string {
  return typeof value === "string" && !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
}

/**
 * Header lines as they go into the request: bytes, each line ended by CRLF. Returns undefined for anything else
 * (RFC 9110 §5), even an empty line, which would end the request. Every header from the user comes through here.
 */
export function normaliseHeaders(headers: unknown): string | undefined {
  if (typeof headers !== "string") return undefined;
  // Bytes first: on Espruino, the empty rest of a Unicode text would be truthy.
  var lines = board
    ._utf8(headers)
    .replace(/\r*\n/g, "\r\n")
    .replace(/([^\n])$/, "$1\r\n");
  return lines.replace(/[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n/g, "") ? undefined : lines;
}

/** True for subprotocols as they may be offered: tokens with commas between (RFC 6455 §4.1, RFC 9110 §5.6.1). */
function areTokens(list: string): boolean {
  // Another character; a blank inside; nothing between, behind or before commas. What begins with ^: see `isHost`.
  return !/[^!#$%&'*+.^_`|~\w, -]|[^, ] +[^, ]|, *,|, *$|^ *,/.test(list);
}

/** What a field's value must be, in words; "" if it is. */
function demand(field: Field, value: any): string {
  if (field === Field.HEADERS) return normaliseHeaders(value) === undefined ? "lines like Name: value" : "";
  if (field < Field.PORT) {
    if (!isSafe(value)) return "one line of text";
    if (field === Field.HOST && !isHost(value)) return "a name or an address alone";
    return field === Field.SUBPROTOCOL && !areTokens(value) ? "tokens and commas" : "";
  }
  if (field < Field.DISABLE_AUTO_RECONNECT) {
    var mayBeFraction = field >= Field.NETWORK_TIMEOUT_MS;
    var most = 2147483647;
    if (field === Field.PORT) most = 65535;
    if (field === Field.TRANSPORT) most = 2;
    if (field === Field.RECONNECT_JITTER) most = 1;
    return value === +value && value >= 0 && value <= most && (mayBeFraction || !(value % 1))
      ? ""
      : (mayBeFraction ? "a number" : "an integer") + " from 0 to " + most;
  }
  // A C program may have numbers instead.
  if (field < Field.CERT_PEM) return value === !!value || value === +value ? "" : "true or false";
  if (field < Field.URI_PROVIDER) return typeof value === "string" || value.buffer ? "" : "text or bytes";
  if (field < Field.EXT_TRANSPORT) return typeof value === "function" ? "" : "a function";
  return field > Field.EXT_TRANSPORT || typeof value.open === "function" ? "" : "an object with open()";
}

/**
 * Checks a configuration field by field and copies it, so that later changes to the caller's object change nothing.
 * Throws a sentence that says which field is wrong, its value's type, and what it must be.
 */
export function checkConfig(config: Config): Settings {
  var settings: unknown[] = [];
  var known: readonly string[] = names();
  if (typeof config !== "object") throw "config must be an object";
  Object.keys(config).forEach(function (name) {
    var value: any = config[name as keyof Config];
    var field = known.indexOf(name);
    if (field < 0) throw "unknown field " + name;
    // An empty Unicode text is truthy on Espruino: it is left out here, and not checked below.
    if (value == null || (value === "" && field < Field.PORT)) return;
    var wanted = demand(field, value);
    if (wanted) throw name + " (" + typeof value + ") must be " + wanted;
    settings[field] = field === Field.HEADERS ? normaliseHeaders(value) : value;
  });
  return settings as Settings;
}

/** A URI, or "" for none, overridden by the configured parts; undefined if it is malformed. */
export function configuredUri(config: Settings, uri: string): Uri | undefined {
  var parts = parseUri(uri || (config[Field.TRANSPORT] === 2 ? "wss" : "ws") + "://host");
  if (parts) {
    if (!uri) parts._host = "";
    if (config[Field.HOST]) parts._host = config[Field.HOST].replace(/[\[\]]/g, "");
    parts._port = config[Field.PORT] || parts._port;
    if (config[Field.PATH]) parts._path = encodePath(board._utf8(config[Field.PATH]));
    if (config[Field.USERNAME]) parts._username = board._utf8(config[Field.USERNAME]);
    if (config[Field.PASSWORD]) parts._password = board._utf8(config[Field.PASSWORD]);
  }
  return parts;
}

/** What a connection to `target` asks for and the board cannot do, as a sentence; "" if there is nothing. */
export function unsupported(config: Settings, target: Uri): string {
  var what = "";
  if (config[Field.IF_NAME]) what = "if_name";
  else if (!config[Field.EXT_TRANSPORT]) {
    if (/:/.test(target._host) && !board._ipv6) what = "IPv6";
    else if (target._defaultPort === 443) what = unsupportedTls(config);
  }
  return what && "The board cannot do " + what;
}

function unsupportedTls(config: Settings): string {
  if (!board._hasTls()) return "TLS";
  if (config[Field.CLIENT_DS_DATA] && !config[Field.CLIENT_KEY]) return "client_ds_data";
  return asksToVerify(config) && !boardVerifies(config) && !config[Field.ALLOW_UNVERIFIED_TLS]
    ? "server verification: see allow_unverified_tls"
    : "";
}
