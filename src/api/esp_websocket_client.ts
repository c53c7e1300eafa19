/**
 * The API of ESP-IDF's `esp_websocket_client`, name by name. A `timeout` is in RTOS ticks of 10 ms; `portMAX_DELAY`,
 * also the default, is no limit. Functions that return an `esp_err_t` return `ESP_ERR_INVALID_ARG` for a handle that
 * is null or destroyed.
 */
import { OPEN, PARTIAL } from "../client/constants";
import * as board from "../board";
import { Client, createClient } from "../client/client";
import { EventHandler, WEBSOCKET_EVENT_MAX, WS_TRANSPORT_OPCODES_NONE } from "../client/events";
import * as lifecycle from "../client/lifecycle";
import { whyNoTarget } from "../client/opening";
import { firstBytes, toMilliseconds } from "../client/sending";
import { send } from "../client/short_messages";
import { restartPing } from "../client/timers";
import { checkConfig, Config, configuredUri, isSafe, normaliseHeaders } from "../config/config";
import { setting } from "../config/defaults";
import { Field } from "../config/fields";
import { setGlobalCaStore, tlsOptions } from "../config/tls";
import * as frame from "../protocol/frames";
import { parseUri } from "../protocol/uri";

export type {
  Board,
  Payload,
  TlsOptions,
  Transport,
  TransportConnection,
  TransportError,
  TransportListener,
} from "../board";
export type * from "./c_types";
export type { Config } from "../config/config";
export type { Client } from "../client/client";
export type {
  ClientEvents,
  ClosedEvent,
  DataEvent,
  Emitter,
  ErrorHandle,
  EventData,
  EventHandler,
  PlainEvent,
  TextEvent,
} from "../client/events";
export {
  WEBSOCKET_EVENTS,
  WEBSOCKET_EVENT_ANY,
  WEBSOCKET_EVENT_ERROR,
  WEBSOCKET_EVENT_CONNECTED,
  WEBSOCKET_EVENT_DISCONNECTED,
  WEBSOCKET_EVENT_DATA,
  WEBSOCKET_EVENT_CLOSED,
  WEBSOCKET_EVENT_BEFORE_CONNECT,
  WEBSOCKET_EVENT_BEGIN,
  WEBSOCKET_EVENT_FINISH,
  WEBSOCKET_EVENT_HEADER_RECEIVED,
  WEBSOCKET_EVENT_MAX,
  WEBSOCKET_ERROR_TYPE_NONE,
  WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
  WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT,
  WEBSOCKET_ERROR_TYPE_HANDSHAKE,
  WEBSOCKET_ERROR_TYPE_SERVER_CLOSE,
} from "../client/events";

export const ESP_OK = 0;
export const ESP_FAIL = -1;
export const ESP_ERR_NO_MEM = 0x101;
export const ESP_ERR_INVALID_ARG = 0x102;
export const ESP_ERR_INVALID_STATE = 0x103;
export const ESP_ERR_NOT_SUPPORTED = 0x106;
export const ESP_ERR_TIMEOUT = 0x107;

export const WEBSOCKET_TRANSPORT_UNKNOWN = 0;
export const WEBSOCKET_TRANSPORT_OVER_TCP = 1;
export const WEBSOCKET_TRANSPORT_OVER_SSL = 2;

export const WS_TRANSPORT_OPCODES_CONT = 0;
export const WS_TRANSPORT_OPCODES_TEXT = 1;
export const WS_TRANSPORT_OPCODES_BINARY = 2;
export const WS_TRANSPORT_OPCODES_CLOSE = 8;
export const WS_TRANSPORT_OPCODES_PING = 9;
export const WS_TRANSPORT_OPCODES_PONG = 10;
export const WS_TRANSPORT_OPCODES_FIN = 0x80;
export { WS_TRANSPORT_OPCODES_NONE };

export { portMAX_DELAY, portTICK_PERIOD_MS } from "../client/constants";

/** What a `send_*` function takes: text is sent as UTF-8, an array's numbers as bytes. */
export type Data = string | Uint8Array | ArrayBuffer | number[] | null;
/** A handle, or what a script may hold in its place. */
export type Handle = Client | null | undefined;

