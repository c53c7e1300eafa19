import { createHash } from "node:crypto";
import type {
  Address,
  Board,
  Clonable,
  Part,
  Payload,
  Transport,
  TransportConnection,
  TransportListener,
} from "../../src/board";
import { encodeFrame } from "../../src/protocol/frame_writer";
import { pem } from "../../board/shared/pem";
import { decodeFrames, type ReceivedFrame } from "../support/peer";

/** One mocked connection: keeps what the client writes; the test plays the other end through `listener`. */
export class TestConnection implements TransportConnection {
  /** The arrays that were given to `write`, not copies: who changes them later is found out. */
  readonly written: Uint8Array[] = [];
  /** How often `close` was called. */
  closes = 0;
  /** Set to throw, or to call the listener back, from within. */
  onWrite: (bytes: Uint8Array) => void = () => {};
  onClose: () => void = () => {};
  private taken = 0;

  constructor(
    readonly address: Address,
    readonly listener: TransportListener
  ) {}

  write(bytes: Uint8Array): void {
    if (this.closes) throw new Error("This socket is closed");
    this.written.push(bytes);
    this.onWrite(bytes);
  }

  close(): void {
    this.closes++;
    this.onClose();
  }

  /** The bytes written since the last call. */
  take(): Buffer {
    // What the idle loop sends next.
    if ("clock" in setTimeout) jest.advanceTimersByTime(0);
    const bytes = Buffer.concat(this.written.slice(this.taken));
    this.taken = this.written.length;
    return bytes;
  }

  /** The frames written since the last call; they must be whole and masked (RFC 6455 §5.1). */
  takeFrames(): ReceivedFrame[] {
    const { frames, rest } = decodeFrames(this.take());
    expect(rest).toHaveLength(0);
    for (const frame of frames) expect(frame).toMatchObject({ masked: true, rsv: 0 });
    return frames;
  }

  /** The same, as text: first byte, length, and the payload in hex, or as text for text frames. */
  takeWire(): string[] {
    return this.takeFrames().map(({ raw, opcode, payload }) => {
      const content = payload.length > 40 ? "" : payload.toString(opcode === 1 ? "utf8" : "hex");
      return `${raw.toString("hex", 0, 1)}(${payload.length})${content && " " + content}`;
    });
  }
}

/** A transport whose connections the test drives. */
export class TestTransport implements Transport {
  readonly connections: TestConnection[] = [];
  /** Called in `open`, with the connection made: to throw, or to call the listener back, from within. */
  onOpen: (connection: TestConnection) => void = () => {};

  open(address: Address, listener: TransportListener): TransportConnection {
    const connection = new TestConnection(address, listener);
    this.connections.push(connection);
    this.onOpen(connection);
    return connection;
  }
}

type Listeners = Map<string, Function[]>;

/** An object with the interpreter's `on`. Its listeners are kept outside of it. */
class Emitter {
  static readonly kept = new WeakMap<object, Listeners>();

  on(event: string, listener: Function): void {
    let listeners = Emitter.kept.get(this);
    if (!listeners) Emitter.kept.set(this, (listeners = new Map()));
    listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  }
}

/** A board in plain Node, with mocked sockets, whose every answer the test decides. */
export class TestBoard extends TestTransport implements Board {
  /** Variables that are free. */
  free = Infinity;
  _verifies = true;
  readonly _pem = pem;
  _ipv6 = true;
  /** Lines that were logged, and exceptions of handlers that were reported. */
  readonly logged: string[] = [];
  readonly reported: unknown[] = [];
  /** What `_random` returns first; after that a sequence that is the same in each run. */
  randoms: number[] = [];
  private seed = 1;

