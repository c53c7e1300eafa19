import * as board from "../board";
import type { Part } from "../board";
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
 * The array that the header goes to takes the lowest eight bits of each number. The masking is done on 32-bit words. The
 * places of the masking key that share a word with payload are left zero: what the loop makes of a zero there is the key
 * itself.
 * @hot
 */
export function encodeFrame(first: number, payload: Part, offset: number, length: number, key: number): Uint8Array {
  var header =
    length < 126
      ? [first, length | 128, key, key >> 8, 0, 0]
      : length < 65536
        ? [first, 0xfe, length >> 8, length, 0, 0, 0, 0]
        : longHeader(first, length, key);
  var size = header.length;
  // Behind a 6- or 14-byte header the words start two bytes into the key.
  if (size !== 8) key = (key << 16) | (key >>> 16);
  var bytes = board._join(header, payload, offset, length);
  var words = new Uint32Array(bytes.buffer);
  mask(words, key, words, size > 8 ? 3 : 1);
  return bytes.subarray(0, size + length);
}

/**
 * Masks all words from one on. A function of its own, with `part`, wherever it begins, as its first parameter: Espruino
 * finds the first of few names the fastest.
 * @hot
 */
function mask(part: Uint32Array, key: number, words: Uint32Array, word: number): void {
  var end = words.length;
  // 16 words a pass: to Espruino, which reads the text of the loop anew each time, a number in brackets is cheaper than
  // a variable and its increment (bench/README.md). Its typed arrays cannot begin beyond 64 kB.
  var last = Math.min(end - 15, 16000);
  while (word < last) {
    part = words.subarray(word, (word += 16));
    part[0] ^= key;
    part[1] ^= key;
    part[2] ^= key;
    part[3] ^= key;
    part[4] ^= key;
    part[5] ^= key;
    part[6] ^= key;
    part[7] ^= key;
    part[8] ^= key;
    part[9] ^= key;
    part[10] ^= key;
    part[11] ^= key;
    part[12] ^= key;
    part[13] ^= key;
    part[14] ^= key;
    part[15] ^= key;
  }
  while (word < end) words[word++] ^= key;
}

/**
 * The header of a frame of 64 kB or more; the array that it goes to takes the lowest eight bits of each number.
 * @cold
 */
function longHeader(first: number, length: number, key: number): number[] {
  // Length of 64 bits (no payload piece comes near 4 GB), key, and zeros.
  return [first, 0xff, 0, 0, 0, 0, length >> 24, length >> 16, length >> 8, length, key, key >> 8, 0, 0];
}

/** What is known of the stream of incoming frames: no more than one frame header and an unfinished character. */
export interface FrameReader {
  /** The first bytes of a header that has not come whole. */
  _header: string;
  /** Opcode and FIN bit of the current frame. */
  _opcode: number;
  _fin: boolean;
  /** Payload length of the current frame, and how much of it is still to come, in bytes. */
  _length: number;
  _left: number;
  /** Where in the payload the piece begins that is being delivered; negative: with a cut character's bytes. */
  _start: number;
  /** Opcode of the message whose fragments are coming: TEXT or BINARY, 0 between messages. */
  _message: number;
  /** What has come of a control frame's payload. */
  _control: string;
  /** The first bytes of a text message's character that was cut. */
  _cut: string;
  /** What the server did wrong. */
  _error: string | undefined;
}

/**
 * Takes a piece of the current frame's payload: text of a text message, bytes of all others. `type` is the opcode of
 * the message that it belongs to, or of the control frame; it begins `offset` bytes into the payload, and has `length`
 * of them. `reader` tells of the frame: `_opcode`, `_fin`, `_length`. Returns false to stop reading.
 */
export type DeliverPiece<Reader extends FrameReader> = (
  reader: Reader,
  piece: string | Uint8Array,
  type: number,
  offset: number,
  length: number
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
  reader._left = reader._message = 0;
  reader._header = reader._control = reader._cut = "";
  reader._error = undefined;
}

/**
 * Takes back a frame whose first byte is not one that may come (RFC 6455 §5.2, §5.4, §5.5): says why. Like the other
 * functions that are rarely needed it stands by itself: Espruino reads what it does not execute, too.
 * @cold
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

/**
 * Reads a length that is not in the header's second byte alone (RFC 6455 §5.2). Returns like `readHeader`.
 * @hot
 */
