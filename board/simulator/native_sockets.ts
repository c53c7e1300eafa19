import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Command, Report, TlsIdentity } from "./socket_messages";

/** Bytes that the operating system takes from the board before the peer has read any. */
const SEND_BUFFER = 16384;
/** The same while the network is silent: what the ESP32's TCP buffers (lwIP's TCP_SND_BUF). */
const SILENT_SEND_BUFFER = 5744;

/** Milliseconds that closing a board waits for the last bytes to go out. */
const LAST_BYTES = 1000;

/** Why a connection could not be made. */
export interface ConnectFailure {
  reason: "host" | "connect";
  /** The operating system's error number, where there is one. */
  errno?: number;
}

/** What reading gave: bytes, undefined while there are none, or an error code. */
export type Received = Uint8Array | undefined | number;

/** The connection is closed. */
const CLOSED = -1;

/**
 * One TCP connection as an operating system shows it to a program: `send` and `receive` return at
 * once with what is possible now.
 */
export class NativeSocket {
  private readonly arrived: Uint8Array[] = [];
  private offset = 0;
  private unsent = 0;
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private state: "open" | "ended" | "reset" | "cut" = "open";
  private handshaking: boolean;
  private tlsError: number | undefined;

  constructor(
    private readonly id: number,
    private readonly network: NativeNetwork,
    tls: boolean
  ) {
    this.handshaking = tls;
  }

  /** Bytes taken: 0 if there is no room now, -1 if the connection is cut. */
  send(data: Uint8Array): number {
    if (this.network.silent) {
      if (this.heldBytes + data.length > SILENT_SEND_BUFFER) return 0;
      this.held.push(data);
      this.heldBytes += data.length;
      return data.length;
    }
    if (this.handshakeFailed || this.isOver) return CLOSED;
    if (this.handshaking || this.unsent >= SEND_BUFFER) return 0;
    this.unsent += data.length;
    this.network.post({ op: "write", id: this.id, data });
    return data.length;
  }

  /** At most `limit` bytes of what has arrived. */
  receive(limit: number): Received {
    if (this.network.silent) return undefined;
    if (this.arrived.length) {
      const data = this.take(limit);
      this.network.post({ op: "read", id: this.id, bytes: data.length });
      return data;
    }
    if (this.tlsError !== undefined) return this.tlsError;
    return this.state === "open" ? undefined : CLOSED;
  }

  /** Is there anything that `receive` would tell now? */
  get readable(): boolean {
    return !this.network.silent && (this.arrived.length > 0 || this.tlsError !== undefined || this.state !== "open");
  }

  /** Would `send` take anything, or fail, now? */
  get writable(): boolean {
    if (this.network.silent) return this.heldBytes < SILENT_SEND_BUFFER - 536;
    return this.handshakeFailed || this.isOver || (!this.handshaking && this.unsent < SEND_BUFFER);
  }

  private get isOver(): boolean {
    return this.state === "reset" || this.state === "cut";
  }

  close(): void {
    this.network.forget(this.id);
  }

  /** The network is gone, and the firmware knows: the connection is at its end, here. */
  cut(): void {
    this.arrived.length = 0;
    this.state = "cut";
  }

  /** The network is there again: what was buffered goes out. */
  resume(): void {
    const held = this.held;
    this.held = [];
    this.heldBytes = 0;
    for (const data of held) {
      this.unsent += data.length;
      this.network.post({ op: "write", id: this.id, data });
    }
  }

  /** Takes in what the thread reports of this connection. */
  takeIn(report: Report): void {
    if (this.state === "cut") return;
    if (report.event === "data") this.arrived.push(report.data);
    else if (report.event === "sent") this.unsent -= report.bytes;
    else if (report.event === "ended") this.state = "ended";
    else if (report.event === "reset") this.state = "reset";
    else if (report.event === "secure") this.handshaking = false;
    else if (report.event === "closedTls") this.tlsError = CLOSE_NOTIFY;
    else if (report.event === "tlsFailed") this.tlsError = report.code;
  }

  /** Did the TLS handshake fail, rather than the open session end? */
  get handshakeFailed(): boolean {
    return this.handshaking && this.tlsError !== undefined;
  }

  private take(limit: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let left = limit;
    for (let first = this.arrived[0]; first && left > 0; first = this.arrived[0]) {
      const piece = first.subarray(this.offset, this.offset + left);
      pieces.push(piece);
      left -= piece.length;
      this.offset += piece.length;
      if (this.offset < first.length) break;
      this.arrived.shift();
      this.offset = 0;
    }
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
  }
}

/** mbedTLS: the peer closed the TLS session cleanly. */
export const CLOSE_NOTIFY = -30848;

