import * as board from "./board";

/** The longest response head that is taken, in bytes. */
export const HEAD_LIMIT = 4096;

/** A fresh `Sec-WebSocket-Key`: 16 unpredictable bytes in base64 (RFC 6455 §4.1). */
export function makeKey(): string {
  var bytes = "";
  while (bytes.length < 16) {
    var random = board._random();
    bytes += String.fromCharCode(random >>> 24, (random >> 16) & 255, (random >> 8) & 255, random & 255);
  }
  return board._base64(bytes);
}

/** What is known of a response while it comes. */
export interface Response {
  /** The key that was sent, and the subprotocols that were offered. */
  _key: string;
  _offered: string;
  /** The head so far, a byte string. */
  _head: string;
  /** Status code; 0 before the status line, -1 if there is no HTTP. */
  _status: number;
  /** What was wrong with the response, once it is complete; "" if the connection is open. */
  _error: string;
  /** The subprotocol that the server chose, or "". */
  _protocol: string;
  /** Where a redirect leads to, or "". */
  _location: string;
  /** Seconds that the server asks to wait (RFC 9110 §10.2.3), or 0. */
  _retryAfter: number;
}

/**
 * Reads the response's head from the next bytes of the stream, however it was cut (RFC 6455 §4.1, RFC 9112 §2–5).
 * Returns -1 while it goes on, then how many of the last bytes belong to the head; `response` tells what came of it.
 * `header` is told each header line, folded ones joined.
 */
export function readResponse(response: Response, bytes: Uint8Array, header: (line: string) => void): number {
  var before = response._head.length;
  var head = (response._head += board._byteString(bytes));
  // A line may end without CR (RFC 9112 §2.2). The search begins where the last piece may have cut the end.
  var from = before > 3 ? before - 3 : 0;
  var end = head.indexOf("\r\n\r\n", from) + 4;
  var bare = head.indexOf("\n\n", from) + 2;
  // Espruino 2v29's indexOf also finds what only begins at the string's end; its lastIndexOf does not.
  if (end > head.length) end = 3;
  if (bare > head.length) bare = 1;
  if (end < 4 || (bare > 1 && bare < end)) end = bare;
  if (head.substr(0, 5) !== "HTTP/".substr(0, head.length)) {
    response._status = -1;
    response._error = "The server does not speak HTTP";
    return 0;
  }
  if (end > HEAD_LIMIT || (end < 2 && head.length > HEAD_LIMIT)) {
    response._error = "The response head is above 4096 bytes";
    return 0;
  }
  if (end < 2) return -1;
  response._head = "";
  var lines = head
    .substr(0, end)
    .replace(/\r/g, "")
    .replace(/\n[ \t]+/g, " ")
    .split("\n");
  response._status = /^HTTP.1\.[0-9] [1-9][0-9][0-9][ \r\n]/.test(head) ? parseInt(head.substr(9, 3)) : -1;
  var seen = 0;
  var error = "";
  for (var i = 1; i < lines.length - 2; i++) {
    var colon = lines[i].indexOf(":");
    var name = lines[i].substr(0, colon).toLowerCase();
    var value = lines[i].substr(colon + 1).trim();
    // A list of tokens, in any case (RFC 9110 §5.6.1).
    var list = "," + value.toLowerCase().replace(/[ \t]*,[ \t]*/g, ",") + ",";
    if (name === "upgrade") seen |= list.lastIndexOf(",websocket,") < 0 ? 0 : 1;
    else if (name === "connection") seen |= list.lastIndexOf(",upgrade,") < 0 ? 0 : 2;
    else if (name === "sec-websocket-accept") {
      if (seen & 4 || value !== board._base64(board._sha1(response._key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
        error = "Sec-WebSocket-Accept is wrong";
      seen |= 4;
    } else if (name === "sec-websocket-protocol") {
      // Subprotocols are compared as they are.
      if (
        response._protocol ||
        ("," + response._offered.replace(/[ \t]/g, "") + ",").lastIndexOf("," + value + ",") < 0
      )
        error = "The subprotocol was not offered";
      response._protocol = value;
    } else if (name === "sec-websocket-extensions") {
      if (value) error = "The extension was not offered";
    } else if (name === "location") response._location = value;
    else if (name === "retry-after" && +value > 0) response._retryAfter = +value;
    header(lines[i]);
  }
  response._error =
    response._status !== 101
      ? response._status < 0
        ? "The server does not speak HTTP"
        : "The server answered with status " + response._status
      : error ||
        (seen < 7
          ? ["Upgrade", "Connection", "Sec-WebSocket-Accept"][seen & 1 ? (seen & 2 ? 2 : 1) : 0] + " is missing"
          : "");
  return end - before;
}
