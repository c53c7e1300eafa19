/**
 * JerryScript hosts whose modules `net`, `tls`, `fs`, `events` and whose `Buffer` are like Node's; IoT.js is the
 * reference. The bundle for `require("esp_websocket_client")` there.
 */
import type { Address, Payload, TransportConnection, TransportListener } from "../../src/board";
import { encodeFrame } from "../../src/protocol/frame_writer";
import { pem } from "../shared/pem";
import { sha1 } from "../shared/sha1";

/** The host's bytes, outside of the interpreter's heap. They cannot be indexed. */
interface HostBuffer {
  readonly length: number;
  readUInt8(offset: number, noAssert: boolean): number;
  writeUInt8(value: number, offset: number, noAssert: boolean): void;
  readUInt16LE(offset: number): number;
  /** Returns how many bytes were written. */
  write(text: string): number;
  /** A copy. */
  slice(start: number, end: number): HostBuffer;
  /** As UTF-8 it ends at the first NUL. */
  toString(encoding: string, start?: number, end?: number): string;
}

declare const Buffer: {
  new (size: number): HostBuffer;
  new (text: string, encoding: string): HostBuffer;
  from(bytes: number[]): HostBuffer;
  from(bytes: ArrayBuffer, offset: number, length: number): HostBuffer;
  byteLength(text: string): number;
  concat(parts: HostBuffer[]): HostBuffer;
  isBuffer(value: unknown): value is HostBuffer;
};

/** A socket of `net` or `tls`, as far as it is used here. */
interface Socket {
  /** `callback` gets 0 when the bytes have gone into the network, otherwise what went wrong. */
  write(bytes: HostBuffer, callback: (status: unknown) => void): boolean;
  /** Sends FIN behind what was written. */
  end(): void;
  /** Gives up the socket once what was written has gone. */
  destroy(): void;
  on(event: string, listener: (argument: any) => void): void;
}

declare const process: { emit(event: string, argument: unknown): boolean };
declare const console: { log(line: string): void; error(line: string): void };
declare function setTimeout(callback: (status?: unknown) => void, milliseconds: number, status?: unknown): unknown;
declare function clearTimeout(timer: unknown): void;
declare function require(module: string): any;

if (typeof Uint8Array === "undefined")
  throw new Error(
    "esp_websocket_client needs typed arrays: use a JerryScript that was built with the es.next profile."
  );

/** How many received bytes are taken into the heap at a time. */
const PIECE = 2048;
/** How long a closed socket may wait for the server's FIN, in milliseconds. */
const LINGER = 1000;
/** How many random bytes are read at a time: four a frame. */
const POOL = 64;

var Emitter = require("events").EventEmitter;
/** The field in which the host's emitter keeps the functions given to `on`, by event. */
var listenersField = Object.keys(new Emitter())[0];

var pool: HostBuffer;
var pooled = 0;

function toBuffer(bytes: Uint8Array): HostBuffer {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

/** `length` bytes of a buffer from `offset`, into `bytes` at `start`. */
function copy(buffer: HostBuffer, offset: number, length: number, bytes: Uint8Array, start: number): Uint8Array {
  while (length--) bytes[start + length] = buffer.readUInt8(offset + length, true);
  return bytes;
}

function fromByteString(bytes: string): HostBuffer {
  var buffer = new Buffer(bytes.length);
  for (var i = 0; i < bytes.length; i++) buffer.writeUInt8(bytes.charCodeAt(i), i, true);
  return buffer;
}

/** Text as UTF-8. Half a surrogate pair, which has none, becomes U+FFFD. */
function encode(text: string): HostBuffer {
  if (/[\ud800-\udbff]([^\udc00-\udfff]|$)|(^|[^\ud800-\udbff])[\udc00-\udfff]/.test(text))
    text = text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, function (unit) {
      return unit.length > 1 ? unit : "\ufffd";
    });
  // byteLength counts three bytes for each half of a pair.
  var buffer = new Buffer(Buffer.byteLength(text));
  return buffer.slice(0, buffer.write(text));
}