/**
 * Makes a client. Nothing is sent before `esp_websocket_client_start`.
 * Returns null, and prints why, if a field is unknown or wrong, the URI is malformed, or both `cert_common_name` and
 * `skip_cert_common_name_check` are given.
 *
 * ```js
 * var client = ws.esp_websocket_client_init({ uri: "ws://192.168.1.10:8080/", reconnect_timeout_ms: 5000 });
 * client.on("connected", function () {
 *   ws.esp_websocket_client_send_text(client, "Hello");
 * });
 * ws.esp_websocket_client_start(client);
 * ```
 */
export function esp_websocket_client_init(config: Config): Client | null {
  try {
    var settings = checkConfig(config || {});
    var uri = configuredUri(settings, settings[Field.URI] || "");
    if (!uri) throw "uri must be like ws://host:80/path";
    // Here it only checks.
    tlsOptions(settings);
  } catch (sentence) {
    board._log("esp_websocket_client: " + sentence);
    return null;
  }
  var client = createClient(settings, uri);
  lifecycle.setError(client, 0, 0);
  return client;
}

/**
 * Changes where the next attempt connects to. A port, path or user that `uri` lacks stays as it is.
 * Returns `ESP_ERR_INVALID_ARG` without a URI, `ESP_FAIL` for a malformed one.
 */
export function esp_websocket_client_set_uri(client: Handle, uri: string): number {
  if (!client || !client._config || typeof uri !== "string") return ESP_ERR_INVALID_ARG;
  var parts = parseUri(uri);
  if (!parts) return ESP_FAIL;
  var old = client._uri;
  if (!parts._port) parts._port = old._port;
  if (!parts._path) parts._path = old._path;
  if (parts._username === undefined) {
    parts._username = old._username;
    parts._password = old._password;
  }
  client._uri = parts;
  return ESP_OK;
}

/**
 * Replaces all header lines of the next opening handshake. Only while connected, as in C.
 * Returns `ESP_ERR_INVALID_ARG` otherwise, and for anything but header lines.
 */
export function esp_websocket_client_set_headers(client: Handle, headers: string): number {
  var lines = normaliseHeaders(headers);
  if (!client || client._state !== OPEN || lines == null) return ESP_ERR_INVALID_ARG;
  client._config[Field.HEADERS] = lines;
  return ESP_OK;
}

/**
 * Adds a header line to the next opening handshake.
 * Returns `ESP_ERR_INVALID_ARG` for a key that is not a header name and for a value with control characters.
 */
export function esp_websocket_client_append_header(client: Handle, key: string, value: string): number {
  var line = isSafe(key) && isSafe(value) && key.indexOf(":") < 0 && normaliseHeaders(key + ": " + value);
  if (!client || !client._config || !line) return ESP_ERR_INVALID_ARG;
  client._config[Field.HEADERS] = (client._config[Field.HEADERS] || "") + line;
  return ESP_OK;
}

/**
 * Starts the client: BEGIN at once, everything else from the interpreter's idle loop.
 * Returns `ESP_FAIL` if it is already started, has no host, or the URI's scheme is neither `ws` nor `wss`;
 * `ESP_ERR_NOT_SUPPORTED`, with an ERROR event that says why, if the board cannot do what the configuration asks.
 */
export function esp_websocket_client_start(client: Handle): number {
  if (!client || !client._config) return ESP_ERR_INVALID_ARG;
  if (client._state) return ESP_FAIL;
  var error = whyNoTarget(client._uri);
  if (error && !client._config[Field.URI_PROVIDER]) {
    board._log("esp_websocket_client: " + error);
    return ESP_FAIL;
  }
  return lifecycle.start(client) ? ESP_OK : ESP_ERR_NOT_SUPPORTED;
}

/**
 * Ends the connection at once, without a close frame: FINISH.
 * Returns `ESP_FAIL` if the client is not started.
 */
export function esp_websocket_client_stop(client: Handle): number {
  if (!client || !client._config) return ESP_ERR_INVALID_ARG;
  if (!client._state) return ESP_FAIL;
  lifecycle.stop(client);
  return ESP_OK;
}

