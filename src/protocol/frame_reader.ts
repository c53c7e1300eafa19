/** Reads frames from the stream, however it was cut (RFC 6455 §5). */
import * as board from "../board";
import {
  BINARY,
  CLOSE,
  CLOSE_INVALID_DATA,
  CLOSE_PROTOCOL_ERROR,
  CLOSE_TOO_BIG,
  closeCode,
  CONTROL_LIMIT,
  isCloseCode,
  PONG,
  TEXT,
} from "./frames";
import { wholeCharacters } from "./utf8";

/** The state of the incoming stream: bytes that were not read yet, and an unfinished character. */
export interface FrameReader {
  /** Bytes of the stream, and how many of them were read. Between two calls no more than a part of a header is left. */
  _chunk: string;
  _index: number;
  /** Opcode and FIN bit of the current frame. */
  _opcode: number;
  _fin: boolean;
  /** Payload length of the current frame, and how much of it is still to come, in bytes. */
  _length: number;
  _left: number;
  /** Opcode of the message whose fragments are coming: TEXT or BINARY, 0 between messages. */
  _fragmented: number;
  /** What has come of a control frame's payload. */
  _control: string;
  /** The first bytes of a text message's character that was cut. */
  _cut: string;
  /** What the server did wrong, and the close code to answer it with; undefined while all is well. */
  _violation: string | undefined;
  _violationCode: number;

  /** The piece that was read last: text of a text message, bytes of all others. */
  _piece: string | Uint8Array | undefined;
  /** Where in the payload it begins (negative: with a cut character's bytes), and how many bytes it has. */
  _start: number;
  _size: number;
}

/** Makes `reader` ready for the first byte of a connection. */
export function resetReader(reader: FrameReader): void {
  reader._index = reader._left = reader._fragmented = 0;
  reader._chunk = reader._control = reader._cut = "";
  reader._violation = reader._piece = undefined;
}

/** Adds the next bytes of the stream, a byte string, to what was not read yet. Returns all there is to read. */
export function feed(reader: FrameReader, bytes: string): string {
  bytes = reader._chunk.substr(reader._index) + bytes;
  reader._index = 0;
  return (reader._chunk = bytes);
}

/** The server has broken the protocol. Returns -1. */
function violate(reader: FrameReader, sentence: string, code?: number): number {
  reader._violation = sentence;
  reader._violationCode = code || CLOSE_PROTOCOL_ERROR;
  return -1;
}

/**
 * Refuses a frame whose first byte is not allowed (RFC 6455 §5.2, §5.4, §5.5). Returns -1.
 *
 * @cold
 */
function refuseFirst(reader: FrameReader, first: number): number {
  var opcode = first & 15;
  if (first & 0x70) return violate(reader, "reserved bit");
  if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return violate(reader, "reserved opcode");
  if (opcode > BINARY) return violate(reader, "fragmented control frame");
  return violate(reader, opcode ? "new message inside another" : "continuation without a message");
}

/**
 * Reads a length that does not fit in the header's second byte (RFC 6455 §5.2). Returns like `readHeader`.
 *
 * @hot
 */
function readLength(reader: FrameReader, bytes: string, index: number, opcode: number): number {
  var length = bytes.charCodeAt(++index);
  // NaN where the byte has not come yet.
  if (length > 127) return violate(reader, "masked frame");
  if (length > CONTROL_LIMIT && opcode > BINARY) return violate(reader, "control frame above 125 bytes");
  var size = length > 126 ? 8 : 2;
  var end = index + size;
  length = 0;
  while (index < end) {
    if (++index >= bytes.length) return -1;
    length = length * 256 + bytes.charCodeAt(index);
    // 2^53-1 is the largest length that a number holds: the upper eleven bits must be zero.
    if (end - index === 6 && length > 31) {
      if (length > 0x7fff) return violate(reader, "frame length with its top bit set");
      return violate(reader, "frame longer than 2^53-1 bytes", CLOSE_TOO_BIG);
    }
  }
  if (length < (size < 8 ? 126 : 65536)) return violate(reader, "frame length in too many bytes");
  reader._length = length;
  return index + 1;
}