/** Opens a socket and manages it: each function here belongs to one connection. */
export function open(address: Address, listener: TransportListener): TransportConnection {
  var options: { [field: string]: unknown } = address.tls || {};
  /** Undefined once the connection is closed, from this side or from the other. */
  var hearing: TransportListener | undefined = listener;
  var connected = false;
  var destroyed = false;
  /** What waits for the write that is under way. */
  var pending: HostBuffer[] = [];
  var writing = false;
  var writes = 0;
  var timer: unknown;

  // The host gives up a socket only when told to: after RST or a failed TLS handshake `close` would never come.
  function destroy(): void {
    if (destroyed) return;
    destroyed = true;
    clearTimeout(timer);
    socket.destroy();
  }

  function gone(message?: string): void {
    var told = hearing;
    hearing = undefined;
    destroy();
    if (told) {
      var code = /-?\d+$/.exec(message || "");
      told.closed(message ? { message: message, code: code ? +code[0] : 0 } : undefined);
    }
  }

  function failed(error: any): void {
    var message = "" + ((error && error.message) || error);
    gone(
      message !== "handshake failed"
        ? message
        : options.verify
          ? "The TLS handshake failed: check that cert_pem is the server's CA, and that its certificate names the host (or cert_common_name)."
          : "The TLS handshake failed."
    );
  }

  // One write at a time: the host does not stop at one that failed, and a second one on a connection that was reset
  // raises SIGPIPE, which ends the process.
  function send(): void {
    var bytes = pending.length > 1 ? Buffer.concat(pending) : pending[0];
    pending = [];
    socket.write(bytes, written);
    writing = true;
  }

  function written(status: unknown): void {
    // If a write begins in another's callback, the host can free neither: thousands of them fill its heap. From a
    // timer's callback on, it can.
    if (++writes & 63) goOn(status);
    else setTimeout(goOn, 0, status);
  }

  function goOn(status: unknown): void {
    writing = false;
    if (destroyed) return;
    if (status) return gone("The connection cannot be written to: error " + status);
    if (pending.length) {
      try {
        send();
      } catch (exception) {
        failed(exception);
      }
    } else if (hearing) hearing.drained();
    else socket.end();
  }

  options.host = address.host;
  options.port = address.port;
  if (address.tls) {
    if (options.verify && /^[\d.]+$/.test(options.servername as string))
      throw "TLS cannot verify an IP address: set cert_common_name to a name in the server's certificate";
    // The host's own default is false.
    options.rejectUnauthorized = !!options.verify;
  }
  var socket: Socket = require(address.tls ? "tls" : "net").connect(options, function () {
    connected = true;
    if (hearing) hearing.opened();
  });
  socket.on("data", function (data: HostBuffer) {
    for (var at = 0; hearing && at < data.length; at += PIECE) {
      var length = Math.min(PIECE, data.length - at);
      hearing.received(copy(data, at, length, new Uint8Array(length), 0));
    }
  });
  socket.on("end", function () {
    gone();
  });
  socket.on("close", function () {
    gone();
  });
  socket.on("error", failed);

  return {
    write: function (bytes) {
      if (!hearing) return;
      pending.push(toBuffer(bytes));
      if (!writing) send();
    },
    close: function () {
      hearing = undefined;
      if (destroyed) return;
      if (!connected) return destroy();
      // A close frame may still be on its way. Destroying the socket before the server's FIN would reset the
      // connection if bytes are unread, and the server might never see that frame.
      timer = setTimeout(destroy, LINGER);
      if (!writing) socket.end();
    },
  };
}

// See `Board` in src/board.ts for what each of these does.

export const _verifies = true;
export const _pem = pem;
// IoT.js looks up IPv4 addresses only.
export const _ipv6 = false;

export function _hasTls(): boolean {
  try {
    return !!require("tls");
  } catch (exception) {
    return false;
  }
}

export function _emitter(): object {
  return new Emitter();
}

export function _handlers(emitter: any, event: string, registered: unknown[]): unknown[] {
  var listeners = emitter[listenersField];
  return registered.concat(listeners[event] || [], listeners.any || []);
}

export function _onlyHandler(emitter: any, registered: unknown[]): Function | undefined {
  var handlers = _handlers(emitter, "data", registered);
  return handlers.length === 1 && typeof handlers[0] === "function" ? (handlers[0] as Function) : undefined;
}

/** What the prototype of objects that can be cloned has. */
var clonable = {
  clone: function (this: any) {
    var copy: any = {};
    for (var name in this) if (name !== "clone") copy[name] = this[name];
    return copy;
  },
};

export function _clonable(object: any): any {
  var copy = Object.create(clonable);
  for (var name in object) copy[name] = object[name];
  return copy;
}

export function _log(line: string): void {
  console.log(line);
}

export function _report(exception: any): void {
  // The host ends the process for an exception that nobody waits for.
  if (process.emit("uncaughtException", exception)) return;
  console.error("Uncaught " + exception);
  if (exception && exception.stack) console.error("" + exception.stack);
}

