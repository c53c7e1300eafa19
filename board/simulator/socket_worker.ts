/**
 * The thread that owns a board's TCP connections. It is a thread of its own so that the board can
 * wait for a connection without returning, as `net.connect` does on Espruino.
 */
import { lookup } from "node:dns";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { workerData, type MessagePort } from "node:worker_threads";
import type { Command, Report, TlsIdentity } from "./socket_messages";

/** Bytes that may wait to be read by the board before the peer is held back. */
const WINDOW = 16384;

const { port, signal } = workerData as { port: MessagePort; signal: Int32Array };

interface Connection {
  raw: Socket;
  /** Where payload is written: the connection itself, or the TLS layer on it. */
  stream: Socket | TLSSocket;
  /** Bytes that were handed to the board and not yet read by it. */
  unread: number;
  /** Writes that are not yet in the hands of the operating system. */
  writing: number;
  closing: boolean;
}

const connections = new Map<number, Connection>();

function report(message: Report): void {
  port.postMessage(message);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

function open(id: number, host: string, portNumber: number, timeout: number, identity?: TlsIdentity): void {
  // Espruino knows IPv4 only.
  lookup(host, { family: 4 }, (error, address) => {
    if (error || !address || address === "0.0.0.0") return report({ event: "failed", id, reason: "host" });
    const raw = new Socket({ allowHalfOpen: true });
    const timer = setTimeout(() => raw.destroy(new Error("ETIMEDOUT")), timeout);
    const refused = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      report({ event: "failed", id, reason: "connect", errno: cause.errno === undefined ? 110 : -cause.errno });
    };
    raw.once("error", refused);
    raw.once("connect", () => {
      clearTimeout(timer);
      raw.off("error", refused);
      const connection: Connection = { raw, stream: raw, unread: 0, writing: 0, closing: false };
      connections.set(id, connection);
      if (identity) startTls(id, connection, identity);
      else follow(id, connection, raw);
      report({ event: "connected", id });
    });
    raw.connect({ host: address, port: portNumber });
  });
}

/** Reports what a connection, or the TLS layer on it, delivers. */
function follow(id: number, connection: Connection, stream: Socket | TLSSocket): void {
  stream.on("data", (data: Buffer) => {
    connection.unread += data.length;
    if (connection.unread >= WINDOW) stream.pause();
    report({ event: "data", id, data: new Uint8Array(data) });
  });
  if (stream === connection.raw) {
    stream.on("end", () => report({ event: "ended", id }));
    stream.on("error", () => report({ event: "reset", id }));
  }
}

/** Tells of which type the last record of a TLS stream was (RFC 5246 §6.2.1). */
class RecordWatch {
  lastType = 0;
  private header: number[] = [];
  private left = 0;

  read(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.left > 0) {
        const skipped = Math.min(this.left, chunk.length - at);
        this.left -= skipped;
        at += skipped;
        continue;
      }
      this.header.push(chunk[at++] as number);
      if (this.header.length < 5) continue;
      const [type, , , high, low] = this.header as [number, number, number, number, number];
      this.lastType = type;
      this.left = (high << 8) | low;
      this.header = [];
    }
  }
}

/** What Espruino's ClientHello offers, in its order; no level of security is asked for. */
const CIPHERS = [
  "DHE-RSA-AES256-GCM-SHA384 DHE-RSA-AES256-CCM DHE-RSA-AES256-SHA256 DHE-RSA-AES256-SHA DHE-RSA-AES256-CCM8",
  "DHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES128-CCM DHE-RSA-AES128-SHA256 DHE-RSA-AES128-SHA DHE-RSA-AES128-CCM8",
  "AES256-GCM-SHA384 AES256-CCM AES256-SHA256 AES256-SHA AES256-CCM8",
  "AES128-GCM-SHA256 AES128-CCM AES128-SHA256 AES128-SHA AES128-CCM8 @SECLEVEL=0",
]
  .join(" ")
  .replaceAll(" ", ":");

const ALERT = 21;
/** mbedTLS: the peer sent a fatal alert. */
const FATAL_ALERT = -0x7780;
/** mbedTLS: what came is no TLS record. */
const INVALID_RECORD = -0x7200;
/** The connection ended under the handshake. */
const CONNECTION_LOST = -1;

