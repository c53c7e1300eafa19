/** Servers that nobody here wrote, with a pre-shared key, each on 127.0.0.1. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { WebSocketServer } from "ws";
import { blocks } from "../docs/blocks";
import { IDENTITY, KEY } from "./psk_server";

export interface Running {
  port: number;
  /** Of the sessions that there were, where the server tells: suite and server name. */
  sessions: string[];
  close(): Promise<void>;
}

/** What a program says of itself; undefined if it is not there. */
export function installed(program: string, ...args: string[]): boolean {
  const { error } = spawnSync(program, args, { stdio: "ignore", timeout: 20000 });
  return !error;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once something listens there; looks without making a connection, which some servers take for a client. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}.`);
    const table = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) =>
      fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
    );
    if (table.some((text) => text.split("\n").some((line) => line.includes(hex) && line.includes(" 0A ")))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/** An HTTP server whose WebSockets echo; it gets its connections from elsewhere, or listens itself. */
function echoServer(): http.Server {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  return server;
}

/** Node's ten lines, as docs/security.md has them. */
export async function startRecipe(): Promise<Running> {
  const [recipe] = blocks(({ words }) => words.includes("node-server"));
  const port = await freePort();
  const child = spawn(process.execPath, ["-e", recipe.code.replace("8443", `${port}, "127.0.0.1"`)], {
    cwd: path.join(__dirname, "../.."),
    stdio: "ignore",
  });
  await listening(port, child);
  return { port, sessions: [], close: () => stop(child) };
}

/** The same, with a look inside. */
export async function startNode(more: tls.TlsOptions = {}): Promise<Running> {
  const echo = echoServer();
  const sessions: string[] = [];
  const open = new Set<tls.TLSSocket>();
  const server = tls.createServer(
    {
      ciphers: "PSK",
      maxVersion: "TLSv1.2",
      pskCallback: (_socket, identity) => (identity === IDENTITY ? KEY : null),
      ...more,
    },
    (socket) => {
      const { servername } = socket as tls.TLSSocket & { servername?: string | false };
      sessions.push(`${socket.getCipher().name} ${servername || "-"}`);
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
      echo.emit("connection", socket);
    }
  );
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    sessions,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** `openssl s_server`: what comes over TLS is on its standard output, and its input goes out. */
export async function startOpenssl(...args: string[]): Promise<Running> {
  const port = await freePort();
  const child = spawn(
    "openssl",
    [
      ...["s_server", "-quiet", "-nocert", "-accept", `127.0.0.1:${port}`, "-tls1_2"],
      ...["-psk", KEY.toString("hex"), "-psk_identity", IDENTITY, ...args],
    ],
    { stdio: ["pipe", "pipe", "ignore"] }
  );
  await listening(port, child);
  echoServer().emit("connection", Duplex.from({ readable: child.stdout!, writable: child.stdin! }));
  child.stdin!.on("error", () => {});
  return { port, sessions: [], close: () => stop(child) };
}

/** stunnel in front of a plain `ws` server: the recipe of docs/security.md. */
export async function startStunnel(): Promise<Running> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "psk-"));
  const echo = echoServer().listen(0, "127.0.0.1");
  await once(echo, "listening");
  const port = await freePort();
  fs.writeFileSync(path.join(folder, "psk.txt"), `${IDENTITY}:${KEY.toString("hex")}\n`, { mode: 0o600 });
  const [recipe] = blocks(({ language }) => language === "ini");
  const service = recipe.code
    .replace("8443", `127.0.0.1:${port}`)
    .replace("127.0.0.1:8080", `127.0.0.1:${(echo.address() as net.AddressInfo).port}`)
    .replace("/etc/stunnel/boards.psk", path.join(folder, "psk.txt"));
  fs.writeFileSync(path.join(folder, "stunnel.conf"), `foreground = yes\npid =\n${service}\n`);
  const child = spawn("stunnel", [path.join(folder, "stunnel.conf")], { stdio: "ignore" });
  await listening(port, child);
  return {
    port,
    sessions: [],
    async close() {
      await stop(child);
      echo.closeAllConnections();
      echo.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `gnutls-serv --echo`: what comes goes back. Which suites it takes, it says by default, or a priority does. */
export async function startGnutls(priority: string): Promise<Running> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "psk-"));
  const passwords = path.join(folder, "psk.txt");
  fs.writeFileSync(passwords, `${IDENTITY}:${KEY.toString("hex")}\n`);
  const port = await freePort();
  const child = spawn(
    "gnutls-serv",
    [
      "--echo",
      "--quiet",
      `--pskpasswd=${passwords}`,
      "--pskhint=who are you",
      `--priority=${priority}`,
      "-p",
      `${port}`,
    ],
    { stdio: "ignore" }
  );
  await listening(port, child);
  return {
    port,
    sessions: [],
    async close() {
      await stop(child);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** mbedTLS's example `ssl_server2`, which answers whatever comes with a page: `$MBEDTLS_SSL_SERVER2` names it. */
export async function startMbedtls(program: string): Promise<Running> {
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...[`server_port=${port}`, "server_addr=127.0.0.1", "debug_level=0"],
      ...[`psk=${KEY.toString("hex")}`, `psk_identity=${IDENTITY}`],
    ],
    { stdio: "ignore" }
  );
  await listening(port, child);
  return { port, sessions: [], close: () => stop(child) };
}
