import { board } from "./board";

/** The longest response head that is taken, in bytes. */
export const HEAD_LIMIT = 4096;

/** What a request is made of. No value may hold CR or LF: the configuration is checked for that. */
export interface Request {
  /** Path and query. */
  _path: string;
  /** Host name, with the port unless it is the scheme's default. */
  _authority: string;
  _userAgent: string;
  /** Subprotocols to offer, separated by commas, or "". */
  _subprotocol: string;
  /** `user:password` as a byte string, or "". */
  _credentials: string;
  /** The user's own header lines, each ended by CRLF. */
  _headers: string;
}

/** A fresh `Sec-WebSocket-Key`: 16 unpredictable bytes in base64 (RFC 6455 §4.1). */
export function makeKey(): string {
  var bytes = "";
  for (var i = 0; i < 8; i++) {
    var random = board.random();
    bytes += String.fromCharCode(random >>> 24, (random >> 16) & 255);
  }
  return board.base64(bytes);
}

/** The opening handshake's request (RFC 6455 §4.1), its headers in the order in which the C client sends them. */
export function encodeRequest(request: Request, key: string): string {
  return (
    "GET " +
    request._path +
    " HTTP/1.1\r\nConnection: Upgrade\r\nHost: " +
    request._authority +
    "\r\nUser-Agent: " +
    request._userAgent +
    "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
    key +
    (request._subprotocol && "\r\nSec-WebSocket-Protocol: " + request._subprotocol) +
    (request._credentials && "\r\nAuthorization: Basic " + board.base64(request._credentials)) +
    "\r\n" +
    request._headers +
    "\r\n"
  );
}

/** What is known of a response while it comes: one unfinished line and a few facts. */
export interface Response {
  /** The key that was sent. */
  _key: string;
  /** The subprotocols that were offered. */
  _offered: string;
  /** The header that may still be continued by a folded line, or the beginning of a line. */
  _line: string;
  /** A whole header line that waits for a folded continuation. */
  _header: string;
  /** Bytes of the head so far. */
  _size: number;
  /** Status code; 0 before the status line, -1 if there is no HTTP. */
  _status: number;
  /** Upgrade, Connection and Accept that were right: one bit each. */
  _seen: number;
  /** What was wrong with a header, or "". */
  _wrong: string;
  /** The subprotocol that the server chose, or "". */
  _protocol: string;
  /** Where a redirect leads to, or "". */
  _location: string;
  /** Seconds that the server asks to wait (RFC 9110 §10.2.3), or 0. */
  _retryAfter: number;
}

/** True if `token` is in a comma-separated header value, in any case (RFC 9110 §5.6.1). */
function hasToken(list: string, token: string): boolean {
  return (
    list
      .toLowerCase()
      .split(",")
      .map(function (item) {
        return item.trim();
      })
      .indexOf(token) >= 0
  );
}

function readHeader(response: Response, line: string): void {
  var colon = line.indexOf(":");
  var name = line.substr(0, colon).toLowerCase();
  var value = line.substr(colon + 1).trim();
  if (name === "upgrade") {
    if (hasToken(value, "websocket")) response._seen |= 1;
  } else if (name === "connection") {
    if (hasToken(value, "upgrade")) response._seen |= 2;
  } else if (name === "sec-websocket-accept") {
    var accept = board.base64(board.sha1(response._key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    if (value !== accept || response._seen & 4) response._wrong = "The Sec-WebSocket-Accept header is wrong.";
    response._seen |= 4;
  } else if (name === "sec-websocket-protocol") {
    // Names of subprotocols are compared as they are (RFC 6455 §4.1).
    if (response._protocol || (", " + response._offered + ",").replace(/,\s*/g, ",").indexOf("," + value + ",") < 0)
      response._wrong = "The server chose a subprotocol that was not offered.";
    response._protocol = value;
  } else if (name === "sec-websocket-extensions") {
    if (value) response._wrong = "The server chose an extension that was not offered.";
  } else if (name === "location") response._location = value;
  else if (name === "retry-after") response._retryAfter = +value > 0 ? +value : 0;
}

/**
 * Reads the response's head from the next bytes of the stream, however it was cut (RFC 6455 §4.1, RFC 9112 §2–5).
 * Calls `header` with each header line, folded ones joined. Returns how many of the bytes belong to the head, once it
 * is complete; until then, and while it goes on, -1. Once complete, `responseError` tells what to make of it.
 */
export function readResponse(response: Response, bytes: Uint8Array, header: (line: string) => boolean): number {
  var text = board.byteString(bytes);
  var start = 0;
  var end: number;
  while ((end = text.indexOf("\n", start)) >= 0) {
    var line = response._line + text.substring(start, end);
    start = end + 1;
    response._line = "";
    response._size += line.length + 1;
    if (response._size > HEAD_LIMIT) break;
    if (line.charAt(line.length - 1) === "\r") line = line.substr(0, line.length - 1);
    if (!response._status) {
      response._status = /^HTTP\/1\.[0-9] [1-9][0-9][0-9]/.test(line) ? +line.substr(9, 3) : -1;
      if (response._status < 0) return 0;
    } else if (response._header && (line.charAt(0) === " " || line.charAt(0) === "\t")) {
      response._header += " " + line.trim();
    } else {
      if (response._header) {
        readHeader(response, response._header);
        if (!header(response._header)) return 0;
      }
      response._header = line;
      if (!line) return start;
    }
  }
  response._line += text.substr(start);
  if (!response._status && response._line.substr(0, 5) !== "HTTP/".substr(0, response._line.length)) response._status = -1;
  if (response._size + response._line.length > HEAD_LIMIT) {
    response._wrong = "The response head is longer than 4096 bytes.";
    return 0;
  }
  return response._status < 0 ? 0 : -1;
}

/** What is wrong with a response that is complete, as a sentence; "" if the connection is open. */
export function responseError(response: Response): string {
  var status = response._status;
  var seen = response._seen;
  return status < 0
    ? "The server does not speak HTTP."
    : status && status !== 101
      ? "The server refused the connection with status " + status + "."
      : response._wrong ||
        (seen === 7
          ? ""
          : "The " +
            (!(seen & 1) ? "Upgrade" : !(seen & 2) ? "Connection" : "Sec-WebSocket-Accept") +
            " header is missing or wrong.");
}
