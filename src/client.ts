import * as board from "./board";
import type { Payload, TransportConnection, TransportError, TransportListener } from "./board";
import { configuredUri, normaliseHeaders, Provider, unsupported } from "./config";
import {
  DRAIN,
  emit,
  Emitter,
  errorHandle,
  ErrorHandle,
  Registration,
  WEBSOCKET_ERROR_TYPE_HANDSHAKE,
  WEBSOCKET_ERROR_TYPE_NONE,
  WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT,
  WEBSOCKET_ERROR_TYPE_SERVER_CLOSE,
  WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
  WEBSOCKET_EVENT_BEFORE_CONNECT,
  WEBSOCKET_EVENT_BEGIN,
  WEBSOCKET_EVENT_CLOSED,
  WEBSOCKET_EVENT_CONNECTED,
  WEBSOCKET_EVENT_DATA,
  WEBSOCKET_EVENT_DISCONNECTED,
  WEBSOCKET_EVENT_ERROR,
  WEBSOCKET_EVENT_FINISH,
  WEBSOCKET_EVENT_HEADER_RECEIVED,
} from "./events";
import * as Field from "./fields";
import type { Settings } from "./fields";
import {
  CLOSE,
  closeCode,
  CONTINUATION,
  encodeFrame,
  FIN,
  FrameReader,
  PING,
  PONG,
  readFrames,
  resetReader,
  TEXT,
} from "./frame";
import { makeKey, readResponse, Response } from "./handshake";
import { tlsOptions } from "./tls";
import { authority, resolveUri, Uri } from "./uri";

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
/** The attempt has failed; the next one waits for its time. */
export const WAITING = 1;
/** TCP, TLS and the opening handshake; the first attempt, and a redirected one, from the idle loop. */
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

/** How long the server may keep TCP open after both close frames, in milliseconds (as the C client). */
const CLOSE_GRACE = 1000;

/** A message, or a part of one, that waits to be sent. */
interface Item {
  /** Opcode and FIN bit of the part, as its last frame has them. */
  _opcode: number;
  _fin: number;
  _payload: Payload;
  /** Bytes that were sent, and a window of the payload that is being sent, which begins at `_windowStart`. */
  _offset: number;
  _window: Payload;
  _windowStart: number;
  /** Longest time that a frame may wait, in milliseconds; 0: any. */
  _patience: number;
  _timer?: Timer;
}

/** One client: `esp_websocket_client_handle_t`, and an emitter. What is undefined is zero, false or not there. */
export interface Client extends FrameReader, Emitter {
  /** Payload bytes in the send queue. */
  tx_queued: number;
  /** The subprotocol that the server chose, "" if none: set with CONNECTED. */
  subprotocol?: string;
  /** Called with a byte string of all that comes from the server, the handshake's response too. Must not throw. */
  raw_data?: (bytes: string) => void;

  /** What `init` was given, and what other functions have changed of it. */
  _config: Settings;
  /** Where to connect to; where the current attempt goes (a redirect leads elsewhere). */
  _uri: Uri;
  _target: Uri;
  _state: number;
  /** Counts calls that end what was going on: start, stop. Undefined once destroyed. */
  _run: number;
  _registrations: Registration[];
  /** True while handlers are being called; events that wait for them: id, data, id, data … */
  _emitting?: boolean;
  _later: unknown[];
  _timers: Timer[];
  _connection?: TransportConnection;
  /** The listener of the connection; calls from any other are stale. */
  _listener?: Listener;
  /** The handshake's response while it comes. */
  _response?: Response;
  /** `error_handle` of events that are not errors. */
  _errorHandle: ErrorHandle;
  /** Failed attempts since the last CONNECTED; redirects since the last one; seconds the server asked to wait. */
  _failures: number;
  _redirects: number;
  _retryAfter: number;
  /** `buffer_size` in bytes. */
  _bufferSize: number;
  /** Bytes given to the transport since it was last drained. */
  _inFlight: number;
  _queue: Item[];
  /** A send was refused for want of room. */
  _wantsDrain?: boolean;
  /** Opcode of the message that `_partial` functions have begun. */
  _sending?: number;
  /** The PONG that waits until the transport is drained: only the last PING needs an answer (RFC 6455 §5.5.3). */
  _pong?: Payload;
  /** A PING of ours waits for its PONG. */
  _pinging?: boolean;
  /** Bytes came since the keep-alive timer last looked; probes that it sent since. */
  _heard?: boolean;
  _probes: number;
  /** The close frame was sent; the code that was received (1006 until then); the server closed first. */
  _closeSent?: boolean;
  _closeCode: number;
  /** The reason that was received with it. */
  _reason?: string;
  _serverClosed?: boolean;
  /** `esp_websocket_client_destroy_on_exit` was called. */
  _destroyOnExit?: boolean;
}

