import { board, Payload } from "./board";
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
  var header: number[];
  var word = 1; // the first word to mask
  if (length < 126) {
    header = [first, length | 0x80, key & 255, (key >> 8) & 255, 0, 0];
  } else if (length < 65536) {
    header = [first, 0xfe, length >> 8, length & 255, 0, 0, 0, 0];
  } else {
    header = [first, 0xff, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
    header.push(key & 255, (key >> 8) & 255, 0, 0);
    word = 3;
  }
  var size = header.length;
  // Behind a 6- or 14-byte header the words start two bytes into the key.
  if (size !== 8) key = (key << 16) | (key >>> 16);
  var bytes = board._join(header, payload, offset, length);
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

/** What is known of the stream of incoming frames: no more than one frame header and an unfinished character. */
export interface FrameReader {
  /** What comes next: 0 and 1 the first two bytes of a header, 2 and 8 a length of that many bytes, -1 payload. */
  _stage: number;
  /** How many of the length's bytes are still to come. */
  _lengthBytes: number;
  /** Opcode and FIN bit of the current frame. */
  _opcode: number;
  _fin: boolean;
  /** Payload length of the current frame, and how much of it has been handed on, in bytes. */
  _length: number;
  _offset: number;
  /** Opcode of the message whose fragments are coming: TEXT or BINARY, 0 between messages. */
  _message: number;
  /** What has come of a control frame's payload. */
  _control: Uint8Array | undefined;
  /** The first bytes of a text message's character that was cut. */
  _cut: Uint8Array | undefined;
  /** Set with the close frame: whatever follows it is not looked at (RFC 6455 §5.5.1). */
  _done: boolean;
}

/**
 * Takes a piece of the current frame's payload; `type` is the opcode of the message it belongs to, or of the control
 * frame. `reader` tells of the frame: `_opcode`, `_fin`, `_length`, and `_offset` behind the piece. Returns false to
 * stop reading.
 */
export type DeliverPiece<Reader extends FrameReader> = (reader: Reader, piece: Uint8Array, type: number) => boolean;

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
  reader._control = reader._cut = undefined;
  reader._done = false;
}

function concat(first: Uint8Array | undefined, second: Uint8Array): Uint8Array {
  if (!first) return second;
  var bytes = new Uint8Array(first.length + second.length);
  bytes.set(first, 0);
  bytes.set(second, first.length);
  return bytes;
}

/**
 * Reads frames from the next bytes of the stream, however it was cut, and hands on their payload as it comes: data
 * in pieces of at most `limit` bytes (text: whole characters, so a piece may begin with up to three more bytes that
 * were held back), control frames whole. At the end of every frame at least one piece is handed on, if only an empty one.
 *
 * Returns undefined, or what the server did wrong, behind the close code that it is answered with (RFC 6455 §7.4.1);
 * each line that does so stands for one rule of RFC 6455 §5 or, for UTF-8, §8.1.
 */
export function readFrames<Reader extends FrameReader>(
  reader: Reader,
  bytes: Uint8Array,
  limit: number,
  deliver: DeliverPiece<Reader>
): string | undefined {
  var index = 0;
  var end = bytes.length;
  var byte: number;
  while (index < end && !reader._done) {
    if (reader._stage >= 0) {
      byte = bytes[index++];
      if (reader._stage === 0) {
        var opcode = byte & 15;
        var message = reader._message;
        if (byte & 0x70) return "1002 reserved bit";
        if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return "1002 reserved opcode";
        reader._opcode = opcode;
        reader._fin = byte > 127;
        if (opcode > 7) {
          if (byte < 128) return "1002 fragmented control frame";
        } else if (opcode) {
          if (message) return "1002 new message inside another";
          reader._message = opcode;
        } else if (!message) return "1002 continuation without a message";
        reader._stage = 1;
        continue;
      }
      if (reader._stage === 1) {
        if (byte > 127) return "1002 masked frame";
        if (byte > CONTROL_LIMIT) {
          if (reader._opcode > 7) return "1002 control frame above 125 bytes";
          reader._lengthBytes = reader._stage = byte > 126 ? 8 : 2;
          reader._length = 0;
          continue;
        }
        reader._length = byte;
      } else {
        // 2^53-1 is the largest length that a number holds: eleven bits must be zero, the top one by RFC 6455 §5.2.
        reader._length = reader._length * 256 + byte;
        if (--reader._lengthBytes) {
          if (reader._lengthBytes === 6 && reader._length > 31)
            return reader._length > 0x7fff
              ? "1002 frame length with its top bit set"
              : "1009 frame longer than 2^53-1 bytes";
          continue;
        }
        if (reader._length < (reader._stage < 8 ? 126 : 65536)) return "1002 frame length in too many bytes";
      }
      reader._offset = 0;
      reader._stage = -1;
    }

    var rest = reader._length - reader._offset;
    var take = end - index;
    if (take > rest) take = rest;
    if (take > limit) take = limit;
    var piece = take === end ? bytes : bytes.subarray(index, index + take);
    var last = take === rest;
    var type = reader._opcode;
    index += take;
    reader._offset += take;

    if (type > 7) {
      piece = concat(reader._control, piece);
      reader._control = last ? undefined : piece;
      if (!last) continue;
      if (type === CLOSE) {
        reader._done = true;
        byte = closeCode(piece);
        if (piece.length && !isCloseCode(byte)) return "1002 invalid close code";
        if (byte && wholeCharacters(piece.subarray(2)) !== piece.length - 2) return "1007 close reason is not UTF-8";
      }
    } else {
      type = reader._message;
      if (type === TEXT && (reader._cut || !board._isAscii(piece))) {
        piece = concat(reader._cut, piece);
        var whole = wholeCharacters(piece);
        if (whole < 0 || (last && reader._fin && whole < piece.length)) return "1007 text is not UTF-8";
        reader._cut = whole < piece.length ? piece.subarray(whole) : undefined;
        piece = piece.subarray(0, whole);
      }
      if (!last && !piece.length) continue;
      if (last && reader._fin) reader._message = 0;
    }
    if (last) reader._stage = 0;
    if (!deliver(reader, piece, type)) break;
  }
  return undefined;
}
