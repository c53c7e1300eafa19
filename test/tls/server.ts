/** Servers for tests: TLS with a WebSocket echo behind it, and raw TCP that is anything but TLS. Each on 127.0.0.1. */
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import type tls from "node:tls";
import { WebSocketServer } from "ws";

/** What every server here tells. */
export interface Watched {
  port: number;
  /** TCP connections that were accepted so far. */
  accepted: number;
  /** How many TCP connections a client held at most. */
  most: number;
  /** Bytes that came over TCP. */
  received: Buffer[];
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

async function turns(left: number): Promise<void> {
  while (left-- > 0) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function watch(server: net.Server): Promise<Watched> {
  const sockets = new Set<net.Socket>();
  let told = (): void => {};
  let counted = Promise.resolve();
  const watched: Watched = {
    port: 0,
    accepted: 0,
    most: 0,
    received: [],
    idle: async () => {
      await counted;
      while (sockets.size) await new Promise<void>((resolve) => (told = resolve));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  server.on("connection", (socket: net.Socket) => {
    const earlier = [...sockets];
    // A server that was held up meets a new connection before the end of the last one, which came first.
    counted = turns(20).then(() => {
      watched.most = Math.max(watched.most, 1 + earlier.filter((one) => sockets.has(one)).length);
    });
    sockets.add(socket);
    watched.accepted++;
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      told();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  watched.port = (server.address() as net.AddressInfo).port;
  return watched;
}

/** A session that a TLS server has agreed upon. */
export interface Session {
  protocol: string | null;
  cipher: string;
  /** Common name of the client's certificate. */
  client: string | undefined;
  /** The server name that the client sent. */
  servername: string | false | null;
}

export interface TlsServer extends Watched {
  url: string;
  sessions: Session[];
  /** Codes of handshakes that failed. */
  failures: (string | undefined)[];
  /** Opening handshakes that were asked for. */
  requests: http.IncomingMessage[];
}

/** TLS, and an echo for WebSocket messages. "bye" ends TLS in good order, without a close frame. */
export async function startTls(options: tls.TlsOptions): Promise<TlsServer> {
  const server = https.createServer(options);
  const sockets = new WebSocketServer({ server });
  const sessions: Session[] = [];
  const failures: (string | undefined)[] = [];
  const requests: http.IncomingMessage[] = [];
  server.on("secureConnection", (socket) => {
    sessions.push({
      protocol: socket.getProtocol(),
      cipher: socket.getCipher().name,
      client: socket.getPeerCertificate()?.subject?.CN as string | undefined,
      servername: (socket as tls.TLSSocket & { servername?: string | false }).servername ?? null,
    });
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException) => failures.push(error.code));
  sockets.on("connection", (socket, request) => {
    requests.push(request);
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      if (!isBinary && String(data) === "bye") request.socket.end();
      else socket.send(data, { binary: isBinary });
    });
  });
  const watched = await watch(server);
  return Object.assign(watched, {
    url: `wss://127.0.0.1:${watched.port}/`,
    sessions,
    failures,
    requests,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      const closing = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closing;
    },
  });
}

/** Raw TCP; `serve` gets each connection and the bytes as they come. */
export async function startTcp(
  serve: (socket: net.Socket, data: Buffer | undefined) => void = () => {}
): Promise<Watched & { url: string }> {
  const server = net.createServer((socket) => {
    serve(socket, undefined);
    socket.on("data", (data) => {
      watched.received.push(data);
      serve(socket, data);
    });
  });
  const watched = await watch(server);
  return Object.assign(watched, { url: `wss://127.0.0.1:${watched.port}/` });
}

/** Hands bytes to and from a server, and after so many of the server's ends the connection: with FIN, or with RST. */
export async function startCutting(to: number, after: number, how: "fin" | "rst"): Promise<Watched & { url: string }> {
  const server = net.createServer((socket) => {
    let left = after;
    const upstream = net.connect(to, "127.0.0.1");
    upstream.on("error", () => {});
    socket.on("data", (data) => upstream.write(data));
    socket.on("close", () => upstream.destroy());
    upstream.on("data", (data) => {
      if (socket.destroyed) return;
      socket.write(data.subarray(0, left), () => {
        if (left > 0) return;
        upstream.destroy();
        if (how === "fin") socket.end();
        else socket.resetAndDestroy();
      });
      left -= data.length;
    });
  });
  const watched = await watch(server);
  return Object.assign(watched, { url: `wss://127.0.0.1:${watched.port}/` });
}

/** An HTTP server that redirects every request; over TLS, if there are options for that. */
export async function startRedirect(to: string, options?: tls.TlsOptions): Promise<Watched & { url: string }> {
  const server = options ? https.createServer(options) : http.createServer();
  server.on("upgrade", (_request, socket) => {
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);
  });
  const watched = await watch(server);
  return Object.assign(watched, { url: `${options ? "wss" : "ws"}://127.0.0.1:${watched.port}/` });
}

/** For a test file: what the returned function is given is closed after the test. */
export function closedAfterEach(): <T extends Watched>(watched: T) => T {
  const open: Watched[] = [];
  afterEach(async () => {
    // The last one that was started may be connected to the ones before.
    for (const watched of open.splice(0).reverse()) await watched.close();
  });
  return (watched) => {
    open.push(watched);
    return watched;
  };
}
