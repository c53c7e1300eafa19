import { Address, board, Payload, TransportConnection, TransportError, TransportListener } from "./board";
import { Config, configuredUri, normaliseHeaders, Provider } from "./config";
import * as events from "./events";
import * as frame from "./frame";
import * as handshake from "./handshake";
import { tlsOptions, unsupportedTls } from "./tls";
import { parseUri, resolveUri, Uri } from "./uri";

/** A timer's id: whatever the interpreter's setTimeout returns. */
type Timer = unknown;

declare function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  milliseconds: number,
  ...args: Arguments
): Timer;
declare function clearTimeout(timer: Timer): void;

/** Where in its life a client is: not started, or finished. */
export const IDLE = 0;
/** Started; the next attempt to connect waits for its time. */
export const WAITING = 1;
/** TCP, TLS and the opening handshake. */
export const CONNECTING = 2;
/** Messages can be sent. */
export const OPEN = 3;
/** A close frame was sent, or waits behind queued messages; or one was received. */
export const CLOSING = 4;

// The timers of a client, by what they wait for.
/** The next attempt, the end of the handshake, or the end of the close: whatever the state waits for. */
const STATE_TIMER = 0;
/** Time for the next PING. */
const PING_TIMER = 1;
/** The answer to a PING. */
const PONG_TIMER = 2;
/** The rest of a frame header. */
const HEADER_TIMER = 3;
/** Anything at all from the server (keep-alive). */
const KEEP_ALIVE_TIMER = 4;

/** A message, or a part of one, that waits to be sent. */
interface Item {
  /** First byte of its first frame, without FIN: the opcode. */
  _opcode: number;
  /** FIN bit of its last frame. */
  _fin: number;
  _payload: Payload;
  /** Bytes that were sent, and a window of the payload that is being sent, which begins at `_windowStart`. */
  _offset: number;
  _window: Payload;
  _windowStart: number;
  /** Longest time that a frame may wait, in milliseconds; 0: any. */
  _patience: number;
  _timer: Timer;
}

/** One client: `esp_websocket_client_handle_t`, and an emitter. Its fields are its own. */
export interface Client extends frame.FrameReader {
  _config: Config;
  /** Configured parts; where the current attempt goes (a redirect leads elsewhere). */
  _uri: Uri;
  _target: Uri;
  _state: number;
  /** Counts calls that end what was going on: start, stop. Undefined once destroyed. */
  _run: number | undefined;
  _registrations: events.Registration[];
  /** True while handlers are being called; events that wait for them: id, data, id, data … */
  _emitting: boolean;
  _later: unknown[];
  _timers: Timer[];
  _connection: TransportConnection | undefined;
  /** The listener of the connection; calls from any other are stale. */
  _listener: Listener | undefined;
  /** The handshake's response while it comes. */
  _response: handshake.Response | undefined;
  /** `error_handle` of events that are not errors. */
  _errorHandle: events.ErrorHandle;
  /** Failed attempts since the last CONNECTED; redirects since the last one; seconds the server asked to wait. */
  _failures: number;
  _redirects: number;
  _retryAfter: number;
  /** `buffer_size` in bytes. */
  _bufferSize: number;
  /** Bytes given to the transport since it was last drained. */
  _inFlight: number;
  _queue: Item[];
  /** Payload bytes in the queue: read it to see how much still waits. */
  tx_queued: number;
  /** The subprotocol that the server chose, "" if none: set with CONNECTED. */
  subprotocol: string;
  /** A send was refused for want of room. */
  _wantsDrain: boolean;
  /** Opcode of the message that `_partial` functions have begun, 0 if none. */
  _sending: number;
  /** The PONG that waits until the transport is drained: only the last PING needs an answer (RFC 6455 §5.5.3). */
  _pong: Uint8Array | undefined;
  /** A PING of ours waits for its PONG. */
  _pinging: boolean;
  /** Bytes came since the keep-alive timer last looked; probes that it sent since. */
  _heard: boolean;
  _probes: number;
  /** The close frame was sent; the code that was received (1006 until then); the server closed first. */
  _closeSent: boolean;
  _closeCode: number;
  _serverClosed: boolean;
  /** `esp_websocket_client_destroy_on_exit` was called. */
  _destroyOnExit: boolean;
}

/** The transport's listener of one connection. */
interface Listener extends TransportListener {
  _client: Client;
  _opened: boolean;
}

