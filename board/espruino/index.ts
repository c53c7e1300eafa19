/** Espruino: the bundle for `require("esp_websocket_client")` on the device. */
import type {
  Address,
  FrameMemory,
  Part,
  Payload,
  TransportConnection,
  TransportError,
  TransportListener,
} from "../../src/board";
import { sha1 } from "../shared/sha1";

/** Espruino's sockets, as far as they are used here, and what we keep on them. */
interface Socket extends TransportConnection {
  /** Takes a byte string (`_wire`): of an array it would send the numbers. */
  write(data: unknown): boolean;
  end(): void;
  /** Espruino's own: true closes the socket in the next idle pass, whatever is still to be sent. */
  clsNow?: boolean;
  /** Espruino's own: the options of `connect`. */
  opt?: unknown;
  on(event: string, listener: (this: Socket, argument: any) => void): void;
  /** The connection's listener, until it has heard that the connection is closed. */
  _listener: TransportListener | undefined;
  /** The error that was reported before `close`. */
  _error: TransportError | undefined;
  /** True until something is received over TLS: the TLS handshake may still fail. */
  _shaking: boolean;
}

declare const E: {
  toString: (...parts: unknown[]) => string;
  toUint8Array: (...parts: unknown[]) => Uint8Array;
  toArrayBuffer: (bytes: unknown) => ArrayBuffer;
  getAddressOf(memory: ArrayBuffer, flat: boolean): number;
  hwRand: () => number;
  srand(seed: number): void;
  fromUTF8(text: string): string;
  asUTF8(text: string): string;
  openFile(path: string, mode: string): { read(length: number): string; close(): void };
};
interface Image {
  width: number;
  height: number;
  bpp: number;
  buffer?: ArrayBufferLike | Uint8Array | string;
  palette?: Uint16Array;
}
interface Graphics {
  buffer: ArrayBuffer;
  drawImage(image: Image, x: number, y: number): void;
  setColor(color: number): Graphics;
  fillRect(x1: number, y1: number, x2: number, y2: number): void;
}
declare const Graphics: {
  createArrayBuffer(
    width: number,
    height: number,
    bitsPerPixel: number,
    options?: { msb?: boolean; buffer?: ArrayBufferLike | Uint8Array }
  ): Graphics;
};
declare const process: any;
declare function setTimeout(callback: (socket: Socket) => void, milliseconds: number, socket?: Socket): unknown;
declare const print: (line: string) => void;
declare function peek32(address: number): number;
declare function btoa(bytes: string): string;
declare function atob(text: string): string;
declare function require(module: string): any;

// Espruino looks a global up behind all names of the module, each time.
var toString = E.toString;
var toUint8Array = E.toUint8Array;

// Builds without Unicode have the function, but it throws.
var unicode = true;
try {
  E.asUTF8("");
} catch (exception) {
  unicode = false;
}

/** The hardware random number generator's register (ESP-IDF wdev_reg.h), 0 where there is none that is known. */
var randomRegister = 0;
/** Sixteen random numbers read from Linux's device, and how many of them have been used; undefined on other boards. */
var pool: Uint32Array | undefined;
var used = 0;
var firmware = process.env.BOARD;
if (firmware.substr(0, 5) === "ESP32")
  randomRegister = /S3/.test(firmware) ? 0x6003507c : /C3/.test(firmware) ? 0x600260b0 : 0x60035144;
if (firmware === "LINUX") pool = new Uint32Array(0);

/** Variables that a connection, or a piece of data and its handlers, may need, the events of a failure among them. */
const LEAST = 300;
const OUT_OF_MEMORY = "Out of memory";

export function _full(variables: number): boolean {
  // Espruino for Linux, as it is built in general, has a heap that grows.
  return !(pool && unicode) && process.memory(false).free < variables && process.memory().free < variables;
}

/** A module, undefined if the firmware lacks it. */
function find(module: string): any {
  try {
    return require(module);
  } catch (exception) {
    return undefined;
  }
}

/** How many TLS handshakes are going on, and why the last one failed. */
var handshakes = 0;
var handshakeError: TransportError | undefined;

/** Hears of exceptions that nothing caught: this is how Espruino tells that a TLS handshake failed. */
function uncaught(exception: unknown): void {
  // A minus sign and a hexadecimal number, or words, which stand for -13 here: "SSL handshake failed".
  var match = /handshake returned (.*)/.exec("" + exception);
  if (match) handshakeError = { code: -match[1].substr(1) || -13, message: "TLS handshake failed: " + match[1] };
  // Thrown again, it is printed as if nobody had heard of it. Where somebody else has, it is his.
  else if (process["#onuncaughtException"].length < 2) throw exception;
}

/** A socket's TLS handshake is over, or given up. */
function endHandshake(socket: Socket): void {
  if (socket._shaking && !--handshakes) {
    process.removeListener("uncaughtException", uncaught);
    // An empty list of listeners would still keep exceptions from being printed.
    var others = process["#onuncaughtException"];
    if (!others || !others.length) process.removeAllListeners("uncaughtException");
  }
  socket._shaking = false;
}

