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
  Client,
  Config,
  esp_websocket_client_close_with_code,
  esp_websocket_client_init,
  esp_websocket_client_send_with_opcode,
  esp_websocket_client_start,
  esp_websocket_client_stop,
  EventData,
} from "./esp_websocket_client";

declare function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  milliseconds: number,
  ...args: Arguments
): unknown;

/** What the handlers of a `WebSocket` are called with. */
export interface SocketEvent {
  /** `open`, `message`, `error` or `close`. */
  type: string;
  target: WebSocket;
}

/** An `error` event; `close` follows. */
export interface ErrorEvent extends SocketEvent {
  /** Why the connection failed, for people; undefined where the library does not know. */
  message?: string;
}

/** A `message` event: one whole message. */
export interface MessageEvent extends SocketEvent {
  /** Text as a string; a binary message as `binaryType` says. */
  data: any;
}

/** A `close` event: nothing follows. */
export interface CloseEvent extends SocketEvent {
  /** True if the closing handshake was done. */
  wasClean: boolean;
  /** The close code that the server sent; 1005 if it sent none, 1006 if the connection just ended. */
  code: number;
  /** The reason that the server sent with it. */
  reason: string;
}

/** The events of a `WebSocket` by name. */
export interface WebSocketEvents {
  open: SocketEvent;
  message: MessageEvent;
  error: ErrorEvent;
  close: CloseEvent;
}

/** What `addEventListener` takes. */
export type Listener<Event> = ((this: WebSocket, event: Event) => void) | { handleEvent(event: Event): void };

/**
 * The third argument of `new WebSocket`: every field of the C-style configuration, and one more. Without
 * `disable_auto_reconnect: false`, a connection that has ended stays closed.
 */
export interface WebSocketConfig extends Config {
  /** Longest message that is received, in bytes; a longer one fails the connection with 1009. Default 65536. */
  max_message_size?: number;
}

/** The second argument where Espruino's `ws` is replaced. */
export interface EspruinoOptions {
  /** Default `/`. */
  path?: string;
  /** Default 80. */
  port?: number;
  /** Subprotocols to offer, separated by commas. */
  protocol?: string;
  /** 13 is the only version that there is. */
  protocolVersion?: number;
  /** The Origin header. Default `Espruino`. */
  origin?: string;
  /** Seconds between PINGs. Default 60. */
  keepAlive?: number;
  /** More headers, by name. */
  headers?: { [name: string]: string | number };
  /** Accepted without effect: a client's frames are always masked (RFC 6455 §5.3). */
  masking?: boolean;
}

/** What `new WebSocket(host, options)` makes: an emitter, as Espruino's `ws` makes it. */
export interface EspruinoWebSocket {
  /** True between `open` and `close`. */
  connected: boolean;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  on(event: "open" | "close" | "ping" | "pong" | "handshake", listener: () => void): void;
  /** A whole message: text as a string, a binary one (which Espruino's `ws` drops) as an ArrayBuffer. */
  on(event: "message", listener: (message: any) => void): void;
  /** Bytes as they come from the server, the response to the opening handshake among them. */
  on(event: "rawData", listener: (bytes: string) => void): void;
  /** Why the connection failed; `close` follows. */
  on(event: "error", listener: (reason: string) => void): void;
  removeListener(event: string, listener: Function): void;
  removeAllListeners(event?: string): void;
  /**
   * Sends a message; before `open` it waits for that. Throws after `close`.
   * @param opcode the frame's first byte, FIN bit and opcode. Default 0x81: text.
   */
  send(message: string | Uint8Array | ArrayBuffer, opcode?: number): void;
  /** Starts the closing handshake; `close` tells that it is done. */
  close(): void;
}

