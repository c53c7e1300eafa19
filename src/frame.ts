import * as board from "./board";
import type { Payload } from "./board";
import { wholeCharacters } from "./utf8";

/** Opcodes (RFC 6455 §5.2). */
export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
/** The first byte's FIN bit. */
export const FIN = 0x80;
/** The longest payload of a control frame (RFC 6455 §5.5). */
export const CONTROL_LIMIT = 125;

/**
 * One frame, ready for the wire (RFC 6455 §5.2, §5.3): `length` bytes of `payload` from `offset`, masked with the
 * 32 bits of `key`.
 *
 * The masking is done on 32-bit words. The places of the masking key that share a word with payload are left zero:
 * what the loop makes of a zero there is the key itself.
 */
export function encodeFrame(first: number, payload: Payload, offset: number, length: number, key: number): Uint8Array {
  var header = length < 126 ? [first, length | 128, key & 255, (key >> 8) & 255, 0, 0] : longHeader(first, length, key);
  var size = header.length;
  // Behind a 6- or 14-byte header the words start two bytes into the key.
  if (size !== 8) key = (key << 16) | (key >>> 16);
  var bytes = board._join(header, payload, offset, length);
  var word = size > 8 ? 3 : 1;
  var words = new Uint32Array(bytes.buffer);
  var end = words.length;
  // Eight words a pass: on Espruino, which parses the loop anew each time, 3 to 4 times as fast as one a pass
  // (bench/README.md). Words beyond the end are ignored by the array.
  while (word < end) {
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
    words[word++] ^= key;
  }
  return bytes.subarray(0, size + length);
}

/** The header of a frame of 126 bytes or more. */
function longHeader(first: number, length: number, key: number): number[] {
  if (length < 65536) return [first, 0xfe, length >> 8, length & 255, 0, 0, 0, 0];
  // Header, length of 64 bits (no payload piece comes near 4 GB), and key.
  return [first, 0xff, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255].concat([
    key & 255,
    (key >> 8) & 255,
    0,
    0,
  ]);
}

/** What is known of the stream of incoming frames: no more than one frame header and an unfinished character. */
export interface FrameReader {
  /** What comes next: 0 and 1 the first two bytes of a header, 2 and 8 a length of that many bytes, -1 payload. */
  _stage: number;
  /** How many of the length's bytes are still to come. */
  _lengthBytes: number;
  /** Opcode and FIN bit of the current frame. */
  _opcode: number;
  _fin: boolean;
  /** Payload length of the current frame, how much of it has come, and where the current piece begins, in bytes. */
  _length: number;
  _offset: number;
  _start: number;
  /** Opcode of the message whose fragments are coming: TEXT or BINARY, 0 between messages. */
  _message: number;
  /** What has come of a control frame's payload. */
  _control: Uint8Array | undefined;
  /** The first bytes of a text message's character that was cut. */
  _cut: Uint8Array | undefined;
  /** What the server did wrong. */
  _error: string | undefined;
}

/**
 * Takes a piece of the current frame's payload, of a text message also as `text`; `type` is the opcode of the message
 * it belongs to, or of the control frame. `reader` tells of the frame: `_opcode`, `_fin`, `_length`, and `_start` of the piece. Returns false to
 * stop reading.
 */
export type DeliverPiece<Reader extends FrameReader> = (
  reader: Reader,
  piece: Uint8Array,
  type: number,
  text: string | undefined
) => boolean;

/** True for the close codes that may stand in a close frame (RFC 6455 §7.4, IANA's registry up to 1014). */
export function isCloseCode(code: number): boolean {
  return code > 999 && (code < 1015 ? code < 1004 || code > 1006 : code > 2999 && code < 5000);
}

/** The close code at the start of a close frame's payload; 0 if there is none. */
export function closeCode(payload: Uint8Array): number {
  return payload.length > 1 ? payload[0] * 256 + payload[1] : 0;
}

/** Makes `reader` ready for the first byte of a connection. */
export function resetReader(reader: FrameReader): void {
  reader._stage = reader._message = 0;
  reader._control = reader._cut = reader._error = undefined;
}

function concat(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (!first) return second;
  var bytes = new Uint8Array(first.length + second.length);
  bytes.set(first, 0);
  bytes.set(second, first.length);
  return bytes;
}

/**
 * Takes back a frame whose first byte is not one that may come (RFC 6455 §5.2, §5.4, §5.5): says why. Like the other
 * functions that are rarely needed it stands by itself: Espruino reads what it does not execute, too.
 */
function refuseFirst(reader: FrameReader, first: number): number {
  var opcode = first & 15;
  reader._error =
    first & 0x70
      ? "1002 reserved bit"
      : opcode > PONG || (opcode > BINARY && opcode < CLOSE)
        ? "1002 reserved opcode"
        : opcode > BINARY
          ? "1002 fragmented control frame"
          : opcode
            ? "1002 new message inside another"
            : "1002 continuation without a message";
  return -1;
}

