/**
 * The browser's `WebSocket` (WHATWG WebSockets), and a drop-in for Espruino's own module `ws`, on top of the C-style
 * API. A first argument with `://` asks for the browser's, any other is the host of the drop-in:
 *
 *     var WebSocket = require("websocket");
 *     var socket = new WebSocket("ws://192.168.0.10:8080/echo", ["chat"]);
 *     socket.onmessage = function (event) { print(event.data); };
 *
 *     var ws = new WebSocket("192.168.0.10", { port: 8080, path: "/echo", keepAlive: 60 });
 *     ws.on("message", function (text) { print(text); });
 */
import {
  esp_websocket_client_append_header,
  esp_websocket_client_close_with_code,
  esp_websocket_client_init,
  esp_websocket_client_is_connected,
  esp_websocket_client_send_with_opcode,
  esp_websocket_client_start,
  esp_websocket_client_stop,
  type EventData,
} from "./esp_websocket_client";
import { tell } from "../web_socket/events";
import { memory } from "../web_socket/memory";
import { takePiece } from "../web_socket/receiving";
import {
  BINARY,
  CLOSE,
  CLOSED,
  CLOSING,
  CONNECTING,
  NO_CLOSE_FRAME,
  NO_CODE,
  OPEN,
  TEXT,
  throwError,
  type Socket,
} from "../web_socket/socket";
import type { WebSocketClass } from "../web_socket/types";

export type {
  CloseEvent,
  ErrorEvent,
  EspruinoOptions,
  EspruinoWebSocket,
  Listener,
  MessageEvent,
  SocketEvent,
  WebSocket,
  WebSocketClass,
  WebSocketConfig,
  WebSocketEvents,
} from "../web_socket/types";

declare function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  milliseconds: number,
  ...args: Arguments
): unknown;

/** A short name for what is used often. */
var callLater = setTimeout;

// Numbers of ESP-IDF; the other bundle's would cost a look-up each.
const EVENT_ERROR = 0;
const EVENT_CONNECTED = 1;
const EVENT_DATA = 3;
const EVENT_CLOSED = 4;
const EVENT_BEFORE_CONNECT = 5;
const ESP_ERR_NOT_SUPPORTED = 0x106;

/** `max_message_size` on boards that do not report how much memory is free. */
const DEFAULT_LIMIT = 65536;

/**
 * Listens to all the client's events.
 *
 * @hot
 */
function onEvent(event: EventData, id: number): void {
  var socket = event.user_context as Socket;
  if (id !== EVENT_DATA) return onStateEvent(socket, event, id);
  var data = takePiece(socket, event);
  if (data !== undefined) tell(socket, "message", { data: data });
}

/**
 * What happens to the connection.
 *
 * @hot
 */
function onStateEvent(socket: Socket, event: EventData, id: number): void {
  var text = event.data_ptr as string;
  if (id === EVENT_ERROR) socket._error = text;
  else if (id === EVENT_BEFORE_CONNECT) {
    // After the first attempt others may follow, as configured.
    socket.readyState = CONNECTING;
    socket._error = socket._closeCode = undefined;
    socket._neverSent = 0;
  } else if (id === EVENT_CONNECTED) {
    socket.protocol = socket._client.subprotocol!;
    if (socket._offered && !socket.protocol.length) return fail(socket, "No subprotocol");
    socket.readyState = OPEN;
    socket.connected = true;
    if (socket._dropIn) tell(socket, "handshake", {});
    while (socket._early.length) socket.send(socket._early.shift(), socket._early.shift());
    tell(socket, "open", {});
  } else if (id <= EVENT_CLOSED)
    callLater(tellEnd, 0, socket, id === EVENT_CLOSED ? event.close_status_code : NO_CLOSE_FRAME, text);
}

/** Fails the connection without a close frame. Reported from the idle loop: a method of ours may have failed. */
function fail(socket: Socket, reason: string): void {
  socket._error = reason;
  socket.readyState = CLOSING;
  esp_websocket_client_stop(socket._client);
  callLater(tellEnd, 0, socket, NO_CLOSE_FRAME);
}

/** Reports, once, that the connection or the attempt has ended. */
function tellEnd(socket: Socket, code: number, reason?: string): void {
  if (socket.readyState === CLOSED) return;
  var error = socket._error;
  var clean = code !== NO_CLOSE_FRAME;
  socket.readyState = CLOSED;
  socket.connected = false;
  socket._closeEvent = {
    wasClean: clean,
    code: socket._closeCode || code || NO_CODE,
    // Where strings may be UTF-8, an empty one may be truthy.
    reason: reason && reason.length ? reason : "",
  };
  // A listener of `error` that runs out of memory is cut off, and so is everything after it.
  callLater(tellClose, 0, socket);
  if (error || !clean) tell(socket, "error", { data: error, message: error });
  tellClose(socket);
}

/** Reports `close`, once. */
function tellClose(socket: Socket): void {
  var event = socket._closeEvent;
  socket._closeEvent = undefined;
  if (event) tell(socket, "close", event);
}