function readLength(reader: FrameReader, bytes: string, index: number, opcode: number): number {
  var length = bytes.charCodeAt(++index);
  // NaN where the byte has not come yet.
  if (length > 127) reader._error = "1002 masked frame";
  else if (length > CONTROL_LIMIT && opcode > BINARY) reader._error = "1002 control frame above 125 bytes";
  var size = length > 126 ? 8 : 2;
  var end = index + size;
  length = 0;
  while (index < end && !reader._error) {
    if (++index >= bytes.length) return -1;
    length = length * 256 + bytes.charCodeAt(index);
    // 2^53-1 is the largest length that a number holds: the upper eleven bits must be zero.
    if (end - index === 6 && length > 31)
      reader._error =
        length > 0x7fff ? "1002 frame length with its top bit set" : "1009 frame longer than 2^53-1 bytes";
  }
  if (length < (size < 8 ? 126 : 65536) && !reader._error) reader._error = "1002 frame length in too many bytes";
  reader._length = length;
  return reader._error ? -1 : index + 1;
}

/**
 * Reads a frame's header. Returns the index behind it; -1 if it has not come whole, or is wrong. What has come of it is
 * looked at again then: there are nine bytes at most.
 * @hot
 */
function readHeader(reader: FrameReader, bytes: string, index: number): number {
  var first = bytes.charCodeAt(index);
  var length = bytes.charCodeAt(index + 1);
  var opcode = first & 15;
  var message = reader._message;
  // A bit for each opcode that may come: control frames always, the others as the message wants them.
  if (first & 0x70 || !(((message ? 0x701 : 0x706) >> opcode) & 1) || (opcode > BINARY && first < 128))
    return refuseFirst(reader, first);
  reader._length = length;
  // Not a number: it has not come yet.
  index = length < 126 ? index + 2 : readLength(reader, bytes, index, opcode);
  if (index > 0) {
    reader._left = reader._length;
    reader._opcode = opcode;
    reader._fin = first > 127;
    if (opcode < CLOSE) reader._message = opcode || message;
  }
  return index;
}

/**
 * A piece of a control frame: the whole payload with the last one. Undefined until then, and if it is wrong.
 * @cold
 */
function controlPiece(reader: FrameReader, piece: string): Uint8Array | undefined {
  piece = reader._control += piece;
  if (reader._left) return undefined;
  reader._control = "";
  var bytes = board._bytes(piece);
  if (reader._opcode === CLOSE && bytes.length) {
    if (!isCloseCode(closeCode(bytes))) reader._error = "1002 invalid close code";
    else if (wholeCharacters(bytes.subarray(2)) !== bytes.length - 2) reader._error = "1007 close reason is not UTF-8";
  }
  return reader._error ? undefined : bytes;
}

/**
 * The whole characters of a piece of text. Undefined if there are none yet, and if it is not UTF-8.
 * @hot
 */
function textPiece(reader: FrameReader, piece: string): string | undefined {
  piece = reader._cut + piece;
  var whole = wholeCharacters(board._bytes(piece));
  reader._cut = whole < 0 ? "" : piece.substr(whole);
  if (whole < 0 || (reader._fin && !reader._left && reader._cut)) reader._error = "1007 text is not UTF-8";
  return reader._error || (reader._left && !whole) ? undefined : piece.substr(0, whole);
}

var nonAscii = new RegExp("[\x80-\xff]");

/**
 * Reads frames from the next bytes of the stream, a byte string, however it was cut, and hands on their payload as it
 * comes: data in pieces of at most `limit` bytes (text: whole characters, so a piece may begin with up to three more
 * bytes that were held back), control frames whole. At the end of every frame at least one piece is handed on, if only
 * an empty one.
 *
 * Returns undefined, or what the server did wrong, behind the close code that it is answered with (RFC 6455 §7.4.1).
 * @hot
 */
export function readFrames<Reader extends FrameReader>(
  reader: Reader,
  bytes: string,
  limit: number,
  deliver: DeliverPiece<Reader>
): string | undefined {
  if (reader._header) {
    bytes = reader._header + bytes;
    reader._header = "";
  }
  var index = 0;
  var end = bytes.length;
  while (index < end) {
    if (!reader._left) {
      var next = readHeader(reader, bytes, index);
      if (next < 0) {
        if (!reader._error) reader._header = bytes.substr(index);
        break;
      }
      index = next;
      if (index === end && reader._left) break;
    }
    var take = reader._left;
    var offset = reader._length - take;
    if (take > limit) take = limit;
    if (take > end - index) take = end - index;
    var piece: string | Uint8Array | undefined = take < end ? bytes.substr(index, take) : bytes;
    index += take;
    reader._left -= take;
    var type = reader._opcode;
    if (type > BINARY) {
      piece = controlPiece(reader, piece);
      take = reader._length;
      offset = 0;
    } else {
      type = reader._message;
      if (type > TEXT) piece = board._bytes(piece);
      else if (reader._cut || nonAscii.test(piece)) {
        offset -= reader._cut.length;
        piece = textPiece(reader, piece);
        if (piece) {
          take = piece.length;
          piece = board._text(piece);
        } else take = 0;
      }
      if (!reader._left && reader._fin) reader._message = 0;
    }
    if (piece === undefined ? reader._error : !deliver(reader, piece, type, offset, take)) break;
  }
  return reader._error;
}
