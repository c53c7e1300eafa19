/** One connection: TLS 1.2 with a pre-shared key, as a client, between a TCP connection and the user of the transport. */
import type { Address, TransportConnection, TransportError, TransportListener } from "../board";
import * as platform from "./platform";
import type { Part } from "./platform";
import {
  alertName,
  BAD_RECORD_MAC,
  CLOSE_NOTIFY,
  DECODE_ERROR,
  DECRYPT_ERROR,
  HANDSHAKE_FAILURE,
  INTERNAL_ERROR,
  NO_RENEGOTIATION,
  PROTOCOL_VERSION,
  RECORD_OVERFLOW,
  UNEXPECTED_MESSAGE,
  UNRECOGNIZED_NAME,
} from "./alerts";
import {
  Agreement,
  CLIENT_KEY_EXCHANGE,
  clientHello,
  FINISHED,
  HEADER,
  HELLO_REQUEST,
  message,
  readServerHello,
  SERVER_HELLO,
  SERVER_HELLO_DONE,
  SERVER_KEY_EXCHANGE,
} from "./handshake";
import { MacKey, macKey, prf } from "./keys";
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  macLength,
  protect,
  Protection,
  unprotect,
} from "./record";

// ESP-IDF's numbers (esp_tls_errors.h).
/** ESP_ERR_ESP_TLS_TCP_CLOSED_FIN. */
const TCP_CLOSED_FIN = 0x8008;
/** ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED. */
const HANDSHAKE_FAILED = 0x801a;
/** ESP_ERR_MBEDTLS_SSL_READ_FAILED. */
const READ_FAILED = 0x801d;

// What a connection waits for.
const WAITS_FOR_HELLO = 0;
/** ServerHelloDone, and perhaps ServerKeyExchange before it; then ServerHelloDone alone. */
const WAITS_FOR_HINT = 1;
const WAITS_FOR_DONE = 2;
const WAITS_FOR_CHANGE = 3;
const WAITS_FOR_FINISHED = 4;
const OPEN = 5;

/** Longest fragment where nothing shorter was agreed (RFC 5246 §6.2.1), in bytes. */
const LONGEST_FRAGMENT = 16384;
/** What protection may add to it: IV, padding and MAC of the two suites, with all the padding there can be. */
const LONGEST_EXTRA = 16 + 256 + 32;
/** Longest message of the handshake: ServerHello and an identity hint are shorter. */
const LONGEST_MESSAGE = 1024;
/** Length of a record's header. */
const RECORD_HEADER = 5;

/** Variables that must be free for a piece of data, its handlers, and the events of a failure. */
const LEAST = 300;
/** This many free variables are plenty: fragments may be as long as agreed. */
const PLENTY = 1000;

/** What a transport's connections have in common. */
export interface Settings {
  /** UTF-8. */
  _identity: string;
  /** The premaster secret. */
  _secret: MacKey;
  /** 1…4 for 512, 1,024, 2,048, 4,096 bytes (RFC 6066 §4). */
  _fragmentCode: number;
  _allowNoExtendedMasterSecret: boolean;
}

/** A connection is also the listener of the TCP connection below it. */
interface Connection extends TransportConnection, TransportListener {
  /** Undefined once the connection is closed. */
  _listener?: TransportListener;
  _socket: TransportConnection;
  _settings: Settings;
  _state: number;
  /** Until the connection is open. */
  _handshake?: Handshake;
  /** Longest fragment in both directions, in bytes. */
  _limit: number;
  /** What came and is not yet a whole record; how many bytes that is, and how many are needed to go on. */
  _pieces: string[];
  _have: number;
  _needed: number;
  /** Undefined until the side has changed to the new keys. */
  _reading?: Protection;
  _writing?: Protection;
}

/** What is kept until the handshake is done. */
interface Handshake {
  /** The server's name, "" if it is not sent. */
  _name: string;
  /** The two randoms. */
  _clientRandom: string;
  _serverRandom: string;
  /** Bytes that are not yet a whole message. */
  _incoming: string;
  /** All messages so far. */
  _transcript: string;
  _agreement: Agreement;
  /** The master secret. */
  _master: MacKey;
  /** What protects the server's records once it changes to it. */
  _next: Protection;
}

/**
 * Sends one record.
 *
 * @hot
 */
function sendRecord(connection: Connection, type: number, fragment: Part, length: number): void {
  connection._socket.write(
    (connection._writing
      ? protect(connection._writing, type, fragment, length)
      : platform._join([type, 3, 3, length >> 8, length], fragment)) as unknown as Uint8Array
  );
}

