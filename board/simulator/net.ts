import { readIdentity } from "./certificates";
import { typeName } from "./bytes";
import type { Interpreter } from "./interpreter";
import { NativeNetwork, type NativeSocket } from "./native_sockets";
import type { Callable, Plain } from "./realm";
import { SocketLife } from "./socket";
import type { TlsIdentity } from "./socket_messages";

/** Longest host name, in bytes; what is beyond is cut off. */
const LONGEST_HOST = 127;
const TLS_PORT = 443;

export interface NetworkOptions {
  /** How many sockets there may be at a time (ESP32: 10). */
  maxSockets: number;
  /** Milliseconds that a connect may take. */
  connectTimeout: number;
  /** A `data` listener that throws is taken off, as some firmware does. */
  dropsBrokenHandlers: boolean;
  /** Bytes of C heap, from which TLS sessions take theirs. */
  heap: number;
}

/** What a TLS session takes of the C heap at its peak, measured on an ESP32: with a certificate of its own, and without. */
const SESSION = 42000;
const MUTUAL_SESSION = 53000;
/** EHOSTUNREACH of the chip's C library. */
const UNREACHABLE = 118;
const NO_SOCKET = "Unable to create socket";

/** `require("net")` and `require("tls")`, and the sockets' part of the idle pass. */
export class Network {
  private readonly native: NativeNetwork;
  private readonly lives = new Map<object, SocketLife>();
  private Socket!: Callable & { prototype: Plain };
  /** Message of the exception that `connect` throws while there is no network. */
  private offline: string | undefined;
  /** Bytes of C heap that each socket's TLS session holds. */
  private readonly sessions = new Map<object, number>();
  private leastHeap: number;
  /** Sockets whose `tls.connect` threw: the firmware forgets to close them. */
  private readonly leaked: NativeSocket[] = [];

  constructor(
    private readonly board: Interpreter,
    private readonly options: NetworkOptions
  ) {
    this.native = new NativeNetwork(() => board.wake());
    this.leastHeap = options.heap;
  }

  /** Bytes of C heap that are free now, and that were at the worst moment. */
  get heap(): { free: number; least: number } {
    let free = this.options.heap;
    for (const bytes of this.sessions.values()) free -= bytes;
    return { free, least: this.leastHeap };
  }

  /** Gives a new realm its class of sockets. */
  install(): void {
    this.Socket = this.board.realm.constructorOf("Socket", () => undefined);
    this.installMethods();
  }

  /** How many sockets are alive. */
  get count(): number {
    return this.lives.size;
  }

  /** Is there anything for an idle pass to do? */
  get busy(): boolean {
    for (const life of this.lives.values()) if (life.busy) return true;
    return false;
  }

  /** The sockets' part of an idle pass. */
  idle(): void {
    this.native.catchUp();
    for (const [socket, life] of [...this.lives]) {
      life.idle();
      if (!life.over) continue;
      this.lives.delete(socket);
      this.sessions.delete(socket);
    }
  }

  /** The network goes away without a word: sockets are silent until it comes back. */
  fallSilent(message?: string): void {
    this.offline = message ?? NO_SOCKET;
    this.native.silent = true;
  }

  /** The board leaves the network: its sockets end. */
  disconnect(message?: string): void {
    this.offline = message ?? NO_SOCKET;
    this.native.cut();
  }

  /** The network is there again. */
  reconnect(): void {
    this.offline = undefined;
    this.native.resume();
  }

  /** The interpreter starts anew: its sockets are dead, and nobody is told. */
  kill(): void {
    for (const life of this.lives.values()) life.kill();
    this.lives.clear();
    this.sessions.clear();
  }

  /** Closes everything for good. */
  async close(): Promise<void> {
    this.kill();
    for (const socket of this.leaked.splice(0)) socket.close();
    await this.native.close();
  }

  /** The module `net`, or `tls`. */
  module(secure: boolean): Plain {
    const module = this.board.realm.object();
    this.board.realm.put(module, "connect", (options: unknown, callback: unknown) =>
      this.connect(options, callback, secure)
    );
    return module;
  }

  /** Must be told of each new listener: waiting data belongs to the first `data` listener. */
  onListener(target: object, event: string): void {
    if (event === "data") this.lives.get(target)?.deliverStored();
  }

