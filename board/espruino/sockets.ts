/** TCP and TLS connections: `require("net")` and `require("tls")`. */
import type { Address, TransportConnection, TransportError, TransportListener } from "../../src/board";
import { _lacks, RESERVE } from "./memory";
import { _random } from "./random";

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
  /** The connection's listener, until it knows that the connection is closed. */
  _listener: TransportListener | undefined;
  /** The error that was reported before `close`. */
  _error: TransportError | undefined;
  /** True until something is received over TLS: the TLS handshake may still fail. */
  _shaking: boolean;
}

declare const E: { srand(seed: number): void; defrag(): void };
declare const process: any;
declare function setTimeout(callback: (socket: Socket) => void, milliseconds: number, socket: Socket): unknown;
declare function require(module: string): any;

const OUT_OF_MEMORY = "Out of memory";

/** A module, undefined if the firmware lacks it. */
export function find(module: string): any {
  try {
    return require(module);
  } catch (exception) {
    return undefined;
  }
}

/** How many TLS handshakes are going on, and why the last one failed. */
var handshakes = 0;
var handshakeError: TransportError | undefined;

/** True if only this file listens for uncaught exceptions. */
export function onlyOurs(): boolean {
  var listeners = process["#onuncaughtException"];
  return !listeners || listeners === uncaught || !(listeners.length - (handshakes ? 1 : 0));
}

/** Gets uncaught exceptions: this is how Espruino reports that a TLS handshake failed. */
function uncaught(exception: unknown): void {
  // A minus sign and a hexadecimal number, or words, which stand for -13 here: "SSL handshake failed".
  var match = /handshake returned (.*)/.exec("" + exception);
  if (match) handshakeError = { code: -match[1].substr(1) || -13, message: "TLS handshake failed: " + match[1] };
  // Thrown again, it is printed as if nobody listened. If somebody else listens, it is theirs.
  else if (onlyOurs()) throw exception;
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
  var error = socket._error;
  // It says nothing about a socket whose handshake was over: that one may close in the same pass.
  if (socket._shaking && handshakeError) {
    error = handshakeError;
    handshakeError = undefined;
  }
  endHandshake(socket);
  socket._listener = undefined;
  if (listener) listener.closed(error);
}

// The sockets' handlers. They get their socket as `this`, so that no connection needs its own.
function onConnect(socket: Socket): void {
  if (socket._listener) socket._listener.opened();
}

/** @hot */
function onData(this: Socket, data: string): void {
  var listener = this._listener;
  if (this._shaking) endHandshake(this);
  if (listener) listener.received(data);
}

/** @hot */
function onDrain(this: Socket): void {
  if (this._listener) this._listener.drained();
}

function onError(this: Socket, error: { code: number; message: string }): void {
  // The server ended TLS in good order (MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY).
  if (error.code !== -30848) this._error = error;
}

function onClose(this: Socket): void {
  // What came after Espruino removed the handler waits for a new one, and is reported in the next idle pass.
  var deaf = _revive(this);
  // The exception that says why the TLS handshake failed comes after this event.
  if (this._shaking || deaf) setTimeout(closed, 0, this);
  else closed(this);
}

/** Espruino removes a handler of "data" that it had to cut off; "#on", where it keeps handlers, is the only sign. */
export function _revive(socket: any): boolean {
  // A user's transport has handlers of its own.
  if (socket["#ondata"] || !socket._listener) return false;
  socket.on("data", onData);
  return true;
}

/** What a connection's `close` does: the socket itself is the connection. */
function closeSocket(this: Socket): void {
  // Received data would keep the socket from ever closing.
  _revive(this);
  this._listener = undefined;
  this.end();
  // What waits for the end of the TLS handshake would keep the socket alive as long as the server is silent.
  if (this._shaking) this.clsNow = true;
  endHandshake(this);
}

export function _hasTls(): boolean {
  return !!find("tls");
}

function connect(options: unknown, tls: boolean): Socket {
  return require(tls ? "tls" : "net").connect(options, onConnect);
}

export function open(address: Address, listener: TransportListener): TransportConnection {
  if (_lacks(RESERVE)) throw OUT_OF_MEMORY;
  var options: { [field: string]: unknown } = address.tls || {};
  options.host = address.host;
  options.port = address.port;
  // Espruino's TLS draws its keys from this generator, which begins with the same seed at each boot.
  if (address.tls) E.srand(_random() | 1);
  var socket: Socket;
  try {
    socket = connect(options, !!address.tls);
  } catch (exception) {
    if (!/enough memory/.test("" + exception)) throw exception;
    try {
      // Where TLS takes its memory from the script's, in pieces of 17 kB, what is left may be enough, but scattered.
      E.defrag();
      socket = connect(options, true);
    } catch (again) {
      // An ESP32 has it elsewhere: 40 kB and more for a session, which one without PSRAM lacks.
      throw again + ": TLS needs PSRAM. Use tls_psk or a gateway";
    }
  }
  // They have been used, and hold the private key.
  delete socket.opt;
  socket.close = closeSocket;
  socket._listener = listener;
  socket._shaking = !!address.tls;
  if (address.tls && !handshakes++) {
    handshakeError = undefined;
    process.on("uncaughtException", uncaught);
  }
  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("error", onError);
  socket.on("close", onClose);
  return socket;
}