/** Stops the client if it is started, and frees it: the handle is dead from here on. Returns `ESP_OK`. */
export function esp_websocket_client_destroy(client: Handle): number {
  if (!client || !client._config) return ESP_ERR_INVALID_ARG;
  lifecycle.destroy(client);
  return ESP_OK;
}

/** Lets the client be destroyed once it has finished. Returns `ESP_OK`. */
export function esp_websocket_client_destroy_on_exit(client: Handle): number {
  if (!client || !client._config) return ESP_ERR_INVALID_ARG;
  client._destroyOnExit = true;
  return ESP_OK;
}

/**
 * Takes a message or a control frame (at most 125 bytes) of any opcode, with FIN.
 * @param len bytes of `data` to send; left out: all
 * @param timeout longest time that a frame may wait, in ticks; then the connection fails
 * @returns the payload bytes taken, or -1: not connected, wrong arguments, no room (`"drain"` follows), or the call
 * breaks the order of messages. The same holds for all `send_*` functions.
 */
export function esp_websocket_client_send_with_opcode(
  client: Handle,
  opcode: number,
  data: Data,
  len?: number,
  timeout?: number
): number {
  return send(client, opcode, data, len, timeout);
}

/** Puts a binary message into the send queue, as frames of at most `buffer_size` bytes. */
export function esp_websocket_client_send_bin(client: Handle, data: Data, len?: number, timeout?: number): number {
  return send(client, frame.BINARY, data, len, timeout);
}

/**
 * Begins a binary message: `send_cont_msg` continues it, `send_fin` ends it.
 *
 * ```js
 * ws.esp_websocket_client_send_bin_partial(client, [1, 2]);
 * ws.esp_websocket_client_send_cont_msg(client, [3]);
 * ws.esp_websocket_client_send_fin(client);
 * ```
 */
export function esp_websocket_client_send_bin_partial(
  client: Handle,
  data: Data,
  len?: number,
  timeout?: number
): number {
  return send(client, PARTIAL | frame.BINARY, data, len, timeout);
}

/** Puts a text message into the send queue. The bytes of a Uint8Array must be UTF-8. */
export function esp_websocket_client_send_text(client: Handle, data: Data, len?: number, timeout?: number): number {
  return send(client, frame.TEXT, data, len, timeout);
}

/** Begins a text message: `send_cont_msg` continues it, `send_fin` ends it. */
export function esp_websocket_client_send_text_partial(
  client: Handle,
  data: Data,
  len?: number,
  timeout?: number
): number {
  return send(client, PARTIAL | frame.TEXT, data, len, timeout);
}

/** Continues the message that a `_partial` function began. */
export function esp_websocket_client_send_cont_msg(client: Handle, data: Data, len?: number, timeout?: number): number {
  return send(client, PARTIAL | frame.CONTINUATION, data, len, timeout);
}

/** Ends the message that a `_partial` function began, with an empty frame. */
export function esp_websocket_client_send_fin(client: Handle, timeout?: number): number {
  return send(client, frame.CONTINUATION, null, undefined, timeout);
}

/**
 * Starts the close handshake and returns at once; queued messages go first. CLOSED and FINISH report that it is done,
 * at the latest after `timeout` ticks (without limit: `network_timeout_ms`).
 * Returns `ESP_FAIL` if the client is not started. A client that is not connected is stopped.
 */
export function esp_websocket_client_close(client: Handle, timeout?: number): number {
  return closeWith(client, board._payload(""), timeout);
}

/**
 * The same with a close code (1000…1003, 1007…1014 or 3000…4999) and a reason of at most 123 bytes.
 * Returns `ESP_ERR_INVALID_ARG` for others.
 */
export function esp_websocket_client_close_with_code(
  client: Handle,
  code: number,
  data?: Data,
  len?: number,
  timeout?: number
): number {
  var reason = firstBytes(data === undefined ? null : data, len);
  if (reason === undefined || !frame.isCloseCode(code) || reason.length > frame.CONTROL_LIMIT - 2)
    return ESP_ERR_INVALID_ARG;
  var body = board._join([code >> 8, code & 255], reason, 0, reason.length).subarray(0, reason.length + 2);
  return closeWith(client, board._payload(body), timeout);
}