/** How long the server may keep TCP open after both close frames, in milliseconds (as the C client). */
const CLOSE_GRACE = 1000;

function disarm(client: Client, wait: number): void {
  var timer = client._timers[wait];
  if (timer !== undefined) clearTimeout(timer);
  client._timers[wait] = undefined;
}

function arm(client: Client, wait: number, milliseconds: number): void {
  disarm(client, wait);
  client._timers[wait] = setTimeout(onTimer, Math.min(milliseconds, 0x7fffffff), client, wait);
}

/** Event data that is not about a frame. */
function tell(client: Client, id: number, text?: string, code?: number, errorHandle?: events.ErrorHandle): boolean {
  return events.emit(client, id, {
    data_ptr: text,
    data_len: text ? text.length : 0,
    fin: false,
    op_code: 0x100,
    client: client,
    user_context: client._config.user_context,
    payload_len: 0,
    payload_offset: 0,
    close_status_code: code || 0,
    error_handle: errorHandle || client._errorHandle,
  });
}

/** Drops the connection and all that belongs to it: timers, queue, what was half read. */
function disconnect(client: Client): void {
  var connection = client._connection;
  for (var wait = STATE_TIMER; wait <= KEEP_ALIVE_TIMER; wait++) disarm(client, wait);
  dropQueue(client);
  client._inFlight = client._sending = 0;
  client._wantsDrain = client._pinging = client._closeSent = client._serverClosed = false;
  client._connection = client._listener = client._response = client._pong = undefined;
  frame.resetReader(client);
  try {
    if (connection) connection.close();
  } catch (exception) {
    // It is gone already, which is what was wanted.
  }
}

function dropQueue(client: Client): void {
  client._queue.forEach(clearItemTimer);
  client._queue = [];
  client.tx_queued = 0;
}

function clearItemTimer(item: Item): void {
  if (item._timer !== undefined) clearTimeout(item._timer);
  item._timer = undefined;
}

/** Ends the client's run: FINISH. */
export function finish(client: Client, code?: number, errorHandle?: events.ErrorHandle): void {
  disconnect(client);
  client._state = IDLE;
  client._run!++;
  tell(client, events.WEBSOCKET_EVENT_FINISH, undefined, code, errorHandle);
  if (client._destroyOnExit && client._state === IDLE) destroy(client);
}

/** Frees everything; the handle is dead from here on. */
export function destroy(client: Client): void {
  disconnect(client);
  Object.keys(client).forEach(function (key) {
    delete (client as unknown as { [key: string]: unknown })[key];
  });
}

/** Waits for the next attempt, or finishes where the configuration wants none. */
function reconnect(client: Client): void {
  var config = client._config;
  var delay = config.reconnect_timeout_ms || 10000;
  if (config.reconnect_max_ms) {
    for (var i = 1; i < client._failures && delay < config.reconnect_max_ms; i++) delay *= 2;
    delay = Math.min(delay, config.reconnect_max_ms);
  }
  if (config.reconnect_jitter) delay -= delay * config.reconnect_jitter * (board.random() / 4294967296);
  client._state = WAITING;
  arm(client, STATE_TIMER, Math.max(delay, client._retryAfter * 1000));
}

/**
 * The connection, or the attempt, has failed: a close frame with `closeCode` where that is due (RFC 6455 §7.1.7), then
 * ERROR, DISCONNECTED, and the next attempt. A failure during the close handshake ends that.
 */
function fail(client: Client, type: number, message: string, closeCode?: number, error?: TransportError): void {
  var response = client._response;
  var code = (error && error.code) || 0;
  var secure = client._target._scheme === "wss";
  var errorHandle = events.errorHandle(
    type,
    response ? response._status : client._errorHandle.esp_ws_handshake_status_code,
    secure ? 0 : code,
    secure ? code : 0,
  );
  if (closeCode) writeClose(client, [closeCode >> 8, closeCode & 255]);
  if (client._state === CLOSING) {
    if (tell(client, events.WEBSOCKET_EVENT_ERROR, message, 0, errorHandle)) closed(client);
    return;
  }
  client._retryAfter = response ? response._retryAfter : 0;
  client._failures++;
  disconnect(client);
  client._state = WAITING;
  if (
    tell(client, events.WEBSOCKET_EVENT_ERROR, message, 0, errorHandle) &&
    tell(client, events.WEBSOCKET_EVENT_DISCONNECTED, undefined, 0, errorHandle)
  ) {
    if (client._config.disable_auto_reconnect) finish(client, 0, errorHandle);
    else reconnect(client);
  }
}