/** The transport's listener of one connection. */
interface Listener extends TransportListener {
  _client: Client;
  _opened?: boolean;
}

/** Sets one of the client's timers anew, or, without a time, stops it. */
function setTimer(client: Client, which: number, milliseconds?: number): void {
  var timer = client._timers[which];
  if (timer !== undefined) clearTimeout(timer);
  client._timers[which] =
    milliseconds === undefined ? undefined : setTimeout(onTimer, Math.min(milliseconds, 0x7fffffff), client, which);
}

/** Tells of an event that is not about a frame. */
function tell(client: Client, id: number, text?: string, code?: number, handle?: ErrorHandle): boolean {
  return emit(client, id, {
    data_ptr: text,
    data_len: text ? text.length : 0,
    fin: false,
    op_code: 0x100,
    client: client,
    user_context: client._config[Field.USER_CONTEXT],
    payload_len: 0,
    payload_offset: 0,
    close_status_code: code || 0,
    error_handle: handle || client._errorHandle,
  });
}

/** Drops what waits to be sent, and the timers from `first` on. */
function dropQueue(client: Client, first: number): void {
  for (; first <= KEEP_ALIVE_TIMER; first++) setTimer(client, first);
  client._queue.forEach(stopPatience);
  client._queue = [];
  client.tx_queued = 0;
}

function stopPatience(item: Item): void {
  if (item._timer !== undefined) clearTimeout(item._timer);
}

/** Drops the connection and all that belongs to it: timers, queue, what was half read. */
function disconnect(client: Client): void {
  var connection = client._connection;
  dropQueue(client, STATE_TIMER);
  client._inFlight = 0;
  client._errorHandle = errorHandle(0, 0, 0, 0);
  client._connection = client._listener = client._response = client._pong = undefined;
  client._sending = client._wantsDrain = client._pinging = client._closeSent = client._serverClosed = undefined;
  client._reason = undefined;
  try {
    if (connection) connection.close();
  } catch (exception) {
    // It is gone already, which is what was wanted.
  }
}

/** Ends the client's run: FINISH. */
export function finish(client: Client, code?: number, handle?: ErrorHandle): void {
  disconnect(client);
  client._state = IDLE;
  client._run++;
  tell(client, WEBSOCKET_EVENT_FINISH, undefined, code, handle);
  // From the idle loop: FINISH may still wait for the handlers of another event.
  if (client._destroyOnExit && client._state === IDLE) setTimer(client, STATE_TIMER, 0);
}

/** Frees everything; the handle is dead from here on. */
export function destroy(client: Client): void {
  if (client._run === undefined) return;
  disconnect(client);
  Object.keys(client).forEach(function (key) {
    delete (client as unknown as { [key: string]: unknown })[key];
  });
}

/** Waits for the next attempt, or finishes where the configuration wants none. */
export function reconnect(client: Client): void {
  var config = client._config;
  var delay = config[Field.RECONNECT_TIMEOUT_MS] || 10000;
  var most = config[Field.RECONNECT_MAX_MS];
  if (most) {
    for (var i = 1; i < client._failures && delay < most; i++) delay *= 2;
    delay = Math.min(delay, most);
  }
  delay -= delay * (config[Field.RECONNECT_JITTER] || 0) * (board._random() / 4294967296);
  client._state = WAITING;
  setTimer(client, STATE_TIMER, Math.max(delay, client._retryAfter * 1000));
}

/**
 * The connection, or the attempt, has failed: a close frame with `code` where that is due (RFC 6455 §7.1.7), then
 * ERROR, DISCONNECTED, and the next attempt. A failure during the close handshake ends that.
 */
