/**
 * What a board must offer. Everything above this file is the same on every interpreter; everything an interpreter
 * does in its own way is behind this interface, in `board/`.
 */

/** The C-style configuration's TLS fields, checked and in the form that the board takes (`Board._pem`). */
export interface TlsOptions {
  /** Trusted certificate authority, or undefined. */
  ca?: string;
  /** The client's certificate, for mutual TLS. */
  cert?: string;
  /** The client's private key. */
  key?: string;
  /** The host name to send (SNI) and, if the board verifies, to check. */
  servername?: string;
  /** True: never connect to a server that cannot be verified. */
  verify?: boolean;
  /** `crt_bundle_attach` may add what its board understands. */
  [field: string]: unknown;
}

/** Where to connect to. */
export interface Address {
  /** Host name or IP address, without brackets. */
  host: string;
  /** TCP port, 1…65535. */
  port: number;
  /** Set for `wss`. */
  tls?: TlsOptions;
}

/** Why a connection ended. */
export interface TransportError {
  /** The board's own error code (on Espruino: negative, see its network errors), 0 if it gives none. */
  code?: number;
  /** A sentence for people. */
  message: string;
}

/** What a transport reports, once per call of `Transport.open`. Calls after `closed` are ignored. */
export interface TransportListener {
  /** The connection is there: bytes may be written. */
  opened(): void;
  /**
   * Bytes came in, as an array or as a byte string. They belong to the listener: the transport does not change them
   * afterwards.
   */
  received(bytes: Uint8Array | string): void;
  /** Everything written so far has left the transport's buffer. Must follow every `write`, however late. */
  drained(): void;
  /** The connection is gone, for whatever reason; `error` is left out where the peer just closed it. */
  closed(error?: TransportError): void;
}

/** One connection of a transport. */
export interface TransportConnection {
  /**
   * Sends bytes, or keeps them until they can be sent. May throw where the connection is gone.
   * The bytes are the transport's from here on.
   */
  write(bytes: Uint8Array): void;
  /** Ends the connection and drops what was not sent. Harmless when it is gone. The listener hears nothing more. */
  close(): void;
}

/** Opens byte-stream connections: a board's sockets, or the user's own (`ext_transport`). */
export interface Transport {
  /**
   * Starts a connection. Throws, or calls `listener.closed`, if that is impossible.
   * `listener.opened` may be called at once or later.
   */
  open(address: Address, listener: TransportListener): TransportConnection;
  /** True: it verifies the server by itself, without certificates, or fails. */
  readonly authenticates?: boolean;
}

/** Payload in the form in which the board keeps it best while it waits to be sent; `length` counts bytes. */
export type Payload = string | Uint8Array;
/** A payload, or a window into a long one. */
export type Part = Payload | ArrayBuffer;

/** Memory that the board makes frames in, one after the other. */
export type FrameMemory = object;

/** An object that can be cloned: on Espruino every object can. */
export type Clonable<Fields> = Fields & { clone(): Fields };

/**
 * A board: its sockets and the native calls that are too slow, or impossible, in plain JavaScript.
 * Underscored names are shortened by the build.
 */
export interface Board extends Transport {
  /** True if the board has TLS sockets. */
  _hasTls(): boolean;
  /** True: the board's TLS checks the server's certificate chain and host name when `TlsOptions.verify` is set. */
  readonly _verifies: boolean;
  /**
   * False: `Transport.open` takes DER in a byte string, one certificate. Otherwise it takes PEM, any number of
   * certificates, and this turns the DER of a certificate or a private key into it: `pem` in board/shared/pem.ts.
   */
  readonly _pem: false | ((der: string, key: boolean) => string);
  /** True: `Transport.open` connects to IPv6 addresses. */
  readonly _ipv6: boolean;

  /** A new object with the interpreter's `on`, to become a client's handle. */
  _emitter(): object;
  /** A new array: `registered`, then the functions given to `emitter.on(event, …)`, then those to `on("any", …)`. */
  _handlers(emitter: object, event: string, registered: unknown[]): unknown[];
  /** The only function that gets the event "data", if it was given to `emitter.on`; otherwise undefined. */
  _onlyHandler(emitter: object, registered: unknown[]): Function | undefined;
  /** The object itself, which can be cloned from now on. */
  _clonable<Fields extends object>(object: Fields): Clonable<Fields>;
  /** Prints a line for the user. */
  _log(line: string): void;
  /** Reports an exception of a user's handler, at once, the way the interpreter reports uncaught ones. */
  _report(exception: unknown): void;

  /**
   * True if fewer variables are free. Espruino does not throw when memory runs out: it stops in the middle of
   * things, and may even crash. Do not begin what has no room.
   */
  _lacks(variables: number): boolean;
  /** True where the handlers of one more event might run out of memory. Cheap: it does not measure each time. */
  _isLow(): boolean;
  /** True if the interpreter has run out of memory since this was last asked, or is about to. */
  _ranOutOfMemory(): boolean;
  /**
   * Puts back a connection's handler that the interpreter cut off and removed. Returns true if
   * that was so.
   */
  _revive(connection: TransportConnection): boolean;

  /** 32 unpredictable bits, 0…2³²-1 (RFC 6455 §10.3). */
  _random(): number;
  /** SHA-1 of a byte string, as a byte string (20 bytes). */
  _sha1(bytes: string): string;
  /** Base64 of a byte string. */
  _base64(bytes: string): string;
  /** The bytes of a base64 text as a byte string. Skips what is not base64, such as line breaks. */
  _unbase64(text: string): string;

