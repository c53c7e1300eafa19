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

/**
 * TLS over the connection, with a stream of our own between the two, so that the end of the
 * connection and the end of the TLS session can be told apart.
 */
function startTls(id: number, connection: Connection, identity: TlsIdentity): void {
  const { raw } = connection;
  let state: "handshake" | "open" | "over" = "handshake";
  let sawAlert = false;
  const pipe = new Duplex({
    read: () => void raw.resume(),
    write: (chunk: Buffer, _encoding, done) => void raw.write(chunk, () => done()),
    final: (done) => done(),
  });
  const over = (message: Report): void => {
    if (state === "over") return;
    state = "over";
    report(message);
  };
  raw.on("data", (chunk: Buffer) => {
    // An alert record (RFC 5246 §6.2.1, type 21) comes in a piece of its own or as the last of one.
    if (chunk[0] === 21) sawAlert = true;
    if (!pipe.push(chunk)) raw.pause();
  });
  const lost = (): void => {
    if (state === "handshake") over({ event: "tlsFailed", id, code: sawAlert ? -0x7780 : -1 });
    // What was received before the end is read first.
    else if (state === "open") setImmediate(() => over({ event: "ended", id }));
    if (!pipe.destroyed) pipe.push(null);
  };
  raw.on("end", lost);
  raw.on("error", () => {
    if (state === "open") over({ event: "reset", id });
    else lost();
  });
  let secure: TLSSocket;
  try {
    secure = connectTls({
      socket: pipe,
      // Espruino verifies nothing and speaks TLS 1.0 to 1.2.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.2",
      ciphers: "DEFAULT:@SECLEVEL=0",
      ...identity,
    });
  } catch (error) {
    return over({ event: "tlsFailed", id, code: -0x7780, detail: String(error) });
  }
  connection.stream = secure;
  secure.on("secureConnect", () => {
    if (state !== "handshake") return;
    state = "open";
    report({ event: "secure", id });
  });
  secure.on("error", (error: NodeJS.ErrnoException & { reason?: string }) => {
    if (state === "handshake") over({ event: "tlsFailed", id, code: handshakeCode(error), detail: error.message });
    else over({ event: "reset", id });
  });
  follow(id, connection, secure);
  secure.on("end", () => {
    // The session ended while the connection goes on: the peer said so (close_notify).
    if (state === "open" && !raw.readableEnded) over({ event: "closedTls", id });
    else if (state === "handshake") lost();
  });
}

/** mbedTLS's code for what OpenSSL says of a failed handshake. */
function handshakeCode(error: NodeJS.ErrnoException & { reason?: string }): number {
  const text = `${error.code ?? ""} ${error.message}`;
  if (/WRONG_VERSION_NUMBER|wrong version number|packet length too long|http request/i.test(text)) return -0x7200;
  if (/alert|unsupported protocol/i.test(text)) return -0x7780;
  return -1;
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
