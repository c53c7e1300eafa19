/** What scripts see of the module: the browser's `WebSocket`, and what replaces Espruino's. */
import type { Config } from "../api/esp_websocket_client";

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
  /** True if the closing handshake completed. */
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
  /**
   * Longest message that is received, in bytes; each fragment after the first counts as 32 more. A longer one fails
   * the connection with 1009, as does one that the free memory has no room for. Default: the memory alone decides; on a
   * board that does not report how much is free, 65536.
   */
  max_message_size?: number;
}

/** The second argument where Espruino's `ws` is replaced. */
export interface EspruinoOptions {
  /** Default `/`. */
  path?: string;
  /** Default 80. */
  port?: number | string;
  /** Subprotocols to offer: separated by commas, or an array. */
  protocol?: string | string[];
  /** 13 is the only version. */
  protocolVersion?: number;
  /** The Origin header. Default `Espruino`. */
  origin?: string;
  /** Seconds between PINGs. Default 60. */
  keepAlive?: number;
  /** More headers, by name. Throws `SyntaxError` for what cannot be in one. */
  headers?: { [name: string]: string | number };
  /** Accepted without effect: a client's frames are always masked (RFC 6455 §5.3). */
  masking?: boolean;
}

/**
 * What `new WebSocket(host, options)` makes: an emitter, as Espruino's `ws` makes it. The browser's `on…` handlers work
 * as well, and get a browser's events.
 */
export interface EspruinoWebSocket {
  /** True between `open` and `close`. */
  connected: boolean;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  onopen: ((event: { type: string }) => void) | null;
  onmessage: ((event: { type: string; data: any }) => void) | null;
  onerror: ((event: { type: string; message?: string }) => void) | null;
  onclose: ((event: { type: string; wasClean: boolean; code: number; reason: string }) => void) | null;
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
  /** Starts the closing handshake; `close` reports that it is done. */
  close(): void;
}

/** A browser's WebSocket, or what replaces Espruino's. */
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
   * Bytes given to `send` that had not left when the idle loop last ran. Every `send` that does not throw raises it, also
   * after the end (text then by its `length`). What waited when the connection ended without a `send` that failed is not
   * counted any more.
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
   * Connects; no event comes before the caller returns. Blanks around the URL are removed. Throws `SyntaxError` if it
   * is not a WebSocket's or has a fragment, or if a subprotocol is not a token or is there twice.
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
   * In place of Espruino's module. Throws `SyntaxError` for a host with `:` or `/`, and without options: port and path
   * are options.
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
  (host: string, options: EspruinoOptions): EspruinoWebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  /** Throws: this is a client. Espruino's own `ws` has a server. */
  createServer(...args: unknown[]): never;
}
