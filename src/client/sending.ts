/** Text to wire: the send queue, and the frames that leave it. Whole short messages go a shorter way: short_messages.ts */
import {
  CONNECTING,
  FLUSH_TIMER,
  LAST_TIMER,
  LEAST_NATIVE,
  OPEN,
  PARTIAL,
  PLENTY,
  ROOM_TO_WAIT,
  ROOM_TO_WORK,
  WINDOW_FRAMES,
  WINDOW_LIMIT,
  WINDOW_SHARE,
  portMAX_DELAY,
  portTICK_PERIOD_MS,
} from "./constants";
import * as board from "../board";
import type { Payload } from "../board";
import { setting } from "../config/defaults";
import { Field } from "../config/fields";
import { encodeFrame, frameHeader } from "../protocol/frame_writer";
import { BINARY, CLOSE, CONTINUATION, CONTROL_LIMIT, FIN, PING, PONG } from "../protocol/frames";
import { Client, QueuedMessage, updateDirect } from "./client";
import { DRAIN, emit, WEBSOCKET_EVENT_ERROR } from "./events";
import { close, connectionLost } from "./lifecycle";
import { setTimer } from "./timers";

/**
 * A timeout in milliseconds; without limit, and for 0, `network_timeout_ms`.
 *
 * @cold
 */
export function toMilliseconds(client: Client, ticks: number | undefined): number {
  return ticks! > 0 && ticks! < portMAX_DELAY
    ? ticks! * portTICK_PERIOD_MS
    : setting(client._config, Field.NETWORK_TIMEOUT_MS);
}

/** Gives a frame to the transport. Returns false if that failed, and with it the connection. */
function write(client: Client, frame: string | Uint8Array, length: number): boolean {
  client._inFlight += length + 6;
  try {
    client._connection!.write(frame as Uint8Array);
    return true;
  } catch (exception) {
    return writeFailed(client, exception);
  }
}

/**
 * The transport threw: the connection is lost. Returns false.
 *
 * @cold
 */
export function writeFailed(client: Client, exception: unknown): boolean {
  if (client._state > CONNECTING) connectionLost(client, "" + exception);
  return false;
}

/**
 * Sends a control frame at once.
 *
 * @hot
 */
function writeControl(client: Client, opcode: number, payload: Payload): boolean {
  return write(client, board._shortFrame(FIN | opcode, payload), payload.length);
}

/** Sends the close frame, once. */
export function sendClose(client: Client, payload: Payload): void {
  if (client._closeSent) return;
  client._closeSent = true;
  // Nothing follows the close frame (RFC 6455 §5.5.1).
  client._pong = undefined;
  writeControl(client, CLOSE, payload);
}

/** Sends our own PING, which is empty. */
export function sendPing(client: Client): void {
  writeControl(client, PING, board._payload(""));
}

/**
 * Answers a PING (RFC 6455 §5.5.3). A server that was not reading gets only the last PONG when it reads.
 *
 * @hot
 */
export function sendPong(client: Client, payload: Payload): void {
  if (client._closeSent) return;
  client._pong = payload;
  flush(client);
}

/** Drops what waits to be sent. */
export function dropQueue(client: Client): void {
  client._queue = [];
  client.tx_queued = 0;
  client._memory = undefined;
}

/**
 * Refuses a message for lack of room: DRAIN follows when the transport has taken what waits. Returns -1.
 *
 * @cold
 */
function refuse(client: Client): number {
  client._wantsDrain = true;
  client._direct = 0;
  return -1;
}

/**
 * Opens a window, so that a piece does not cost more the farther it is from the start of a long string.
 *
 * @cold
 */
function openWindow(client: Client, item: QueuedMessage, offset: number): void {
  var bufferSize = client._bufferSize;
  var most = Math.min(bufferSize * WINDOW_FRAMES + item._length / WINDOW_SHARE, WINDOW_LIMIT);
  var size = Math.max(bufferSize, most);
  item._windowStart = offset;
  item._windowEnd = offset + size;
  item._window = board._window(item._payload, offset, size);
}

/**
 * The frame of a queued message's next `size` bytes, which begin `offset` bytes into it.
 *
 * The memory in which native code makes frames is allocated here. `flush` and `dropQueue` free it when nobody needs it,
 * at the latest at the next PING.
 *
 * @hot
 */