// Where its heap is full, the host ends the process: nothing can be asked.
export function _lacks(): boolean {
  return false;
}
export function _isLow(): boolean {
  return false;
}
export function _ranOutOfMemory(): boolean {
  return false;
}
export function _revive(): boolean {
  return false;
}

export function _random(): number {
  if (!pooled) {
    try {
      var fs = require("fs");
      var file = fs.openSync("/dev/urandom", "r");
      pool = new Buffer(POOL);
      pooled = fs.readSync(file, pool, 0, POOL) & ~3;
      fs.closeSync(file);
    } catch (exception) {
      pooled = 0;
    }
    // No good source: see "Random numbers" in docs/adding-a-board.md.
    if (!pooled) return Math.floor(Math.random() * 4294967296);
  }
  pooled -= 4;
  return pool.readUInt16LE(pooled) * 65536 + pool.readUInt16LE(pooled + 2);
}

export const _sha1 = sha1;

export function _base64(bytes: string): string {
  return fromByteString(bytes).toString("base64");
}

export function _unbase64(text: string): string {
  text = text.replace(/[^A-Za-z0-9+\/]/g, "");
  var length = (text.length * 3) >> 2;
  // IoT.js decodes whole groups of four only, and leaves zeros behind the end.
  var buffer = new Buffer(text + "===".substr((text.length + 3) & 3), "base64");
  return _byteString(copy(buffer, 0, length, new Uint8Array(length), 0));
}

export function _utf8(text: string): string {
  var buffer = encode(text);
  return _byteString(copy(buffer, 0, buffer.length, new Uint8Array(buffer.length), 0));
}

export function _size(data: any): number | undefined {
  if (data === null) return 0;
  if (typeof data === "string" || Buffer.isBuffer(data)) return data.length;
  if (typeof data !== "object") return undefined;
  return data.byteLength >= 0 ? data.byteLength : data instanceof Array ? data.length : undefined;
}

export function _copySize(_data: unknown, size: number): number {
  return size;
}

// In a buffer, so that a waiting message takes no heap.
export function _payload(data: any): Payload {
  var buffer: HostBuffer;
  if (typeof data === "string") buffer = encode(data);
  else if (data === null) buffer = new Buffer(0);
  else if (Buffer.isBuffer(data)) buffer = data.slice(0, data.length);
  else if (data instanceof Array) buffer = Buffer.from(data as number[]);
  // Whatever numbers a view shows, its bytes are what is sent.
  else
    buffer = toBuffer(
      data.buffer ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
    );
  return buffer as unknown as Payload;
}

export function _shortPayload(data: unknown): Payload | undefined {
  return (typeof data === "string" || data instanceof Uint8Array) && data.length < 126 ? _payload(data) : undefined;
}

export function _bytesPayload(bytes: string): Payload {
  return _payload(_bytes(bytes));
}

export function _shortFrame(first: number, payload: Payload): Uint8Array {
  return encodeFrame(first, payload, 0, payload.length, _random());
}

export function _join(header: number[], payload: Payload, offset: number, length: number): Uint8Array {
  var bytes = new Uint8Array((header.length + length + 3) & ~3);
  bytes.set(header);
  return copy(payload as unknown as HostBuffer, offset, length, bytes, header.length);
}

export function _wire(bytes: Uint8Array): Uint8Array {
  return bytes;
}

export const _unwire = _wire;

export function _slice(payload: Payload, offset: number, length: number): Payload {
  return (payload as unknown as HostBuffer).slice(offset, offset + length) as unknown as Payload;
}

export function _text(bytes: string): string {
  // A buffer's text ends at the first NUL.
  return bytes
    .split("\0")
    .map(function (part) {
      return fromByteString(part).toString("utf8");
    })
    .join("\0");
}

export function _bytes(bytes: string): Uint8Array {
  var array = new Uint8Array(bytes.length);
  // In short strings: where a character is above 0x7f, the engine counts to each one from the string's beginning.
  for (var start = 0; start < bytes.length; start += 64)
    for (var part = bytes.substr(start, 64), i = 0; i < part.length; i++) array[start + i] = part.charCodeAt(i);
  return array;
}

export function _byteString(bytes: Uint8Array): string {
  var text = "";
  for (var start = 0; start < bytes.length; start += 256)
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + 256) as unknown as number[]);
  return text;
}

export const _window = _slice;

// No native code makes frames here.
export function _frameMemory(): undefined {}
export function _makeFrame(): any {}