function fail(client: Client, type: number, message: string, code?: number, error?: TransportError): void {
  var response = client._response;
  var secure = client._target._defaultPort === 443;
  var boardCode = (error && error.code) || 0;
  var closing = client._state === CLOSING;
  var handle = errorHandle(
    type,
    response ? response._status : client._errorHandle.esp_ws_handshake_status_code,
    secure ? 0 : boardCode,
    secure ? boardCode : 0
  );
  client._state = WAITING;
  if (code) writeClose(client, board._payload([code >> 8, code & 255]));
  if (!closing) {
    client._retryAfter = response ? response._retryAfter : 0;
    client._failures++;
    client._redirects = 0;
    disconnect(client);
    // Already now, lest a handler that runs out of memory end it all (see onTimer).
    if (!client._config[Field.DISABLE_AUTO_RECONNECT]) reconnect(client);
  }
  if (!tell(client, WEBSOCKET_EVENT_ERROR, message, 0, handle)) return;
  if (closing) closed(client);
  else if (tell(client, WEBSOCKET_EVENT_DISCONNECTED, undefined, 0, handle)) {
    if (client._config[Field.DISABLE_AUTO_RECONNECT]) finish(client, 0, handle);
    else reconnect(client);
  }
}

/** Both sides have closed, or time is up: CLOSED, then FINISH or the next attempt. */
function closed(client: Client): void {
  var code = client._closeCode;
  var reason = client._reason;
  var byServer = client._serverClosed;
  var handle = errorHandle(byServer ? WEBSOCKET_ERROR_TYPE_SERVER_CLOSE : WEBSOCKET_ERROR_TYPE_NONE, 101, 0, 0);
  disconnect(client);
  client._state = WAITING;
  if (tell(client, WEBSOCKET_EVENT_CLOSED, reason || undefined, code, handle)) {
    if (byServer && client._config[Field.ENABLE_CLOSE_RECONNECT]) reconnect(client);
    else finish(client, code, handle);
  }
}

/** Puts one frame on the wire. Returns false if that failed, and with it the connection. */
export function write(client: Client, first: number, payload: Payload, offset: number, length: number): boolean {
  client._inFlight += length + 6;
  try {
    client._connection!.write(encodeFrame(first, payload, offset, length, board._random()));
    return true;
  } catch (exception) {
    return writeFailed(client, exception);
  }
}

function writeFailed(client: Client, exception: unknown): boolean {
  if (client._state > CONNECTING) fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "" + exception);
  return false;
}

/** Sends the close frame, once. */
function writeClose(client: Client, payload: Payload): void {
  if (client._closeSent) return;
  client._closeSent = true;
  write(client, FIN | CLOSE, payload, 0, payload.length);
}

/** Sends from the queue as long as the transport's buffer is not full: one frame of at most `buffer_size` at a time. */
function flush(client: Client): void {
  var queue = client._queue;
  var bufferSize = client._bufferSize;
  while (queue.length && client._inFlight < bufferSize) {
    var item = queue[0];
    var offset = item._offset;
    var size = Math.min(item._payload.length - offset, bufferSize);
    var last = offset + size === item._payload.length;
    // A window, so that getting at a piece does not cost more the farther it is from a long string's beginning.
    if (offset + size > item._windowStart + item._window.length) {
      item._windowStart = offset;
      item._window = board._slice(item._payload, offset, bufferSize * 16);
    }
    item._offset += size;
    client.tx_queued -= size;
    stopPatience(item);
    item._timer = item._patience && !last ? setTimeout(onPatience, item._patience, client) : undefined;
    if (last) queue.shift();
    if (item._opcode === CLOSE) client._closeSent = true;
    var first = (offset ? CONTINUATION : item._opcode) | (last ? item._fin : 0);
    if (!write(client, first, item._window, offset - item._windowStart, size)) return;
  }
  if (!queue.length && client._wantsDrain) {
    client._wantsDrain = false;
    tell(client, DRAIN);
  }
}

function onPatience(client: Client): void {
  fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "A frame waited longer than its timeout");
}

/**
 * Takes a message, or a part of one, into the send queue; `patience` is in milliseconds, 0 for any.
 * Returns false if there is no room, or the connection failed.
 */
export function enqueue(client: Client, opcode: number, fin: number, payload: Payload, patience: number): boolean {
  var length = payload.length;
  var queue = client._queue;
  // PING and PONG may stand between the frames of a message (RFC 6455 §5.4), and are never fragmented.
  if (opcode > CLOSE) return write(client, opcode | fin, payload, 0, length);
  if (
    queue.length &&
    opcode !== CLOSE &&
    // Each message that waits takes memory of its own, be it empty.
    Math.max(client.tx_queued + length, queue.length * 16) >
      (client._config[Field.TX_QUEUE_SIZE] || client._bufferSize * 4)
  ) {
    client._wantsDrain = true;
    return false;
  }
  client.tx_queued += length;
  queue.push({
    _opcode: opcode,
    _fin: fin,
    _payload: payload,
    _offset: 0,
    _window: length > client._bufferSize * 16 ? "" : payload,
    _windowStart: 0,
    _patience: patience,
    _timer: patience ? setTimeout(onPatience, patience, client) : undefined,
  });
  var run = client._run;
  flush(client);
  return client._run === run && client._state > CONNECTING;
}

