import * as board from "../board";
import type { FrameMemory, Part, Payload, TransportConnection, TransportError, TransportListener } from "../board";
import { unsupported } from "../config/config";
import {
  DRAIN,
  emit,
  emitNext,
  Emitter,
  ErrorHandle,
  Registration,
  WEBSOCKET_ERROR_TYPE_NONE,
  WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT,
  WEBSOCKET_ERROR_TYPE_SERVER_CLOSE,
  WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
  WEBSOCKET_EVENT_BEGIN,
  WEBSOCKET_EVENT_CLOSED,
  WEBSOCKET_EVENT_DATA,
  WEBSOCKET_EVENT_DISCONNECTED,
  WEBSOCKET_EVENT_ERROR,
  WEBSOCKET_EVENT_FINISH,
} from "./events";
import * as Field from "../config/fields";
import type { Settings } from "../config/fields";
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
} from "../protocol/frame";
import type { Response } from "../protocol/handshake";
import type { Uri } from "../protocol/uri";
import { connect, receiveResponse, sendRequest } from "./opening";

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
export const STATE_TIMER = 0;
/** Time for the next PING. */
const PING_TIMER = 1;
/** Anything at all from the server (keep-alive). */
export const KEEP_ALIVE_TIMER = 2;
/** The answer to a PING. */
const PONG_TIMER = 3;
/** The rest of a frame header. */
const HEADER_TIMER = 4;
/** Messages that wait to be sent have time-outs with numbers of their own, behind this. */
export const LAST_TIMER = 4;

/** The slices of a time-out, in milliseconds. */
const SLICE = 250;
/** Of waits that may end too early, and should not wake the interpreter more often than they must. */
const LONG_SLICE = 1e9;

/** The least payload, in bytes, of a frame that is worth the board's native masking. */
export const NATIVE = 320;
/** So many free variables are plenty: a single frame may take the memory for it, and keep it until the next PING. */
export const PLENTY = 2000;

/** Variables that must be free where one more message is to wait: its own, and those of a piece of data that comes. */
const ROOM_TO_WAIT = 350;

/** How long the server may keep TCP open after both close frames, in milliseconds (as the C client). */
const CLOSE_GRACE = 1000;