function sendMessage(connection: Connection, bytes: string): void {
  var handshake = connection._handshake!;
  handshake._transcript = platform._join(handshake._transcript, bytes);
  sendRecord(connection, HANDSHAKE, bytes, bytes.length);
}

/** Sends an alert, where that is still possible: level 1 is a warning, 2 is fatal. */
function sendAlert(connection: Connection, level: number, alert: number): void {
  try {
    sendRecord(connection, ALERT, [level, alert], 2);
  } catch (exception) {
    // The connection is gone, or there is no memory: the end of TCP has to say it.
  }
}

/** Ends the connection from this side, and forgets its keys. */
function close(connection: Connection): void {
  connection._listener = connection._reading = connection._writing = connection._handshake = undefined;
  connection._pieces = [];
  connection._state = WAITS_FOR_HELLO;
  connection._socket.close();
}

/** Ends the connection and says why. */
function end(connection: Connection, code: number, message?: string): void {
  var listener = connection._listener;
  if (connection._handshake) {
    code = HANDSHAKE_FAILED;
    message = message || "TLS: close_notify in the handshake";
  }
  close(connection);
  if (listener) listener.closed(message ? { code: code, message: message } : undefined);
}

/** Ends the connection because of an exception: an alert's number and what it is for, or anything else. */
function fail(connection: Connection, exception: unknown): void {
  // Already closed: nobody is left to tell.
  if (!connection._listener) return;
  var text = "" + exception;
  var alert = parseInt(text);
  var known = alert >= 0;
  if (!known) alert = INTERNAL_ERROR;
  sendAlert(connection, alert === NO_RENEGOTIATION ? 1 : 2, alert);
  end(
    connection,
    READ_FAILED,
    "TLS: " + (known ? alertName(alert) + " (" + text.substr(text.indexOf(" ") + 1) + ")" : text)
  );
}

/** What a side proves with Finished (RFC 5246 §7.4.9). */
function verifyData(handshake: Handshake, label: string): string {
  return prf(handshake._master, label + " finished", platform._sha256(handshake._transcript), 12);
}

/** Makes the keys, now that the server has sent its part, and proves that we know the secret. */
function exchangeKeys(connection: Connection, handshake: Handshake): void {
  var identity = connection._settings._identity;
  var secret = connection._settings._secret;
  var clientRandom = handshake._clientRandom;
  var serverRandom = handshake._serverRandom;
  var hash = handshake._agreement._sha1 ? platform._sha1 : platform._sha256;
  var macBytes = macLength(hash);
  sendMessage(connection, message(CLIENT_KEY_EXCHANGE, [0, identity.length], identity));
  // RFC 7627 §4; RFC 5246 §8.1.
  var master = macKey(
    handshake._agreement._extendedMasterSecret
      ? prf(secret, "extended master secret", platform._sha256(handshake._transcript), 48)
      : prf(secret, "master secret", platform._join(clientRandom, serverRandom), 48)
  );
  // RFC 5246 §6.3: the client's before the server's, MAC keys before keys.
  var block = prf(master, "key expansion", platform._join(serverRandom, clientRandom), macBytes * 2 + 32);
  var protections = [0, 1].map(function (side) {
    var protection = macKey(block.substr(macBytes * side, macBytes)) as Protection;
    protection._hash = hash;
    protection._key = platform._join(block.substr(macBytes * 2 + side * 16, 16));
    protection._low = protection._high = 0;
    return protection;
  });
  handshake._master = master;
  handshake._next = protections[1];
  sendRecord(connection, CHANGE_CIPHER_SPEC, [1], 1);
  connection._writing = protections[0];
  sendMessage(connection, message(FINISHED, verifyData(handshake, "client"), ""));
}