/** A browser's WebSocket, or what takes the place of Espruino's. */
export interface WebSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  /** Where it connects to: as given, but for the scheme (`ws` or `wss`) and a `/` behind the host, which may be missing. */
  readonly url: string;
  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  readonly readyState: number;
  /**
   * Bytes given to `send` that wait to be sent. What waited when the connection ended is not counted any more; what
   * `send` was given after the end is, text by its `length`.
   */
  readonly bufferedAmount: number;
  /** Always "": no extension is offered. */
  readonly extensions: string;
  /** The subprotocol that the server chose, "" before `open` and where there is none. */
  readonly protocol: string;
  /** What binary messages are received as: `"uint8array"`, or for everything else an ArrayBuffer (default `"arraybuffer"`). */
  binaryType: string;
  onopen: ((this: WebSocket, event: SocketEvent) => void) | null;
  onmessage: ((this: WebSocket, event: MessageEvent) => void) | null;
  onerror: ((this: WebSocket, event: ErrorEvent) => void) | null;
  onclose: ((this: WebSocket, event: CloseEvent) => void) | null;
  addEventListener<Name extends keyof WebSocketEvents>(type: Name, listener: Listener<WebSocketEvents[Name]>): void;
  removeEventListener<Name extends keyof WebSocketEvents>(type: Name, listener: Listener<WebSocketEvents[Name]>): void;
  /**
   * Sends a message: bytes as a binary one, everything else as text.
   * Throws `InvalidStateError` before `open`; after the end it does nothing.
   */
  send(data: string | ArrayBuffer | ArrayBufferView): void;
  /**
   * Starts the closing handshake; a connection that is not open yet fails.
   * @param code 1000 or 3000…4999; throws `InvalidAccessError` for others
   * @param reason at most 123 bytes; throws `SyntaxError` if it is longer
   */
  close(code?: number, reason?: string): void;
}

/** The class, and Espruino's module. */
export interface WebSocketClass {
  /**
   * Connects; nothing is told before the caller returns. Throws `SyntaxError` if the URL is none of a WebSocket or has
   * a fragment, or if a subprotocol is no token or is there twice.
   *
   * ```js
   * var socket = new WebSocket("ws://192.168.1.10:8080/", ["chat"]);
   * socket.onmessage = function (event) {
   *   print(event.data);
   * };
   * ```
   */
  new (url: string, protocols?: string | string[], config?: WebSocketConfig): WebSocket;
  /**
   * In place of Espruino's module.
   *
   * ```js
   * var ws = new WebSocket("192.168.1.10", { port: 8080, path: "/echo", keepAlive: 60 });
   * ws.on("message", function (text) {
   *   print(text);
   * });
   * ```
   */
  new (host: string, options: EspruinoOptions): EspruinoWebSocket;
  /** Without `new`, as Espruino's module may be called. */
  (host: string, options?: EspruinoOptions): EspruinoWebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  /** Throws: this is a client. Espruino's own `ws` has a server. */
  createServer(...args: unknown[]): never;
}

/** Both kinds, as they are inside. */
interface Socket {
  send(data: unknown, opcode?: number): void;
  readyState: number;
  connected: boolean;
  url: string;
  protocol: string;
  binaryType: string;
  emit(event: string, argument?: unknown): void;
  on(event: string, listener: () => void): void;