/** Starts the close handshake with a payload of code and reason (RFC 6455 §7.1.2); queued messages go first. */
export function close(client: Client, payload: Payload, timeout: number): void {
  client._state = CLOSING;
  for (var which = PING_TIMER; which <= KEEP_ALIVE_TIMER; which++) setTimer(client, which);
  setTimer(client, STATE_TIMER, timeout);
  if (client._queue.length) enqueue(client, CLOSE, FIN, payload, 0);
  else writeClose(client, payload);
}

/**
 * Begins a run: BEGIN at once, the first attempt from the interpreter's idle loop.
 * Returns false, after an ERROR that says why, if the board cannot do what the configuration asks.
 */
export function start(client: Client): boolean {
  var error = unsupported(client._config, client._uri);
  client._errorHandle = errorHandle(0, 0, 0, 0);
  if (error) tell(client, WEBSOCKET_EVENT_ERROR, error);
  else {
    client._run++;
    client._failures = client._retryAfter = client._redirects = 0;
    client._target = client._uri;
    client._state = CONNECTING;
    setTimer(client, STATE_TIMER, 0);
    tell(client, WEBSOCKET_EVENT_BEGIN);
  }
  return !error;
}

/** Changes the time between attempts; a wait that is running starts anew with it. */
export function restartWait(client: Client): void {
  if (client._state === WAITING && client._timers[STATE_TIMER] !== undefined) reconnect(client);
}

/** Sets the time of the next PING. */
export function restartPing(client: Client): void {
  if (client._state === OPEN) setTimer(client, PING_TIMER, (client._config[Field.PING_INTERVAL_SEC] || 10) * 1000);
}

/** What a provider gives, or `otherwise`; if it throws, nothing that is of use, and the exception is reported. */
function provided(provider: Provider | undefined, otherwise: string): string {
  try {
    var value = provider && provider();
    return value === null || value === undefined ? otherwise : value;
  } catch (exception) {
    board._report(exception);
    return " ";
  }
}

/** One attempt to connect: BEFORE_CONNECT, then the transport. */
function connect(client: Client): void {
  var config = client._config;
  // Another attempt, should a handler be cut off in this one (see onTimer).
  reconnect(client);
  if (!tell(client, WEBSOCKET_EVENT_BEFORE_CONNECT)) return;
  var listener = (client._listener = Object.create(LISTENER) as Listener);
  listener._client = client;
  client._state = CONNECTING;
  client._closeCode = 1006;
  setTimer(client, STATE_TIMER, config[Field.NETWORK_TIMEOUT_MS] || 10000);
  try {
    var target: Uri | undefined = client._target;
    if (!client._redirects) {
      var uri = provided(config[Field.URI_PROVIDER], "");
      if (client._listener !== listener) return;
      target = uri ? configuredUri(config, uri) : client._uri;
    }
    if (!target || !target._defaultPort) throw "uri_provider gave no URI";
    client._target = target;
    var error = unsupported(config, target);
    if (error) throw error;
    var transport = config[Field.EXT_TRANSPORT];
    var address = {
      host: target._host,
      port: target._port || target._defaultPort,
      tls: target._defaultPort === 443 ? tlsOptions(config, target._host) : undefined,
    };
    // Not (transport || board).open: the build knows the board's functions only where they are called by name.
    var connection = transport ? transport.open(address, listener) : board.open(address, listener);
    if (client._listener === listener) {
      client._connection = connection;
      if (listener._opened) sendRequest(client);
    } else connection.close();
  } catch (exception) {
    if (client._listener === listener) fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "" + exception);
  }
}

