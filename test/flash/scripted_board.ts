// A board for the tests of flash.sh: it plays Espruino's console over TCP (echo, prompt, echo-off lines, Ctrl-C,
// lines that go on) and its Storage (a journal: files are created whole and written once, erased files are trash
// until the space is compacted). What the console is sent is really run, in a context with a board's globals.

import { EventEmitter, once } from "node:events";
import * as net from "node:net";
import * as vm from "node:vm";
import { crc32 } from "node:zlib";

const HEADER = 32;
const ERASED = 0xff;

export interface StorageWrite {
  name: string;
  data: Buffer;
  offset: number;
}

export interface Faults {
  /** Accepts the connection and never says a word. */
  silent?: boolean;
  /** Answers each piece of input with bytes as a wrong baud rate gives. */
  garbage?: boolean;
  /** Another program's output in place of a prompt. */
  otherProgram?: string;
  /** Called before each write to Storage; may change the data. */
  onWrite?: (write: StorageWrite, board: ScriptedBoard) => void;
  /** A board whose flash is slow: milliseconds per write. */
  writeMs?: number;
  /** What the console prints when a script is loaded: its name is given, undefined for the boot script. */
  onLoad?: (name: string | undefined) => string;
}

export interface BoardOptions {
  version?: string;
  name?: string;
  modules?: string;
  freeVariables?: number;
  /** Of the C heap, as ESP32.getState() tells it; without it, there is no ESP32 object. */
  freeHeap?: number;
  storageBytes?: number;
  /** Old firmware has no E.CRC32. */
  hasCrc32?: boolean;
  /** Whether reset() ends the connection, as on a board whose network goes down with it. */
  resetDisconnects?: boolean;
  faults?: Faults;
}

class Storage {
  readonly files = new Map<string, Buffer>();
  private trash = 0;

  constructor(
    private readonly board: ScriptedBoard,
    private readonly capacity: number
  ) {}

  private room(size: number): number {
    return HEADER + Math.ceil(size / 4) * 4;
  }

  getFree(): number {
    let used = this.trash;
    for (const file of this.files.values()) used += this.room(file.length);
    return this.capacity - used;
  }

  getStats(): { trashBytes: number } {
    return { trashBytes: this.trash };
  }

  compact(): void {
    this.trash = 0;
  }

  list(): string[] {
    return [...this.files.keys()];
  }

  erase(name: string): void {
    const file = this.files.get(name);
    if (!file) return;
    this.trash += this.room(file.length);
    this.files.delete(name);
  }

  read(name: string, offset = 0, length = 0): string | undefined {
    const file = this.files.get(name);
    if (!file) return undefined;
    return file.subarray(offset, length > 0 ? offset + length : file.length).toString("latin1");
  }

  write(name: string, text: string, offset = 0, size = 0): boolean {
    this.board.writes++;
    const write = { name, data: Buffer.from(text, "latin1"), offset };
    this.board.options.faults?.onWrite?.(write, this.board);
    const { data } = write;
    if (offset === 0) {
      this.erase(name);
      const needed = this.room(size || data.length);
      if (needed > this.getFree()) this.compact();
      if (needed > this.getFree()) throw new Error("Unable to find or create file");
      this.files.set(name, Buffer.alloc(size || data.length, ERASED));
    }
    const file = this.files.get(name);
    if (!file) throw new Error("Unable to find or create file");
    if (offset + data.length > file.length) throw new Error("Too much data for file size");
    if (file.subarray(offset, offset + data.length).some((byte) => byte !== ERASED)) {
      throw new Error("File already written with different data");
    }
    data.copy(file, offset);
    return true;
  }
}

/** Emits "load" (the name that load() was given, or undefined), "reset" and "interrupt" (Ctrl-C). */
export class ScriptedBoard extends EventEmitter {
  readonly storage: Storage;
  /** How often something was written to Storage. */
  writes = 0;
  connections = 0;
  private readonly server = net.createServer((socket) => this.accept(socket));
  private readonly sockets = new Set<net.Socket>();
  private deaf = false;
  private context: vm.Context;
  /** What setTimeout was given. */
  private readonly later: (() => void)[] = [];
  private printed = "";

  constructor(readonly options: BoardOptions = {}) {
    super();
    this.storage = new Storage(this, options.storageBytes ?? 65536);
    this.context = this.newContext();
  }