/**
 * TLS over the connection, with a stream of our own between the two, so that the end of the
 * connection and the end of the TLS session can be told apart.
 */
function startTls(id: number, connection: Connection, identity: TlsIdentity): void {
  const { raw } = connection;
  const records = new RecordWatch();
  let state: "handshake" | "open" | "over" = "handshake";
  const over = (message: Report): void => {
    if (state === "over") return;
    state = "over";
    report(message);
  };
  const failed = (code: number): void => over({ event: "tlsFailed", id, code });
  const pipe = new Duplex({
    read: () => void raw.resume(),
    write: (chunk: Buffer, _encoding, done) => void raw.write(chunk, () => done()),
    final: (done) => done(),
  });
  raw.on("data", (chunk: Buffer) => {
    records.read(chunk);
    if (!pipe.push(chunk)) raw.pause();
  });
  raw.on("end", () => pipe.push(null));
  raw.on("error", () => {
    if (state === "handshake") failed(CONNECTION_LOST);
    else over({ event: "reset", id });
  });
  let secure: TLSSocket;
  try {
    secure = connectTls({
      socket: pipe,
      // Espruino verifies nothing, and speaks TLS 1.0 to 1.2 without elliptic curves.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.2",
      ciphers: CIPHERS,
      sigalgs: "RSA+SHA512:RSA+SHA384:RSA+SHA256:RSA+SHA224:RSA+SHA1",
      ...identity,
    });
  } catch {
    // A key that does not belong to the certificate; the server would send an alert.
    return failed(FATAL_ALERT);
  }
  connection.stream = secure;
  secure.on("secureConnect", () => {
    if (state !== "handshake") return;
    state = "open";
    report({ event: "secure", id });
  });
  secure.on("error", (error: NodeJS.ErrnoException) => {
    if (state === "handshake") failed(handshakeCode(error, records.lastType));
    else over({ event: "reset", id });
  });
  follow(id, connection, secure);
  secure.on("end", () => {
    if (state === "handshake") failed(handshakeCode(undefined, records.lastType));
    // A session that the peer closes ends with an alert (close_notify).
    else over({ event: records.lastType === ALERT ? "closedTls" : "ended", id });
  });
}

/** mbedTLS's code for a handshake that failed. */
function handshakeCode(error: NodeJS.ErrnoException | undefined, lastRecord: number): number {
  const text = error ? `${error.code ?? ""} ${error.message}` : "";
  if (/wrong.version.number|packet.length.too.long|http.request/i.test(text)) return INVALID_RECORD;
  return lastRecord === ALERT || /alert|unsupported.protocol/i.test(text) ? FATAL_ALERT : CONNECTION_LOST;
}

function write(id: number, connection: Connection, data: Uint8Array): void {
  connection.writing++;
  connection.stream.write(data, () => {
    connection.writing--;
    report({ event: "sent", id, bytes: data.length });
    if (connection.closing && connection.writing === 0) close(connection);
  });
}

/** Closes as the operating system does for a socket that nobody holds any more. */
function close({ raw, stream, unread }: Connection): void {
  raw.removeAllListeners("end");
  raw.removeAllListeners("data");
  raw.on("error", () => undefined);
  stream.on("error", () => undefined);
  // A connection that is closed with data unread is reset (RFC 2525 §2.17).
  if (stream === raw && unread > 0) raw.resetAndDestroy();
  else raw.destroySoon();
}

port.on("message", (command: Command) => {
  if (command.op === "connect") {
    open(command.id, command.host, command.port, command.timeout, command.tls);
    return;
  }
  const connection = connections.get(command.id);
  if (!connection) return;
  switch (command.op) {
    case "write":
      write(command.id, connection, command.data);
      break;
    case "read":
      connection.unread -= command.bytes;
      if (connection.unread < WINDOW) connection.stream.resume();
      break;
    case "close":
      connections.delete(command.id);
      connection.closing = true;
      if (connection.writing === 0) close(connection);
      break;
  }
});