/** Reads a length of 126 bytes or more (RFC 6455 §5.2), `reader._stage` telling how far it has come. */
function readLength(reader: FrameReader, bytes: Uint8Array, index: number): number {
  if (reader._stage === 1) {
    var byte = bytes[index++];
    if (byte > 127) reader._error = "1002 masked frame";
    else if (reader._opcode > BINARY) reader._error = "1002 control frame above 125 bytes";
    reader._lengthBytes = reader._stage = byte > 126 ? 8 : 2;
    reader._length = 0;
  }
  while (index < bytes.length && !reader._error) {
    reader._length = reader._length * 256 + bytes[index++];
    reader._lengthBytes--;
    // 2^53-1 is the largest length that a number holds: the upper eleven bits must be zero.
    if (reader._lengthBytes === 6 && reader._length > 31)
      reader._error =
        reader._length > 0x7fff ? "1002 frame length with its top bit set" : "1009 frame longer than 2^53-1 bytes";
    if (!reader._lengthBytes) {
      if (reader._length < (reader._stage < 8 ? 126 : 65536)) reader._error = "1002 frame length in too many bytes";
      else reader._stage = -1;
      break;
    }
  }
  return index;
}

/** Reads a frame's header as far as it has come; `reader._stage` is -1 once it is complete. Returns the next index. */
function readHeader(reader: FrameReader, bytes: Uint8Array, index: number): number {
  reader._offset = 0;
  if (!reader._stage) {
    var first = bytes[index++];
    var opcode = first & 15;
    var message = reader._message;
    // A bit for each opcode that may come: control frames always, the others as the message wants them.
    if (first & 0x70 || !(((message ? 0x701 : 0x706) >> opcode) & 1) || (opcode > BINARY && first < 128))
      return refuseFirst(reader, first);
    if (opcode < CLOSE) reader._message = opcode || message;
    reader._opcode = opcode;
    reader._fin = first > 127;
    reader._stage = 1;
  }
  if (reader._stage > 1 || bytes[index] > CONTROL_LIMIT) return readLength(reader, bytes, index);
  if (index < bytes.length) {
    reader._length = bytes[index++];
    reader._stage = -1;
  }
  return index;
}

/** A piece of a control frame: the whole payload with the last one. Undefined until then, and if it is wrong. */
function controlPiece(reader: FrameReader, piece: Uint8Array, last: boolean): Uint8Array | undefined {
  piece = concat(reader._control, piece);
  reader._control = last ? undefined : piece;
  reader._start = 0;
  if (!last) return undefined;
  if (reader._opcode === CLOSE && piece.length) {
    if (!isCloseCode(closeCode(piece))) reader._error = "1002 invalid close code";
    else if (wholeCharacters(piece.subarray(2)) !== piece.length - 2) reader._error = "1007 close reason is not UTF-8";
  }
  return reader._error ? undefined : piece;
}

/** The whole characters of a piece of text. Undefined if there are none yet, and if it is not UTF-8. */
function textPiece(reader: FrameReader, piece: Uint8Array, last: boolean): Uint8Array | undefined {
  var cut = reader._cut;
  if (cut) reader._start -= cut.length;
  piece = concat(cut, piece);
  var whole = wholeCharacters(piece);
  reader._cut = whole < piece.length ? piece.subarray(whole) : undefined;
  if (whole < 0 || (last && reader._fin && reader._cut)) reader._error = "1007 text is not UTF-8";
  return reader._error || !(last || whole) ? undefined : piece.subarray(0, whole);
}

/**
 * Reads frames from the next bytes of the stream, however it was cut, and hands on their payload as it comes: data
 * in pieces of at most `limit` bytes (text: whole characters, so a piece may begin with up to three more bytes that
 * were held back), control frames whole. At the end of every frame at least one piece is handed on, if only an empty one.
 *
 * Returns undefined, or what the server did wrong, behind the close code that it is answered with (RFC 6455 §7.4.1).
 */
export function readFrames<Reader extends FrameReader>(
  reader: Reader,
  bytes: Uint8Array,
  limit: number,
  deliver: DeliverPiece<Reader>
): string | undefined {
  var index = 0;
  var end = bytes.length;
  while (index < end) {
    if (reader._stage >= 0) {
      index = readHeader(reader, bytes, index);
      if (reader._stage >= 0 || (index === end && reader._length)) break;
    }
    var start = reader._offset;
    var take = Math.min(reader._length - start, end - index, limit);
    var type = reader._opcode;
    var last = start + take === reader._length;
    var text: string | undefined;
    var piece: Uint8Array | undefined = bytes.subarray(index, index + take);
    index += take;
    reader._start = start;
    reader._offset += take;
    if (type > BINARY) piece = controlPiece(reader, piece, last);
    else {
      type = reader._message;
      if (type === TEXT) {
        text = board._asciiText(piece);
        if (reader._cut || text === undefined) {
          piece = textPiece(reader, piece, last);
          text = piece && board._text(piece);
        }
      }
      if (last && reader._fin) reader._message = 0;
    }
    if (last) reader._stage = 0;
    if (piece ? !deliver(reader, piece, type, text) : reader._error) break;
  }
  return reader._error;
}