  /** The UTF-8 of a text as a byte string; where strings are bytes, the text itself. */
  _utf8(text: string): string;
  /**
   * How many bytes the caller's data has: a text (then it has at least so many), an ArrayBuffer, a view of one, an array
   * of bytes; 0 for null. Undefined for anything else.
   */
  _size(data: unknown): number | undefined;
  /** How many bytes of memory `_payload` takes for such data of `size` bytes. */
  _copySize(data: unknown, size: number): number;
  /** Such data as it is kept while it waits: later changes do not reach it. Text becomes UTF-8. */
  _payload(data: unknown): Payload;
  /** A text or a Uint8Array for `_shortFrame`, which uses it at once; undefined for others. Text becomes UTF-8. */
  _shortPayload(data: unknown): Payload | undefined;
  /** A byte string as a payload. */
  _bytesPayload(bytes: string): Payload;
  /** A whole frame with a random masking key, ready for the board's `write`: payload of at most 125 bytes. */
  _shortFrame(first: number, payload: Payload): string | Uint8Array;
  /**
   * `header`, then `length` bytes of `part` from `offset`, then zeros up to a multiple of four bytes: a new array with a
   * buffer of its own.
   */
  _join(header: number[], part: Part, offset: number, length: number): Uint8Array;
  /** What the board's own connections take in `write`: the array, or a byte string in its place. */
  _wire(bytes: Uint8Array): Uint8Array;
  /** The same as an array that the user's transport may keep. */
  _unwire(frame: Uint8Array): Uint8Array;
  /** Bytes `offset`… of a payload, at most `length` of them. */
  _slice(payload: Payload, offset: number, length: number): Payload;
  /** The same, or more, in the form that frames are made from the fastest: a window into a long payload. */
  _window(payload: Payload, offset: number, length: number): Part;
  /**
   * Memory for frames with up to `length` bytes of payload that native code masks; undefined if the board, or its
   * firmware, cannot do that, or if there is no room.
   */
  _frameMemory(length: number): FrameMemory | undefined;
  /**
   * One frame with a random masking key, in that memory, as `encodeFrame` makes it: `header` (`frameHeader`) has four
   * bytes. The next one overwrites it.
   */
  _makeFrame(memory: FrameMemory, header: number[], part: Part, offset: number, length: number): Uint8Array;
  /** The text of a byte string of whole, valid UTF-8; where strings are bytes, that string. */
  _text(bytes: string): string;
  /** The bytes as a byte string: one character per byte. */
  _byteString(bytes: Uint8Array): string;
  /** A new array with the bytes of a byte string. */
  _bytes(bytes: string): Uint8Array;
}

// What follows is for hosts that choose their board at run time (tests). A bundle's build puts the board's own file,
// which exports the same names, in this module's place.

export let open: Board["open"];
export let _hasTls: Board["_hasTls"];
export let _verifies: Board["_verifies"];
export let _pem: Board["_pem"];
export let _ipv6: Board["_ipv6"];
export let _emitter: Board["_emitter"];
export let _handlers: Board["_handlers"];
export let _onlyHandler: Board["_onlyHandler"];
export let _clonable: Board["_clonable"];
export let _log: Board["_log"];
export let _report: Board["_report"];
export let _lacks: Board["_lacks"];
export let _isLow: Board["_isLow"];
export let _ranOutOfMemory: Board["_ranOutOfMemory"];
export let _revive: Board["_revive"];
export let _random: Board["_random"];
export let _sha1: Board["_sha1"];
export let _base64: Board["_base64"];
export let _unbase64: Board["_unbase64"];
export let _utf8: Board["_utf8"];
export let _size: Board["_size"];
export let _copySize: Board["_copySize"];
export let _payload: Board["_payload"];
export let _shortPayload: Board["_shortPayload"];
export let _bytesPayload: Board["_bytesPayload"];
export let _shortFrame: Board["_shortFrame"];
export let _join: Board["_join"];
export let _wire: Board["_wire"];
export let _unwire: Board["_unwire"];
export let _slice: Board["_slice"];
export let _window: Board["_window"];
export let _frameMemory: Board["_frameMemory"];
export let _makeFrame: Board["_makeFrame"];
export let _text: Board["_text"];
export let _byteString: Board["_byteString"];
export let _bytes: Board["_bytes"];

/** Installs a board. */
export function install(board: Board): void {
  open = board.open.bind(board);
  _hasTls = board._hasTls.bind(board);
  _verifies = board._verifies;
  _pem = board._pem;
  _ipv6 = board._ipv6;
  _emitter = board._emitter.bind(board);
  _handlers = board._handlers.bind(board);
  _onlyHandler = board._onlyHandler.bind(board);
  _clonable = board._clonable.bind(board);
  _log = board._log.bind(board);
  _report = board._report.bind(board);
  _lacks = board._lacks.bind(board);
  _isLow = board._isLow.bind(board);
  _ranOutOfMemory = board._ranOutOfMemory.bind(board);
  _revive = board._revive.bind(board);
  _random = board._random.bind(board);
  _sha1 = board._sha1.bind(board);
  _base64 = board._base64.bind(board);
  _unbase64 = board._unbase64.bind(board);
  _utf8 = board._utf8.bind(board);
  _size = board._size.bind(board);
  _copySize = board._copySize.bind(board);
  _payload = board._payload.bind(board);
  _shortPayload = board._shortPayload.bind(board);
  _bytesPayload = board._bytesPayload.bind(board);
  _shortFrame = board._shortFrame.bind(board);
  _join = board._join.bind(board);
  _wire = board._wire.bind(board);
  _unwire = board._unwire.bind(board);
  _slice = board._slice.bind(board);
  _window = board._window.bind(board);
  _frameMemory = board._frameMemory.bind(board);
  _makeFrame = board._makeFrame.bind(board);
  _text = board._text.bind(board);
  _byteString = board._byteString.bind(board);
  _bytes = board._bytes.bind(board);
}