/** A message, or a part of one, that waits to be sent. */
interface Item {
  /** Opcode and FIN bit of the part, as its last frame has them. */
  _opcode: number;
  _fin: number;
  _payload: Payload;
  /** Its bytes, those that were sent, and a window of the payload that is being sent. */
  _length: number;
  _offset: number;
  _window: Part;
  _windowStart: number;
  _windowEnd: number;
  /** Longest time that a frame may wait, in milliseconds, 0 for any, and the number of the timer. */
  _patience: number;
  _timer: number;
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
  /** No array: the numbers grow, and some engines give an array room for all below its last. */
  _timers: { [which: number]: Timer };
  _lastTimer: number;
  _connection?: TransportConnection;
  /** The connection is one of the user's transport, which takes arrays, and may keep them. */
  _usersOwn: boolean;
  /** The listener of the connection; calls from any other are stale. */
  _listener?: Listener;
  /** The handshake's response while it comes. */
  _response?: Response;
  /** `error_handle` and `close_status_code` of the next events. */
  _errorHandle: ErrorHandle;
  _closeStatus: number;
  /** Failed attempts since the last CONNECTED; redirects since the last one; seconds the server asked to wait. */
  _failures: number;
  _redirects: number;
  _retryAfter: number;
  /** `buffer_size` and `tx_queue_size` in bytes. */
  _bufferSize: number;
  _queueSize: number;
  /** Bytes given to the transport since it was last drained. */
  _inFlight: number;
  _queue: Item[];
  /** Where the frames of what waits in the queue are made, if native code makes them. */
  _memory?: FrameMemory;
  /** Something waits until the transport is drained: the queue, a PONG, or the user who found no room. */
  _waiting?: boolean;
  /** A send was refused for want of room. */
  _wantsDrain?: boolean;
  /** Opcode of the message that `_partial` functions have begun. */
  _sending?: number;
  /** The PONG that waits until the transport is drained: only the last PING needs an answer (RFC 6455 §5.5.3). */
  _pong?: Payload;
  /** How often the keep-alive timer has looked since the last bytes came. */
  _silent: number;
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
export interface Listener extends TransportListener {
  _client: Client;
  _opened?: boolean;
}

/**
 * Sets one of the client's timers anew, or, without a time, stops it. A long time is waited for in slices: Espruino
 * takes a step of its clock for time that has passed, and a step can take away no more than one slice.
 */
export function setTimer(client: Client, which: number, milliseconds?: number, slice?: number): void {
  var timers = client._timers;
  if (which in timers) clearTimeout(timers[which]);
  delete timers[which];
  if (milliseconds! >= 0) {
    var time = Math.min(milliseconds!, slice || SLICE);
    timers[which] = setTimeout(onTimer, time, client, which, milliseconds! - time, slice);
  }
}

/** Drops what waits to be sent. */
function dropQueue(client: Client): void {
  client._queue = [];
  client.tx_queued = 0;
  client._memory = undefined;
}

/** Sets what the next events tell: an error of the connection, or of no kind. */
export function setError(client: Client, type: number, status: number, error?: TransportError): void {
  var code = (error && error.code) || 0;
  var tlsCode = client._target._defaultPort === 443 ? code : 0;
  client._closeStatus = 0;
  client._errorHandle = {
    esp_tls_last_esp_err: tlsCode,
    esp_tls_stack_err: tlsCode,
    esp_tls_cert_verify_flags: 0,
    error_type: type,
    esp_ws_handshake_status_code: status,
    esp_transport_sock_errno: code - tlsCode,
  };
}

/** Drops the connection and all that belongs to it: timers, queue, what was half read. Takes what `setError` takes. */
export function disconnect(client: Client, type: number, status: number, error?: TransportError): void {
  var connection = client._connection;
  for (var which in client._timers) clearTimeout(client._timers[which]);
  client._timers = {};
  dropQueue(client);
  setError(client, type, status, error);
  client._inFlight = 0;
  client._connection = client._listener = client._response = client._pong = undefined;
  client._sending = client._wantsDrain = client._closeSent = undefined;
  try {
    if (connection) connection.close();
  } catch (exception) {
    // It is gone already, which is what was wanted.
  }
}

/** Ends the client's run: FINISH. */
function finish(client: Client): void {
  client._state = IDLE;
  client._run++;
  setTimer(client, STATE_TIMER);
  emit(client, WEBSOCKET_EVENT_FINISH);
}

/** Ends the connection and the run, for the user's reasons. */
export function stop(client: Client): void {
  disconnect(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
  finish(client);
}

/** Stops the client and frees it, as soon as its handlers have heard of all there is to tell. The handle is dead. */
export function destroy(client: Client): void {
  var emitting = client._emitting;
  // FINISH is told when the handle is dead: nobody can start it again.
  client._emitting = true;
  if (client._state) stop(client);
  (client as { _config?: Settings })._config = undefined;
  if (!emitting) emitNext(client);
}

/** Waits for the next attempt. */
export function reconnect(client: Client): void {
  var config = client._config;
  var delay = config[Field.RECONNECT_TIMEOUT_MS] || 10000;
  if (config[Field.RECONNECT_MAX_MS])
    delay = Math.min(delay * Math.pow(2, client._failures - 1), config[Field.RECONNECT_MAX_MS]);
  delay *= 1 - ((config[Field.RECONNECT_JITTER] || 0) * board._random()) / 4294967296;
  client._state = WAITING;
  setTimer(client, STATE_TIMER, Math.max(delay, client._retryAfter * 1000));
}

/**
 * The connection, or the attempt, has ended. With a message, it has failed: ERROR. Then CLOSED if it was about to be
 * closed, otherwise DISCONNECTED; then FINISH, or the next attempt.
 * A message that begins with a close code sends it, where that is still possible (RFC 6455 §7.1.7).
 */
export function end(client: Client, message: string, type?: number, error?: TransportError): void {
  var response = client._response;
  var state = client._state;
  var code = error ? 0 : parseInt(message);
  var closing = state === CLOSING;
  client._state = WAITING;
  if (code) writeClose(client, board._payload([code >> 8, code & 255]));
  client._retryAfter = response ? response._retryAfter : 0;
  client._failures++;
  client._redirects = 0;
  disconnect(
    client,
    type || WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
    response ? response._status : state > CONNECTING ? 101 : 0,
    error
  );
  // Already now, lest a handler that runs out of memory end it all (see onTimer).
  reconnect(client);
  if (message && !emit(client, WEBSOCKET_EVENT_ERROR, message)) return;
  if (closing) {
    setError(client, client._serverClosed ? WEBSOCKET_ERROR_TYPE_SERVER_CLOSE : WEBSOCKET_ERROR_TYPE_NONE, 101);
    client._closeStatus = client._closeCode;
  }
  if (emit(client, closing ? WEBSOCKET_EVENT_CLOSED : WEBSOCKET_EVENT_DISCONNECTED, client._reason)) {
    if (
      closing
        ? !(client._serverClosed && client._config[Field.ENABLE_CLOSE_RECONNECT])
        : client._config[Field.DISABLE_AUTO_RECONNECT]
    )
      finish(client);
    else reconnect(client);
  }
}

/** Puts one frame on the wire. Returns false if that failed, and with it the connection. */
export function write(client: Client, first: number, payload: Part, offset: number, length: number): boolean {
  client._inFlight += length + 6;
  try {
    var bytes =
      length >= NATIVE && client._memory
        ? board._makeFrame(client._memory, first, payload, offset, length)
        : encodeFrame(first, payload, offset, length, board._random());
    client._connection!.write(client._usersOwn ? bytes : board._wire(bytes));
    return true;
  } catch (exception) {
    return writeFailed(client, exception);
  }
}

function writeFailed(client: Client, exception: unknown): boolean {
  if (client._state > CONNECTING) end(client, "" + exception);
  return false;
}

/** Sends the close frame, once. */
function writeClose(client: Client, payload: Payload): void {
  if (client._closeSent) return;
  client._closeSent = true;
  write(client, FIN | CLOSE, payload, 0, payload.length);
}

/** Makes the memory for native frames, if the connection does not keep them. */
export function makeMemory(client: Client): void {
  var transport = client._config[Field.EXT_TRANSPORT];
  // A transport has needs of its own.
  if (!transport || (transport.takesAtOnce && !board._full(PLENTY)))
    client._memory = board._frameMemory(client._bufferSize);
}

/**
 * A window, so that getting at a piece does not cost more the farther it is from a long string's beginning: 16 pieces,
 * more in a very long message, but at most 64 kB, beyond which Espruino's typed arrays cannot begin.
 */
function openWindow(client: Client, item: Item, offset: number): void {
  var bufferSize = client._bufferSize;
  var size = Math.max(bufferSize, Math.min(bufferSize * 16 + (item._length >> 5), 65536));
  item._windowStart = offset;
  item._windowEnd = offset + size;
  item._window = board._window(item._payload, offset, size);
}

/**
 * Sends what waits as long as the transport's buffer is not full: a PONG, then the queue, one frame of at most
 * `buffer_size` at a time.
 */
function flush(client: Client): void {
  var bufferSize = client._bufferSize;
  // A transport may call `drained` from within `write`: that does not begin another flush inside this one.
  client._waiting = false;
  var pong = client._pong;
  if (pong !== undefined && client._inFlight < bufferSize) {
    client._pong = undefined;
    write(client, FIN | PONG, pong, 0, pong.length);
  }
  var item: Item | undefined;
  // In the end it is undefined: a message that has been sent makes room for what the handlers of DRAIN send.
  while ((item = client._inFlight < bufferSize ? client._queue[0] : undefined)) {
    var offset = item._offset;
    var size = item._length - offset;
    var last = size <= bufferSize;
    if (!last) size = bufferSize;
    var end = (item._offset += size);
    client.tx_queued -= size;
    if (item._patience) setTimer(client, item._timer, last ? undefined : item._patience);
    if (last) {
      client._queue.shift();
      if (item._opcode === CLOSE) client._closeSent = true;
    }
    if (end > item._windowEnd) openWindow(client, item, offset);
    var first = (offset ? CONTINUATION : item._opcode) | (last ? item._fin : 0);
    if (size >= NATIVE && client._queue[0] && !client._memory) makeMemory(client);
    if (!write(client, first, item._window, offset - item._windowStart, size)) return;
  }
  if (client._inFlight >= bufferSize) client._waiting = true;
  if (client._wantsDrain && !client._queue[0]) {
    client._wantsDrain = false;
    emit(client, DRAIN);
  }
  // Whoever goes on sending needs the memory again.
  if (client._inFlight < bufferSize && board._full(PLENTY)) client._memory = undefined;
}

/**
 * Takes a message, or a part of one, into the send queue: all `length` bytes of `payload`. `patience` is in
 * milliseconds, 0 for any. Returns false if there is no room, or the connection failed.
 */
export function enqueue(
  client: Client,
  opcode: number,
  fin: number,
  payload: Payload,
  length: number,
  patience: number
): boolean {
  var queue = client._queue;
  var room = client._queueSize;
  var excess = client._inFlight - client._bufferSize;
  // Each message that waits takes memory of its own, be it empty. The user's PINGs and PONGs do not wait here: what
  // the transport has not sent bounds them.
  if (
    opcode !== CLOSE &&
    ((opcode > CLOSE ? excess > room : queue[0] && (client.tx_queued + length > room || queue.length * 16 > room)) ||
      (excess >= 0 && board._full(ROOM_TO_WAIT)))
  ) {
    client._wantsDrain = client._waiting = true;
    return false;
  }
  // PING and PONG may stand between the frames of a message (RFC 6455 §5.4), and are never fragmented.
  if (opcode > CLOSE) return write(client, opcode | fin, payload, 0, length);
  client.tx_queued += length;
  queue.push({
    _opcode: opcode,
    _fin: fin,
    _payload: payload,
    _length: length,
    _offset: 0,
    _window: payload,
    _windowStart: 0,
    _windowEnd: length > client._bufferSize ? 0 : length,
    _patience: patience,
    _timer: patience && ++client._lastTimer,
  });
  if (patience) setTimer(client, client._lastTimer, patience);
  if (excess >= 0) return (client._waiting = true);
  var run = client._run;
  flush(client);
  return client._run === run && client._state > CONNECTING;
}

/** Starts the close handshake with a payload of code and reason (RFC 6455 §7.1.2); queued messages go first. */
export function close(client: Client, payload: Payload, timeout: number): void {
  client._state = CLOSING;
  setTimer(client, STATE_TIMER, timeout);
  if (client._queue.length) enqueue(client, CLOSE, FIN, payload, payload.length, 0);
  else writeClose(client, payload);
}

/**
 * Begins a run: BEGIN at once, the first attempt from the interpreter's idle loop.
 * Returns false, after an ERROR that says why, if the board cannot do what the configuration asks.
 */
export function start(client: Client): boolean {
  var error = unsupported(client._config, client._uri);
  client._target = client._uri;
  setError(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
  if (error) emit(client, WEBSOCKET_EVENT_ERROR, error);
  else {
    client._failures = client._retryAfter = client._redirects = 0;
    client._state = CONNECTING;
    setTimer(client, STATE_TIMER, 0);
    emit(client, WEBSOCKET_EVENT_BEGIN);
  }
  return !error;
}

/** Changes the time between attempts; a wait that is running starts anew with it. */
export function restartWait(client: Client): void {
  if (client._state === WAITING) reconnect(client);
}

/** Sets the time of the next PING. */
export function restartPing(client: Client): void {
  if (client._state === OPEN)
    setTimer(client, PING_TIMER, (client._config[Field.PING_INTERVAL_SEC] || 10) * 1000, LONG_SLICE);
}

/** Hands a piece of a frame's payload to the user; control frames are answered. See `readFrames`. */
function deliver(client: Client, piece: string | Uint8Array, type: number, offset: number, length: number): boolean {
  var listener = client._listener;
  client._start = offset;
  emit(client, WEBSOCKET_EVENT_DATA, piece, length);
  return client._listener === listener && (type < CLOSE || answer(client, piece as Uint8Array, type));
}

/** Does what a control frame asks for (RFC 6455 §5.5). Returns false where nothing more is to be read. */
function answer(client: Client, piece: Uint8Array, type: number): boolean {
  var listener = client._listener;
  if (type === PING) {
    if (client._closeSent) return true;
    client._pong = board._payload(piece);
    // To a server that does not read, only the last PONG is sent when it does: a flood of PINGs costs no memory.
    flush(client);
  } else if (type === PONG) {
    // Our PINGs are empty, and so are their answers; any other PONG is unsolicited (RFC 6455 §5.5.3).
    if (!piece.length) setTimer(client, PONG_TIMER);
  } else {
    var code = closeCode(piece);
    client._closeCode = code;
    client._reason = (code && board._text(board._byteString(piece.subarray(2)))) || undefined;
    if (client._state === OPEN) client._serverClosed = true;
    client._state = CLOSING;
    dropQueue(client);
    // The server ends the TCP connection (RFC 6455 §7.1.1), within a time; what it sends until then is not looked at.
    setTimer(client, STATE_TIMER, CLOSE_GRACE);
    listener!.received = function () {};
    // The answer has the code that came (RFC 6455 §5.5.1).
    writeClose(client, board._payload(code ? [code >> 8, code & 255] : ""));
    return false;
  }
  return client._listener === listener;
}

/** A server error in the stream of frames, or a header that has come in part. */
function afterReceive(client: Client, error: string | undefined): void {
  if (error) end(client, error);
  else if (client._listener) setTimer(client, HEADER_TIMER, client._config[Field.NETWORK_TIMEOUT_MS] || 10000);
}

/** Listens to one connection; the connection's own listener inherits from it. */
export const LISTENER = {
  opened: function (this: Listener): void {
    var client = this._client;
    if (client._listener === this && !this._opened) {
      this._opened = true;
      if (client._connection) {
        try {
          sendRequest(client);
        } catch (exception) {
          end(client, "" + exception);
        }
      }
    }
  },
  received: function (this: Listener, bytes: Uint8Array | string): void {
    var client = this._client;
    if (typeof bytes !== "string") bytes = board._byteString(bytes);
    if (client.raw_data) client.raw_data(bytes);
    if (client._listener === this) {
      client._silent = 0;
      if (client._response) {
        bytes = receiveResponse(client, bytes) as string;
        if (!bytes) return;
      }
      if (client._header) setTimer(client, HEADER_TIMER);
      var error = readFrames(client, bytes, client._bufferSize, deliver);
      if (error || client._header) afterReceive(client, error);
    }
  },
  drained: function (this: Listener): void {
    var client = this._client;
    if (client._listener !== this) return;
    client._inFlight = 0;
    if (client._waiting) flush(client);
  },
  closed: function (this: Listener, error?: TransportError): void {
    var client = this._client;
    if (client._listener !== this) return;
    end(client, client._state === CLOSING ? "" : (error && error.message) || "The server closed TCP", undefined, error);
  },
};

/** One of the client's waits is over, or, if time is left, a slice of it. */
export function onTimer(client: Client, which: number, left?: number, slice?: number): void {
  var config = client._config;
  delete client._timers[which];
  if (client._emitting) {
    // A handler was cut off: Espruino does so when memory runs out, and leaves its socket deaf.
    client._emitting = false;
    client._later = [];
    if (client._connection) return end(client, "1009 out of memory");
  }
  if (left! > 0) return setTimer(client, which, left, slice);
  if (which === STATE_TIMER && !client._listener) return connect(client);
  // What is left of the open connection while it closes.
  if (which && client._state !== OPEN) return;
  if (which === PING_TIMER) {
    client._memory = undefined;
    restartPing(client);
    // One PONG may answer several PINGs (RFC 6455 §5.5.3): the wait for it runs from the first.
    if (!config[Field.DISABLE_PINGPONG_DISCON] && !(PONG_TIMER in client._timers))
      setTimer(client, PONG_TIMER, (config[Field.PINGPONG_TIMEOUT_SEC] || 120) * 1000);
  } else if (which === KEEP_ALIVE_TIMER && client._silent <= (config[Field.KEEP_ALIVE_COUNT] || 3)) {
    if (!client._silent++) return setTimer(client, which, (config[Field.KEEP_ALIVE_IDLE] || 5) * 1000, LONG_SLICE);
    setTimer(client, which, (config[Field.KEEP_ALIVE_INTERVAL] || 5) * 1000);
  } else {
    return end(
      client,
      client._state === CLOSING
        ? ""
        : "No " +
            "answer,,sign of life,PONG,rest of a frame header,room for a frame".split(",")[
              Math.min(which, LAST_TIMER + 1)
            ] +
            " in time",
      which === PONG_TIMER ? WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT : undefined
    );
  }
  write(client, FIN | PING, board._payload(""), 0, 0);
}