  async listen(): Promise<string> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return `tcp://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Prints to every console, as a program does that runs. */
  say(text: string): void {
    for (const socket of this.sockets) socket.write(text, "latin1");
  }

  /** From now on the board takes no notice of anything. */
  goSilent(): void {
    this.deaf = true;
  }

  /** Power off and on. */
  restart(): void {
    this.deaf = false;
    this.context = this.newContext();
  }

  put(name: string, text: string): void {
    this.storage.files.set(name, Buffer.from(text, "latin1"));
  }

  get(name: string): string | undefined {
    return this.storage.files.get(name)?.toString("latin1");
  }

  private newContext(): vm.Context {
    const { options, storage } = this;
    return vm.createContext({
      atob: (text: string) => Buffer.from(text, "base64").toString("latin1"),
      E: options.hasCrc32 === false ? {} : { CRC32: (text: string) => crc32Of(text) },
      echo: () => undefined,
      load: (name?: string) => {
        this.emit("load", name);
        this.printLater(options.faults?.onLoad?.(name) ?? "");
        this.context = this.newContext();
      },
      // Soon, and before the next line: what is put off here ends the interpreter's state.
      setTimeout: (callback: () => void) => {
        this.later.push(callback);
        return 1;
      },
      reset: () => {
        this.emit("reset");
        this.context = this.newContext();
        if (options.resetDisconnects) this.cut();
      },
      process: {
        version: options.version ?? "2v29",
        env: {
          BOARD: options.name ?? "ESP32",
          MODULES: options.modules ?? "Flash,Storage,net,tls,crypto",
        },
        memory: () => ({ free: options.freeVariables ?? 4000, total: 5000, usage: 1000 }),
      },
      ...(options.freeHeap === undefined ? {} : { ESP32: { getState: () => ({ freeHeap: options.freeHeap }) } }),
      require: (name: string) => {
        if (name !== "Storage") throw new Error(`Module ${name} not found`);
        return storage;
      },
    });
  }

  private accept(socket: net.Socket): void {
    const { faults = {} } = this.options;
    this.connections++;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    const console = this.openConsole((text) => {
      if (!this.deaf && !socket.destroyed) socket.write(text, "latin1");
    });
    const queue: string[] = [];
    let busy = false;
    const work = async (): Promise<void> => {
      busy = true;
      for (let char = queue.shift(); char !== undefined; char = queue.shift()) {
        const ms = console.take(char);
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
        if (this.deaf) queue.length = 0;
      }
      busy = false;
    };
    socket.on("data", (data) => {
      if (this.deaf || faults.silent) return;
      if (faults.garbage) socket.write(Buffer.from(data.map((byte, i) => 0x80 | (byte * 7 + i * 13))));
      else if (faults.otherProgram !== undefined) socket.write(faults.otherProgram);
      else {
        queue.push(...data.toString("latin1"));
        if (!busy) void work();
      }
    });
  }

  /** A console of this board; `send` gets what it prints. */
  openConsole(send: (text: string) => void): Console {
    return new Console(this, send);
  }

  private printLater(text: string): void {
    this.printed += text;
  }

  /** Runs one line; returns what it prints. */
  run(line: string): string {
    let printed = "";
    this.context["print"] = (...values: unknown[]) => {
      printed += `${values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" ")}\r\n`;
    };
    try {
      vm.runInContext(line, this.context);
    } catch (error) {
      printed += `Uncaught Error: ${(error as Error).message}\r\n at line 1 col 1\r\n`;
    }
    return printed;
  }

  /** Runs what was put off; returns what it prints. */
  runLater(): string {
    for (let callback = this.later.shift(); callback; callback = this.later.shift()) callback();
    const { printed } = this;
    this.printed = "";
    return printed;
  }

  get isDeaf(): boolean {
    return this.deaf;
  }
}

function crc32Of(text: string): number {
  return crc32(Buffer.from(text, "latin1"));
}

const ERASE_INPUT = "\x1b[2H";

/** The interpreter's side of one console. */
export class Console {
  private line = "";
  private echo = true;

  constructor(
    readonly board: ScriptedBoard,
    private readonly send: (text: string) => void
  ) {}

  /** Takes one character; returns for how many milliseconds the interpreter is busy with it. */
  take(char: string): number {
    if (char === "\x03") {
      this.board.emit("interrupt");
      this.line = "";
      this.echo = true;
      this.send("\r\n>");
    } else if (char === "\x10" && this.line === "") this.echo = false;
    else if (char === "\n") return this.enter();
    else {
      this.line += char;
      if (this.line.endsWith(ERASE_INPUT)) {
        this.line = "";
        this.echo = true;
      } else if (this.echo && char >= " ") this.send(char);
    }
    return 0;
  }

  private enter(): number {
    if (isUnfinished(this.line)) {
      this.line += "\n";
      return 0;
    }
    const { line, board } = this;
    const { writes } = board;
    this.line = "";
    const printed = line === "" ? "" : board.run(line);
    const hadEcho = this.echo;
    this.echo = true;
    // A line without echo shows the prompt again only where it printed something.
    if (hadEcho || printed !== "") this.send(`${hadEcho ? "\r\n" : ""}${printed}>`);
    const loaded = board.runLater();
    if (loaded !== "") this.send(`${loaded}>`);
    return (board.writes - writes) * (board.options.faults?.writeMs ?? 0);
  }
}

/** Whether a line has open brackets or an open string, so that the interpreter waits for more. */
function isUnfinished(line: string): boolean {
  let depth = 0;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (quote !== "") {
      if (char === "\\") i++;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth++;
    else if (")]}".includes(char)) depth--;
  }
  return quote !== "" || depth > 0;
}
