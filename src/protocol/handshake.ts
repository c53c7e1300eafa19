import * as board from "../board";

/** The longest response head that is taken, in bytes. */
export const HEAD_LIMIT = 4096;

/** What is known of a response while it comes. */
export interface Response {
  /** The key that was sent, and, behind a comma, the subprotocols that were offered. */
  _key: string;
  _offered: string;
  /** Status code; 0 before the status line, -1 if there is no HTTP. */
  _status: number;
  /** Bytes so far. */
  _size: number;
  /** The line that is being read, folded ones joined, and whether a line feed has come behind it. */
  _line: string;
  _ended?: unknown;
  /** Of each header that counts: every value, a comma behind it. */
  _values: string[];
  /** What was wrong with the response, once its head has ended; "" if the connection is open. */
  _error?: string;
  /** The subprotocol that the server chose, or "". */
  _protocol?: string;
  /** Where a redirect leads to, or "". */
  _location?: string;
  /** Seconds that the server asks to wait (RFC 9110 §10.2.3), or 0. */
  _retryAfter: number;
}

/** A fresh `Sec-WebSocket-Key`: 16 unpredictable bytes in base64 (RFC 6455 §4.1). */
export function makeKey(): string {
  var words = new Uint32Array([0, 0, 0, 0].map(board._random));
  return board._base64(board._byteString(new Uint8Array(words.buffer)));
}

/**
 * Reads the response's head from the next bytes of the stream, however it was cut (RFC 6455 §4.1, RFC 9112 §2–5).
 * Returns undefined while it goes on, then the bytes behind it; `response` tells what came of it.
 * `header` is told each header line, folded ones joined. No more of the head is kept than the line that is being read.
 */
export function readResponse(response: Response, bytes: string, header: (line: string) => void): string | undefined {
  // prettier-ignore
  var names = "upgrade connection sec-websocket-accept sec-websocket-protocol sec-websocket-extensions location retry-after".split(" ");
  var values = response._values;
  var parts = bytes.split("\n");
  while (parts.length && response._status >= 0) {
    // A line may end without CR (RFC 9112 §2.2).
    var part = parts.shift()!.replace(/\r/g, "");
    // The line before is looked at when it is clear that this one does not continue it.
    if (response._ended && (part || parts.length) && !/^[ \t]/.test(part)) {
      var line = response._line;
      if (response._status) {
        var colon = line.indexOf(":");
        var index = names.indexOf(line.substr(0, colon).toLowerCase());
        if (index >= 0) values[index] += line.substr(colon + 1).trim() + ",";
        header(line);
      } else response._status = +(/^HTTP\/1\.\d ([1-9]\d\d) /.exec(line + " ") || [0, -1])[1];
      if (!part) break;
      response._line = "";
    }
    // Held by nothing else, the line grows in its place: on Espruino it would be copied otherwise.
    response._line += part;
    response._ended = parts.length || (!part && response._ended);
    if (!response._status && /^[^H]/.test(response._line)) response._status = -1;
  }
  var rest = parts.join("\n");
  var status = response._status;
  response._size += bytes.length - rest.length;
  if (status < 0) response._error = "No HTTP from the server";
  else if (response._size > HEAD_LIMIT) response._error = "Response head above 4096 bytes";
  else if (!parts.length) return undefined;
  else {
    var protocol = values[3].slice(0, -1);
    var wrong = [
      // Lists of tokens, in any case (RFC 9110 §5.6.1)
      /,\s*websocket\s*,/i.test("," + values[0]),
      /,\s*upgrade\s*,/i.test("," + values[1]),
      values[2] === board._base64(board._sha1(response._key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) + ",",
      // Subprotocols are compared as they are.
      response._offered.split(/[\s,]+/).indexOf(protocol) >= 0,
      values[4].length < 2,
    ].indexOf(false);
    response._protocol = protocol;
    response._location = /30[12378]/.test("" + status) ? values[5].slice(0, -1) : "";
    response._retryAfter = parseInt(values[6]) || 0;
    response._error =
      status !== 101 ? "Refused with status " + status : wrong < 0 ? "" : "Missing or wrong " + names[wrong];
  }
  return rest;
}
