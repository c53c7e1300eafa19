import * as board from "../board";
import { authority, Uri } from "./uri";

/** The longest response head that is accepted, in bytes, including interim responses before it. */
export const HEAD_LIMIT = 4096;

/** The longest wait that a server may ask for, in seconds. */
export const RETRY_AFTER_LIMIT = 3600;

/** Milliseconds since 1970 of a date in 2020: an earlier clock was never set. */
const CLOCK_IS_SET = 1.58e12;

/** The response's headers that matter, in the order of their names in `readResponse`. */
const enum Header {
  UPGRADE,
  CONNECTION,
  ACCEPT,
  PROTOCOL,
  EXTENSIONS,
  LOCATION,
  RETRY_AFTER,
}

/** What is known about a response as it comes. */
export interface Response {
  /** The key and the subprotocols that were sent. */
  _key: string;
  _offered: string;
  /** Status code; 0 before the status line, -1 if it is not HTTP. */
  _status: number;
  /** Bytes so far. */
  _size: number;
  /** The line that is being read, folded ones joined, and whether a line feed has come after it. */
  _line: string;
  _ended: boolean;
  /** For each header that matters: every value, then a comma. */
  _values: string[];
  /** Header lines that were read but not yet reported. */
  _lines: string[];
  /** All of the head has come. */
  _complete?: boolean;
  /** What was wrong with the response, once its head has ended; "" if the connection is open. */
  _error?: string;
  /** The subprotocol that the server chose, or "". */
  _protocol?: string;
  /** Where a redirect leads to, or "". */
  _location?: string;
  /** Seconds that the server asks to wait (RFC 9110 §10.2.3), at most `RETRY_AFTER_LIMIT`, or 0. */
  _retryAfter: number;
}

/** A fresh `Sec-WebSocket-Key`: 16 unpredictable bytes in base64 (RFC 6455 §4.1). */
function makeKey(): string {
  var words = new Uint32Array([0, 0, 0, 0].map(board._random));
  return board._base64(board._byteString(new Uint8Array(words.buffer)));
}

/** An empty response to a request with a fresh key. */
export function newResponse(): Response {
  return {
    _key: makeKey(),
    _offered: "",
    _status: 0,
    _size: 0,
    _line: "",
    _ended: false,
    _values: ["", "", "", "", "", "", ""],
    _lines: [],
    _retryAfter: 0,
  };
}

/** The name of a header line, in lower case; "" if it has none. */
function nameOf(line: string): string {
  return line.substr(0, line.indexOf(":")).toLowerCase();
}

/** The value of a header line. */
function valueOf(line: string): string {
  return line.substr(line.indexOf(":") + 1).trim();
}

/**
 * The opening handshake's request as bytes (RFC 6455 §4.1): its lines in the order in which the C client sends them,
 * then the user's (`headers`: bytes, checked). One of the user's replaces the client's own of that name, so
 * that none is sent twice; of several, the last. Key and subprotocols are kept in `response`.
 */
export function makeRequest(
  response: Response,
  target: Uri,
  userAgent: string,
  subprotocol: string,
  headers: string
): string {
  // Not at CRLF: Espruino splits a text that is shorter than the separator into nothing.
  var users = headers.split("\n");
  var lines = board
    ._utf8(
      "Connection: Upgrade\r\nHost: " +
        authority(target) +
        "\r\nUser-Agent: " +
        userAgent +
        "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
        response._key +
        "\r\nSec-WebSocket-Protocol: " +
        subprotocol +
        "\r\nAuthorization: " +
        (target._username === undefined ? "" : "Basic " + board._base64(target._username + ":" + target._password)) +
        "\r"
    )
    .split("\n");
  var text = "GET " + (target._path || "/") + " HTTP/1.1\r\n";
  // Loops, since each nested function takes stack.
  for (var i = 0; i < lines.length; i++) {
    var name = nameOf(lines[i]);
    for (var j = 0; j < users.length;) {
      if (nameOf(users[j]) === name) lines[i] = users.splice(j, 1)[0];
      else j++;
    }
    if (valueOf(lines[i])) text += lines[i] + "\n";
  }
  response._key = valueOf(lines[5]);
  response._offered = valueOf(lines[6]);
  return text + users.join("\n") + "\r\n";
}

