/** Espruino: what src/tls_psk takes from its board. The sockets carry byte strings. */
import type { Address, TransportConnection, TransportError, TransportListener } from "../../src/board";
import type { Platform } from "../../src/tls_psk/platform";

/** Espruino's sockets, as far as they are used here, and what we keep on them. */
interface Socket extends TransportConnection {
  write(data: unknown): boolean;
  end(): void;
  on(event: string, listener: (this: Socket, argument: any) => void): void;
  /** The connection's listener, until it knows that the connection is closed. */
  _listener: TransportListener | undefined;
  /** The error that was reported before `close`. */
  _error: TransportError | undefined;
}

declare const E: {
  toString(...parts: unknown[]): string;
  toUint8Array(...parts: unknown[]): Uint8Array;
  getAddressOf(memory: ArrayBufferLike, flat: boolean): number;
  fromUTF8(text: string): string;
  asUTF8(text: string): string;
};
declare const process: { memory(collect?: boolean): { free: number; usage: number }; env: { BOARD: string } };
declare function require(module: string): any;

var crypto: any;
try {
  crypto = require("crypto");
} catch (exception) {
  // Reported below.
}
// IoT.js has a module of this name, without AES; so have Espruino's smaller builds.
if (!crypto || !crypto.AES || !crypto.SHA256) throw "tls_psk: this board's crypto has no AES and SHA256";

// To find a global, Espruino first searches the module's names, each time.
export const _join: Platform["_join"] = E.toString;
export const _bytes: Platform["_bytes"] = E.toUint8Array;
export const _sha256: Platform["_sha256"] = crypto.SHA256;
export const _sha1: Platform["_sha1"] = crypto.SHA1;
export { _random, _randomIsGood } from "./random";

export function _full(variables: number): boolean {
  return process.memory(false).free < variables && process.memory().free < variables;
}

/** Bytes that nearly always fit in one piece of free memory. */
const FEW = 64;

/**
 * The same in pieces of `size` bytes; undefined if even those have no room.
 *
 * @cold
 */
function cryptPieces(
  run: any,
  bytes: Uint8Array,
  key: string,
  decrypt: boolean,
  size: number
): ArrayBuffer | undefined {
  var pieces: ArrayBuffer[] = [];
  var last: Uint8Array | string = "";
  for (var at = 0; at < bytes.length; at += size) {
    var input = bytes.subarray(at, Math.min(at + size, bytes.length));
    var output: ArrayBuffer = run(input, key, { iv: last });
    if (!output) return undefined;
    pieces.push(output);
    // Each piece continues from the last encrypted block of the one before.
    if (at + size < bytes.length) last = decrypt ? input.subarray(size - 16, size) : new Uint8Array(output, size - 16);
  }
  return E.toUint8Array(pieces).buffer as ArrayBuffer;
}

/** @hot */
export function _crypt(bytes: Uint8Array, key: string, decrypt: boolean): ArrayBuffer | undefined {
  var run = decrypt ? crypto.AES.decrypt : crypto.AES.encrypt;
  var result: ArrayBuffer | undefined;
  // AES needs one piece of memory for its result. Where none is this large, though there is enough in all, Espruino
  // prints an error and returns nothing: we look for one first.
  for (var size = bytes.length; !result && size > 15; size = (size >> 2) & -16)
    if (size <= FEW || E.getAddressOf(new Uint8Array(size).buffer, true))
      result = size < bytes.length ? cryptPieces(run, bytes, key, decrypt, size) : run(bytes, key);
  return result;
}

export function _utf8(text: string): string {
  try {
    E.asUTF8("");
    return E.fromUTF8(text);
  } catch (exception) {
    // The first throws where strings are bytes already.
    return text;
  }
}

// The sockets' handlers. They get their socket as `this`, so that no connection needs its own.
function onConnect(socket: Socket): void {
  if (socket._listener) socket._listener.opened();
}

function onData(this: Socket, data: string): void {
  if (this._listener) this._listener.received(data);
}

function onDrain(this: Socket): void {
  if (this._listener) this._listener.drained();
}

function onError(this: Socket, error: TransportError): void {
  this._error = error;
}

function onClose(this: Socket): void {
  var listener = this._listener;
  this._listener = undefined;
  if (listener) listener.closed(this._error);
}

/** What a connection's `close` does: the socket itself is the connection. */
function closeSocket(this: Socket): void {
  this._listener = undefined;
  // If Espruino has removed the handler, received data would keep the socket from ever closing.
  if (!(this as any)["#ondata"]) this.on("data", onData);
  this.end();
}

export function open(address: Address, listener: TransportListener): TransportConnection {
  var socket: Socket = require("net").connect(address, onConnect);
  socket.close = closeSocket;
  socket._listener = listener;
  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("error", onError);
  socket.on("close", onClose);
  return socket;
}