/** Both sides have closed, or time is up: CLOSED, then FINISH or the next attempt. */
function closed(client: Client): void {
  var code = client._closeCode;
  var again = client._serverClosed && client._config.enable_close_reconnect;
  var errorHandle = events.errorHandle(
    client._serverClosed ? events.WEBSOCKET_ERROR_TYPE_SERVER_CLOSE : events.WEBSOCKET_ERROR_TYPE_NONE,
    101,
    0,
    0,
  );
  disconnect(client);
  client._state = WAITING;
  if (tell(client, events.WEBSOCKET_EVENT_CLOSED, undefined, code, errorHandle)) {
    if (again) reconnect(client);
    else finish(client, code, errorHandle);
  }
}

/** Puts one frame on the wire. Returns false if the connection failed. */
function write(client: Client, first: number, payload: Payload, offset: number, length: number): boolean {
  try {
    client._inFlight += length + 6;
    client._connection!.write(frame.encodeFrame(first, payload, offset, length, board.random()));
    return true;
  } catch (exception) {
    fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "The connection cannot be written to: " + exception);
    return false;
  }
}

/** Sends a close frame, once; a connection that cannot be written to any more is about to be dropped anyway. */
function writeClose(client: Client, payload: number[]): void {
  if (!client._closeSent && client._connection && !client._response) {
    client._closeSent = true;
    try {
      client._connection.write(
        frame.encodeFrame(frame.FIN | frame.CLOSE, board.payload(payload), 0, payload.length, board.random()),
      );
    } catch (exception) {
      // Nobody is left to hear it.
    }
  }
}

/** Sends from the queue as long as the transport's buffer is not full: one frame of at most `buffer_size` at a time. */
function flush(client: Client): void {
  var queue = client._queue;
  while (queue.length && client._inFlight < client._bufferSize) {
    var item = queue[0];
    var length = item._payload.length;
    var offset = item._offset;
    var size = Math.min(length - offset, client._bufferSize);
    var last = offset + size === length;
    if (item._opcode === frame.CLOSE) client._closeSent = true;
    // A window, so that getting at a piece does not cost more the farther it is from a long string's beginning.
    if (offset + size > item._windowStart + item._window.length) {
      item._windowStart = offset;
      item._window = board.slice(item._payload, offset, client._bufferSize * 16);
    }
    item._offset += size;
    client.tx_queued -= size;
    var first = (offset ? frame.CONTINUATION : item._opcode) | (last ? item._fin : 0);
    if (!write(client, first, item._window, offset - item._windowStart, size)) return;
    clearItemTimer(item);
    if (last) queue.shift();
    else if (item._patience) item._timer = setTimeout(onPatience, item._patience, client);
  }
  if (!queue.length && client._wantsDrain) {
    client._wantsDrain = false;
    tell(client, events.DRAIN);
  }
}

function onPatience(client: Client): void {
  fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "A frame could not be sent within its timeout.");
}

/**
 * Takes a message, or a part of one, into the send queue. `timeout` is in milliseconds, 0 for any.
 * Returns false if there is no room, or the connection failed.
 */
export function enqueue(client: Client, opcode: number, fin: number, payload: Payload, timeout: number): boolean {
  var length = payload.length;
  var queue = client._queue;
  // What finds nothing waiting goes at once; so do control frames, which may stand between the frames of a message
  // (RFC 6455 §5.4) and are never fragmented.
  if (opcode >= frame.CLOSE || (!queue.length && client._inFlight < client._bufferSize && length <= client._bufferSize))
    return write(client, opcode | fin, payload, 0, length);
  if (queue.length && client.tx_queued + length > (client._config.tx_queue_size || client._bufferSize * 4)) {
    client._wantsDrain = true;
    return false;
  }
  client.tx_queued += length;
  var item: Item = {
    _opcode: opcode,
    _fin: fin,
    _payload: payload,
    _offset: 0,
    _window: length > client._bufferSize * 16 ? "" : payload,
    _windowStart: 0,
    _patience: timeout,
    _timer: undefined,
  };
  if (timeout) item._timer = setTimeout(onPatience, timeout, client);
  queue.push(item);
  var run = client._run;
  flush(client);
  return client._run === run && client._state > CONNECTING;
}