/**
 * Reads the response's head from the next bytes of the stream, however it was cut (RFC 6455 §4.1, RFC 9112 §2–5).
 * Returns undefined until it ends, then the bytes after it; `response` holds the result.
 * `response` collects the header lines to report, folded ones joined, beside the line that is being read.
 */
export function readResponse(response: Response, bytes: string): string {
  // prettier-ignore
  var names = "upgrade connection sec-websocket-accept sec-websocket-protocol sec-websocket-extensions location retry-after".split(" ");
  var values = response._values;
  var parts = bytes.split("\n");
  while (parts.length && response._status >= 0) {
    // A line may end without CR (RFC 9112 §2.2).
    var part = parts.shift()!.replace(/\r/g, "");
    // The line before is read once it is clear that this one does not continue it.
    if (response._ended && (part || parts.length) && !/^[ \t]/.test(part)) {
      var line = response._line;
      var isHeader = response._status > 0;
      if (!isHeader) {
        // RFC 9112 §4
        var match = /^HTTP\/1\.\d ([1-9]\d\d) /.exec(line + " ");
        response._status = match ? +match[1] : -1;
      }
      // Another response follows it (RFC 9110 §15.2).
      var isInterim = response._status > 99 && response._status < 200 && response._status !== 101;
      if (isHeader && !isInterim) {
        var index = names.indexOf(nameOf(line));
        if (index >= 0) values[index] += valueOf(line) + ",";
        response._lines.push(line);
      }
      response._line = "";
      if (!part) {
        if (!isInterim) break;
        response._status = 0;
        response._ended = false;
        continue;
      }
    }
    // Nothing else holds the line, so it grows in place: otherwise Espruino would copy it.
    response._line += part;
    response._ended = parts.length > 0 || (!part && response._ended);
    if (!response._status && /^[^H]/.test(response._line)) response._status = -1;
  }
  var rest = parts.join("\n");
  var status = response._status;
  response._size += bytes.length - rest.length;
  if (status < 0) response._error = "No HTTP from the server";
  else if (response._size > HEAD_LIMIT) response._error = "Response head above 4096 bytes";
  else if (!parts.length) return "";
  else {
    response._protocol = values[Header.PROTOCOL].slice(0, -1);
    response._location = /30[12378]/.test("" + status) ? values[Header.LOCATION].slice(0, -1) : "";
    response._retryAfter = secondsToWait(values[Header.RETRY_AFTER].slice(0, -1));
    var wrong = wrongHeader(response);
    response._error = wrong < 0 ? "" : "Missing or wrong " + names[wrong];
    if (status !== 101) response._error = "Refused with status " + status;
  }
  response._complete = true;
  return rest;
}

/** The header that forbids opening the connection (RFC 6455 §4.1); -1 if there is none. */
function wrongHeader(response: Response): number {
  var values = response._values;
  // Lists of tokens, in any case (RFC 9110 §5.6.1)
  if (!/,\s*websocket\s*,/i.test("," + values[Header.UPGRADE])) return Header.UPGRADE;
  if (!/,\s*upgrade\s*,/i.test("," + values[Header.CONNECTION])) return Header.CONNECTION;
  var accept = board._base64(board._sha1(response._key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
  if (values[Header.ACCEPT] !== accept + ",") return Header.ACCEPT;
  // Subprotocols are compared as they are; none is fine, too.
  if (("," + response._offered).split(/[\s,]+/).indexOf(response._protocol!) < 0) return Header.PROTOCOL;
  return values[Header.EXTENSIONS].length < 2 ? -1 : Header.EXTENSIONS;
}

/** Seconds in a `Retry-After` (RFC 9110 §10.2.3): a number of them, or a date, where the clock is set; 0 for others. */
function secondsToWait(value: string): number {
  var seconds = parseInt(value, 10);
  if (!(seconds >= 0) && Date.now() > CLOCK_IS_SET) seconds = (Date.parse(value) - Date.now()) / 1000;
  return Math.min(seconds, RETRY_AFTER_LIMIT) || 0;
}
