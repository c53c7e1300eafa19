import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * The peer of the contract scripts: each connection's first line tells what it shall do.
 *
 * - `echo`, `silent`: what they say.
 * - `fin`, `rst`: ends the connection, or cuts it.
 * - `data N`, `datafin N`: sends N bytes, and ends the connection.
 * - `hex N`: after N more bytes sends them back as hex digits, and ends the connection.
 * - `reset N`: reads N more bytes, then cuts the connection.
 * - `previous`: waits for the end of the connection before this one, and tells how many bytes came on it and how it
 *   ended.
 * - `next …`: the following connection shall do …, without being told.
 */
export class ScriptedServer {
  private readonly connections: Peer[] = [];
  private next: string | undefined;

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => this.accept(socket));
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer({ allowHalfOpen: true });
    const scripted = new ScriptedServer(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections there have been. */
  get accepted(): number {
    return this.connections.length;
  }

  /** The latest connection. */
  get last(): Peer {
    return this.connections[this.connections.length - 1];
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private accept(socket: Socket): void {
    const previous = this.last;
    const peer = new Peer(socket, (line) => this.command(peer, previous, line));
    this.connections.push(peer);
    const line = this.next;
    this.next = undefined;
    if (line !== undefined) peer.obey(line);
  }

  private command(peer: Peer, previous: Peer, line: string): void {
    const [verb, argument] = [line.split(" ")[0], line.slice(line.indexOf(" ") + 1)];
    const { socket } = peer;
    if (verb === "echo") peer.onBytes = (bytes) => void socket.write(bytes);
    else if (verb === "fin") socket.end();
    else if (verb === "rst") socket.resetAndDestroy();
    else if (verb === "data") socket.write(Buffer.alloc(Number(argument), "a"));
    else if (verb === "datafin") socket.end(Buffer.alloc(Number(argument), "a"));
    else if (verb === "hex")
      peer.collect(Number(argument), () => socket.end(peer.received.subarray(-Number(argument)).toString("hex")));
    else if (verb === "reset") peer.collect(Number(argument), () => socket.resetAndDestroy());
    else if (verb === "previous")
      void previous.ended.then((how) => socket.end(JSON.stringify([previous.received.length, how])));
    else if (verb === "next") {
      this.next = argument;
      socket.end();
    }
  }
}

/** One connection of the server. */
export class Peer {
  received = Buffer.alloc(0);
  onBytes: (bytes: Buffer) => void = () => undefined;
  /** Resolves with how the other side ended the connection: "fin", or the error's code. */
  readonly ended: Promise<string>;
  private obeyed = false;

  constructor(
    readonly socket: Socket,
    private readonly command: (line: string) => void
  ) {
    this.ended = new Promise((resolve) => {
      socket.on("end", () => resolve("fin"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on("close", () => resolve("closed"));
    });
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => this.take(bytes));
  }

  obey(line: string): void {
    this.obeyed = true;
    this.command(line);
  }

  /** Calls back when so many bytes have come after the command. */
  collect(count: number, done: () => void): void {
    let left = count;
    this.onBytes = (bytes) => {
      left -= bytes.length;
      if (left <= 0) done();
    };
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    if (this.obeyed) return this.onBytes(bytes);
    const end = this.received.indexOf("\n");
    if (end < 0) return;
    this.obey(this.received.subarray(0, end).toString());
    const rest = this.received.subarray(end + 1);
    if (rest.length) this.onBytes(rest);
  }
}