function stopPings(client: Client): void {
  disarm(client, PING_TIMER);
  disarm(client, PONG_TIMER);
  disarm(client, KEEP_ALIVE_TIMER);
}

/** Starts the close handshake with a payload of code and reason (RFC 6455 §7.1.2); queued messages go first. */
export function close(client: Client, payload: Payload, timeout: number): void {
  client._state = CLOSING;
  stopPings(client);
  arm(client, STATE_TIMER, timeout);
  if (client._queue.length) {
    client._queue.push({
      _opcode: frame.CLOSE,
      _fin: frame.FIN,
      _payload: payload,
      _offset: 0,
      _window: payload,
      _windowStart: 0,
      _patience: 0,
      _timer: undefined,
    });
  } else {
    client._closeSent = true;
    write(client, frame.FIN | frame.CLOSE, payload, 0, payload.length);
  }
}

/** Tells what the board cannot do of what the configuration asks: ERROR. Returns true if there is any such thing. */
export function refuse(client: Client): boolean {
  var error = unsupported(client, client._uri);
  if (error) tell(client, events.WEBSOCKET_EVENT_ERROR, error);
  return !!error;
}

/** Begins a run: BEGIN at once, the first attempt from the interpreter's idle loop. */
export function start(client: Client): void {
  client._run!++;
  client._failures = client._retryAfter = 0;
  client._errorHandle = events.errorHandle(0, 0, 0, 0);
  client._target = client._uri;
  client._redirects = 0;
  client._state = WAITING;
  arm(client, STATE_TIMER, 0);
  tell(client, events.WEBSOCKET_EVENT_BEGIN);
}

/** Changes the time between attempts; a wait that is running starts anew with it. */
export function rearmReconnect(client: Client): void {
  if (client._state === WAITING && client._timers[STATE_TIMER] !== undefined) reconnect(client);
}

/** Changes the time between PINGs at once. */
export function rearmPing(client: Client): void {
  if (client._state === OPEN) arm(client, PING_TIMER, (client._config.ping_interval_sec || 10) * 1000);
}

/** What a provider gives, or `otherwise`; undefined if it threw, which has been reported. */
function provided(provider: Provider | undefined, otherwise: string): string | undefined {
  if (!provider) return otherwise;
  try {
    var value = provider();
    return value === null || value === undefined ? otherwise : value;
  } catch (exception) {
    board.report(exception);
    return undefined;
  }
}

/** One attempt to connect: BEFORE_CONNECT, then the transport. */
function connect(client: Client): void {
  if (!tell(client, events.WEBSOCKET_EVENT_BEFORE_CONNECT)) return;
  var config = client._config;
  var listener = Object.create(LISTENER) as Listener;
  client._state = CONNECTING;
  if (!client._redirects) {
    var uri = provided(config.uri_provider, "");
    var target = uri === "" ? client._uri : uri && configuredUri(config, uri);
    if (!target) return fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "The uri_provider gave no valid URI.");
    client._target = target;
  }
  var error = unsupported(client, client._target);
  if (error) return fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, error);
  listener._client = client;
  client._listener = listener;
  client._closeCode = 1006;
  client._errorHandle = events.errorHandle(0, 0, 0, 0);
  arm(client, STATE_TIMER, config.network_timeout_ms || 10000);
  try {
    var connection = (config.ext_transport || board).open(address(client), listener);
    if (client._listener === listener) {
      client._connection = connection;
      if (listener._opened) sendRequest(client);
    } else connection.close();
  } catch (exception) {
    if (client._listener === listener) fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "" + exception);
  }
}

function address(client: Client): Address {
  var target = client._target;
  var secure = target._scheme === "wss";
  return {
    host: target._host,
    port: target._port || (secure ? 443 : 80),
    tls: secure ? tlsOptions(client._config, target._host) : undefined,
  };
}

/** What the configuration asks for and the board cannot do, as a sentence; "" if there is nothing. */
function unsupported(client: Client, target: Uri): string {
  var config = client._config;
  return config.if_name
    ? "The board cannot bind a socket to an interface: leave if_name out."
    : target._host.indexOf(":") >= 0 && !board.ipv6 && !config.ext_transport
      ? "The board cannot connect to IPv6 addresses."
      : target._scheme === "wss" && !config.ext_transport
        ? unsupportedTls(config)
        : "";
}