function closed(socket: Socket): void {
  var listener = socket._listener;
  var error = (socket._shaking && handshakeError) || socket._error;
  endHandshake(socket);
  handshakeError = socket._listener = undefined;
  if (listener) listener.closed(error);
}

// The sockets' handlers. They know their socket as `this`: none is made anew for each connection.
function onConnect(socket: Socket): void {
  if (socket._listener) socket._listener.opened();
}

function onData(this: Socket, data: string): void {
  var listener = this._listener;
  if (this._shaking) endHandshake(this);
  if (listener) {
    // Where memory runs out, Espruino takes this function off the socket.
    if (_full(LEAST)) listener.closed({ code: -2, message: OUT_OF_MEMORY });
    else listener.received(data);
  }
}

function onDrain(this: Socket): void {
  if (this._listener) this._listener.drained();
}

function onError(this: Socket, error: { code: number; message: string }): void {
  // The server ended TLS in good order (MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY).
  if (error.code !== -30848) this._error = error;
}

function onClose(this: Socket): void {
  // The exception that tells why the TLS handshake failed comes after this event.
  if (this._shaking) setTimeout(closed, 0, this);
  else closed(this);
}

/** What a connection's `close` does: the socket itself is the connection. */
function closeSocket(this: Socket): void {
  this._listener = undefined;
  // Where Espruino has taken the handler off, what has been received would keep the socket from closing, for ever.
  if (!(this as any)["#ondata"]) this.on("data", onData);
  this.end();
  // What waits for the end of the TLS handshake would keep the socket alive as long as the server is silent.
  if (this._shaking) this.clsNow = true;
  endHandshake(this);
}

export const _verifies = false;
export const _pem = false;
export const _ipv6 = false;

/** See `Board` in src/board.ts for what each of these does. */
export function _hasTls(): boolean {
  return !!find("tls");
}

export function open(address: Address, listener: TransportListener): TransportConnection {
  if (_full(LEAST)) throw OUT_OF_MEMORY;
  var options: { [field: string]: unknown } = address.tls || {};
  options.host = address.host;
  options.port = address.port;
  // Espruino's TLS draws its keys from this generator, which begins with the same seed at each boot.
  if (address.tls) E.srand(_random() | 1);
  try {
    var socket: Socket = require(address.tls ? "tls" : "net").connect(options, onConnect);
  } catch (exception) {
    // TLS has its memory outside of the script's: 40 kB and more for a session, which an ESP32 without PSRAM lacks.
    throw /enough memory/.test("" + exception) ? exception + ": TLS needs PSRAM. Use tls_psk or a gateway" : exception;
  }
  // They have been used, and hold the private key.
  delete socket.opt;
  socket.close = closeSocket;
  socket._listener = listener;
  socket._shaking = !!address.tls;
  if (address.tls && !handshakes++) process.on("uncaughtException", uncaught);
  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("error", onError);
  socket.on("close", onClose);
  return socket;
}

export function _emitter(): object {
  return {};
}

export function _handlers(emitter: any, event: string, registered: unknown[]): unknown[] {
  // Espruino keeps the functions given to `on` in a field of that name: one function, or an array.
  return registered.concat(emitter["#on" + event] || [], emitter["#onany"] || []);
}

export const _log = print;

export function _report(exception: unknown): void {
  setTimeout(function () {
    throw exception;
  }, 0);
}

export function _random(): number {
  // The built-in generator begins with the same seed at each boot; the hardware's register and Linux's device do not.
  // It has 31 bits.
  if (!pool) return (E.hwRand() ^ (randomRegister ? peek32(randomRegister) : E.hwRand() << 16)) >>> 0;
  if (!(used &= 15)) readDevice();
  return pool[used++];
}

function readDevice(): void {
  var file = E.openFile("/dev/urandom", "r");
  pool = new Uint32Array(toUint8Array(file.read(64)).buffer);
  file.close();
}

export function _sha1(bytes: string): string {
  var crypto = find("crypto");
  return crypto && crypto.SHA1 ? toString(crypto.SHA1(bytes)) : sha1(bytes);
}

export const _base64 = btoa;
export const _unbase64 = atob;

// What has no Unicode has no conversion either: `String` gives a string as it is.
export const _utf8: (text: string) => string = unicode ? E.fromUTF8 : String;
export const _text: (bytes: string) => string = unicode ? E.asUTF8 : String;
export const _bytes: (bytes: string) => Uint8Array = toUint8Array;
export const _byteString: (bytes: Uint8Array) => string = toString;

export function _payload(data: string | Uint8Array | ArrayBuffer | number[]): string {
  // With one argument, E.toString may return the very memory of a typed array: with two it copies.
  return typeof data === "string" ? _utf8(data) : toString(data, "");
}

export function _join(header: number[], part: Part, offset: number, length: number): Uint8Array {
  return toUint8Array(
    header,
    part instanceof ArrayBuffer ? new Uint8Array(part, offset, length) : part,
    "\0\0\0".substr((header.length + length - 1) & 3)
  );
}