  _hasTls(): boolean {
    return true;
  }
  _emitter(): object {
    return new Emitter();
  }
  _handlers(emitter: object, event: string, registered: unknown[]): unknown[] {
    const kept = Emitter.kept.get(emitter);
    return registered.concat(kept?.get(event) ?? [], kept?.get("any") ?? []);
  }
  _log(line: string): void {
    this.logged.push(line);
  }
  _report(exception: unknown): void {
    this.reported.push(exception);
  }
  _onlyHandler(emitter: object, registered: unknown[]): Function | undefined {
    const handlers = this._handlers(emitter, "data", registered);
    return handlers.length === 1 && typeof handlers[0] === "function" ? handlers[0] : undefined;
  }
  _clonable<Fields extends object>(object: Fields): Clonable<Fields> {
    return Object.assign(Object.create({ clone: () => ({ ...object }) }), object) as Clonable<Fields>;
  }
  _lacks(variables: number): boolean {
    return this.free < variables;
  }
  _isLow(): boolean {
    return this._lacks(300);
  }
  /** True: a handler was cut off for want of memory. */
  ranOut = false;
  _ranOutOfMemory(): boolean {
    return this.ranOut;
  }
  /** True: the connection's handler was taken off, as Espruino does when it cuts one off. */
  deaf = false;
  _revive(_connection: TransportConnection): boolean {
    const deaf = this.deaf;
    this.deaf = false;
    return deaf;
  }

  _random(): number {
    this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
    return this.randoms.shift() ?? this.seed;
  }
  _sha1(bytes: string): string {
    return createHash("sha1").update(Buffer.from(bytes, "latin1")).digest().toString("latin1");
  }
  _base64(bytes: string): string {
    return Buffer.from(bytes, "latin1").toString("base64");
  }
  _unbase64(text: string): string {
    return Buffer.from(text, "base64").toString("latin1");
  }
  _utf8(text: string): string {
    return Buffer.from(text).toString("latin1");
  }
  _size(data: unknown): number | undefined {
    if (data === null) return 0;
    if (typeof data === "string" || Array.isArray(data)) return data.length;
    return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : undefined;
  }
  _copySize(_data: unknown, size: number): number {
    return size;
  }
  _payload(data: unknown): Payload {
    if (data === null) return new Uint8Array(0);
    if (typeof data === "string") return Uint8Array.from(Buffer.from(data));
    if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    if (Array.isArray(data)) return Uint8Array.from(data as number[]);
    throw new TypeError("These are no bytes.");
  }
  _bytesPayload(bytes: string): Payload {
    return this._payload(this._bytes(bytes));
  }

  _shortPayload(data: unknown): Payload | undefined {
    return typeof data === "string" || data instanceof Uint8Array ? this._payload(data) : undefined;
  }
  _shortFrame(first: number, payload: Payload): Uint8Array {
    return encodeFrame(first, payload, 0, payload.length, this._random());
  }
  _join(header: number[], part: Part, offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array((header.length + length + 3) & ~3);
    bytes.set(header);
    const payload = part instanceof ArrayBuffer ? new Uint8Array(part) : (part as Uint8Array);
    bytes.set(payload.subarray(offset, offset + length), header.length);
    return bytes;
  }
  /** A copy, as of Espruino's sockets: the client may use its memory again. A user's transport is given no copy. */
  _wire(bytes: Uint8Array): Uint8Array {
    return bytes.slice();
  }
  _unwire(frame: Uint8Array): Uint8Array {
    return frame.slice();
  }
  _slice(payload: Payload, offset: number, length: number): Payload {
    return (payload as Uint8Array).slice(offset, offset + length);
  }
  _window(payload: Payload, offset: number, length: number): Part {
    return (this._slice(payload, offset, length) as Uint8Array).buffer as ArrayBuffer;
  }
  _frameMemory(_length: number): object | undefined {
    return undefined;
  }
  _makeFrame(_memory: object, _header: number[], _part: Part, _offset: number, _length: number): Uint8Array {
    throw new Error("This board makes no frames");
  }
  _text(bytes: string): string {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this._bytes(bytes));
  }
  _byteString(bytes: Uint8Array): string {
    return Buffer.from(bytes).toString("latin1");
  }
  _bytes(bytes: string): Uint8Array {
    return Uint8Array.from(Buffer.from(bytes, "latin1"));
  }
}