/** The opening handshake's request (RFC 6455 §4.1), its headers in the order in which the C client sends them. */
function sendRequest(client: Client): void {
  var config = client._config;
  var target = client._target;
  var listener = client._listener;
  var subprotocol = config[Field.SUBPROTOCOL] || "";
  var key = makeKey();
  var headers = normaliseHeaders(provided(config[Field.HEADERS_PROVIDER], config[Field.HEADERS] || ""));
  if (client._listener !== listener) return;
  if (headers === undefined) return fail(client, WEBSOCKET_ERROR_TYPE_HANDSHAKE, "headers_provider gave no headers");
  client._response = {
    _key: key,
    _offered: "," + subprotocol,
    _status: 0,
    _size: 0,
    _line: "",
    _values: ",,,,,,".split(","),
    _retryAfter: 0,
  };
  var text =
    "GET " +
    (target._path || "/") +
    " HTTP/1.1\r\nConnection: Upgrade\r\nHost: " +
    authority(target) +
    "\r\nUser-Agent: " +
    (config[Field.USER_AGENT] || "ESP32 Websocket Client") +
    "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
    key +
    (subprotocol && "\r\nSec-WebSocket-Protocol: " + subprotocol) +
    (target._username === undefined
      ? ""
      : "\r\nAuthorization: Basic " + board._base64(target._username + ":" + target._password)) +
    "\r\n" +
    headers +
    "\r\n";
  if (target._foreign) text = text.replace(/\r\nauthorization:[^\r]*/gi, "");
  var request = board._payload(text);
  client._connection!.write(board._join([], request, 0, request.length).subarray(0, request.length));
}

/** Hands a piece of a frame's payload to the user; control frames are answered. See `readFrames`. */
function deliver(client: Client, piece: Uint8Array, type: number, text: string | undefined): boolean {
  var listener = client._listener;
  emit(client, WEBSOCKET_EVENT_DATA, {
    data_ptr: type === TEXT ? text : piece,
    data_len: piece.length,
    fin: client._fin,
    op_code: client._opcode,
    client: client,
    user_context: client._config[Field.USER_CONTEXT],
    payload_len: client._length,
    payload_offset: client._start,
    close_status_code: 0,
    error_handle: client._errorHandle,
  });
  return client._listener === listener && (type < CLOSE || answer(client, piece, type));
}

/** Does what a control frame asks for (RFC 6455 §5.5). Returns false where nothing more is to be read. */
function answer(client: Client, piece: Uint8Array, type: number): boolean {
  var listener = client._listener;
  if (type === PING) {
    if (client._closeSent) return true;
    client._pong = board._payload(piece);
    // To a server that does not read, only the last PONG is sent when it does: a flood of PINGs costs no memory.
    if (client._inFlight < client._bufferSize) sendPong(client);
  } else if (type === PONG) {
    // Our PINGs are empty, and so are their answers; any other PONG is unsolicited (RFC 6455 §5.5.3).
    if (!piece.length) {
      client._pinging = false;
      setTimer(client, PONG_TIMER);
    }
  } else {
    var code = closeCode(piece);
    client._closeCode = code;
    client._reason = code ? board._text(piece.subarray(2)) : undefined;
    if (client._state === OPEN) client._serverClosed = true;
    client._state = CLOSING;
    dropQueue(client, PING_TIMER);
    // The server ends the TCP connection (RFC 6455 §7.1.1), within a time; what it sends until then is not looked at.
    setTimer(client, STATE_TIMER, CLOSE_GRACE);
    listener!.received = function () {};
    // The answer has the code that came (RFC 6455 §5.5.1).
    writeClose(client, board._payload(code ? [code >> 8, code & 255] : ""));
    return false;
  }
  return client._listener === listener;
}

function sendPong(client: Client): boolean {
  var pong = client._pong!;
  client._pong = undefined;
  return write(client, FIN | PONG, pong, 0, pong.length);
}

/**
 * The next bytes of the opening handshake's response. Once that has opened the connection, and the user has kept it,
 * returns the ones behind its head: they belong to the first frame.
 */
function receiveResponse(client: Client, bytes: Uint8Array): Uint8Array | void {
  var config = client._config;
  var listener = client._listener;
  var response = client._response!;
  var left = readResponse(response, bytes, function (line) {
    if (client._response !== response) return;
    client._errorHandle = errorHandle(0, response._status, 0, 0);
    tell(client, WEBSOCKET_EVENT_HEADER_RECEIVED, line);
  });
  if (left < 0 || client._response !== response) return;
  var error = response._error;
  if (response._location) {
    var target = client._target;
    var most = config[Field.MAX_REDIRECTS]!;
    var uri = resolveUri(target, response._location);
    if (++client._redirects > (most >= 0 ? most : 5)) error = "Too many redirects";
    // Never from wss to ws, nor to what is neither.
    else if (!uri || uri._defaultPort < target._defaultPort) error = "Cannot redirect to " + response._location;
    else {
      uri._username = target._username;
      uri._password = target._password;
      uri._foreign = target._foreign || authority(uri) !== authority(target);
      disconnect(client);
      client._target = uri;
      return setTimer(client, STATE_TIMER, 0);
    }
  }
  if (error) return fail(client, WEBSOCKET_ERROR_TYPE_HANDSHAKE, error);
  client._response = undefined;
  client._failures = client._redirects = client._retryAfter = 0;
  client._state = OPEN;
  resetReader(client);
  setTimer(client, STATE_TIMER);
  restartPing(client);
  if (config[Field.KEEP_ALIVE_ENABLE]) {
    client._heard = true;
    onTimer(client, KEEP_ALIVE_TIMER);
  }
  client.subprotocol = response._protocol;
  tell(client, WEBSOCKET_EVENT_CONNECTED);
  if (client._listener === listener) return bytes.subarray(bytes.length - left);
}