/** The opening handshake's request. */
function sendRequest(client: Client): void {
  var config = client._config;
  var target = client._target;
  var key = handshake.makeKey();
  var headers = provided(config.headers_provider, config.headers || "");
  if (headers !== undefined) headers = normaliseHeaders(headers);
  if (headers === undefined)
    return fail(client, events.WEBSOCKET_ERROR_TYPE_HANDSHAKE, "The headers_provider gave what is not a header line.");
  // A redirect to another origin gets no credentials.
  var home = client._uri._host === target._host && client._uri._port === target._port;
  if (client._redirects && !home) headers = headers.replace(/^authorization:[^\n]*\n/i, "").replace(/\nauthorization:[^\n]*/i, "");
  client._response = {
    _key: key,
    _offered: config.subprotocol || "",
    _line: "",
    _header: "",
    _size: 0,
    _status: 0,
    _seen: 0,
    _wrong: "",
    _protocol: "",
    _location: "",
    _retryAfter: 0,
  };
  var payload = board.payload(
    handshake.encodeRequest(
      {
        _path: target._path || "/",
        _authority: authority(target),
        _userAgent: config.user_agent || "ESP32 Websocket Client",
        _subprotocol: config.subprotocol || "",
        _credentials: target._username === undefined ? "" : target._username + ":" + target._password,
        _headers: headers,
      },
      key,
    ),
  );
  try {
    client._connection!.write(board.join([], payload, 0, payload.length).subarray(0, payload.length));
  } catch (exception) {
    fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "" + exception);
  }
}

/** Host and port as they stand in the Host header (RFC 6455 §4.1). */
function authority(target: Uri): string {
  var host = target._host;
  if (host.indexOf(":") >= 0) host = "[" + host + "]";
  return host + (target._port && target._port !== (target._scheme === "wss" ? 443 : 80) ? ":" + target._port : "");
}

/** The response's head is complete. Returns true if the connection is open. */
function judgeResponse(client: Client, response: handshake.Response): boolean {
  var target = client._target;
  var status = response._status;
  var error = handshake.responseError(response);
  if (response._location && (status === 307 || status === 308 || (status > 300 && status < 304))) {
    // RFC 9110 §15.4. A server that redirects often names the HTTP scheme: it is the same connection.
    var uri = parseUri(resolveUri(target._scheme, authority(target), target._path, response._location));
    var scheme = uri && uri._scheme.replace("http", "ws");
    if (++client._redirects > (client._config.max_redirects === undefined ? 5 : client._config.max_redirects))
      error = "The server redirects too often.";
    else if (!uri || (scheme !== "wss" && scheme !== "ws")) error = "The server redirects to what is not a WebSocket URI.";
    else if (target._scheme === "wss" && scheme === "ws") error = "The server redirects from wss to ws.";
    else {
      uri._scheme = scheme!;
      uri._username = undefined;
      if (uri._host === client._uri._host && uri._port === client._uri._port) {
        uri._username = client._uri._username;
        uri._password = client._uri._password;
      }
      disconnect(client);
      client._target = uri;
      client._state = WAITING;
      arm(client, STATE_TIMER, 0);
      return false;
    }
  }
  if (error) {
    client._redirects = 0;
    fail(client, events.WEBSOCKET_ERROR_TYPE_HANDSHAKE, error);
    return false;
  }
  var config = client._config;
  var listener = client._listener;
  client._response = undefined;
  client._failures = client._redirects = 0;
  client._state = OPEN;
  disarm(client, STATE_TIMER);
  rearmPing(client);
  if (config.keep_alive_enable) {
    client._heard = false;
    client._probes = 0;
    arm(client, KEEP_ALIVE_TIMER, (config.keep_alive_idle || 5) * 1000);
  }
  client.subprotocol = response._protocol;
  tell(client, events.WEBSOCKET_EVENT_CONNECTED);
  return client._listener === listener;
}

