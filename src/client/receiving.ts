/** Wire to DATA: frames of any kind, and what a control frame asks for. */
import { CLOSING, HEADER_TIMER, OPEN, PONG_TIMER, STATE_TIMER } from "./constants";
import * as board from "../board";
import { setting } from "../config/defaults";
import { Field } from "../config/fields";
import { readPiece } from "../protocol/frame_reader";
import { BINARY, CLOSE_ABNORMAL, CLOSE_TOO_BIG, closeCode, FIN, PING, PONG } from "../protocol/frames";
import { Client, Listener, updateDirect } from "./client";
import { emitPiece } from "./events";
import { connectionLost } from "./lifecycle";
import { dropQueue, sendClose, sendPong, writeFailed } from "./sending";
import { setTimer } from "./timers";

/** How long the server may keep TCP open after both close frames, in milliseconds (as the C client). */
const CLOSE_GRACE = 1000;

/**
 * Memory is short: ends the connection before the interpreter runs out of it midway.
 */
export function outOfMemory(client: Client): void {
  connectionLost(client, "Out of memory", undefined, { code: -2, message: "" });
}

/**
 * Reports piece by piece what has come, up to the end of a message, or of a control frame between messages. Returns true
 * if more follows, to be read from `_index` on.
 *
 * @hot
 */
export function receive(client: Client, listener: Listener): boolean {
  var count = 0;
  var type: number;
  client._betweenMessages = false;
  if (HEADER_TIMER in client._timers) setTimer(client, HEADER_TIMER);
  // What comes after the closing handshake is ignored (RFC 6455 §1.4).
  while (client._closeCode === CLOSE_ABNORMAL && (type = readPiece(client, client._bufferSize))) {
    if (type > BINARY) client._controlFrame = controlFrame(type, client._piece as Uint8Array);
    emitPiece(client);
    if (client._listener !== listener) return false;
    if (type > BINARY) {
      afterControl(client);
      if (client._listener !== listener) return false;
    }
    if (client._closeCode === CLOSE_ABNORMAL && !client._left && !client._fragmented) client._betweenMessages = true;
    if (client._betweenMessages && client._index < client._chunk.length) return true;
    if (!(++count & 7) && board._isLow()) {
      outOfMemory(client);
      return false;
    }
  }
  if (client._violation) connectionLost(client, client._violation, undefined, undefined, client._violationCode);
  else {
    // A partial header is kept.
    client._chunk = client._closeCode === CLOSE_ABNORMAL ? client._chunk.substr(client._index) : "";
    client._index = 0;
    if (client._chunk) setTimer(client, HEADER_TIMER, setting(client._config, Field.NETWORK_TIMEOUT_MS));
  }
  return false;
}

/** @cold */
function controlFrame(opcode: number, payload: Uint8Array): string {
  return String.fromCharCode(opcode, 0) + board._byteString(payload);
}

/**
 * Does what the last control frame asks for (RFC 6455 §5.5), once it was reported.
 *
 * @hot
 */
export function afterControl(client: Client): void {
  var frame = client._controlFrame;
  var type = frame.charCodeAt(0) & 15;
  client._controlFrame = "";
  if (type === PING && client._direct) {
    // As `sendPong` does, without its calls.
    client._inFlight += frame.length + 4;
    try {
      client._connection!.write(board._shortFrame(FIN | PONG, board._bytesPayload(frame.substr(2))) as Uint8Array);
    } catch (exception) {
      writeFailed(client, exception);
    }
    if (client._inFlight >= client._bufferSize) client._direct = 0;
  } else if (type === PONG) {
    // Whatever its payload: a server may answer with one of its own. One PONG may answer several PINGs.
    if (PONG_TIMER in client._timers) setTimer(client, PONG_TIMER);
  } else if (type === PING) sendPong(client, board._bytesPayload(frame.substr(2)));
  else receiveClose(client, board._bytes(frame.substr(2)));
}

/**
 * Answers the server's close frame; the server ends the TCP connection (RFC 6455 §5.5.1, §7.1.1).
 *
 * @cold
 */
function receiveClose(client: Client, payload: Uint8Array): void {
  var code = closeCode(payload);
  client._closeCode = code;
  if (payload.length > 2) client._reason = board._text(board._byteString(payload.subarray(2)));
  if (client._state === OPEN) client._serverClosed = true;
  client._state = CLOSING;
  dropQueue(client);
  updateDirect(client);
  client._betweenMessages = false;
  setTimer(client, STATE_TIMER, CLOSE_GRACE);
  sendClose(client, board._payload(code ? [code >> 8, code & 255] : ""));
}

/**
 * If a handler, or our own code, was cut off while reading data, goes on with the rest: see `watch`.
 *
 * @cold
 */
export function goOnReading(client: Client, wasCutOff: boolean): void {
  var listener = client._listener;
  if (!listener || !client._connection || !(board._revive(client._connection) || wasCutOff)) return;
  if (board._ranOutOfMemory()) connectionLost(client, "out of memory", undefined, undefined, CLOSE_TOO_BIG);
  else {
    if (client._controlFrame) afterControl(client);
    if (client._listener === listener && (client._chunk || client._response)) listener.received("");
  }
}
