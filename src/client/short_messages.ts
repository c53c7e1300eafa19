/**
 * Whole short messages, both ways: what boards send and receive all day. Their cost is that of the interpreter's steps,
 * not of their bytes, so each way is one function that calls nothing but natives and the user. On Espruino a call costs
 * as much as ten lines (bench/README.md). `sendQueued` and `receive` are the plain versions: they do the same, and the
 * property test in test/fuzz compares them, byte by byte and event by event.
 */
import * as board from "../board";
import { feed, nonAscii } from "../protocol/frame_reader";
import { BINARY, CONTROL_LIMIT, FIN, TEXT } from "../protocol/frames";
import type { Client, Listener } from "./client";
import { dispatch, dispatchPending, recover, WEBSOCKET_EVENT_DATA } from "./events";
import { receiveResponse } from "./opening";
import { afterControl, outOfMemory, receive } from "./receiving";
import { sendQueued, writeFailed } from "./sending";
import { watch } from "./timers";

/**
 * Takes a message, or a part of one, of any opcode. Returns the payload bytes taken, or -1. See
 * `esp_websocket_client_send_with_opcode`.
 *
 * @hot
 */
export function send(
  client: Client | null | undefined,
  opcode: number,
  data: any,
  length: number | undefined,
  timeout: number | undefined
): number {
  if (!client) return -1;
  if (client._direct && (opcode === TEXT || opcode === BINARY)) {
    var payload = board._shortPayload(data);
    if (
      payload !== undefined &&
      payload.length <= client._direct &&
      // A string's length in characters is all of it, too.
      (length === undefined || length === data.length)
    ) {
      length = payload.length;
      client._inFlight += length + 6;
      try {
        client._connection!.write(board._shortFrame(FIN | opcode, payload) as Uint8Array);
      } catch (exception) {
        writeFailed(client, exception);
        return -1;
      }
      if (client._inFlight >= client._bufferSize) client._direct = 0;
      return length;
    }
  }
  return sendQueued(client, opcode, data, length, timeout);
}

/**
 * `TransportListener.received`: the next bytes from the server. Whole short frames of text and binary messages, and PINGs
 * and PONGs between messages, are read here; the rest goes to `receive`.
 *
 * @hot
 */
export function received(this: Listener, bytes: Uint8Array | string): void {
  var client = this._client;
  if (client._dispatching) {
    recover(client);
    if (client._controlFrame) afterControl(client);
  }
  if (client._listener !== this) return;
  if (typeof bytes !== "string") bytes = board._byteString(bytes);
  client._received++;
  if (client.raw_data && bytes) client.raw_data(bytes);
  if (client._response) {
    if (!receiveResponse(client, bytes)) return;
    bytes = client._chunk;
  } else if (client._chunk) bytes = feed(client, bytes);
  // If a handler is cut off, the rest is read from here.
  else client._chunk = bytes;
  var index = client._index;
  var end = bytes.length;
  if (!client._watched && bytes.charCodeAt(index) !== 0x8a) watch(client);
  var count = 0;
  while (index < end) {
    // One read can hold hundreds of frames, each with an event that handlers may keep.
    if (!(count++ & 7) && board._isLow()) return outOfMemory(client);
    var first = bytes.charCodeAt(index);
    var length = bytes.charCodeAt(index + 1);
    var piece: string | Uint8Array = bytes.substr(index + 2, length);
    if (
      !client._betweenMessages ||
      (first !== 0x81 && first !== 0x82 && first !== 0x89 && first !== 0x8a) ||
      // Not a number where the byte has not come yet.
      !(length <= CONTROL_LIMIT) ||
      piece.length < length ||
      (first === 0x81 && nonAscii.test(piece))
    ) {
      if (!receive(client, this)) return;
      index = client._index;
    } else {
      if (first > 0x82) client._controlFrame = bytes.substr(index, length + 2);
      client._index = index += length + 2;
      if (first !== 0x81) piece = board._bytes(piece);
      var event = client._template!.clone();
      event.data_ptr = piece;
      event.data_len = event.payload_len = length;
      event.op_code = first & 15;
      var handler = board._onlyHandler(client, client._registrations);
      if (handler) {
        client._dispatching = true;
        try {
          handler.call(client, event, WEBSOCKET_EVENT_DATA);
        } catch (exception) {
          board._report(exception);
        }
        client._dispatching = false;
        // Also if the client was destroyed: FINISH is such an event.
        if (client._pendingEvents[0]) dispatchPending(client);
      } else dispatch(client, WEBSOCKET_EVENT_DATA, event);
      if (first > 0x82 && client._listener === this) afterControl(client);
      if (client._listener !== this) return;
    }
  }
  client._chunk = "";
  client._index = 0;
}
