/**
 * A scripted server: raw TCP, exact bytes out, exact bytes in. It knows the opening handshake and how to cut a
 * client's bytes into frames; what to send, and when, is the test's business, right or wrong.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import { fromBoard, LISTEN_HOST } from "./hosts";

/** A frame as it came from the client. */
export interface ReceivedFrame {
  fin: boolean;
  /** The three reserved bits, as a number. */
  rsv: number;
  opcode: number;
  masked: boolean;
  key: Buffer;
  /** Unmasked. */
  payload: Buffer;
  /** The frame's bytes as they were on the wire. */
  raw: Buffer;
}

/** A frame to send. */
export interface FrameToSend {
  opcode: number;
  payload?: string | Uint8Array;
  /** Default: true. */
  fin?: boolean;
  /** The three reserved bits, as a number. Default: 0. */
  rsv?: number;
  /** Masks the payload with this key, which a server must not do. */
  mask?: Uint8Array;
  /** The length that the header tells, if it is not the payload's. */
  length?: number | bigint;
  /** How many bytes the header's length takes, if not as few as possible: 0 (7 bits), 2 or 8. */
  lengthBytes?: 0 | 2 | 8;
}

/** The bytes of one frame (RFC 6455 §5.2). Text becomes UTF-8. */
export function frame({ opcode, payload = "", fin = true, rsv = 0, mask, length, lengthBytes }: FrameToSend): Buffer {
  const bytes = Buffer.from(payload);
  const size = BigInt(length ?? bytes.length);
  const width = lengthBytes ?? (size < 126n ? 0 : size < 65536n ? 2 : 8);
  const header = Buffer.alloc(2 + width);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (mask ? 0x80 : 0) | (width === 0 ? Number(size) : width === 2 ? 126 : 127);
  if (width === 2) header.writeUInt16BE(Number(size), 2);
  if (width === 8) header.writeBigUInt64BE(size, 2);
  if (!mask) return Buffer.concat([header, bytes]);
  return Buffer.concat([header, mask, bytes.map((byte, index) => byte ^ mask[index & 3])]);
}

export const text = (payload: string | Uint8Array, fin = true): Buffer => frame({ opcode: 1, payload, fin });
export const binary = (payload: string | Uint8Array, fin = true): Buffer => frame({ opcode: 2, payload, fin });
export const continuation = (payload: string | Uint8Array, fin = true): Buffer => frame({ opcode: 0, payload, fin });
export const ping = (payload: string | Uint8Array = ""): Buffer => frame({ opcode: 9, payload });
export const pong = (payload: string | Uint8Array = ""): Buffer => frame({ opcode: 10, payload });

/** A close frame; without a code its payload is empty. */
export function close(code?: number, reason: string | Uint8Array = ""): Buffer {
  if (code === undefined) return frame({ opcode: 8 });
  return frame({ opcode: 8, payload: Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]) });
}

/** Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2). */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** The head of an ordinary response; `extra` lines go behind the required ones. */
export function switching(key: string, extra: string[] = []): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...extra,
    "",
    "",
  ].join("\r\n");
}

/**
 * Cuts a client's bytes into whole frames; the bytes of an unfinished one stay behind, and `needed` tells how many of
 * them there must be at least before another call can find more.
 */
