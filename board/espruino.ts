/** Espruino: the bundle for `require("esp_websocket_client")` on the device. */
import { Address, Board, install, Payload, TransportConnection, TransportListener } from "../src/board";
import { sha1 } from "../src/sha1";

export * from "../src/esp_websocket_client";

/** Espruino's sockets, as far as they are used here. */
interface Socket {
  write(data: string): boolean;
  end(): void;
  on(event: string, listener: (this: Socket, argument: any) => void): void;
  removeAllListeners(): void;
  /** Ours: the connection's listener, and the error that was reported before `close`. */
  l: TransportListener | undefined;
  e: { code: number; message: string } | undefined;
}

declare const E: {
  toString(...parts: unknown[]): string;
  toUint8Array(...parts: unknown[]): Uint8Array;
  sum(bytes: ArrayLike<number>): number;
  hwRand(): number;
  fromUTF8(text: string): string;
  asUTF8(text: string): string;
  openFile(path: string, mode: string): { read(length: number): string; close(): void };
};
declare const process: { env: { BOARD: string } };
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare const print: (line: string) => void;
declare function peek32(address: number): number;
declare function btoa(bytes: string): string;
declare function atob(text: string): string;
declare function require(module: string): any;

// Builds without Unicode have the function, but it throws.
var unicode = true;
try {
  E.asUTF8("");
} catch (exception) {
  unicode = false;
}

/** The hardware random number generator's register (ESP-IDF wdev_reg.h), 0 where the board's is not known. */
var randomRegister = 0;
if (/^ESP32/i.test(process.env.BOARD))
  randomRegister = /S3/i.test(process.env.BOARD) ? 0x6003507c : /C3/i.test(process.env.BOARD) ? 0x600260b0 : 0x60035144;

function received(this: Socket, data: string): void {
  if (this.l) this.l.received(E.toUint8Array(data));
}

function drained(this: Socket): void {
  if (this.l) this.l.drained();
}

function failed(this: Socket, error: { code: number; message: string }): void {
  this.e = error;
}

function ended(this: Socket): void {
  var listener = this.l;
  this.l = undefined;
  if (listener) listener.closed(this.e);
}

function opened(this: Socket, socket: Socket): void {
  if (socket.l) socket.l.opened();
}

const CONNECTION = {
  write: function (this: { _socket: Socket }, bytes: Uint8Array): void {
    this._socket.write(E.toString(bytes));
  },
  close: function (this: { _socket: Socket }): void {
    this._socket.l = undefined;
    this._socket.end();
  },
};

const espruino: Board = {
  tls: true,
  verifies: false,
  pem: false,
  ipv6: false,
  open: function (address: Address, listener: TransportListener): TransportConnection {
    var options: { [field: string]: unknown } = address.tls || {};
    options.host = address.host;
    options.port = address.port;
    var socket: Socket = require(address.tls ? "tls" : "net").connect(options, opened);
    socket.l = listener;
    socket.on("data", received);
    socket.on("drain", drained);
    socket.on("error", failed);
    socket.on("close", ended);
    var connection = Object.create(CONNECTION);
    connection._socket = socket;
    return connection;
  },
  emitter: function () {
    return {};
  },
  listeners: function (emitter: any, event: string) {
    // Where Espruino keeps the functions given to `on`.
    return emitter["#on" + event];
  },
  log: print,
  report: function (exception) {
    setTimeout(function () {
      throw exception;
    }, 0);
  },
  random: function () {
    var random = E.hwRand();
    if (randomRegister) random ^= peek32(randomRegister);
    return random >>> 0;
  },
  sha1: function (bytes) {
    return sha1(bytes);
  },
  base64: btoa,
  unbase64: atob,
  payload: function (data) {
    if (typeof data !== "string") return E.toString(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
    return unicode ? E.fromUTF8(data) : data;
  },
  join: function (header, payload, offset, length) {
    var rest = -(header.length + length) & 3;
    return E.toUint8Array(header, (payload as string).substr(offset, length), "\0\0\0".substr(0, rest));
  },
  slice: function (payload: Payload, offset, length) {
    return (payload as string).substr(offset, length);
  },
  text: function (bytes) {
    var text = E.toString(bytes);
    return unicode ? E.asUTF8(text) : text;
  },
  byteString: function (bytes) {
    return E.toString(bytes);
  },
  isAscii: function (bytes) {
    return E.sum(bytes) === E.sum(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  },
};

install(espruino);
