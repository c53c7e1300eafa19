/**
 * Stands in for IoT.js where there is none: runs a script and its modules in a context of their own, with the modules
 * that IoT.js has and the quirks that it is known for. An exception that nobody catches ends the process, as there.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import type net from "node:net";
import vm from "node:vm";
import { HostBuffer } from "./host_buffer";
import { HostEmitter } from "./host_emitter";
import { netModule, SocketHost, tlsModule } from "./host_sockets";

export interface HostOptions {
  /** Modules that `require` finds beside the script: names and sources. */
  modules?: Record<string, string>;
  /** What a module of the host is instead: a scripted `net`, say; `undefined` for one that the host lacks. */
  natives?: Record<string, unknown>;
  /** True: JerryScript's es5.1 profile, without typed arrays. */
  es5?: boolean;
  /** Hears each line of `console.log` and `console.error`. */
  onLine?: (line: string, stream: "log" | "error") => void;
}

/** The end of a host's process. */
export interface HostExit {
  code: number;
  /** The signal that ended it. */
  signal?: string;
  /** The exception that ended it. */
  uncaught?: unknown;
}

/** Everything that the es.next profile adds and the es5.1 profile lacks, as far as a library might use it. */
const ES_NEXT = (
  "ArrayBuffer SharedArrayBuffer DataView Uint8Array Int8Array Uint8ClampedArray Uint16Array Int16Array Uint32Array " +
  "Int32Array Float32Array Float64Array BigInt64Array BigUint64Array Map Set WeakMap WeakSet Promise Proxy Reflect Symbol"
).split(" ");

export class JerryScriptHost implements SocketHost {
  readonly sockets = new Set<net.Socket>();
  /** Resolves when the process ends: by `process.exit`, an exception, a signal, or for want of things to do. */
  readonly exited: Promise<HostExit>;
  private readonly context: vm.Context;
  private readonly process = Object.assign(new HostEmitter(), { env: {}, platform: "linux", argv: ["iotjs"] });
  private readonly natives: Record<string, unknown>;
  private readonly loaded = new Map<string, { exports: unknown }>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly options: HostOptions;
  private resolve!: (exit: HostExit) => void;
  private over = false;

  constructor(options: HostOptions = {}) {
    this.options = options;
    this.exited = new Promise((resolve) => (this.resolve = resolve));
    this.natives = {
      events: HostEmitter,
      net: netModule(this),
      tls: tlsModule(this),
      fs: fileModule,
      crypto: { createHash: createHostHash },
      ...options.natives,
    };
    const exit = (code = 0): void => this.end({ code });
    const nextTick = (callback: (...args: unknown[]) => void, ...args: unknown[]): void =>
      process.nextTick(() => this.enter(() => callback(...args)));
    this.context = vm.createContext({
      process: Object.assign(this.process, { exit, nextTick }),
      console: {
        log: (...args: unknown[]) => this.print(args, "log"),
        error: (...args: unknown[]) => this.print(args, "error"),
      },
      Buffer: HostBuffer,
      global: undefined,
      ...this.timerFunctions(),
    });
    this.context.global = vm.runInContext("this", this.context);
    if (options.es5) vm.runInContext(ES_NEXT.map((name) => `delete this.${name};`).join(""), this.context);
  }

  /** Runs a script to the end of its first turn; its timers and sockets go on until `exited`. */
  run(script: string): void {
    this.enter(() => this.compile(script, "script.js", { exports: {} }));
    this.checkIdle();
  }

  /** Runs a module and returns its exports; what it throws is thrown. */
  load(name: string): unknown {
    return this.require(name);
  }

  enter(callback: () => void): void {
    if (this.over) return;
    try {
      callback();
    } catch (exception) {
      // As for IoT.js, `process.on("uncaughtException", …)` goes before the end.
      try {
        if (!this.process.emit("uncaughtException", exception)) this.end({ code: 1, uncaught: exception });
      } catch (another) {
        this.end({ code: 1, uncaught: another });
      }
    }
    this.checkIdle();
  }

  kill(signal: string): void {
    this.end({ code: 141, signal });
  }

  /** Ends the process and closes what it has open. */
  close(): void {
    this.end({ code: 0 });
  }

