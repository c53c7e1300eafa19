import { createHash } from "node:crypto";
import { once } from "node:events";
import net from "node:net";

/**
 * The other end of a contender's connection: a server on the loopback interface that speaks just enough WebSocket,
 * or none at all, and is not itself measured.
 */
export class Peer {
  #server = net.createServer((socket) => this.#accept(socket));
  #sockets = new Set<net.Socket>();
  #links: Link[] = [];
  #waiting: ((link: Link) => void)[] = [];
  /** Connections that have ended. */
  closed = 0;

  /** @param bare no WebSocket: what comes and goes is payload */
  constructor(readonly bare: boolean) {}

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as net.AddressInfo).port;
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A contender that is stopped in the middle resets its connection.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.closed++;
    });
    const link = new Link(socket, this.bare, () => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting(link);
      else this.#links.push(link);
    });
  }

  /** The next connection whose opening handshake is done. */
  link(): Promise<Link> {
    const link = this.#links.shift();
    return link ? Promise.resolve(link) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** One connection. */
export class Link {
  #socket: net.Socket;
  #bare: boolean;
  #open = false;
  #bytes: Buffer = Buffer.alloc(0);
  #payload = createHash("sha1");
  #received = 0;
  #wanted: { bytes: number; resolve: (digest: string) => void } | undefined;
  /** Called with the payload of each data frame. */
  onPayload: ((payload: Buffer, opcode: number, fin: boolean) => void) | undefined;

  constructor(socket: net.Socket, bare: boolean, opened: () => void) {
    this.#socket = socket;
    this.#bare = bare;
    if (bare) {
      this.#open = true;
      setImmediate(opened);
    }
    socket.on("data", (chunk: Buffer) => {
      if (bare) return this.#take(chunk, 2, true);
      this.#bytes = this.#bytes.length ? Buffer.concat([this.#bytes, chunk]) : chunk;
      if (!this.#open) {
        if (!this.#shakeHands()) return;
        this.#open = true;
        opened();
      }
      while (this.#readFrame());
    });
  }

  #shakeHands(): boolean {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const key = /^sec-websocket-key:\s*(.*)$/im.exec(this.#bytes.toString("latin1", 0, end))![1].trim();
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    this.#socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
    );
    this.#bytes = this.#bytes.subarray(end + 4);
    return true;
  }

  #readFrame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    let length = bytes[1] & 127;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return false;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return false;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    if (!(bytes[1] & 128)) throw new Error("The contender sent a frame that is not masked.");
    if (bytes.length < at + 4 + length) return false;
    const key = bytes.subarray(at, at + 4);
    const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    for (let i = 0; i < length; i++) payload[i] ^= key[i & 3];
    const opcode = bytes[0] & 15;
    this.#bytes = bytes.subarray(at + 4 + length);
    if (opcode === 8) {
      this.sendFrame(8, payload);
      this.#socket.end();
    } else if (opcode === 9) this.sendFrame(10, payload);
    else if (opcode < 3) this.#take(payload, opcode, bytes[0] > 127);
    return true;
  }

  #take(payload: Buffer, opcode: number, fin: boolean): void {
    this.#payload.update(payload);
    this.#received += payload.length;
    this.onPayload?.(payload, opcode, fin);
    this.#check();
  }

  #check(): void {
    const wanted = this.#wanted;
    if (!wanted || this.#received < wanted.bytes) return;
    if (this.#received > wanted.bytes) throw new Error(`${this.#received} bytes came where ${wanted.bytes} were due.`);
    const digest = this.#payload.digest("hex");
    this.#payload = createHash("sha1");
    this.#received = 0;
    this.#wanted = undefined;
    wanted.resolve(digest);
  }

  /** Waits for this many bytes of payload. Returns their SHA-1. */
  receive(bytes: number): Promise<string> {
    return new Promise((resolve) => {
      this.#wanted = { bytes, resolve };
      this.#check();
    });
  }

  /** Sends one message; in bare mode, the payload alone. */
  send(payload: Buffer, text: boolean): void {
    this.sendFrame(text ? 1 : 2, payload);
  }

  sendFrame(opcode: number, payload: Buffer): void {
    if (this.#bare) {
      this.#socket.write(payload);
      return;
    }
    const length = payload.length;
    const header = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
    header[0] = 0x80 | opcode;
    header[1] = length < 126 ? length : length < 65536 ? 126 : 127;
    if (header.length === 4) header.writeUInt16BE(length, 2);
    else if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
    this.#socket.write(Buffer.concat([header, payload]));
  }
}
