/**
 * IoT.js's Buffer with its quirks: it cannot be indexed, `slice` copies, `toString` ends at the first NUL and throws
 * on what is not UTF-8, text with surrogate pairs and base64 get zeros behind them.
 */
import { types } from "node:util";

export class HostBuffer {
  readonly length: number;
  /** Hidden from the board, which must go through the methods. */
  readonly #bytes: Buffer;

  constructor(subject: number | string | readonly number[] | HostBuffer, encoding?: string) {
    if (typeof subject === "number") this.#bytes = Buffer.alloc(subject);
    else if (typeof subject === "string") {
      this.#bytes = Buffer.alloc(HostBuffer.byteLength(subject, encoding));
      decode(subject, encoding).copy(this.#bytes);
    } else if (HostBuffer.isBuffer(subject)) this.#bytes = Buffer.from(subject.#bytes);
    else if (Array.isArray(subject)) this.#bytes = Buffer.from(subject.map(toByte));
    else throw new TypeError("Bad arguments: Buffer(string|number|Buffer|Array)");
    this.length = this.#bytes.length;
  }

  static from(value: unknown, encodingOrOffset?: string | number, length?: number): HostBuffer {
    if (types.isAnyArrayBuffer(value)) {
      const offset = Number(encodingOrOffset ?? 0);
      const size = length ?? value.byteLength - offset;
      if (offset < 0 || offset > value.byteLength) throw new RangeError("'offset' is out of bounds");
      if (size > value.byteLength - offset) throw new RangeError("'length' is out of bounds");
      return HostBuffer.of(Buffer.from(value, offset, Math.max(size, 0)));
    }
    if (HostBuffer.isBuffer(value) || typeof value === "string" || Array.isArray(value)) {
      return new HostBuffer(value, encodingOrOffset as string | undefined);
    }
    throw new TypeError("First argument must be a string, Buffer, ArrayBuffer, Array, or array-like object");
  }

  /** A buffer of the host with a copy of Node's. */
  static of(bytes: Uint8Array): HostBuffer {
    const buffer = new HostBuffer(bytes.length);
    buffer.#bytes.set(bytes);
    return buffer;
  }

  static isBuffer(value: unknown): value is HostBuffer {
    return value instanceof HostBuffer;
  }

  /** Each half of a surrogate pair counts as three bytes, base64 as if it could not be padded. */
  static byteLength(text: string, encoding?: string): number {
    if (encoding === "hex") return text.length >>> 1;
    if (encoding === "base64") return text.replace(/=+$/, "").length;
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    }
    return length;
  }

  static concat(list: HostBuffer[]): HostBuffer {
    return HostBuffer.of(Buffer.concat(list.map((one) => one.#bytes)));
  }

  write(text: string, offset = 0): number {
    return decode(text).copy(this.#bytes, offset);
  }

  readUInt8(offset: number, noAssert?: boolean): number {
    if (!noAssert && offset >= this.length) throw new RangeError("index out of range");
    return this.#bytes[offset] ?? 0;
  }

  writeUInt8(value: number, offset: number, noAssert?: boolean): number {
    if (!noAssert && offset >= this.length) throw new RangeError("index out of range");
    if (offset < this.length) this.#bytes[offset] = value & 255;
    return offset + 1;
  }

  readUInt16LE(offset: number): number {
    return this.readUInt8(offset) | (this.readUInt8(offset + 1) << 8);
  }

  slice(start = 0, end = this.length): HostBuffer {
    return HostBuffer.of(this.#bytes.subarray(start, end));
  }

  toString(encoding?: string, start = 0, end = this.length): string {
    const bytes = this.#bytes.subarray(start, end);
    if (encoding === "hex" || encoding === "base64") return bytes.toString(encoding);
    const nul = bytes.indexOf(0);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return text.decode(nul < 0 ? bytes : bytes.subarray(0, nul));
  }
}

/** The bytes, for the sockets of this host. */
export function bytesOf(buffer: HostBuffer): Buffer {
  return Buffer.from(buffer.toString("hex"), "hex");
}

function toByte(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("Bad arguments: number expected");
  return value & 255;
}

/** A lone half of a surrogate pair is written as three bytes, which is not UTF-8. */
function decode(text: string, encoding?: string): Buffer {
  if (encoding === "hex" || encoding === "base64") return Buffer.from(text, encoding);
  const parts = text.split(/([\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff])/);
  return Buffer.concat(
    parts.map((part, index) => {
      if (index % 2 === 0) return Buffer.from(part);
      const unit = part.charCodeAt(0);
      return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63)]);
    })
  );
}