export function decodeFrames(bytes: Buffer): { frames: ReceivedFrame[]; rest: Buffer; needed: number } {
  const frames: ReceivedFrame[] = [];
  let needed: number;
  for (;;) {
    needed = 2;
    if (bytes.length < needed) break;
    let length = bytes[1] & 127;
    let at = 2;
    if (length === 126) {
      needed = 4;
      if (bytes.length < needed) break;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      needed = 10;
      if (bytes.length < needed) break;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    const masked = bytes[1] > 127;
    const start = at + (masked ? 4 : 0);
    needed = start + length;
    if (bytes.length < needed) break;
    const key = bytes.subarray(at, start);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (masked) for (let i = 0; i < length; i++) payload[i] ^= key[i & 3];
    frames.push({
      fin: bytes[0] > 127,
      rsv: (bytes[0] >> 4) & 7,
      opcode: bytes[0] & 15,
      masked,
      key,
      payload,
      raw: bytes.subarray(0, start + length),
    });
    bytes = bytes.subarray(start + length);
  }
  return { frames, rest: bytes, needed };
}

/** One connection of a client, seen from the server. */
export class PeerConnection {
  /** The request: its head with the empty line. Empty until it is complete. */
  head = "";
  /** How the client ended its side: "fin", "reset", or undefined while it has not. */
  ended: "fin" | "reset" | undefined;
  /** Every frame that was looked at so far. */
  readonly frames: ReceivedFrame[] = [];
  /** Bytes of a frame that is not complete, or, without a handshake, all bytes. */
  rest: Buffer = Buffer.alloc(0);
  /** Bytes received in all. */
  bytesReceived = 0;
  private chunks: Buffer[] = [];
  private taken = 0;
  private needed = 2;
  private changed: (() => void)[] = [];
  /** A write has failed: the client has reset the connection. What it sent before can still be read. */
  private cut = false;

  constructor(readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.bytesReceived += bytes.length;
      this.chunks.push(bytes);
      this.wake();
    });
    socket.on("end", () => this.setEnded("fin"));
    socket.on("error", () => this.setEnded("reset"));
    socket.on("close", () => this.setEnded("reset"));
  }

  /** The request line's path. */
  get path(): string {
    return this.head.split(" ")[1] ?? "";
  }

  /** A request header's value; undefined if it was not sent. */
  header(name: string): string | undefined {
    const wanted = `${name.toLowerCase()}:`;
    const line = this.head.split("\r\n").find((one) => one.toLowerCase().startsWith(wanted));
    return line?.slice(wanted.length).trim();
  }

  /** Reads the request's head, if that was not done yet. */
  async readHead(): Promise<string> {
    if (this.head) return this.head;
    await this.until(() => {
      this.gather();
      const end = this.rest.indexOf("\r\n\r\n");
      if (end < 0) return false;
      this.head = fromBoard(this.rest.toString("latin1", 0, end + 4));
      this.rest = this.rest.subarray(end + 4);
      return true;
    }, "the request");
    return this.head;
  }

  /** Reads the request and answers it; `extra` are more header lines, `first` are bytes to send along with the head. */
  async handshake(extra: string[] = [], first: Uint8Array = Buffer.alloc(0)): Promise<void> {
    await this.readHead();
    this.send(switching(this.header("Sec-WebSocket-Key") ?? "", extra), first);
  }

  /** Sends bytes; text is sent as UTF-8. */
  send(...parts: (string | Uint8Array)[]): void {
    if (this.writable) this.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  }

  /** Sends bytes in pieces, each in a turn of its own, and waits where the client is slow. */
  async sendChopped(bytes: Uint8Array, size: number): Promise<void> {
    for (let at = 0; at < bytes.length && this.writable; at += size) {
      const room = this.write(bytes.subarray(at, at + size));
      if (room) await new Promise<void>((resolve) => setImmediate(resolve));
      else await this.drained();
    }
  }

  /** Every frame that has come so far, read or not. */
  allFrames(): readonly ReceivedFrame[] {
    return this.decode();
  }

  /** The next frame that was not read yet. Rejects if the client ends first. */
  async nextFrame(): Promise<ReceivedFrame> {
    await this.until(() => this.decode().length > this.taken, "a frame");
    return this.frames[this.taken++];
  }

  /** Drops the frames that were read: a long test need not keep them. */
  forget(): void {
    this.frames.splice(0, this.taken);
    this.taken = 0;
  }

  /** All frames up to and with the first that passes. */
  async framesUntil(last: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame[]> {
    const frames: ReceivedFrame[] = [];
    for (;;) {
      const next = await this.nextFrame();
      frames.push(next);
      if (last(next)) return frames;
    }
  }

  /** Resolves when the client has ended its side. */
  async end(): Promise<"fin" | "reset"> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.ended) resolve();
        else this.changed.push(check);
      };
      check();
    });
    this.decode();
    return this.ended!;
  }

  /** Ends the server's side: FIN. */
  fin(): void {
    this.socket.end();
  }

  /** Tears the connection down: RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Lets the client wait: what it sends is not read from the socket any more. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Resolves when `done` says so, which is asked whenever bytes came. Rejects if the client ends before. */
  async until(done: () => boolean, what = "what was expected"): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (done()) resolve();
        else if (this.ended) reject(new Error(`The client ended the connection (${this.ended}) before ${what} came.`));
        else this.changed.push(check);
      };
      check();
    });
  }

  private get writable(): boolean {
    return !this.cut && !this.socket.destroyed && this.socket.writable;
  }

  /**
   * Writes past the stream where nothing waits in it. A write of the stream that fails, since the client has reset the
   * connection, drops what came before and was not read yet: the close frame that tells why. Returns false if it waits.
   */
  private write(bytes: Uint8Array): boolean {
    let written = 0;
    const { fd } = (this.socket as unknown as { _handle: { fd: number } })._handle;
    // There is no number on Windows.
    if (fd >= 0 && this.socket.writableLength === 0) {
      try {
        written = fs.writeSync(fd, bytes);
      } catch (error) {
        this.cut = (error as NodeJS.ErrnoException).code !== "EAGAIN";
        if (this.cut) return true;
      }
    }
    return written === bytes.length || this.socket.write(bytes.subarray(written));
  }

  private decode(): ReceivedFrame[] {
    // A long frame is not put together anew with each piece of it.
    const waiting = this.chunks.reduce((sum, chunk) => sum + chunk.length, this.rest.length);
    if (waiting < this.needed) return this.frames;
    this.gather();
    const { frames, rest, needed } = decodeFrames(this.rest);
    this.frames.push(...frames);
    this.rest = rest;
    this.needed = needed;
    return this.frames;
  }

  private gather(): void {
    if (this.chunks.length > 0) this.rest = Buffer.concat([this.rest, ...this.chunks.splice(0)]);
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off("drain", done).off("close", done);
        resolve();
      };
      this.socket.on("drain", done).on("close", done);
    });
  }

  private setEnded(how: "fin" | "reset"): void {
    this.ended ??= how;
    this.wake();
  }

  private wake(): void {
    for (const check of this.changed.splice(0)) check();
  }
}