  private connect(given: unknown, callback: unknown, secure: boolean): unknown {
    const { realm } = this.board;
    const options = typeof given === "string" ? this.parseAddress(given) : given;
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      this.board.print(`ERROR: Expecting Options to be an Object but it was ${typeName(options)}`);
      return undefined;
    }
    if (callback !== undefined && typeof callback !== "function") {
      this.board.print(`ERROR: Expecting Callback Function but got ${typeName(callback)}`);
      return undefined;
    }
    if (this.offline !== undefined) {
      if (this.offline === NO_SOCKET) this.board.print(`ERROR: Connect failed (err ${UNREACHABLE})`);
      throw realm.error("InternalError", this.offline);
    }
    const native = this.open(options as Plain, secure);
    const socket = Object.create(this.Socket.prototype) as Plain;
    if (callback !== undefined) socket["#onconnect"] = callback;
    this.lives.set(socket, new SocketLife(this.board, socket, native, this.options.dropsBrokenHandlers));
    if (secure) this.sessions.set(socket, sessionSize(options as Plain));
    this.leastHeap = Math.min(this.leastHeap, this.heap.free);
    this.board.wake();
    return socket;
  }

  private open(options: Plain, secure: boolean): NativeSocket {
    const { realm } = this.board;
    const host = options.host === undefined ? "127.0.0.1" : String(options.host).slice(0, LONGEST_HOST);
    const port = Math.trunc(Number(options.port) || 0) & 0xffff || (secure ? TLS_PORT : 0);
    if (this.lives.size >= this.options.maxSockets) {
      this.board.print("ERROR: Socket creation failed");
      throw realm.error("InternalError", NO_SOCKET);
    }
    // The certificates are only read once the connection is made, so the server sees it in any case.
    let identity: TlsIdentity | undefined;
    let fault: unknown;
    if (secure) {
      try {
        identity = readIdentity(this.board, options);
        if (this.heap.free < sessionSize(options))
          throw realm.error("InternalError", "mbedtls_ssl_setup: Not enough memory");
      } catch (error) {
        fault = error;
      }
    }
    const address = ipv4(host);
    const result =
      address === undefined
        ? ({ reason: "host" } as const)
        : this.native.connect(address, port, this.options.connectTimeout, identity);
    if ("reason" in result) {
      if (result.reason === "host") throw realm.error("InternalError", "Unable to locate host");
      this.board.print(`ERROR: Connect failed (err ${result.errno ?? 110})`);
      throw realm.error("InternalError", NO_SOCKET);
    }
    if (fault !== undefined) {
      this.leaked.push(result);
      throw fault;
    }
    return result;
  }

  /** An address given as text, cut up as the firmware's `url.parse` does: the scheme is needed. */
  private parseAddress(text: string): Plain {
    const match = /^[^:]*:\/\/([^:/?]*)(?::(\d+))?/.exec(text);
    const host = match ? match[1] : text.split("/")[0];
    return this.board.realm.object({ host, port: Number(match?.[2] ?? 0) });
  }

  private installMethods(): void {
    const { realm } = this.board;
    const life = (socket: unknown): SocketLife | undefined =>
      typeof socket === "object" && socket !== null ? this.lives.get(socket) : undefined;
    const closed = (): Error => realm.error("Error", "This socket is closed");
    const write = (socket: unknown, data: unknown): void => {
      const alive = life(socket);
      if (!alive?.writable) throw closed();
      if (data !== undefined) alive.write(data);
    };
    realm.putAll(this.Socket.prototype, {
      write: function (this: unknown, data: unknown): boolean {
        write(this, data);
        return false;
      },
      end: function (this: unknown, data: unknown): void {
        if (data !== undefined) write(this, data);
        life(this)?.end();
      },
      available: function (this: unknown): number {
        return life(this)?.stored.length ?? 0;
      },
      read: function (this: unknown, count: unknown): string {
        return life(this)?.read(Math.trunc(Number(count) || 0)) ?? "";
      },
    });
  }
}

function sessionSize(options: Plain): number {
  return options.cert !== undefined && options.key !== undefined ? MUTUAL_SESSION : SESSION;
}

/**
 * The host as the firmware reads it: four numbers with dots are an address (of less than four
 * numbers, the missing ones are zeros in front), anything else is a name for the resolver.
 */
function ipv4(host: string): string | undefined {
  if (host === "localhost") return "127.0.0.1";
  if (host === "" || host.includes(":")) return undefined;
  if (!/^[0-9.]+$/.test(host)) return host;
  const parts = host.split(".").map((part) => Number(part) & 255);
  const address = [0, 0, 0, 0, ...parts].slice(-4).join(".");
  return address === "0.0.0.0" ? undefined : address;
}