/** The board's way to the network: makes connections and passes on what happens on them. */
export class NativeNetwork {
  /** Nothing comes in and nothing goes out, without anybody being told (Wi-Fi lost). */
  silent = false;
  private worker: Worker | undefined;
  private port: MessagePort | undefined;
  private readonly signal = new Int32Array(new SharedArrayBuffer(4));
  private readonly sockets = new Map<number, NativeSocket>();
  /** Connections of which the peers have not heard that they are over. */
  private readonly abandoned = new Set<number>();
  private nextId = 1;

  constructor(private readonly onActivity: () => void) {}

  /** Makes a connection and waits until it is there, as Espruino's `net.connect` does. */
  connect(host: string, port: number, timeout: number, tls?: TlsIdentity): NativeSocket | ConnectFailure {
    this.start();
    const id = this.nextId++;
    const socket = new NativeSocket(id, this, tls !== undefined);
    this.sockets.set(id, socket);
    this.port?.ref();
    this.post({ op: "connect", id, host, port, timeout, ...(tls && { tls }) });
    for (;;) {
      const seen = Atomics.load(this.signal, 0);
      for (let report = this.poll(); report; report = this.poll()) {
        if (report.id !== id) continue;
        if (report.event === "connected") return socket;
        if (report.event === "failed") {
          this.drop(id);
          return report.errno === undefined
            ? { reason: report.reason }
            : { reason: report.reason, errno: report.errno };
        }
      }
      Atomics.wait(this.signal, 0, seen, timeout + 1000);
    }
  }

  /** Takes in what has happened so far. */
  catchUp(): void {
    while (this.poll());
  }

  /** Ends every connection on this side only: nothing can be said to the peers. */
  cut(): void {
    for (const [id, socket] of this.sockets) {
      socket.cut();
      this.abandoned.add(id);
    }
    this.onActivity();
  }

  /** Ends the silence; what was buffered goes out, and what is over is over for the peers as well. */
  resume(): void {
    this.silent = false;
    this.closeAbandoned();
    for (const socket of this.sockets.values()) socket.resume();
    this.onActivity();
  }

  post(command: Command): void {
    this.port?.postMessage(command);
  }

  /** Closes a connection. */
  forget(id: number): void {
    if (!this.sockets.has(id)) return;
    if (!this.abandoned.has(id)) this.post({ op: "close", id });
    this.drop(id);
  }

  /** Closes all connections and ends the thread. */
  async close(): Promise<void> {
    for (const id of [...this.sockets.keys()]) this.forget(id);
    this.closeAbandoned();
    const { worker, port } = this;
    this.worker = this.port = undefined;
    if (!worker) return;
    // The thread ends by itself when its port is closed and its connections are.
    port?.close();
    worker.ref();
    const exit = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    // A peer that reads nothing would keep the last bytes, and with them the thread, for ever.
    const impatience = setTimeout(() => void worker.terminate(), LAST_BYTES);
    await exit;
    clearTimeout(impatience);
  }

  private closeAbandoned(): void {
    for (const id of this.abandoned) this.post({ op: "close", id });
    this.abandoned.clear();
  }

  private drop(id: number): void {
    this.sockets.delete(id);
    if (!this.sockets.size) this.port?.unref();
  }

  private poll(): Report | undefined {
    const received = this.port && receiveMessageOnPort(this.port);
    if (!received) return undefined;
    const report = received.message as Report;
    this.sockets.get(report.id)?.takeIn(report);
    return report;
  }

  private start(): void {
    if (this.worker) return;
    const { port1, port2 } = new MessageChannel();
    const workerData = { port: port2, signal: this.signal };
    const source = workerSource();
    this.worker = new Worker(source.text, { eval: source.eval, workerData, transferList: [port2] });
    this.worker.on("error", (error) => {
      throw error;
    });
    this.worker.unref();
    port1.on("message", (report: Report) => {
      this.sockets.get(report.id)?.takeIn(report);
      this.onActivity();
    });
    port1.unref();
    this.port = port1;
  }
}

/**
 * The thread's program: the built file beside this one, or, where the simulator itself runs from
 * its TypeScript sources (its own tests), that source translated on the spot.
 */
function workerSource(): { text: string; eval: boolean } {
  const built = join(__dirname, "socket_worker.js");
  if (existsSync(built)) return { text: built, eval: false };
  const typescript = require("typescript") as typeof import("typescript");
  const source = readFileSync(join(__dirname, "socket_worker.ts"), "utf8");
  const compilerOptions = { module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2022 };
  return { text: typescript.transpileModule(source, { compilerOptions }).outputText, eval: true };
}