/** What the server does with a connection, from its first byte; it is closed by the script, or with the peer. */
export type PeerScript = (connection: PeerConnection, index: number) => Promise<void> | void;

/** A server that follows a script. */
export interface Peer {
  readonly port: number;
  /** `ws://127.0.0.1:PORT/` */
  readonly url: string;
  /** All connections so far. */
  readonly connections: readonly PeerConnection[];
  /** What the scripts failed with. */
  readonly errors: readonly Error[];
  /** Resolves with the connection of that index (0 is the first) when it is there. */
  connection(index: number): Promise<PeerConnection>;
  /** Closes everything. Rejects with the first failure of a script. */
  close(): Promise<void>;
}

/** Starts a server on this machine, on a free port if none is given. */
export async function startPeer(script: PeerScript = () => {}, port = 0): Promise<Peer> {
  const connections: PeerConnection[] = [];
  const errors: Error[] = [];
  const waiting: (() => void)[] = [];
  const scripts: Promise<void>[] = [];
  let closing = false;
  // Half open, so that a script can send behind the client's FIN.
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new PeerConnection(socket);
    const index = connections.push(connection) - 1;
    const run = async (): Promise<void> => script(connection, index);
    scripts.push(run().catch((error: Error) => void (closing || errors.push(error))));
    for (const wake of waiting.splice(0)) wake();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LISTEN_HOST, resolve);
  });
  const bound = (server.address() as net.AddressInfo).port;
  return {
    port: bound,
    url: `ws://127.0.0.1:${bound}/`,
    connections,
    errors,
    async connection(index) {
      while (connections.length <= index) await new Promise<void>((resolve) => waiting.push(resolve));
      return connections[index];
    },
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { socket } of connections) socket.destroy();
      await closed;
      await Promise.all(scripts);
      if (errors.length > 0) throw errors[0];
    },
  };
}
