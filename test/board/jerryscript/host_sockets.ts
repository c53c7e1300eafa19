/**
 * IoT.js's `net` and `tls` with their quirks, on Node's sockets: `close` never comes after a reset or a failed TLS
 * handshake unless `destroy` is called, `timeout` fires for no reason, over TLS `drain` never does, a write to a socket
 * that was reset raises SIGPIPE.
 */
import net from "node:net";
import tls from "node:tls";
import { HostEmitter } from "./host_emitter";
import { bytesOf, HostBuffer } from "./host_buffer";

/** What the sockets need of their process. */
export interface SocketHost {
  /** Runs a callback as the process would: an exception that leaves it ends the process. */
  enter(callback: () => void): void;
  /** Ends the process by a signal. */
  kill(signal: string): void;
  /** Sockets that are open, to be closed with the process. */
  readonly sockets: Set<net.Socket>;
}

interface Options {
  host?: string;
  port?: number;
  servername?: string;
  ca?: string;
  cert?: string;
  key?: string;
  rejectUnauthorized?: boolean;
}

type Callback = (status: unknown) => void;

/** From so many pending bytes on, `write` returns false. */
const HIGH_WATER = 128;
/** Longest `data` of a plain socket and of a TLS record. */
const READ_SIZE = 65535;
const RECORD_SIZE = 16384;

class HostSocket extends HostEmitter {
  private inner: net.Socket | undefined;
  private pendingBytes = 0;
  private needsDrain = false;
  private ended = false;
  private finished = false;
  private destroyed = false;
  private reset = false;
  private closed = false;

  constructor(
    private readonly host: SocketHost,
    private readonly options: Options,
    private readonly secure: boolean
  ) {
    super();
  }

  connect(): this {
    const { host = "localhost", port } = this.options;
    if (typeof port !== "number" || port < 0 || port > 65535) {
      throw new RangeError(`port should be >= 0 and < 65536: ${port}`);
    }
    const inner = this.secure ? this.connectTls() : net.connect({ host, port, allowHalfOpen: true, family: 4 });
    this.inner = inner;
    this.host.sockets.add(inner);
    inner.on(this.secure ? "secureConnect" : "connect", () => {
      this.fire(this.secure ? "secureConnect" : "connect");
      setImmediate(() => this.fire("timeout"));
    });
    inner.on("data", (bytes: Buffer) => {
      const most = this.secure ? RECORD_SIZE : READ_SIZE;
      for (let at = 0; at < bytes.length; at += most) this.fire("data", HostBuffer.of(bytes.subarray(at, at + most)));
    });
    inner.on("end", () => {
      this.fire("end");
      this.destroy();
    });
    inner.on("error", (error: NodeJS.ErrnoException) => this.failed(error));
    inner.on("close", () => {
      // A socket that Node has given up on its own is still open for IoT.js.
      if (this.destroyed) this.tellClosed();
    });
    return this;
  }

  private connectTls(): tls.TLSSocket {
    const { host = "localhost", port, ca, cert, key } = this.options;
    const name = this.options.servername || host;
    let secureContext: tls.SecureContext;
    try {
      secureContext = tls.createSecureContext({ ca, cert, key, maxVersion: "TLSv1.2" });
    } catch (cause) {
      throw new Error("key or certificate parsing failed", { cause });
    }
    return tls.connect({
      host,
      port,
      secureContext,
      servername: net.isIP(name) ? "" : name,
      rejectUnauthorized: this.options.rejectUnauthorized ?? false,
      // mbed TLS compares with the DNS names in the certificate only.
      checkServerIdentity: (_host, certificate) =>
        net.isIP(name) ? new Error("An IP address is never verified.") : tls.checkServerIdentity(name, certificate),
    });
  }

  private failed(error: NodeJS.ErrnoException): void {
    if (error.syscall === "connect" || error.syscall === "getaddrinfo") {
      const message =
        error.syscall === "connect"
          ? `connect failed - status: ${error.code}`
          : `EAI_NONAME, name or service not known`;
      this.fire("error", new Error(message));
      this.destroy();
    } else if (error.code === "ECONNRESET" || error.code === "EPIPE") {
      this.reset = true;
      this.fire("error", new Error("read error: -104"));
    } else {
      this.fire("error", this.secure ? new Error("handshake failed") : new Error(error.message));
    }
  }

  write(data: unknown, callback?: Callback): boolean {
    if (typeof data !== "string" && !HostBuffer.isBuffer(data)) throw new TypeError("invalid argument");
    if (this.ended) {
      this.emit("error", new Error("write after end"));
      return false;
    }
    if (this.reset) {
      this.host.kill("SIGPIPE");
      return false;
    }
    const bytes = typeof data === "string" ? Buffer.from(data) : bytesOf(data);
    this.pendingBytes += bytes.length;
    if (this.pendingBytes >= HIGH_WATER && !this.secure) this.needsDrain = true;
    const written = (error?: Error | null): void => {
      this.pendingBytes -= bytes.length;
      if (this.pendingBytes === 0 && this.needsDrain) {
        this.needsDrain = false;
        this.fire("drain");
      }
      if (callback) this.host.enter(() => callback.call(this, error ? -104 : 0));
    };
    // In a turn of its own: Node would call it before anything else can happen.
    this.inner?.write(bytes, (error) => setImmediate(written, error));
    return !this.needsDrain;
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.inner?.destroyed) this.finish();
    else this.inner?.end(() => this.finish());
  }

  /** Ends the writing side, and gives the socket up once all is written: not before, as IoT.js. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.end();
    if (this.inner?.connecting || this.reset || this.finished) this.inner?.destroy();
    if (this.inner?.destroyed) setImmediate(() => this.tellClosed());
  }

  setKeepAlive(enable: boolean, delay?: number): void {
    this.inner?.setKeepAlive(enable, delay);
  }

  private finish(): void {
    if (!this.finished) {
      this.finished = true;
      this.fire("finish");
      // TLS passes on its own and the plain socket's.
      if (this.secure) this.fire("finish");
    }
    if (this.destroyed) this.inner?.destroy();
  }

  private tellClosed(): void {
    if (this.closed) return;
    this.closed = true;
    this.fire("close");
    this.host.sockets.delete(this.inner!);
  }

  private fire(event: string, argument?: unknown): void {
    this.host.enter(() => {
      if (argument === undefined) this.emit(event);
      else this.emit(event, argument);
    });
  }
}

function connector(host: SocketHost, secure: boolean) {
  return (options: Options, callback?: () => void): HostSocket => {
    const socket = new HostSocket(host, options, secure);
    if (callback) socket.once(secure ? "secureConnect" : "connect", callback);
    return socket.connect();
  };
}

export function netModule(host: SocketHost): object {
  const connect = connector(host, false);
  return { connect, createConnection: connect };
}

export function tlsModule(host: SocketHost): object {
  return { connect: connector(host, true) };
}