function nextFrame(
  client: Client,
  item: QueuedMessage,
  first: number,
  offset: number,
  size: number,
  deep: boolean | undefined
): string | Uint8Array {
  if (size === item._length && size <= CONTROL_LIMIT) return board._shortFrame(first, item._payload);
  if (offset + size > item._windowEnd) openWindow(client, item, offset);
  var start = offset - item._windowStart;
  if (size >= LEAST_NATIVE && !deep) {
    // Where memory is scarce, a lone frame does without, and a user's transport has its own needs.
    if (!client._memory && ((client._queue[0] && !client._config[Field.EXT_TRANSPORT]) || !board._lacks(PLENTY)))
      client._memory = board._frameMemory(client._bufferSize);
    if (client._memory)
      return board._wire(board._makeFrame(client._memory, frameHeader(first, size), item._window, start, size));
  }
  return board._wire(encodeFrame(first, item._window, start, size, board._random()));
}

/**
 * Sends what waits as long as the transport has room: a PONG, then the queue, one frame of at most `buffer_size` at a
 * time.
 *
 * The idle loop calls this, where the stack is empty. `deep` is for calls from within the user's functions: native code
 * that runs out of stack would reboot the board, so it makes no frames there.
 *
 * @hot
 */
export function flush(client: Client, deep?: boolean): void {
  var bufferSize = client._bufferSize;
  var pong = client._pong;
  // A transport may call `drained` from within `write`: that does not begin another flush inside this one.
  client._flushing = true;
  if (pong !== undefined && client._inFlight < bufferSize) {
    client._pong = undefined;
    if (!writeControl(client, PONG, pong)) return;
  }
  var item: QueuedMessage | undefined;
  while ((item = client._inFlight < bufferSize ? client._queue[0] : undefined)) {
    var offset = item._offset;
    var size = item._length - offset;
    var last = size <= bufferSize;
    if (!last) size = bufferSize;
    item._offset += size;
    client.tx_queued -= size;
    if (item._maxWait) setTimer(client, item._timer, last ? undefined : item._maxWait);
    if (last) {
      client._queue.shift();
      if (item._opcode === CLOSE) client._closeSent = true;
    }
    var first = (offset ? CONTINUATION : item._opcode) | (last ? item._fin : 0);
    try {
      client._inFlight += size + 6;
      client._connection!.write(nextFrame(client, item, first, offset, size, deep) as Uint8Array);
    } catch (exception) {
      writeFailed(client, exception);
      return;
    }
  }
  client._flushing = false;
  updateDirect(client);
  if (client._wantsDrain && !client._queue[0]) {
    client._wantsDrain = false;
    emit(client, DRAIN);
  }
  // While sending goes on, the memory is still needed.
  if (client._inFlight < bufferSize && board._lacks(PLENTY)) client._memory = undefined;
}

/**
 * True if one more message, or part of one, of `length` bytes may wait.
 *
 * @hot
 */
function hasRoom(client: Client, length: number): boolean {
  var queue = client._queue;
  // Each waiting message takes memory of its own, even an empty one. A lone one may have any length.
  if (queue[0] && (client.tx_queued + length > client._queueSize || queue.length * 16 > client._queueSize))
    return false;
  return (!queue[0] && client._inFlight < client._bufferSize) || !board._lacks(ROOM_TO_WAIT);
}

/**
 * Puts a message, or a part of one, into the queue. `maxWait` is in milliseconds, 0 for any.
 *
 * @hot
 */
export function enqueue(
  client: Client,
  opcode: number,
  fin: number,
  payload: Payload,
  length: number,
  maxWait: number
): void {
  client.tx_queued += length;
  client._queue.push({
    _opcode: opcode,
    _fin: fin,
    _payload: payload,
    _length: length,
    _offset: 0,
    _window: payload,
    _windowStart: 0,
    _windowEnd: length > client._bufferSize ? 0 : length,
    _maxWait: maxWait,
    _timer: maxWait && ++client._lastTimer + LAST_TIMER,
  });
  client._direct = 0;
  if (maxWait) setTimer(client, client._lastTimer + LAST_TIMER, maxWait);
  // From the idle loop, not from here: the user's function may be called from deep within others.
  if (client._inFlight < client._bufferSize) setTimer(client, FLUSH_TIMER, 0);
}

