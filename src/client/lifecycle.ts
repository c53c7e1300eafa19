/**
 * How a client's run begins, and how connections end. One word for each way of ending:
 *
 *   connectionLost  the connection or the attempt has ended, for whatever reason: ERROR, DISCONNECTED or CLOSED, and then
 *                   FINISH or the next attempt
 *   close           the user asks for the closing handshake: CLOSED, FINISH
 *   stop            the user ends it at once: FINISH
 *   destroy         stop, and the handle is dead
 *   finish          the run is over: FINISH
 *   disconnect      drops the connection and all that belongs to it; reports nothing
 */
import { CLOSING, CONNECTING, IDLE, OPEN, STATE_TIMER, WAITING } from "./constants";
import * as board from "../board";
import type { Payload, TransportError } from "../board";
import { unsupported } from "../config/config";
import { Field } from "../config/fields";
import { FIN, CLOSE } from "../protocol/frames";
import { Client, updateDirect } from "./client";
import {
  dispatchPending,
  emit,
  WEBSOCKET_ERROR_TYPE_NONE,
  WEBSOCKET_ERROR_TYPE_SERVER_CLOSE,
  WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT,
  WEBSOCKET_EVENT_BEGIN,
  WEBSOCKET_EVENT_CLOSED,
  WEBSOCKET_EVENT_DISCONNECTED,
  WEBSOCKET_EVENT_ERROR,
  WEBSOCKET_EVENT_FINISH,
} from "./events";
import { retryDelay } from "./retry";
import { dropQueue, enqueue, flush, sendClose } from "./sending";
import { setTimer, stopTimers, unwatch } from "./timers";

/** Sets what the next events report: an error of the connection, or none. */
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

/** Drops the connection and all that belongs to it: timers, queue, what was half read. Takes the same as `setError`. */
export function disconnect(client: Client, type: number, status: number, error?: TransportError): void {
  var connection = client._connection;
  stopTimers(client);
  dropQueue(client);
  setError(client, type, status, error);
  client._direct = client._inFlight = client._unfinished = 0;
  client._betweenMessages = false;
  client._chunk = client._controlFrame = "";
  client._connection = client._listener = client._response = client._pong = client._template = undefined;
  client._wantsDrain = client._flushing = client._closeSent = client._loss = undefined;
  try {
    if (connection) connection.close();
  } catch (exception) {
    // It is already gone, as wanted.
  }
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

/** Ends the client's run: FINISH. */
function finish(client: Client): void {
  client._state = IDLE;
  client._run++;
  setTimer(client, STATE_TIMER);
  emit(client, WEBSOCKET_EVENT_FINISH);
}

/** Ends the connection and the run at the user's request. */
export function stop(client: Client): void {
  // What was sent last may still leave: the idle loop would have sent it next.
  if (client._state === OPEN) flush(client, true);
  disconnect(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
  finish(client);
}

/** Stops the client, and frees it once its handlers have had all events. The handle is dead. */
export function destroy(client: Client): void {
  var dispatching = client._dispatching;
  // FINISH is reported after the handle is dead: nobody can start it again.
  client._dispatching = true;
  if (client._state) stop(client);
  (client as { _config?: unknown })._config = undefined;
  if (!dispatching) dispatchPending(client);
}

/** Starts the close handshake with a payload of code and reason (RFC 6455 §7.1.2); queued messages go first. */
export function close(client: Client, payload: Payload, timeout: number): void {
  client._state = CLOSING;
  updateDirect(client);
  setTimer(client, STATE_TIMER, timeout);
  if (client._queue.length) enqueue(client, CLOSE, FIN, payload, payload.length, 0);
  else sendClose(client, payload);
}

/** Waits for the next attempt. */
export function reconnect(client: Client): void {
  client._state = WAITING;
  var delay = retryDelay(client._config, client._failures, client._retryAfter, board._random());
  setTimer(client, STATE_TIMER, delay);
}

/** Changes the time between attempts; a running wait starts again with it, whatever the server asked for. */
export function restartWait(client: Client): void {
  if (client._state !== WAITING) return;
  client._retryAfter = 0;
  reconnect(client);
}

/**
 * The connection, or the attempt, has ended. With a message, it has failed: ERROR. Then CLOSED if it was about to be
 * closed, otherwise DISCONNECTED; then FINISH, or the next attempt.
 * A close code is sent, where that is still possible (RFC 6455 §7.1.7).
 */
export function connectionLost(
  client: Client,
  message: string,
  type?: number,
  error?: TransportError,
  closeCode?: number
): void {
  var response = client._response;
  var state = client._state;
  var closing = state === CLOSING;
  client._state = WAITING;
  if (closeCode) {
    message = closeCode + " " + message;
    sendClose(client, board._payload([closeCode >> 8, closeCode & 255]));
  }
  client._retryAfter = response ? response._retryAfter : 0;
  client._failures++;
  client._redirects = 0;
  var status = state > CONNECTING ? 101 : 0;
  if (response) status = response._status;
  disconnect(client, type || WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT, status, error);
  client._loss = { _message: message, _closing: closing, _reported: false };
  reportLoss(client);
}

/** Reports what is left to report of a lost connection, unless a handler ends the run meanwhile. */
export function reportLoss(client: Client): void {
  var loss = client._loss;
  if (!loss) return;
  var message = loss._message;
  var closing = loss._closing;
  loss._message = "";
  if (message) emit(client, WEBSOCKET_EVENT_ERROR, message);
  if (client._loss !== loss) return;
  if (!loss._reported) {
    loss._reported = true;
    if (closing) {
      setError(client, client._serverClosed ? WEBSOCKET_ERROR_TYPE_SERVER_CLOSE : WEBSOCKET_ERROR_TYPE_NONE, 101);
      client._closeStatus = client._closeCode;
    }
    emit(client, closing ? WEBSOCKET_EVENT_CLOSED : WEBSOCKET_EVENT_DISCONNECTED, client._reason);
    if (client._loss !== loss) return;
  }
  client._loss = undefined;
  if (!client._dispatching) unwatch(client);
  if (isOver(client, closing)) finish(client);
  else reconnect(client);
}

/** True if no attempt follows a connection that has ended. */
function isOver(client: Client, closed: boolean): boolean {
  if (!closed) return !!client._config[Field.DISABLE_AUTO_RECONNECT];
  return !(client._serverClosed && client._config[Field.ENABLE_CLOSE_RECONNECT]);
}