  _client: Client;
  /** True in place of Espruino's `ws`. */
  _dropIn: boolean;
  /** `max_message_size`. */
  _limit: number;
  /** Subprotocols were offered, and one must be chosen. */
  _offered: string;
  /** The message that is coming in: its pieces, their bytes, and whether it is binary. */
  _pieces: any[];
  _size: number;
  _binary: boolean;
  /** Bytes that were sent at once since the idle loop last ran, or given to `send` after the end. */
  _extra: number;
  /** Why the connection fails. */
  _error: string | undefined;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

// Numbers of ESP-IDF; the other bundle's would cost a look-up each. ERROR is 0, DISCONNECTED 2.
const EVENT_CONNECTED = 1;
const EVENT_DATA = 3;
const EVENT_CLOSED = 4;
const EVENT_BEFORE_CONNECT = 5;
const ESP_ERR_NOT_SUPPORTED = 0x106;

/** A short name for what is used more than once. */
var later = setTimeout;

/** Throws what a browser throws as a DOMException. */
function raise(message: string, name?: string): never {
  var error = new Error(message);
  error.name = name || "SyntaxError";
  throw error;
}

/** Tells of an event: as a browser does, or as Espruino's `ws` does, with the event's data alone. */
function tell(socket: Socket, type: string, event: any): void {
  if (socket._dropIn) return socket.emit(type, event.data);
  event.type = type;
  event.target = socket;
  // Where the interpreter itself keeps listeners. A list is replaced, never changed, so handlers may add and remove.
  var list = "#on" + type;
  [(socket as any)["on" + type]].concat((socket as any)[list]).forEach(function (listener: any, index: number) {
    try {
      // Not what another listener has removed meanwhile
      if (listener && (!index || [].concat((socket as any)[list]).indexOf(listener as never) >= 0))
        if (listener.handleEvent) listener.handleEvent(event);
        else listener.call(socket, event);
    } catch (exception) {
      later(function () {
        throw exception;
      }, 0);
    }
  });
}

/** Fails the connection without a close frame. Told from the idle loop, since it may be a method of ours that fails. */
function fail(socket: Socket, reason?: string): void {
  socket._error = reason;
  esp_websocket_client_stop(socket._client);
  later(tellEnd, 0, socket, 1006);
}

/** Tells that the connection, or the attempt, has ended, unless that was told. */
function tellEnd(socket: Socket, code: number, reason?: string): void {
  var error = socket._error;
  var clean = code !== 1006;
  if (socket.readyState > CLOSING) return;
  socket.readyState = CLOSED;
  socket.connected = false;
  if (error || !clean) tell(socket, "error", { data: error, message: error });
  tell(socket, "close", { wasClean: clean, code: code || 1005, reason: reason || "" });
}

/** Hears all the client's events. */
function onEvent(event: EventData, id: number): void {
  var socket = event.user_context as Socket;
  var text = event.data_ptr as string;
  if (id === EVENT_DATA) onData(socket, event);
  else if (id < EVENT_CONNECTED) socket._error = text;
  else if (id === EVENT_BEFORE_CONNECT) {
    // After the first attempt others may follow, as configured.
    socket.readyState = CONNECTING;
    socket._error = undefined;
  } else if (id === EVENT_CONNECTED) {
    socket.protocol = socket._client.subprotocol!;
    if (socket._offered && !socket.protocol) fail(socket, "No subprotocol");
    else {
      socket.readyState = OPEN;
      socket.connected = true;
      if (socket._dropIn) socket.emit("handshake");
      tell(socket, "open", {});
    }
  }
  // CLOSED or DISCONNECTED
  else if (id <= EVENT_CLOSED) later(tellEnd, 0, socket, id === EVENT_CLOSED ? event.close_status_code : 1006, text);
}

/**
 * A piece of a frame's payload; the pieces of a message are put together when all are there.
 * @hot
 */
function onData(socket: Socket, event: EventData): void {
  var opcode = event.op_code;
  var data: any = event.data_ptr;
  var offset = event.payload_offset;
  if (opcode > 8) {
    if (socket._dropIn) socket.emit(opcode > 9 ? "pong" : "ping");
  } else if (socket.readyState < CLOSING) {
    // The first piece of a message
    if (opcode && !offset) {
      socket._binary = opcode > 1;
      socket._pieces = [];
      socket._size = 0;
    }
    var pieces = socket._pieces;
    if (opcode > 7) socket.readyState = CLOSING;
    else if (socket._size - offset + event.payload_len > socket._limit) {
      socket._error = "Over max_message_size";
      socket.readyState = CLOSING;
      esp_websocket_client_close_with_code(socket._client, 1009);
    } else {
      pieces.push(data);
      socket._size += event.data_len;
      if (event.fin && offset + event.data_len >= event.payload_len) {
        if (socket._binary) {
          data = new Uint8Array(socket._size);
          offset = 0;
          pieces.forEach(function (piece) {
            data.set(piece, offset);
            offset += piece.length;
          });
          if (socket.binaryType !== "uint8array") data = data.buffer;
        } else data = pieces.join("");
        socket._pieces = [];
        tell(socket, "message", { data: data });
      }
    }
  }
}

const WebSocket = function (this: Socket, url: any, protocols?: any, config?: any): any {
  if (!(this instanceof WebSocket)) return new WebSocket(url, protocols, config);
  var socket: Socket = this;
  // Scheme, authority, and what follows; no URL at all in place of Espruino's `ws`.
  var parts: string[] | null = /^ *(\w+:\/\/)([^\/?]*)(.*)/.exec((url = "" + url));
  var all: any = { user_context: socket, disable_auto_reconnect: true, tx_queue_size: 1e9 };
  if (!parts) {
    var options = protocols || {};
    var headers = "Origin: " + (options.origin || "Espruino");
    for (var name in options.headers) headers += "\r\n" + name + ": " + options.headers[name];
    socket._dropIn = true;
    config = {
      host: url,
      port: options.port || 80,
      path: options.path,
      subprotocol: options.protocol,
      headers: headers,
      ping_interval_sec: +options.keepAlive || 60,
    };
  } else {
    url = parts[1].toLowerCase().replace("http", "ws") + parts[2] + (parts[3][0] === "/" ? "" : "/") + parts[3];
    socket.url = url;
    if (url.indexOf("#") < 0) all.uri = url;
    protocols = [].concat(protocols === undefined ? [] : protocols);
    protocols.forEach(function (protocol: string, index: number) {
      if (!/^[!#-'*+.0-9A-Z^-z|~-]+$/.test(protocol) || protocols.indexOf(protocol) < index)
        raise("Bad subprotocol: " + protocol);
    });
    socket._offered = all.subprotocol = protocols.join(",");
  }
  for (var field in config) all[field] = config[field];
  socket._limit = all.max_message_size || 65536;
  delete all.max_message_size;
  var client = (socket._client = esp_websocket_client_init(all)!);
  if (client) {
    client.on("any", onEvent);
    if (socket._dropIn)
      client.raw_data = function (bytes) {
        socket.emit("rawData", bytes);
      };
  }
  var start = esp_websocket_client_start(client);
  // Without a client, `init` has printed why; a scheme that is none of a WebSocket shows here.
  if (start && start !== ESP_ERR_NOT_SUPPORTED) raise("Bad URL or config: " + url);
  if (start) fail(socket, socket._error);
} as unknown as WebSocketClass;

var prototype: any = ((WebSocket as any).prototype = {
  readyState: CONNECTING,
  _extra: 0,
  extensions: "",
  protocol: "",
  binaryType: "arraybuffer",

  send: function (this: Socket, data: any, opcode?: number): void {
    var socket = this;
    var client = socket._client;
    var state = socket.readyState;
    // Buffers and views alone have a length in bytes. String(), unlike + "", does not copy a string.
    var size = (data || "").byteLength;
    var binary = size >= 0;
    data = binary ? new Uint8Array(data.buffer || data, data.byteOffset || 0, size) : String(data);
    if (!state) {
      if (!socket._dropIn) raise("Wait for open", "InvalidStateError");
      socket.on("open", function () {
        socket.send(data, opcode);
      });
    } else if (state < CLOSING) {
      var sent = client.tx_queued;
      var taken = esp_websocket_client_send_with_opcode(
        client,
        socket._dropIn && opcode ? opcode & 15 : binary ? 2 : 1,
        data
      );
      // The standard's "full": the connection fails.
      if (taken < 0) fail(socket, "Send queue full");
      else {
        // What has left at once counts until the idle loop runs.
        sent += taken - client.tx_queued;
        socket._extra += sent;
        if (sent)
          later(function () {
            socket._extra -= sent;
          }, 0);
      }
    } else if (socket._dropIn) raise("Socket closed", "Error");
    else socket._extra += data.length;
  },

  close: function (this: Socket, code?: any, reason?: any): void {
    var client = this._client;
    var state = this.readyState;
    reason = reason === undefined ? "" : "" + reason;
    if (code !== undefined && +code !== 1000 && !(code >= 3000 && code < 5000))
      raise("Bad close code: " + code, "InvalidAccessError");
    // Only a close frame of an open connection can do without a body; the reason is measured whatever the state.
    if (state === OPEN && !code && !reason) esp_websocket_client_send_with_opcode(client, 8, "");
    else if (esp_websocket_client_close_with_code(client, +code || 1000, reason) > 0) raise("Reason over 123 bytes");
    // What is CONNECTING fails; CLOSED, an attempt that may be about to come is called off.
    if (!(state % CLOSED)) fail(this, "Closed");
    if (state < CLOSING) this.readyState = CLOSING;
  },
});
"CONNECTING OPEN CLOSING CLOSED".split(" ").forEach(function (name, state) {
  prototype[name] = (WebSocket as any)[name] = state;
});
["removeEventListener", "addEventListener"].forEach(function (name, add) {
  prototype[name] = function (type: string, listener: any) {
    type = "#on" + type;
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
    return this._client.tx_queued + this._extra;
  },
});
WebSocket.createServer = function (): never {
  raise("No server: use Espruino's ws", "Error");
};

export default WebSocket;