/** Hands a piece of a frame's payload to the user; control frames are answered. See `frame.readFrames`. */
function deliver(client: Client, piece: Uint8Array, type: number): boolean {
  var listener = client._listener;
  var control = type >= frame.CLOSE;
  events.emit(client, events.WEBSOCKET_EVENT_DATA, {
    data_ptr: type === frame.TEXT ? board.text(piece) : piece,
    data_len: piece.length,
    fin: client._fin,
    op_code: client._opcode,
    client: client,
    user_context: client._config.user_context,
    payload_len: client._length,
    payload_offset: control ? 0 : client._offset - piece.length - (client._cut ? client._cut.length : 0),
    close_status_code: 0,
    error_handle: client._errorHandle,
  });
  if (control && client._listener === listener) {
    if (type === frame.PING) {
      if (client._inFlight >= client._bufferSize) client._pong = piece;
      else if (!client._closeSent) write(client, frame.FIN | frame.PONG, board.payload(piece), 0, piece.length);
    } else if (type === frame.PONG) {
      // Our PINGs are empty, and so are their answers; any other PONG is unsolicited (RFC 6455 §5.5.3).
      if (!piece.length) {
        client._pinging = false;
        disarm(client, PONG_TIMER);
      }
    } else {
      var code = frame.closeCode(piece);
      client._closeCode = code;
      if (client._state === OPEN) {
        client._serverClosed = true;
        stopPings(client);
        client._state = CLOSING;
      }
      writeClose(client, code ? [code >> 8, code & 255] : []);
      dropQueue(client);
      // The server ends the TCP connection (RFC 6455 §7.1.1).
      arm(client, STATE_TIMER, CLOSE_GRACE);
    }
  }
  return client._listener === listener;
}

/** Listens to one connection; the connection's own listener inherits from it. */
const LISTENER = {
  opened: function (this: Listener): void {
    if (this._client._listener === this && !this._opened) {
      this._opened = true;
      if (this._client._connection) sendRequest(this._client);
    }
  },
  received: function (this: Listener, bytes: Uint8Array): void {
    var client = this._client;
    if (client._listener !== this) return;
    client._heard = true;
    var response = client._response;
    if (response) {
      var end = handshake.readResponse(response, bytes, function (line) {
        client._errorHandle = events.errorHandle(0, response!._status, 0, 0);
        return tell(client, events.WEBSOCKET_EVENT_HEADER_RECEIVED, line);
      });
      if (end < 0 || client._listener !== this || !judgeResponse(client, response)) return;
      bytes = bytes.subarray(end);
    }
    var error = frame.readFrames(client, bytes, client._bufferSize, deliver);
    if (client._listener !== this) return;
    if (error) fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, error, parseInt(error));
    else if (client._stage > 0) arm(client, HEADER_TIMER, client._config.network_timeout_ms || 10000);
    else if (client._timers[HEADER_TIMER] !== undefined) disarm(client, HEADER_TIMER);
  },
  drained: function (this: Listener): void {
    var client = this._client;
    if (client._listener !== this) return;
    client._inFlight = 0;
    var pong = client._pong;
    client._pong = undefined;
    if (pong && !client._closeSent && !write(client, frame.FIN | frame.PONG, board.payload(pong), 0, pong.length)) return;
    flush(client);
  },
  closed: function (this: Listener, error?: TransportError): void {
    var client = this._client;
    if (client._listener !== this) return;
    if (client._state === CLOSING) closed(client);
    else
      fail(
        client,
        events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
        error ? error.message : "The server closed the TCP connection.",
        0,
        error,
      );
  },
};

/** Whatever a client waited for has come to its time. */
function onTimer(client: Client, wait: number): void {
  var config = client._config;
  client._timers[wait] = undefined;
  if (wait === STATE_TIMER) {
    if (client._state === WAITING) connect(client);
    else if (client._state === CLOSING) closed(client);
    else fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "No answer within network_timeout_ms.");
  } else if (wait === PING_TIMER) {
    rearmPing(client);
    // One PONG may answer several PINGs (RFC 6455 §5.5.3): the wait for it runs from the first.
    if (sendPing(client) && !client._pinging) {
      client._pinging = true;
      if (!config.disable_pingpong_discon) arm(client, PONG_TIMER, (config.pingpong_timeout_sec || 120) * 1000);
    }
  } else if (wait === PONG_TIMER) {
    fail(client, events.WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT, "No PONG within pingpong_timeout_sec.");
  } else if (wait === HEADER_TIMER) {
    fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "The server stopped in the middle of a frame header.");
  } else if (client._heard || client._probes < (config.keep_alive_count || 3)) {
    arm(client, wait, ((client._heard ? config.keep_alive_idle : config.keep_alive_interval) || 5) * 1000);
    client._probes = client._heard ? 0 : client._probes + 1;
    if (!client._heard) sendPing(client);
    client._heard = false;
  } else {
    fail(client, events.WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "The server is silent: keep-alive gave up.");
  }
}

function sendPing(client: Client): boolean {
  return write(client, frame.FIN | frame.PING, board.payload(""), 0, 0);
}