/** True if two texts of the same length are equal; the time does not reveal where they differ. */
function equal(one: string, other: string): boolean {
  var difference = one.length ^ other.length;
  for (var i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return !difference;
}

/** One whole message of the handshake. */
function readMessage(connection: Connection, handshake: Handshake, bytes: string): void {
  var type = bytes.charCodeAt(0);
  var state = connection._state;
  var settings = connection._settings;
  var next = 0;
  if (type === SERVER_HELLO && state === WAITS_FOR_HELLO) {
    var agreement = readServerHello(bytes, handshake._name, settings._fragmentCode);
    if (!agreement._extendedMasterSecret && !settings._allowNoExtendedMasterSecret)
      throw HANDSHAKE_FAILURE + " no extended_master_secret";
    if (agreement._shortFragments) connection._limit = 256 << settings._fragmentCode;
    handshake._agreement = agreement;
    handshake._serverRandom = bytes.substr(HEADER + 2, 32);
    next = WAITS_FOR_HINT;
  }
  if (type === SERVER_KEY_EXCHANGE && state === WAITS_FOR_HINT) {
    // The hint (RFC 4279 §2): there is one key here, whatever it says.
    if (((bytes.charCodeAt(HEADER) << 8) | bytes.charCodeAt(HEADER + 1)) !== bytes.length - HEADER - 2)
      throw DECODE_ERROR + " ServerKeyExchange";
    next = WAITS_FOR_DONE;
  }
  if (type === SERVER_HELLO_DONE && (state === WAITS_FOR_HINT || state === WAITS_FOR_DONE)) {
    if (bytes.length > HEADER) throw DECODE_ERROR + " ServerHelloDone";
    next = WAITS_FOR_CHANGE;
  }
  if (type === FINISHED && state === WAITS_FOR_FINISHED) {
    if (!equal(bytes.substr(HEADER), verifyData(handshake, "server")))
      throw DECRYPT_ERROR + " the server does not know the key";
    next = OPEN;
  }
  if (!next) throw UNEXPECTED_MESSAGE + " message " + type;
  connection._state = next;
  handshake._transcript = platform._join(handshake._transcript, bytes);
}

/** Bytes of handshake messages, which may begin and end anywhere (RFC 5246 §6.2.1). */
function readHandshake(connection: Connection, fragment: Uint8Array): void {
  var handshake = connection._handshake;
  // Never again (RFC 5746 §4.2).
  if (!handshake)
    throw fragment[0] === HELLO_REQUEST
      ? NO_RENEGOTIATION + " the server wants to renegotiate"
      : UNEXPECTED_MESSAGE + " message " + fragment[0];
  var state = connection._state;
  var bytes = platform._join(handshake._incoming, fragment);
  while (bytes.length >= HEADER) {
    var length = HEADER + ((bytes.charCodeAt(1) << 16) | (bytes.charCodeAt(2) << 8) | bytes.charCodeAt(3));
    if (length > LONGEST_MESSAGE) throw DECODE_ERROR + " a message of " + length + " bytes";
    if (bytes.length < length) break;
    readMessage(connection, handshake, bytes.substr(0, length));
    bytes = bytes.substr(length);
    // After these, it is the other side's turn.
    if (bytes && connection._state >= WAITS_FOR_CHANGE) throw UNEXPECTED_MESSAGE + " a message too many";
  }
  handshake._incoming = bytes;
  if (connection._state === state) return;
  if (connection._state === WAITS_FOR_CHANGE) exchangeKeys(connection, handshake);
  if (connection._state === OPEN) {
    connection._handshake = undefined;
    connection._listener!.opened();
  }
}

/** A record that is not application data. */
function readRecord(connection: Connection, type: number, fragment: Uint8Array): void {
  // None of them may be empty (RFC 5246 §6.2.1).
  if (!fragment.length) throw DECODE_ERROR + " an empty record";
  if (type === HANDSHAKE) return readHandshake(connection, fragment);
  if (type === CHANGE_CIPHER_SPEC && connection._state === WAITS_FOR_CHANGE && !connection._handshake!._incoming) {
    if (fragment.length > 1 || fragment[0] !== 1) throw DECODE_ERROR + " ChangeCipherSpec";
    connection._reading = connection._handshake!._next;
    connection._state = WAITS_FOR_FINISHED;
    return;
  }
  if (type !== ALERT) throw UNEXPECTED_MESSAGE + " record " + type;
  if (fragment.length !== 2) throw DECODE_ERROR + " alert";
  var alert = fragment[1];
  if (alert === UNRECOGNIZED_NAME && fragment[0] === 1) return;
  if (alert === CLOSE_NOTIFY && !connection._handshake) {
    sendAlert(connection, 1, CLOSE_NOTIFY);
    return end(connection, 0);
  }
  end(connection, READ_FAILED, "TLS: the server's alert " + alertName(alert));
}

/**
 * Reads all whole records that have come, and keeps the rest.
 *
 * @hot
 */
function readRecords(connection: Connection): void {
  var input = platform._bytes(connection._pieces);
  var at = 0;
  connection._pieces = [];
  while (connection._listener) {
    var left = input.length - at;
    var reading = connection._reading;
    var type = input[at];
    var length = 0;
    if (left >= RECORD_HEADER) {
      length = (input[at + 3] << 8) | input[at + 4];
      if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA || input[at + 1] !== 3)
        throw UNEXPECTED_MESSAGE + " this is no TLS";
      // A server that refuses the version may say so in the one that it has.
      if (input[at + 2] !== 3 && (type !== ALERT || reading)) throw PROTOCOL_VERSION + " not TLS 1.2";
      if (length > (reading ? connection._limit + LONGEST_EXTRA : LONGEST_FRAGMENT))
        throw RECORD_OVERFLOW + " a record of " + length + " bytes";
      // Of what is not protected, nothing may be empty (RFC 5246 §6.2.1).
      if (!length) throw DECODE_ERROR + " an empty record";
    }
    connection._have = left;
    connection._needed = RECORD_HEADER + length;
    if (left < connection._needed) {
      if (left) connection._pieces.push(platform._join(new Uint8Array(input.buffer, at), ""));
      return;
    }
    at += RECORD_HEADER;
    var fragment = reading ? unprotect(reading, type, input, at, length) : new Uint8Array(input.buffer, at, length);
    at += length;
    if (!fragment) throw BAD_RECORD_MAC + " what came is not what the server sent";
    if (fragment.length > connection._limit) throw RECORD_OVERFLOW + " a fragment of " + fragment.length + " bytes";
    if (type !== APPLICATION_DATA) readRecord(connection, type, fragment);
    else if (connection._handshake) throw UNEXPECTED_MESSAGE + " data in the handshake";
    else if (fragment.length) connection._listener.received(fragment);
  }
}

