/** The inside of a `WebSocket`. */
import type { Client } from "../api/esp_websocket_client";

/** `readyState` */
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** Opcodes (RFC 6455 §5.2). */
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;

/** Close codes (RFC 6455 §7.4.1); two of them stand for what is not on the wire: no code, and no close frame at all. */
export const NO_CODE = 1005;
export const NO_CLOSE_FRAME = 1006;
export const MESSAGE_TOO_BIG = 1009;

/** Both kinds, the browser's and the one in place of Espruino's `ws`. */
export interface Socket {
  readyState: number;
  url: string;
  protocol: string;
  binaryType: string;
  send(data: unknown, opcode?: number): void;
  /** Of Espruino's `ws`. */
  connected: boolean;

  _client: Client;
  /** True in place of Espruino's `ws`. */
  _dropIn?: boolean;
  /** The subprotocols that were offered; if there are any, the server must choose one. */
  _offered?: string;
  /** What `send` was given before `open`, where that may wait: data, opcode, data, opcode … */
  _early: any[];

  /** `max_message_size` in bytes. */
  _limit: number;
  /** What has come of the current message: a string, or a Uint8Array with room for the rest of the frame. */
  _message: any;
  /** Bytes of its frames, plus what fragments add. */
  _size: number;

  /** The listener that is being called: as a method it has the socket as `this`, without a `call` (see `tell`). */
  _listener?: (event: unknown) => void;
  /** Bytes that `send` has passed on since the idle loop last ran. */
  _justSent: number;
  /** Bytes given to `send` that will never leave. */
  _neverSent: number;
  /** Why the connection fails, as far as known, and the close code with which we fail it. */
  _error: string | undefined;
  _closeCode: number | undefined;
  /** The `close` event, until it is reported. */
  _closeEvent: unknown;
}

/** Throws what a browser throws as a DOMException. */
export function throwError(message: string, name?: string): never {
  var error = new Error(message);
  error.name = name || "SyntaxError";
  throw error;
}