// Not named `WebSocket`: that is the type of what it makes.
const Constructor = function (this: Socket, url: any, options?: any, config?: any): any {
  if (!(this instanceof Constructor)) return new Constructor(url, options, config);
  var socket: Socket = this;
  // Without the blanks around it, as the URL standard says.
  url = ("" + url).trim();
  // Scheme, authority, and what follows; no URL at all in place of Espruino's `ws`.
  var parts = /^(\w+:\/\/)([^\/?]*)(.*)/.exec(url);
  var field: string;
  var all: any = { user_context: socket, disable_auto_reconnect: true, tx_queue_size: 1e9 };
  socket._early = [];
  if (parts) {
    url = parts[1].toLowerCase().replace("http", "ws") + parts[2] + (parts[3][0] === "/" ? "" : "/") + parts[3];
    socket.url = url;
    if (url.indexOf("#") < 0) all.uri = url;
    options = [].concat(options === undefined ? [] : options);
    options.forEach(function (protocol: string, index: number) {
      if (!/^[!#-'*+.0-9A-Z^-z|~-]+$/.test(protocol) || options.indexOf(protocol) < index)
        throwError("Bad subprotocol: " + protocol);
    });
    socket._offered = all.subprotocol = options.join(",");
    for (field in config) all[field] = config[field];
  } else {
    // A URL without its scheme, or a browser's list of protocols behind it.
    if (/[:\/]/.test(url) || !options || options.length >= 0) throwError("No ws://, nor a host and options: " + url);
    var port = options.port || 80;
    socket._dropIn = true;
    all.host = url;
    // Not with +, which takes "0123" for an octal number on Espruino.
    all.port = /^\d+$/.test(port) ? parseInt(port, 10) : port;
    all.path = options.path;
    all.subprotocol = options.protocol && "" + options.protocol;
    all.ping_interval_sec = +options.keepAlive || 60;
  }
  socket._limit = all.max_message_size || (memory ? 1e9 : DEFAULT_LIMIT);
  delete all.max_message_size;
  var client = (socket._client = esp_websocket_client_init(all)!);
  if (client) client.on("any", onEvent);
  if (client && !parts) {
    // One check for all that goes into a header: that of the C-style API.
    all = { Origin: options.origin || "Espruino" };
    for (field in options.headers) all[field] = options.headers[field];
    for (field in all)
      if (esp_websocket_client_append_header(client, field, "" + all[field])) throwError("Bad header: " + field);
    client.raw_data = function (bytes) {
      if ((socket as any)["#onrawData"]) tell(socket, "rawData", { data: bytes });
    };
  }
  var start = esp_websocket_client_start(client);
  // A board that cannot do what is asked reports it like any other failure.
  if (start === ESP_ERR_NOT_SUPPORTED) callLater(tellEnd, 0, socket, NO_CLOSE_FRAME);
  // Without a client, `init` has printed why; a scheme that is not a WebSocket's shows here.
  else if (start) throwError("Bad URL or config: " + url);
} as unknown as WebSocketClass;

/** The idle loop has run: what `send` passed on has left. */
function onIdle(socket: Socket): void {
  socket._justSent = 0;
}

var prototype: any = ((Constructor as any).prototype = {
  readyState: CONNECTING,
  _justSent: 0,
  _neverSent: 0,
  extensions: "",
  protocol: "",
  binaryType: "arraybuffer",

  send: function (this: Socket, data: any, opcode?: number): void {
    var client = this._client;
    var state = this.readyState;
    var waiting = client.tx_queued;
    // Only buffers and views have a length in bytes.
    var size = typeof data === "string" ? -1 : (data || "").byteLength;
    data = size >= 0 ? new Uint8Array(data.buffer || data, data.byteOffset || 0, size) : String(data);
    if (this._dropIn && state > OPEN) throwError("Socket closed", "Error");
    if (state === CONNECTING) {
      if (!this._dropIn) throwError("Wait for open", "InvalidStateError");
      this._early.push(data, opcode);
      return;
    }
    // A socket that is not open takes nothing.
    var taken = esp_websocket_client_send_with_opcode(client, opcode ? opcode & 15 : size >= 0 ? BINARY : TEXT, data);
    if (taken < 0) {
      // If the connection is gone, the client's events say why.
      if (esp_websocket_client_is_connected(client)) fail(this, "Send queue full, or out of memory");
      // What waited will never leave, either.
      this._neverSent += waiting + data.length - client.tx_queued;
    } else {
      // What has left at once counts until the idle loop runs.
      taken += waiting - client.tx_queued;
      if (taken && !this._justSent) callLater(onIdle, 0, this);
      this._justSent += taken;
    }
  },

  close: function (this: Socket, code?: any, reason?: any): void {
    var client = this._client;
    var state = this.readyState;
    reason = reason === undefined ? "" : "" + reason;
    if (code !== undefined && +code !== 1000 && !(code >= 3000 && code < 5000))
      throwError("Bad close code: " + code, "InvalidAccessError");
    // Only a close frame of an open connection can do without a body; the reason is measured whatever the state. A
    // client that waits to connect again is stopped.
    if (state === OPEN && !code && !reason.length) esp_websocket_client_send_with_opcode(client, CLOSE, "");
    else if (esp_websocket_client_close_with_code(client, +code || 1000, reason) > 0)
      throwError("Reason over 123 bytes");
    if (state === CONNECTING) fail(this, "Closed");
    else if (state === OPEN) this.readyState = CLOSING;
  },
});
["CONNECTING", "OPEN", "CLOSING", "CLOSED"].forEach(function (name, state) {
  prototype[name] = (Constructor as any)[name] = state;
});
["removeEventListener", "addEventListener"].forEach(function (name, add) {
  prototype[name] = function (type: string, listener: any) {
    type = "#on" + type;
    // A list is replaced, never changed.
    var list: any[] = [].concat(this[type] || []);
    var index = list.indexOf(listener);
    if (index < 0) {
      if (add) list.push(listener);
    } else if (!add) list.splice(index, 1);
    this[type] = list;
  };
});
Object.defineProperty(prototype, "bufferedAmount", {
  get: function (this: Socket) {
    return this._client.tx_queued + this._justSent + this._neverSent;
  },
});
Constructor.createServer = function (): never {
  throwError("No server: use Espruino's ws", "Error");
};

export default Constructor;