export const _wire = toString as unknown as (bytes: Uint8Array) => Uint8Array;

export function _slice(payload: Payload, offset: number, length: number): Payload {
  return (payload as string).substr(offset, length);
}

export function _window(payload: Payload, offset: number, length: number): Part {
  return E.toArrayBuffer(offset || payload.length > length ? _slice(payload, offset, length) : payload);
}

/**
 * What `_makeFrame` works with. Espruino has no native XOR, but it can look pixels up in a palette as it draws them: a
 * pixel that is half a byte of payload beside half a byte of the masking key becomes the XOR of the two.
 */
interface Canvas extends FrameMemory {
  /** A frame: four bytes of header, then the picture. */
  _bytes: Uint8Array;
  /** Masking key and masked payload, as pixels of 4 bits. */
  _picture: Graphics;
  /** Two columns of 4 bits: the payload, with four bytes of zeros before it, and the key. */
  _pairs: Graphics;
  /** The same memory, four rows a pixel. */
  _keys: Graphics;
  /** A slice of the payload: one column. */
  _payload: Image;
  /** The pairs as pixels of 8 bits, with the palette that masks them. */
  _masked: Image;
}

/** True: the native frames of this firmware have been seen to be right. False: they are not, or there are none. */
var native: boolean | undefined;

/** Memory that lies in one piece; drawing in any other is a hundred times slower, and a palette must not be scattered. */
function isFlat(memory: ArrayBufferLike): boolean {
  return !!E.getAddressOf(memory as ArrayBuffer, true);
}

export function _frameMemory(length: number): Canvas | undefined {
  if (native === false || length > 65535 || process.memory(false).free < 600 + length / 4) return undefined;
  try {
    // None of these in the object below: Espruino lets an exception there out of this `try`, but from the last field.
    // 1,024 bytes of payload are masked at a time, behind the key.
    var pairs = Graphics.createArrayBuffer(2, 2056, 4, { msb: true });
    var rows = ((length + 3) >> 2) + 1;
    var bytes = new Uint8Array(rows * 4 + 4);
    var palette = Graphics.createArrayBuffer(2, 256, 8);
    if (!isFlat(pairs.buffer) || !isFlat(bytes.buffer) || !isFlat(palette.buffer)) return undefined;
    var keys = Graphics.createArrayBuffer(2, 257, 32, { buffer: pairs.buffer });
    var picture = Graphics.createArrayBuffer(8, rows, 4, { msb: true, buffer: bytes.subarray(4) });
    // Of each character the lowest four bits count: 16 rows of 0 to 15, each number XOR that of its row.
    palette.drawImage(
      {
        width: 1,
        height: 256,
        bpp: 8,
        buffer:
          "@ABCDEFGHIJKLMNOA@CBEDGFIHKJMLONBC@AFGDEJKHINOLMCBA@GFEDKJIHONMLDEFG@ABCLMNOHIJKEDGFA@CBMLONIHKJFGDEBC@ANOLMJKHIGFEDCBA@ONMLKJIHHIJKLMNO@ABCDEFGIHKJMLONA@CBEDGFJKHINOLMBC@AFGDEKJIHONMLCBA@GFEDLMNOHIJKDEFG@ABCMLONIHKJEDGFA@CBNOLMJKHIFGDEBC@AONMLKJIHGFEDCBA@",
      },
      0,
      0
    );
    var canvas: Canvas = {
      _bytes: bytes,
      _picture: picture,
      _pairs: pairs,
      _keys: keys,
      _payload: { width: 1, height: 2048, bpp: 4 },
      _masked: {
        width: 8,
        height: 257,
        bpp: 8,
        buffer: pairs.buffer,
        palette: new Uint16Array(palette.buffer),
      },
    };
    if (!native) {
      _makeFrame(canvas, 0, "0Zf{", 0, 4);
      var words = new Uint32Array(bytes.buffer, 0, 3);
      native = (words[1] ^ words[2]) === 0x7b665a30;
    }
    if (native) return canvas;
  } catch (exception) {
    native = false;
  }
  return undefined;
}

export function _makeFrame(canvas: Canvas, first: number, part: Part, offset: number, length: number): Uint8Array {
  var bytes = canvas._bytes;
  var payload = canvas._payload;
  var key = _random();
  canvas._keys.setColor(key & 0x0f0f0f0f).fillRect(0, 0, 0, 999);
  canvas._keys.setColor((key >> 4) & 0x0f0f0f0f).fillRect(1, 0, 1, 999);
  if (!(part instanceof ArrayBuffer)) part = E.toArrayBuffer(part);
  // Each slice comes out with the key before it, where the end of the slice before belongs.
  for (var slice = (length - 1) & -1024; slice >= 0; slice -= 1024) {
    payload.buffer = new Uint8Array(part as ArrayBuffer, offset + slice);
    canvas._pairs.drawImage(payload, 0, 8);
    canvas._picture.drawImage(canvas._masked, 0, slice >> 2);
  }
  bytes.set([first, 0xfe, length >> 8, length]);
  return bytes.subarray(0, length + 8);
}
