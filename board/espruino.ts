/** Espruino: the bundle for `require("esp_websocket_client")` on the device. */
import { Address, Board, install, TransportConnection, TransportError, TransportListener } from "../src/board";
import { sha1 } from "../src/sha1";

export * from "../src/esp_websocket_client";

/** Espruino's sockets, as far as they are used here, and what we keep on them. */
interface Socket {
  write(data: string): boolean;
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

/** A connection inherits from `CONNECTION`. */
interface Connection extends TransportConnection {
  _socket: Socket;
}

declare const E: {
  toString(...parts: unknown[]): string;
  toUint8Array(...parts: unknown[]): Uint8Array;
  sum(bytes: ArrayLike<number>): number;
  hwRand(): number;
  srand(seed: number): void;
  fromUTF8(text: string): string;
  asUTF8(text: string): string;
  openFile(path: string, mode: string): { read(length: number): string; close(): void };
};
declare const process: any;
declare function setTimeout(callback: (socket: Socket) => void, milliseconds: number, socket?: Socket): unknown;
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

/** Random bytes read from Linux's device and not used yet. */
var pool = "";

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

function opened(socket: Socket): void {
  if (socket._listener) socket._listener.opened();
}

const CONNECTION = {
  write: function (this: Connection, bytes: Uint8Array): void {
    this._socket.write(E.toString(bytes));
  },
  close: function (this: Connection): void {
    var socket = this._socket;
    socket._listener = undefined;
    socket.end();
    // What waits for the end of the TLS handshake would keep the socket alive as long as the server is silent.
    if (socket._shaking) socket.clsNow = true;
    endHandshake(socket);
  },
};

const espruino: Board = {
  _verifies: false,
  _pem: false,
  _ipv6: false,
  _hasTls: function () {
    return !!find("tls");
  },
  open: function (address: Address, listener: TransportListener): TransportConnection {
    var options: { [field: string]: unknown } = address.tls || {};
    options.host = address.host;
    options.port = address.port;
    var connection = Object.create(CONNECTION);
    // Espruino's TLS draws its keys from this generator, which begins with the same seed at each boot.
    if (address.tls) E.srand(espruino._random() | 1);
    // The functions know their socket as `this`: none is made anew for each connection.
    var socket: Socket = (connection._socket = require(address.tls ? "tls" : "net").connect(options, opened));
    // They have been used, and hold the private key.
    delete socket.opt;
    socket._listener = listener;
    socket._shaking = !!address.tls;
    if (address.tls && !handshakes++) process.on("uncaughtException", uncaught);
    socket.on("data", function (data) {
      endHandshake(this);
      if (this._listener) this._listener.received(E.toUint8Array(data));
    });
    socket.on("drain", function () {
      if (this._listener) this._listener.drained();
    });
    socket.on("error", function (error) {
      // The server ended TLS in good order (MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY).
      if (error.code !== -30848) this._error = error;
    });
    socket.on("close", function () {
      // The exception that tells why the TLS handshake failed comes after this event.
      if (this._shaking) setTimeout(closed, 0, this);
      else closed(this);
    });
    return connection;
  },
  _emitter: function () {
    return {};
  },
  _listeners: function (emitter: any, event: string) {
    // Where Espruino keeps the functions given to `on`.
    return emitter["#on" + event];
  },
  _log: print,
  _report: function (exception) {
    setTimeout(function () {
      throw exception;
    }, 0);
  },
  _random: function () {
    // The built-in generator begins with the same seed at each boot; the hardware's register (ESP-IDF wdev_reg.h) and
    // Linux's device do not.
    var random = E.hwRand();
    var name = process.env.BOARD;
    if (name.substr(0, 5) === "ESP32")
      random ^= peek32(/S3/i.test(name) ? 0x6003507c : /C3/i.test(name) ? 0x600260b0 : 0x60035144);
    else if (name === "LINUX") {
      if (!pool) {
        var file = E.openFile("/dev/urandom", "r");
        pool = file.read(64);
        file.close();
      }
      random ^= new Uint32Array(E.toUint8Array(pool.substr(0, 4)).buffer)[0];
      pool = pool.substr(4);
    }
    return random >>> 0;
  },
  _sha1: function (bytes) {
    var crypto = find("crypto");
    return crypto && crypto.SHA1 ? E.toString(crypto.SHA1(bytes)) : sha1(bytes);
  },
  _base64: btoa,
  _unbase64: atob,
  _utf8: function (text) {
    return unicode ? E.fromUTF8(text) : text;
  },
  _payload: function (data) {
    return typeof data === "string"
      ? espruino._utf8(data)
      : // With one argument, E.toString may return the very memory of a typed array: with two it copies.
        E.toString(data instanceof ArrayBuffer ? new Uint8Array(data) : data, "");
  },
  _join: function (header, payload, offset, length) {
    return E.toUint8Array(
      header,
      (payload as string).substr(offset, length),
      "\0\0\0".substr((header.length + length - 1) & 3)
    );
  },
  _slice: function (payload, offset, length) {
    return (payload as string).substr(offset, length);
  },
  _text: function (bytes) {
    var text = E.toString(bytes);
    return unicode ? E.asUTF8(text) : text;
  },
  _byteString: E.toString,
  _isAscii: function (bytes) {
    return E.sum(bytes) === E.sum(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  },
};

install(espruino);
