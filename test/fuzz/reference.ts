/**
 * What a stream of frames means, decided slowly and simply: the whole stream at once, byte by byte, every rule of
 * RFC 6455 where it stands. The reader under test is compared with this.
 */

/** A frame as far as it came. */
export interface ReferenceFrame {
  opcode: number;
  fin: boolean;
  /** What its header tells. */
  length: number;
  /** 1 and 2: the kind of the message that it belongs to; otherwise its opcode. */
  type: number;
  payload: Buffer;
  complete: boolean;
}

export interface Meaning {
  frames: ReferenceFrame[];
  /** The close code that the stream must be failed with; 0 if it is good as far as it goes. */
  code: number;
  /** How many of its bytes were needed to find that out, or were there before a close frame's end. */
  used: number;
}

export function readReference(stream: Buffer): Meaning {
  const frames: ReferenceFrame[] = [];
  let at = 0;
  let message = 0;
  let text = Buffer.alloc(0);
  const done = (code: number): Meaning => ({ frames, code, used: at });
  const next = (): number | undefined => (at < stream.length ? stream[at++] : undefined);

  for (;;) {
    const first = next();
    if (first === undefined) return done(0);
    const opcode = first & 15;
    const fin = first > 127;
    if (first & 0x70) return done(1002); // §5.2
    if ((opcode > 2 && opcode < 8) || opcode > 10) return done(1002); // §5.2
    if (opcode >= 8 && !fin) return done(1002); // §5.5
    if (opcode === 0 && !message) return done(1002); // §5.4
    if ((opcode === 1 || opcode === 2) && message) return done(1002); // §5.4

    const second = next();
    if (second === undefined) return done(0);
    if (second > 127) return done(1002); // §5.1
    let length = second;
    if (length > 125) {
      if (opcode >= 8) return done(1002); // §5.5
      const size = length === 126 ? 2 : 8;
      let value = 0n;
      for (let index = 0; index < size; index++) {
        const byte = next();
        if (byte === undefined) return done(0);
        value = value * 256n + BigInt(byte);
        if (size === 8 && index === 1) {
          if (value > 0x7fffn) return done(1002); // §5.2
          if (value > 31n) return done(1009); // above 2^53-1
        }
      }
      if (value < (size === 2 ? 126n : 65536n)) return done(1002); // §5.2
      length = Number(value);
    }
    if (opcode === 1 || opcode === 2) {
      message = opcode;
      text = Buffer.alloc(0);
    }
    const frame: ReferenceFrame = {
      opcode,
      fin,
      length,
      type: opcode < 8 ? message : opcode,
      payload: Buffer.alloc(0),
      complete: false,
    };
    frames.push(frame);
    const start = at;
    const end = Math.min(stream.length, start + length);
    if (frame.type === 1) {
      for (; at < end; at++) {
        const soFar = Buffer.concat([text, stream.subarray(start, at + 1)]);
        if (!canBecomeValid(soFar)) {
          frame.payload = stream.subarray(start, at);
          at++;
          return done(1007); // §8.1
        }
      }
      text = Buffer.concat([text, stream.subarray(start, end)]);
    }
    at = end;
    frame.payload = stream.subarray(start, end);
    if (frame.payload.length < length) return done(0);
    frame.complete = true;
    if (opcode === 8) {
      const { payload } = frame;
      if (payload.length > 0) {
        if (payload.length < 2 || !CLOSE_CODES.has(payload.readUInt16BE(0))) return done(1002); // §5.5.1, §7.4
        if (!isUtf8(payload.subarray(2))) return done(1007); // §5.5.1
      }
      return done(0);
    }
    if (opcode < 8 && fin) {
      if (message === 1 && !isUtf8(text)) return done(1007);
      message = 0;
    }
  }
}

const CLOSE_CODES = new Set([
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
  ...Array.from({ length: 2000 }, (_, index) => 3000 + index),
]);

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** True if bytes could be added so that it is valid UTF-8 (RFC 3629 §4). */
export function canBecomeValid(bytes: Uint8Array): boolean {
  try {
    // A decoder that waits for more throws only at what no more bytes can mend.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
