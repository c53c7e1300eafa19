/** What src/tls_psk takes from its board, on Node: for tests of the protocol by itself. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { isAnyArrayBuffer } from "node:util/types";
import type { TransportListener } from "../../src/board";
import { install, type Part, type Platform } from "../../src/tls_psk/platform";

function bytesOf(part: Part | string[]): Buffer {
  if (typeof part === "string") return Buffer.from(part, "latin1");
  // Not instanceof: tests have an ArrayBuffer of their own.
  if (isAnyArrayBuffer(part)) return Buffer.from(part);
  if (part instanceof Uint8Array) return Buffer.from(part);
  if (Array.isArray(part)) {
    return Buffer.concat(
      (part as (string | number)[]).map((item) =>
        typeof item === "string" ? Buffer.from(item, "latin1") : Buffer.from([item & 255])
      )
    );
  }
  if (typeof part?.data === "number") return Buffer.alloc(part.count, part.data);
  throw new TypeError("Expecting Number or iterable, got undefined");
}

const fresh = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const all = (parts: (Part | string[])[]): Buffer => Buffer.concat(parts.map(bytesOf));
const hash = (name: string) => (bytes: string) => fresh(createHash(name).update(Buffer.from(bytes, "latin1")).digest());

/** The TCP connection below, of which the test is the other end. */
export interface Wire {
  host: string;
  port: number;
  /** What hears of the connection: the client under test. */
  listener: TransportListener;
  /** What the client has written, and not yet taken. */
  written: Buffer;
  closed: boolean;
}

export const wires: Wire[] = [];

export const platform: Platform & { full: boolean } = {
  full: false,
  _randomIsGood: true,
  _random: () => randomBytes(4).readUInt32BE(0),
  _full() {
    return this.full;
  },
  _utf8: (text) => Buffer.from(text, "utf8").toString("latin1"),
  _join: (...parts) => all(parts).toString("latin1"),
  _bytes: (...parts) => new Uint8Array(fresh(all(parts))),
  _sha256: hash("sha256"),
  _sha1: hash("sha1"),
  _crypt(bytes, key, decrypt) {
    const secret = Buffer.from(key, "latin1");
    const cipher = (decrypt ? createDecipheriv : createCipheriv)("aes-128-cbc", secret, Buffer.alloc(16));
    cipher.setAutoPadding(false);
    return fresh(Buffer.concat([cipher.update(bytes), cipher.final()]));
  },
  open({ host, port }, listener) {
    const wire: Wire = { host, port, listener, written: Buffer.alloc(0), closed: false };
    wires.push(wire);
    return {
      write(bytes) {
        if (wire.closed) throw new Error("This socket is closed");
        wire.written = Buffer.concat([wire.written, bytesOf(bytes as unknown as string)]);
      },
      close() {
        wire.closed = true;
      },
    };
  },
};

install(platform);