/**
 * Reads a frame's header. Returns the index after it; -1 if it is incomplete or wrong. What has come of it is
 * then read again: at most nine bytes.
 *
 * @hot
 */
function readHeader(reader: FrameReader, bytes: string, index: number): number {
  var first = bytes.charCodeAt(index);
  var length = bytes.charCodeAt(index + 1);
  var opcode = first & 15;
  var fragmented = reader._fragmented;
  // A bit for each opcode that may come: control frames always, the others as the message wants them.
  if (first & 0x70 || !(((fragmented ? 0x701 : 0x706) >> opcode) & 1) || (opcode > BINARY && first < 128))
    return refuseFirst(reader, first);
  reader._length = length;
  // Not a number: it has not come yet.
  index = length < 126 ? index + 2 : readLength(reader, bytes, index, opcode);
  if (index > 0) {
    reader._left = reader._length;
    reader._opcode = opcode;
    reader._fin = first > 127;
    if (opcode < CLOSE) reader._fragmented = opcode || fragmented;
  }
  return index;
}

/**
 * A control frame's whole payload. Undefined until all of it has come, and if it is wrong.
 *
 * @cold
 */
function controlPiece(reader: FrameReader, piece: string): Uint8Array | undefined {
  piece = reader._control += piece;
  if (reader._left) return undefined;
  reader._control = "";
  var bytes = board._bytes(piece);
  if (reader._opcode === CLOSE && bytes.length) {
    if (!isCloseCode(closeCode(bytes))) violate(reader, "invalid close code");
    else if (wholeCharacters(bytes.subarray(2)) !== bytes.length - 2)
      violate(reader, "close reason is not UTF-8", CLOSE_INVALID_DATA);
  }
  return reader._violation ? undefined : bytes;
}

/**
 * The whole characters of a piece of text. Undefined if there are none yet, and if it is not UTF-8.
 *
 * @hot
 */
function textPiece(reader: FrameReader, piece: string): string | undefined {
  piece = reader._cut + piece;
  var whole = wholeCharacters(board._bytes(piece));
  reader._cut = whole < 0 ? "" : piece.substr(whole);
  if (whole < 0 || (reader._fin && !reader._left && reader._cut))
    violate(reader, "text is not UTF-8", CLOSE_INVALID_DATA);
  return reader._violation || (reader._left && !whole) ? undefined : piece.substr(0, whole);
}

export var nonAscii = new RegExp("[\x80-\xff]");

/**
 * Reads the next piece of payload: of data at most `limit` bytes (text: whole characters, so a piece may begin with up
 * to three more bytes that were held back), control frames whole. At the end of every frame there is at least one piece,
 * possibly empty.
 *
 * Returns the opcode of the message, or of the control frame, that the piece belongs to; 0 if there is none: more bytes
 * must come, or the server has broken the protocol (`_violation`).
 *
 * @hot
 */
export function readPiece(reader: FrameReader, limit: number): number {
  var bytes = reader._chunk;
  while (reader._index < bytes.length) {
    var index = reader._index;
    if (!reader._left) {
      index = readHeader(reader, bytes, index);
      if (index < 0) return 0;
      reader._index = index;
      if (reader._left && index === bytes.length) return 0;
    }
    var take = Math.min(reader._left, limit, bytes.length - index);
    var start = reader._length - reader._left;
    var piece: string | Uint8Array | undefined = take < bytes.length ? bytes.substr(index, take) : bytes;
    reader._index = index + take;
    reader._left -= take;
    var type = reader._opcode;
    if (type > BINARY) {
      piece = controlPiece(reader, piece);
      take = reader._length;
      start = 0;
    } else {
      type = reader._fragmented;
      if (type > TEXT) piece = board._bytes(piece);
      else if (reader._cut || nonAscii.test(piece)) {
        start -= reader._cut.length;
        piece = textPiece(reader, piece);
        take = piece ? piece.length : 0;
        if (piece) piece = board._text(piece);
      }
      if (!reader._left && reader._fin) reader._fragmented = 0;
    }
    if (piece !== undefined) {
      reader._piece = piece;
      reader._start = start;
      reader._size = take;
      return type;
    }
    if (reader._violation) return 0;
  }
  return 0;
}