function closeWith(client: Handle, payload: board.Payload, timeout: number | undefined): number {
  if (!client || !client._config) return ESP_ERR_INVALID_ARG;
  if (!client._state) return ESP_FAIL;
  if (client._state < OPEN) lifecycle.stop(client);
  else if (client._state === OPEN) lifecycle.close(client, payload, toMilliseconds(client, timeout));
  return ESP_OK;
}

/** True while messages can be sent. */
export function esp_websocket_client_is_connected(client: Handle): boolean {
  return !!client && client._state === OPEN;
}

/** Seconds between PINGs; 0 for a null handle. */
export function esp_websocket_client_get_ping_interval_sec(client: Handle): number {
  return client && client._config ? setting(client._config, Field.PING_INTERVAL_SEC) : 0;
}

/** Sets the seconds between PINGs, from now on; 0 is the default, 10. */
export function esp_websocket_client_set_ping_interval_sec(client: Handle, seconds: number): number {
  if (!client || !client._config || !(seconds >= 0)) return ESP_ERR_INVALID_ARG;
  client._config[Field.PING_INTERVAL_SEC] = seconds;
  restartPing(client);
  return ESP_OK;
}

/** Milliseconds between attempts to connect; -1 for a null handle or with auto-reconnect off. */
export function esp_websocket_client_get_reconnect_timeout(client: Handle): number {
  return client && client._config && !client._config[Field.DISABLE_AUTO_RECONNECT]
    ? setting(client._config, Field.RECONNECT_TIMEOUT_MS)
    : -1;
}

/**
 * Sets the milliseconds between attempts to connect; a running wait starts again with them.
 * Returns `ESP_ERR_INVALID_ARG` for 0 or less, `ESP_ERR_INVALID_STATE` with auto-reconnect off.
 */
export function esp_websocket_client_set_reconnect_timeout(client: Handle, milliseconds: number): number {
  if (!client || !client._config || !(milliseconds > 0)) return ESP_ERR_INVALID_ARG;
  if (client._config[Field.DISABLE_AUTO_RECONNECT]) return ESP_ERR_INVALID_STATE;
  client._config[Field.RECONNECT_TIMEOUT_MS] = milliseconds;
  lifecycle.restartWait(client);
  return ESP_OK;
}

/** Calls `handler(arg, WEBSOCKET_EVENTS, event, data)` on an event, or on all (`WEBSOCKET_EVENT_ANY`). */
export function esp_websocket_register_events(
  client: Handle,
  event: number,
  handler: EventHandler,
  arg?: unknown
): number {
  if (!client || !client._config || typeof handler !== "function" || !(event >= -1 && event < WEBSOCKET_EVENT_MAX))
    return ESP_ERR_INVALID_ARG;
  client._registrations = client._registrations.concat([{ _event: event, _handler: handler, _arg: arg }]);
  return ESP_OK;
}

/** Removes all registrations of a handler for an event. */
export function esp_websocket_unregister_events(client: Handle, event: number, handler: EventHandler): number {
  if (!client || !client._config || typeof handler !== "function") return ESP_ERR_INVALID_ARG;
  client._registrations = client._registrations.filter(function (entry) {
    return entry._event !== event || entry._handler !== handler;
  });
  return ESP_OK;
}

/**
 * Sets the certificates that `use_global_ca_store` verifies servers with, replacing the last ones.
 * Returns `ESP_OK` or, after a line that says why, `ESP_ERR_INVALID_ARG` if these are not certificates.
 */
export function esp_tls_set_global_ca_store(pem: string | Uint8Array): number {
  try {
    setGlobalCaStore(pem);
    return ESP_OK;
  } catch (sentence) {
    board._log(sentence as string);
    return ESP_ERR_INVALID_ARG;
  }
}

/** The name of an `esp_err_t`. */
export function esp_err_to_name(code: number): string {
  var name = "NO_MEM INVALID_ARG INVALID_STATE   NOT_SUPPORTED TIMEOUT".split(" ")[code - ESP_ERR_NO_MEM];
  return name ? "ESP_ERR_" + name : ["ESP_FAIL", "ESP_OK"][code + 1] || "UNKNOWN ERROR";
}