/** A server error in the stream of frames, or a header that has come in part. */
function afterReceive(client: Client, error: string | undefined): void {
  if (error) fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, error, parseInt(error));
  else if (client._listener) setTimer(client, HEADER_TIMER, client._config[Field.NETWORK_TIMEOUT_MS] || 10000);
}

/** Listens to one connection; the connection's own listener inherits from it. */
const LISTENER = {
  opened: function (this: Listener): void {
    var client = this._client;
    if (client._listener === this && !this._opened) {
      this._opened = true;
      if (client._connection) {
        try {
          sendRequest(client);
        } catch (exception) {
          fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "" + exception);
        }
      }
    }
  },
  received: function (this: Listener, bytes: Uint8Array): void {
    var client = this._client;
    if (client.raw_data) client.raw_data(board._byteString(bytes));
    if (client._listener === this) {
      client._heard = true;
      if (client._response) {
        bytes = receiveResponse(client, bytes) as Uint8Array;
        if (!bytes) return;
      }
      if (client._stage > 0) setTimer(client, HEADER_TIMER);
      var error = readFrames(client, bytes, client._bufferSize, deliver);
      if (error || client._stage > 0) afterReceive(client, error);
    }
  },
  drained: function (this: Listener): void {
    var client = this._client;
    if (client._listener !== this) return;
    client._inFlight = 0;
    if (!client._pong || sendPong(client)) flush(client);
  },
  closed: function (this: Listener, error?: TransportError): void {
    var client = this._client;
    if (client._listener !== this) return;
    if (client._state === CLOSING) closed(client);
    else fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, error ? error.message : "The server closed TCP", 0, error);
  },
};

/** What a client waited for has come to its time. */
function onTimer(client: Client, which: number): void {
  var config = client._config;
  var heard = client._heard;
  var failure = "";
  client._timers[which] = undefined;
  if (client._emitting) {
    // A handler was cut off: Espruino does so when memory runs out, and leaves its socket deaf.
    client._emitting = false;
    client._later = [];
    if (client._connection) return fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, "Out of memory", 1009);
  }
  if (which === STATE_TIMER) {
    if (client._state === CLOSING) closed(client);
    else if (client._state === IDLE) destroy(client);
    else if (!client._listener) connect(client);
    else failure = "No answer within network_timeout_ms";
  } else if (which === PING_TIMER) {
    restartPing(client);
    // One PONG may answer several PINGs (RFC 6455 §5.5.3): the wait for it runs from the first.
    if (write(client, FIN | PING, board._payload(""), 0, 0) && !client._pinging) {
      client._pinging = true;
      if (!config[Field.DISABLE_PINGPONG_DISCON])
        setTimer(client, PONG_TIMER, (config[Field.PINGPONG_TIMEOUT_SEC] || 120) * 1000);
    }
  } else if (which === PONG_TIMER) {
    fail(client, WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT, "No PONG within pingpong_timeout_sec");
  } else if (which === HEADER_TIMER) {
    failure = "The server stopped inside a frame header";
  } else if (heard || client._probes < (config[Field.KEEP_ALIVE_COUNT] || 3)) {
    client._probes = heard ? 0 : client._probes + 1;
    client._heard = false;
    setTimer(client, which, ((heard ? config[Field.KEEP_ALIVE_IDLE] : config[Field.KEEP_ALIVE_INTERVAL]) || 5) * 1000);
    if (!heard) write(client, FIN | PING, board._payload(""), 0, 0);
  } else failure = "The server is silent: keep-alive gave up";
  if (failure) fail(client, WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, failure);
}