  private end(exit: HostExit): void {
    if (this.over) return;
    this.over = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const socket of this.sockets) socket.destroy();
    this.resolve(exit);
  }

  private checkIdle(): void {
    // A socket's last callbacks come after it has left the set.
    setImmediate(() => {
      if (this.timers.size === 0 && this.sockets.size === 0) this.end({ code: 0 });
    });
  }

  private print(args: unknown[], stream: "log" | "error"): void {
    if (!this.over) this.options.onLine?.(format(args), stream);
  }

  private require(name: string): unknown {
    if (name in this.natives) {
      if (this.natives[name] === undefined) throw new Error(`Module not found: ${name}`);
      return this.natives[name];
    }
    const source = this.options.modules?.[name];
    if (source === undefined) throw new Error(`Module not found: ${name}`);
    let module = this.loaded.get(name);
    if (!module) {
      module = { exports: {} };
      this.loaded.set(name, module);
      this.compile(source, `${name}.js`, module);
    }
    return module.exports;
  }

  private compile(source: string, filename: string, module: { exports: unknown }): void {
    const wrapped = vm.runInContext(`(function (exports, require, module) {${source}\n})`, this.context, { filename });
    wrapped.call(module.exports, module.exports, (name: string) => this.require(name), module);
  }

  private timerFunctions(): Record<string, unknown> {
    class Timeout {
      inner: NodeJS.Timeout | undefined;
    }
    const start =
      (repeat: boolean) =>
      (callback: unknown, delay?: unknown, ...args: unknown[]) => {
        if (typeof callback !== "function") throw new TypeError("Bad arguments: callback must be a Function");
        const timeout = new Timeout();
        const milliseconds = Number(delay);
        // Without a number the timer is never started.
        if (Number.isNaN(milliseconds)) return timeout;
        const fire = (): void => {
          if (!repeat) this.timers.delete(timeout.inner!);
          this.enter(() => callback(...args));
        };
        const bounded = milliseconds < 1 || milliseconds > 0x7fffffff ? 1 : milliseconds;
        timeout.inner = repeat ? setInterval(fire, bounded) : setTimeout(fire, bounded);
        this.timers.add(timeout.inner);
        return timeout;
      };
    const stop = (name: string) => (timeout?: unknown) => {
      if (!timeout) return;
      if (!(timeout instanceof Timeout)) throw new Error(`${name}() - invalid timeout`);
      clearTimeout(timeout.inner);
      this.timers.delete(timeout.inner!);
    };
    return {
      setTimeout: start(false),
      setInterval: start(true),
      clearTimeout: stop("clearTimeout"),
      clearInterval: stop("clearInterval"),
    };
  }
}

/** The host's `util.format`. */
function format([first, ...rest]: unknown[]): string {
  if (typeof first !== "string") return [first, ...rest].map(show).join(" ");
  const text = first.replace(/%([sdj%])/g, (whole, kind: string) => {
    if (kind === "%") return "%";
    if (rest.length === 0) return whole;
    const value = rest.shift();
    return kind === "s" ? String(value) : kind === "d" ? String(Number(value)) : JSON.stringify(value);
  });
  return [text, ...rest.map(show)].join(" ");
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value}]`;
  if (value instanceof Error || typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, null, 2);
}

const fileModule = {
  openSync: (path: string, flags: string) => fs.openSync(path, flags),
  closeSync: (file: number) => fs.closeSync(file),
  readSync(file: number, buffer: HostBuffer, offset: number, length: number): number {
    const bytes = Buffer.alloc(length);
    const count = fs.readSync(file, bytes, 0, length, null);
    for (let i = 0; i < count; i++) buffer.writeUInt8(bytes[i], offset + i);
    return count;
  },
};

/** `update` returns nothing, and takes one piece only. */
function createHostHash(algorithm: string): object {
  let data: Buffer | undefined;
  return {
    update(piece: string | HostBuffer): void {
      if (data) throw new TypeError("Bad arguments: Buffer.concat([Buffer])");
      data = typeof piece === "string" ? Buffer.from(piece) : Buffer.from(piece.toString("hex"), "hex");
    },
    digest(encoding: "base64" | "hex"): string {
      return createHash(algorithm).update(data!).digest(encoding);
    },
  };
}
