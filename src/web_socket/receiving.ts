/** Putting messages together from the pieces in which they come. */
import { esp_websocket_client_close_with_code, type EventData } from "../api/esp_websocket_client";
import { tell } from "./events";
import { memory, RESERVE, unicode } from "./memory";
import { CLOSE, CLOSING, MESSAGE_TOO_BIG, OPEN, PING, type Socket } from "./socket";

/** What each fragment after the first counts beyond its bytes, so that a server cannot send fragments without end. */
const FRAGMENT_COST = 32;

/**
 * Takes a piece of a frame's payload. Returns undefined until the last piece, then the whole message. A message
 * that has no room fails the connection with 1009.
 *
 * A message grows in place: text as one string, and bytes in an array that has room for the whole frame from its first
 * piece on (further fragments copy it). In the end nothing needs to be joined, and an empty piece leaves nothing.
 *
 * @hot
 */
export function takePiece(socket: Socket, event: EventData): unknown {
  var data: any = event.data_ptr;
  var opcode = event.op_code;
  var length = event.payload_len;
  var offset = event.payload_offset;
  var whole = event.fin && offset + event.data_len >= length;
  var isText = typeof data === "string";
  if (socket.readyState !== OPEN) return undefined;
  if (opcode >= CLOSE) {
    if (opcode === CLOSE) socket.readyState = CLOSING;
    else if (socket._dropIn) tell(socket, opcode === PING ? "ping" : "pong", {});
    return undefined;
  }
  // Most messages come in one piece, and skip all this.
  if (!opcode || !whole || event.data_len < length) {
    var needed = event.data_len;
    // A frame begins; negative: with a character that was cut.
    if (offset <= 0) {
      socket._size = opcode ? length : socket._size + length + FRAGMENT_COST;
      if (socket._size > socket._limit) socket._error = "Over max_message_size";
      if (opcode) socket._message = "";
      // What is copied exists twice meanwhile.
      if (!isText || unicode) needed = socket._size;
    }
    // Ten bytes per variable. Garbage is collected only if there seems to be too little.
    needed = RESERVE + needed / 10;
    if (memory && memory(false).free < needed && memory().free < needed) socket._error = "Out of memory";
    if (socket._error) {
      socket._message = undefined;
      socket.readyState = CLOSING;
      socket._closeCode = MESSAGE_TOO_BIG;
      esp_websocket_client_close_with_code(socket._client, MESSAGE_TOO_BIG);
      return undefined;
    }
    if (!isText) {
      if (offset <= 0) {
        var bytes = new Uint8Array(socket._message.length + length);
        if (!opcode) bytes.set(socket._message);
        socket._message = bytes;
      }
      socket._message.set(data, socket._message.length - length + offset);
    }
    // Where a string may be UTF-8, += forgets that it is.
    else if (unicode) socket._message = socket._message + data;
    // In place, as long as no variable holds the string, too.
    else socket._message += data;
    if (!whole) return undefined;
    data = socket._message;
    socket._message = undefined;
  }
  return isText || socket.binaryType === "uint8array" ? data : data.buffer;
}
