import * as board from "../board";
import type { Clonable } from "../board";
import type { FrameReader } from "../protocol/frame_reader";
import type { Client } from "./client";
import { Field } from "../config/fields";
import { PONG } from "../protocol/frames";
import { unwatch, watch } from "./timers";

declare function clearTimeout(timer: unknown): void;

/** The event base that handlers are called with (`WEBSOCKET_EVENTS` of ESP-IDF). */
export const WEBSOCKET_EVENTS = "WEBSOCKET_EVENTS";
export const WEBSOCKET_EVENT_ANY = -1;
export const WEBSOCKET_EVENT_ERROR = 0;
export const WEBSOCKET_EVENT_CONNECTED = 1;
export const WEBSOCKET_EVENT_DISCONNECTED = 2;
export const WEBSOCKET_EVENT_DATA = 3;
export const WEBSOCKET_EVENT_CLOSED = 4;
export const WEBSOCKET_EVENT_BEFORE_CONNECT = 5;
export const WEBSOCKET_EVENT_BEGIN = 6;
export const WEBSOCKET_EVENT_FINISH = 7;
export const WEBSOCKET_EVENT_HEADER_RECEIVED = 8;
export const WEBSOCKET_EVENT_MAX = 9;
/** Not in C: the send queue has room again. It has a name (`"drain"`), and handlers of ANY do not get it. */
export const DRAIN = 9;

/** In place of an opcode, where there is no frame. */
export const WS_TRANSPORT_OPCODES_NONE = 0x100;

export const WEBSOCKET_ERROR_TYPE_NONE = 0;
export const WEBSOCKET_ERROR_TYPE_TCP_TRANSPORT = 1;
export const WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT = 2;
export const WEBSOCKET_ERROR_TYPE_HANDSHAKE = 3;
export const WEBSOCKET_ERROR_TYPE_SERVER_CLOSE = 4;

/** `esp_websocket_error_codes_t`: what is known about an error. */
export interface ErrorHandle {
  /** The board's code of the last TLS error, 0 if there was none. */
  esp_tls_last_esp_err: number;
  /** The TLS library's own code, 0 if it is not known. */
  esp_tls_stack_err: number;
  /** Always 0: no board here reports why a certificate was refused. */
  esp_tls_cert_verify_flags: number;
  /** A `WEBSOCKET_ERROR_TYPE_…`. */
  error_type: number;
  /** Status code of the opening handshake's response; 0 before it came, -1 if it was not HTTP. */
  esp_ws_handshake_status_code: number;
  /** The board's code of the socket error, 0 if there was none. */
  esp_transport_sock_errno: number;
}

/** `esp_websocket_event_data_t`: what a handler gets. */
export interface EventData {
  /**
   * DATA: a string for text messages and their continuations, a Uint8Array for everything else. ERROR: the message.
   * HEADER_RECEIVED: the line. CLOSED: the reason that came with the close code. Otherwise undefined.
   */
  data_ptr: string | Uint8Array | undefined;
  /** Bytes of payload in `data_ptr`. */
  data_len: number;
  /** FIN bit of the frame. */
  fin: boolean;
  /** Opcode of the frame; `WS_TRANSPORT_OPCODES_NONE` for events that are not about a frame. */
  op_code: number;
  /** The client's handle. */
  client: Client;
  /** As configured. */
  user_context: unknown;
  /** Payload length of the frame in bytes. */
  payload_len: number;
  /** Where in the frame's payload this piece begins, in bytes; negative if it begins with a cut character's bytes. */
  payload_offset: number;
  /** CLOSED and FINISH: the close code that was received, 1006 if the connection just ended; otherwise 0. */
  close_status_code: number;
  error_handle: ErrorHandle;
}

/** DATA: a piece of a frame's payload. */
export interface DataEvent extends EventData {
  /** A string for text messages and their continuations, a Uint8Array for everything else. */
  data_ptr: string | Uint8Array;
}

/** An event that comes with a text. */
export interface TextEvent extends EventData {
  /** ERROR: the message. HEADER_RECEIVED: the line. */
  data_ptr: string;
}

/** CLOSED: both sides have closed. */
export interface ClosedEvent extends EventData {
  /** The reason that came with the close code; undefined if no close frame came. */
  data_ptr: string | undefined;
}

/** Every other event. */
export interface PlainEvent extends EventData {
  data_ptr: undefined;
}

/** The events of a client by name. */
export interface ClientEvents {
  /** The client was started. */
  begin: PlainEvent;
  /** An attempt to connect begins. */
  before_connect: PlainEvent;
  /** A header line of the opening handshake's response has come. */
  header_received: TextEvent;
  /** Messages can be sent. */
  connected: PlainEvent;
  /** A piece of a frame's payload has come. */
  data: DataEvent;
  /** The connection, or the attempt, failed; `disconnected` follows. */
  error: TextEvent;
  disconnected: PlainEvent;
  closed: ClosedEvent;
  /** The client has ended: nothing follows, until it is started again. */
  finish: PlainEvent;
  /** The send queue has room again, after a `send_*` function that found none. */
  drain: PlainEvent;
  /** All of these. */
  any: EventData;
}