/** What all connections inherit: what they do, and what they hear from TCP. */
const CONNECTION = {
  opened: function (this: Connection): void {
    try {
      var handshake = this._handshake!;
      sendMessage(this, clientHello(handshake._clientRandom, handshake._name, this._settings._fragmentCode));
    } catch (exception) {
      fail(this, exception);
    }
  },

  received: function (this: Connection, bytes: string): void {
    if (!this._listener) return;
    this._pieces.push(bytes);
    this._have += bytes.length;
    try {
      // A record is here in pieces, whole, and decrypted before the listener gets it.
      if (platform._full(LEAST + this._needed / 3)) throw "out of memory for a record of " + this._needed + " bytes";
      if (this._have >= this._needed) readRecords(this);
    } catch (exception) {
      fail(this, exception);
    }
  },

  drained: function (this: Connection): void {
    if (this._listener && !this._handshake) this._listener.drained();
  },

  closed: function (this: Connection, error?: TransportError): void {
    var listener = this._listener;
    var open = !this._handshake;
    close(this);
    if (listener)
      listener.closed(
        error || {
          code: open ? TCP_CLOSED_FIN : HANDSHAKE_FAILED,
          // An attacker can end TCP, but cannot forge a close_notify (RFC 5246 §7.2.1).
          message: "TLS: " + (open ? "cut off: no close_notify" : "the server closed TCP in the handshake"),
        }
      );
  },

  write: function (this: Connection, bytes: Uint8Array): void {
    if (!this._writing || this._handshake) throw "TLS: not open";
    // A record takes three times its size while it is made.
    var limit = platform._full(PLENTY) ? 512 : this._limit;
    for (var at = 0; at < bytes.length; at += limit) {
      // Espruino's `subarray` does not stop at the end.
      var length = Math.min(limit, bytes.length - at);
      sendRecord(this, APPLICATION_DATA, bytes.subarray(at, at + length), length);
    }
  },

  close: function (this: Connection): void {
    if (this._listener && !this._handshake) sendAlert(this, 1, CLOSE_NOTIFY);
    close(this);
  },
};

/** 32 random bytes: the client's random (RFC 5246 §7.4.1.2). */
function makeRandom(): string {
  var words = new Uint32Array(8);
  for (var i = 0; i < 8; i++) words[i] = platform._random();
  return platform._join(words.buffer as ArrayBuffer, "");
}

/** Opens a connection: see `Transport.open`. */
export function open(settings: Settings, address: Address, listener: TransportListener): TransportConnection {
  if (!address.tls) throw "tls_psk: the URI must begin with wss";
  var connection: Connection = Object.create(CONNECTION);
  var name = address.tls.servername || address.host;
  connection._state = WAITS_FOR_HELLO;
  connection._listener = listener;
  connection._settings = settings;
  connection._have = 0;
  connection._needed = RECORD_HEADER;
  connection._limit = LONGEST_FRAGMENT;
  connection._pieces = [];
  connection._handshake = {
    // An address is not a name (RFC 6066 §3), nor is what is too long for one byte of length.
    _name: /^[\d.]*$|:/.test(name) || name.length > 200 ? "" : name,
    _clientRandom: makeRandom(),
    _incoming: "",
    _transcript: "",
  } as Handshake;
  connection._socket = platform.open({ host: address.host, port: address.port }, connection);
  return connection;
}
