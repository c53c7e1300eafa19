import type { Interpreter } from "./interpreter";
import type { NativeSocket } from "./native_sockets";
import { byteString, bytesOf, outgoingBytes } from "./strings";

/** Bytes that one idle pass reads or writes, per socket. */
const CHUNK = 536;
/** Bytes that are kept for a socket without `data` listener before it is left to the network. */
const STORE = 512;

/** Error codes of the `error` event. */
const UNSENT_DATA = -8;
const CLOSED = -1;

const MESSAGES: Record<number, string> = { [UNSENT_DATA]: "unsent data" };

/** What one idle pass finds out. */
interface Pass {
  /** An error code, or 0. */
  error: number;
  closing: boolean;
  /** Received data that is not delivered. */
  incoming: string;
}

/**
 * The life of one of the script's sockets. All that it does, it does in the board's idle passes:
 * at most one chunk is sent and one received in each.
 */
export class SocketLife {
  /** The socket is closed and its last events are queued. */
  over = false;
  /** Data that came while nobody listened. */
  stored = "";
  private outgoing = "";
  /** Received data that could be neither delivered nor stored. */
  private incoming = "";
  private connected = false;
  private wantsClose = false;

  constructor(
    private readonly board: Interpreter,
    private readonly socket: object,
    private readonly native: NativeSocket,
    private readonly dropsBrokenHandlers: boolean
  ) {}

  /** The firmware keeps this as a field of the script's object, where a script may set it, too. */
  private get closeNow(): boolean {
    return !!(this.socket as { clsNow?: unknown }).clsNow;
  }

  /** May the script write? */
  get writable(): boolean {
    return !this.wantsClose && !this.closeNow && !this.over;
  }

  /** Would an idle pass do anything now? */
  get busy(): boolean {
    return (
      !this.connected ||
      this.closeNow ||
      this.native.readable ||
      this.incoming !== "" ||
      (this.outgoing !== "" ? this.native.writable : this.wantsClose)
    );
  }

  write(data: unknown): void {
    this.outgoing += outgoingBytes(String(data));
    this.board.wake();
  }

  end(): void {
    if (this.outgoing === "") (this.socket as { clsNow?: unknown }).clsNow = true;
    this.wantsClose = true;
    this.board.wake();
  }

  /** Takes `count` bytes of what came while nobody listened; all of it if `count` is 0. */
  read(count: number): string {
    const length = count > 0 ? count : this.stored.length;
    const data = this.stored.slice(0, length);
    this.stored = this.stored.slice(length);
    return data;
  }

  /** There is a `data` listener now: what was stored is an event for it. */
  deliverStored(): void {
    if (this.stored === "") return;
    this.board.events.emit(this.socket, "data", this.stored);
    this.stored = "";
  }

  /** Closes without a word. */
  kill(): void {
    this.over = true;
    this.native.close();
  }

  /** This socket's part of an idle pass. */
  idle(): void {
    const pass: Pass = { error: 0, closing: this.closeNow, incoming: this.incoming };
    // Firmware bug, kept: what is delivered here is only forgotten when more arrives, so data that
    // piled up before there was a listener comes again in every pass.
    this.push(pass, false);
    if (!pass.closing) {
      this.send(pass);
      this.receive(pass);
    }
    if (pass.closing) this.finish(pass);
  }

  private send(pass: Pass): void {
    if (this.outgoing === "") {
      if (this.wantsClose) pass.closing = true;
      return;
    }
    const sent = this.native.send(bytesOf(this.outgoing.slice(0, CHUNK)));
    if (sent < 0) {
      pass.closing = true;
      pass.error = CLOSED;
    } else if (sent > 0) {
      this.outgoing = this.outgoing.slice(sent);
      if (this.outgoing === "" && !this.wantsClose) this.emit("drain", this.socket);
    }
  }

  private receive(pass: Pass): void {
    const received = this.native.receive(CHUNK);
    if (typeof received === "number") {
      if (this.native.handshakeFailed) this.reportHandshake(received);
      pass.closing = true;
      pass.error = this.native.handshakeFailed ? CLOSED : received;
      return;
    }
    if (!this.connected) {
      this.connected = true;
      this.emit("connect", this.socket);
      if (this.outgoing === "") this.emit("drain", this.socket);
    }
    if (!received) return;
    pass.incoming += byteString(received);
    this.push(pass, false);
    this.incoming = pass.incoming;
  }

  /** A handshake that failed is an exception of the idle loop. */
  private reportHandshake(code: number): void {
    const text = code < 0 ? `-0x${(-code).toString(16)}` : String(code);
    this.board.raise(this.board.realm.error("InternalError", `mbedtls_ssl_handshake returned ${text}`));
  }

  /** Hands data to the listeners at once, or stores it; leaves it where there is no room. */
  private push(pass: Pass, force: boolean): void {
    const data = pass.incoming;
    if (data === "") return;
    const listeners = this.board.events.listeners(this.socket, "data");
    if (listeners !== undefined) {
      pass.incoming = "";
      const fine = this.board.events.call(this.socket, listeners, [data]);
      if (!this.board.interrupted && (fine || !this.dropsBrokenHandlers)) return;
      this.board.print("ERROR: Error processing Serial data handler - removing it.");
      this.board.flag("CALLBACK");
      delete (this.socket as Record<string, unknown>)["#ondata"];
    } else if (this.stored === "" || this.stored.length + data.length <= STORE) {
      pass.incoming = "";
      this.stored += data;
    } else if (force) {
      this.board.flag("BUFFER_FULL");
      this.stored += data.slice(0, Math.max(0, STORE - this.stored.length));
    }
  }

  private finish(pass: Pass): void {
    this.push(pass, true);
    // The firmware keeps the socket until the script has read what does not fit into the store.
    if (pass.incoming !== "") return;
    const error = pass.error === CLOSED && this.outgoing !== "" ? UNSENT_DATA : pass.error;
    this.kill();
    const failed = error < 0 && error !== CLOSED;
    if (failed) {
      const message = MESSAGES[error] ?? "unknown error";
      this.emit("error", this.board.realm.object({ code: error, message }));
    }
    this.emit("end");
    this.emit("close", failed);
  }

  private emit(event: string, ...args: unknown[]): void {
    this.board.events.emit(this.socket, event, ...args);
  }
}