/** The interpreter's event system, which every client has. */
export interface Emitter {
  /**
   * Calls `listener` on each event of that name, after the handlers of `esp_websocket_register_events`.
   *
   * ```js
   * client.on("data", function (event) {
   *   if (event.op_code === ws.WS_TRANSPORT_OPCODES_TEXT) print(event.data_ptr);
   * });
   * ```
   */
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (this: Client, event: ClientEvents[Name], eventId: number) => void
  ): void;
  /** Removes what `on` was given. */
  removeListener<Name extends keyof ClientEvents>(
    event: Name,
    listener: (this: Client, event: ClientEvents[Name], eventId: number) => void
  ): void;
  /** Removes all that `on` was given: for one event, or for all. */
  removeAllListeners(event?: keyof ClientEvents): void;
}

/** `esp_event_handler_t` */
export type EventHandler = (arg: any, eventBase: string, eventId: number, eventData: EventData) => void;

export interface Registration {
  _event: number;
  _handler: EventHandler;
  _arg: unknown;
}

/** The frame of events that are not about one. */
const NO_FRAME = { _fin: false, _opcode: WS_TRANSPORT_OPCODES_NONE, _length: 0, _start: 0 };

/**
 * What an event's handlers get; `frame` only for DATA.
 *
 * @hot
 */
function makeEvent(
  client: Client,
  pointer: string | Uint8Array | undefined,
  length: number,
  frame: Pick<FrameReader, "_fin" | "_opcode" | "_length" | "_start">
): EventData {
  return {
    data_ptr: pointer,
    data_len: length,
    fin: frame._fin,
    op_code: frame._opcode,
    client: client,
    user_context: client._config[Field.USER_CONTEXT],
    payload_len: frame._length,
    payload_offset: frame._start,
    close_status_code: client._closeStatus,
    error_handle: client._errorHandle,
  };
}

/** What the DATA events of whole messages in one frame are cloned from: a third of the cost of making each one. */
export function dataTemplate(client: Client): Clonable<EventData> {
  return board._clonable(makeEvent(client, "", 0, { _fin: true, _opcode: 0, _length: 0, _start: 0 }));
}

/**
 * Reports an event that is not DATA. An event that arises in a handler is reported when all handlers have had the
 * current one, as in ESP-IDF's event loop.
 * Returns false if a handler stopped, destroyed or restarted the client.
 */
export function emit(client: Client, id: number, pointer?: string): boolean {
  return dispatch(client, id, makeEvent(client, pointer, pointer ? pointer.length : 0, NO_FRAME));
}

/**
 * Reports the piece of payload that was read last. Returns like `emit`.
 *
 * @hot
 */
export function emitPiece(client: Client): boolean {
  var piece = client._piece;
  client._piece = undefined;
  return dispatch(client, WEBSOCKET_EVENT_DATA, makeEvent(client, piece, client._size, client));
}

/**
 * Calls the handlers of an event: those of `esp_websocket_register_events`, then those of `client.on`, each in the order
 * of their registration. One that throws is reported; the others are still called.
 * Returns like `emit`.
 *
 * @hot
 */
export function dispatch(client: Client, id: number, event: EventData): boolean {
  var run = client._run;
  if (!client._watched && event.op_code !== PONG) watch(client);
  if (client._dispatching) {
    client._pendingEvents.push(id, event);
    return client._run === run;
  }
  client._dispatching = true;
  // The list is replaced, never changed, so handlers may register and unregister.
  var handlers = board._handlers(client, eventName(id), client._registrations);
  var i = 0;
  // Reading `handlers.length` would cost Espruino more.
  while (handlers[i]) {
    var handler = handlers[i++] as Registration | Function;
    try {
      if (typeof handler === "function") handler.call(client, event, id);
      else if (handler._event === id || (handler._event < 0 && id !== DRAIN))
        handler._handler(handler._arg, WEBSOCKET_EVENTS, id, event);
    } catch (exception) {
      board._report(exception);
    }
  }
  client._dispatching = false;
  if (!client._state || !client._config || client._pendingEvents.length) dispatchPending(client);
  return client._run === run;
}

/**
 * Reports what has arisen in handlers. Frees a destroyed client that has nothing left to report.
 *
 * @cold
 */
export function dispatchPending(client: Client): void {
  client._dispatching = false;
  var pending = client._pendingEvents;
  if (pending.length) dispatch(client, pending.shift() as number, pending.shift() as EventData);
  if (client._config && !(client._destroyOnExit && !client._state)) {
    if (!client._state) unwatch(client);
    return;
  }
  for (var which in client._timers) clearTimeout(client._timers[which]);
  Object.keys(client).forEach(function (key) {
    delete (client as unknown as { [key: string]: unknown })[key];
  });
}

/**
 * Goes on where a handler was cut off. Espruino cuts one off when memory runs out or the stack is full: it goes back to
 * its idle loop from wherever it is, and never returns to the handler's caller. Whatever the idle loop calls runs this
 * first: handlers are called from nowhere else, so while the idle loop calls us, none is running.
 *
 * @cold
 */
export function recover(client: Client): void {
  if (client._dispatching) dispatchPending(client);
}

/** @cold */
function eventName(id: number): string {
  return "error connected disconnected data closed before_connect begin finish header_received drain".split(" ")[id];
}