/**
 * The first `length` bytes of what the user gives, by default all; undefined if these are not bytes, or too few.
 *
 * @hot
 */
export function firstBytes(data: unknown, length: number | undefined): Payload | undefined {
  if (board._size(data) === undefined) return undefined;
  var payload = board._payload(data);
  // A string's length in characters is all of it, too.
  if (length === undefined || length === payload.length || (data && length === (data as string).length)) return payload;
  return length >= 0 && length < payload.length ? board._slice(payload, 0, length) : undefined;
}

/**
 * Takes a message, or a part of one, that cannot go the short way. Returns the payload bytes taken, or -1.
 *
 * @hot
 */
export function sendQueued(
  client: Client,
  opcode: number,
  data: unknown,
  length: number | undefined,
  timeout: number | undefined
): number {
  var fin = opcode & PARTIAL ? 0 : FIN;
  var size = board._size(data);
  opcode &= 0x7f;
  if (client._state !== OPEN || size === undefined) return -1;
  if (opcode >= CLOSE) return fin ? sendControl(client, opcode, data, length, timeout) : -1;
  // A continuation belongs to an unfinished message, a new one does not (RFC 6455 §5.4).
  if (opcode > BINARY || !opcode === !client._unfinished) return -1;
  // Before it is copied. A text has no fewer bytes than characters. Without time to wait, it goes at once or not at all.
  if (
    !hasRoom(client, length! >= 0 ? length! : size) ||
    (timeout === 0 && (client._queue[0] || client._inFlight >= client._bufferSize))
  )
    return refuse(client);
  if (size > CONTROL_LIMIT) {
    var reason = lacksMemory(client, data, size);
    if (reason) return reason;
  }
  var payload = firstBytes(data, length);
  if (payload === undefined) return -1;
  length = payload.length;
  // In bytes, a text may be longer.
  if (length > size && !hasRoom(client, length)) return refuse(client);
  client._unfinished = fin ? 0 : client._unfinished || opcode;
  if (
    length <= Math.min(CONTROL_LIMIT, client._bufferSize) &&
    !client._queue[0] &&
    client._inFlight < client._bufferSize
  ) {
    if (!write(client, board._shortFrame(fin | opcode, payload), length)) return -1;
    updateDirect(client);
    return length;
  }
  enqueue(
    client,
    opcode,
    fin,
    payload,
    length,
    timeout! >= 0 && timeout! < portMAX_DELAY ? toMilliseconds(client, timeout) : 0
  );
  return length;
}

/**
 * Returns 0 if there is memory for a message of `size` bytes: beside what handlers need, it takes a copy, and
 * each frame twice, masked and as it is put on the wire. Otherwise returns -1, and DRAIN or an ERROR reports it.
 *
 * @cold
 */
function lacksMemory(client: Client, data: unknown, size: number): number {
  var needed = ROOM_TO_WORK + Math.ceil(Math.min(size, client._bufferSize) / 6 + board._copySize(data, size) / 9);
  if (!board._lacks(needed)) return 0;
  if (client._queue[0] || client._inFlight) return refuse(client);
  // Nothing is waiting that would make room.
  emit(client, WEBSOCKET_EVENT_ERROR, "No memory to send " + size + " bytes: that takes " + needed + " free variables");
  return -1;
}

/**
 * The user's own control frame. Returns like `sendQueued`.
 *
 * @cold
 */
function sendControl(
  client: Client,
  opcode: number,
  data: unknown,
  length: number | undefined,
  timeout: number | undefined
): number {
  var payload = firstBytes(data, length);
  var excess = client._inFlight - client._bufferSize;
  if (opcode > PONG || payload === undefined || payload.length > CONTROL_LIMIT) return -1;
  if (opcode === CLOSE) close(client, payload, toMilliseconds(client, timeout));
  // PINGs and PONGs may stand between the frames of a message (RFC 6455 §5.4): what the transport has not sent limits
  // them, not the queue.
  else if (excess > client._queueSize || (excess >= 0 && board._lacks(ROOM_TO_WAIT))) return refuse(client);
  else if (!writeControl(client, opcode, payload)) return -1;
  return payload.length;
}
