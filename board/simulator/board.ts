import { clearImmediate, setImmediate } from "node:timers";
import { installUrl } from "./url";
import { installBase64 } from "./base64";
import { realClock, type Clock } from "./clock";
import { cryptoModule } from "./crypto";
import { makeGraphics } from "./graphics";
import { ErrorFlags, makeE } from "./espruino";
import { EventQueue } from "./events";
import { Files } from "./files";
import { SimulatedHardware } from "./hardware";
import { HTTP } from "./http";
import type { Interpreter } from "./interpreter";
import { installModules } from "./modules";
import { Network } from "./net";
import type { Board, BoardOptions, ConnectMessage, Uncaught, WifiLoss } from "./options";
import { Printer } from "./print";
import { installPeek, makeEsp32, makeProcess } from "./process";
import { installPromise } from "./promise";
import { HardwareRandom, SoftwareRandom } from "./random";
import { Realm, type Callable, type Plain } from "./realm";
import { Storage } from "./storage";
import { readable } from "./strings";
import { Timers } from "./timers";
import { Wifi } from "./wifi";

/** A simulated board: one interpreter, its idle loop, its network and its flash. */
export class SimulatedBoard implements Board, Interpreter {
  readonly uncaught: Uncaught[] = [];
  readonly clock: Clock;
  readonly unicode: boolean;
  readonly sharesStrings: boolean;
  realm!: Realm;
  events!: EventQueue;

  private readonly storage: Storage;
  private readonly network: Network;
  private readonly wifi: Wifi;
  private readonly files = new Files();
  readonly hardware: SimulatedHardware;
  private readonly software = new SoftwareRandom();
  private readonly noise: HardwareRandom;
  private readonly flags = new ErrorFlags();
  private timerTable!: Timers;
  private printer!: Printer;
  /** What the date is ahead of the clock, in milliseconds. */
  private dateOffset: number;
  /** Exceptions of this idle pass, in order. */
  private raised: unknown[] = [];
  interrupted = false;
  private immediate: NodeJS.Immediate | undefined;
  private alarm: unknown;
  private inPass = false;
  private closed = false;
  /** What `save`, `load` or `reset` asked for; done at the end of the pass. */
  private restart: (() => void) | undefined;
  private idleWaiters: (() => void)[] = [];
  /** What `connect` throws while the test has taken the network away. */
  private lossMessage: ConnectMessage | undefined;

  constructor(private readonly options: BoardOptions) {
    this.clock = options.clock ?? realClock;
    this.unicode = options.unicode ?? false;
    this.sharesStrings = options.sharedStrings ?? true;
    // A board has no battery for its clock: it starts in 1970 until somebody sets it.
    this.dateOffset = -this.clock.now();
    this.storage = new Storage(options.storage ?? {});
    this.noise = new HardwareRandom(options.hardwareSeed);
    this.boot();
    this.network = this.connectNetwork();
    this.wifi = new Wifi(this, options.wifi ?? {}, {
      online: (online) => this.setOnline(online),
      store: (name, content) => this.storage.store(name, content),
    });
    if (!this.wifi.isJoined) this.network.disconnect();
    this.hardware = new SimulatedHardware(this, () => this.date() / 1000);
    this.installGlobals();
  }

  // ------------------------------------------------------------------ what tests call

  run(source: string, filename = "script.js"): void {
    // A first line that starts with # is for the shell.
    const script = source.startsWith("#") ? source.replace(/^[^\n]*/, "") : source;
    this.guard(() => this.realm.run(script, filename));
    this.endPass();
  }

  emitInit(): void {
    const E = this.realm.globals.E as Plain;
    this.events.call(E, this.events.listeners(E, "init"), []);
    const onInit = this.realm.globals.onInit;
    if (typeof onInit === "function") this.guard(() => (onInit as Callable).call(undefined));
    this.endPass();
  }

  get globals(): Record<string, unknown> {
    const { globals, shared } = this.realm;
    if (!this.sharesStrings) return globals;
    // Tests see strings, not what stands for them here.
    return new Proxy(globals, { get: (target, name) => shared.snapshot(target[name as string]) });
  }

  timers(): number {
    return this.timerTable.count;
  }

  sockets(): number {
    return this.network.count;
  }

  tick(): void {
    if (!this.closed) this.pass();
  }

  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  setTime(seconds: number): void {
    this.dateOffset = seconds * 1000 - this.clock.now();
  }

  stepClock(milliseconds: number): void {
    this.dateOffset += milliseconds;
    this.timerTable.step(milliseconds);
    this.wake();
  }

  setWifi(connected: boolean, loss: WifiLoss | ConnectMessage = {}): void {
    if (connected) {
      this.lossMessage = undefined;
      this.network.reconnect();
      this.wifi.found();
      return;
    }
    const { message, silent } = typeof loss === "string" ? { message: loss, silent: true } : loss;
    this.lossMessage = message;
    this.wifi.lost(!silent);
    if (silent) this.network.fallSilent(message);
    else this.network.disconnect(message);
  }

  private setOnline(online: boolean): void {
    if (online) this.network.reconnect();
    else this.network.disconnect(this.lossMessage);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.timerTable.clear();
    this.events.clear();
    this.sleep();
    this.settleIdle();
    await this.network.close();
  }

  // ------------------------------------------------------------------ what the parts call

  print(text: string): void {
    const line = readable(text);
    if (this.options.print) this.options.print(line);
    else process.stdout.write(`${line}\n`);
  }

  format(value: unknown): string {
    return this.printer.pretty(value);
  }

  guard(run: () => unknown): boolean {
    try {
      run();
      return true;
    } catch (error) {
      const interrupt = this.realm.takeInterrupt(error);
      if (interrupt) this.interrupted = true;
      this.raised.push(interrupt ?? error);
      return false;
    }
  }

  /** The interpreter has one place for an exception, and a `try` empties it. That there was one it still knows. */
  private tryBegins(): void {
    if (this.raised.length && this.raised.at(-1) !== undefined) this.raised.push(undefined);
  }

  raise(exception: unknown): void {
    this.raised.push(exception);
    this.wake();
  }

  flag(name: string): void {
    this.flags.set(name);
  }

  wake(): void {
    if (this.closed || this.inPass || this.immediate) return;
    this.immediate = setImmediate(() => {
      this.immediate = undefined;
      this.pass();
    });
  }

  // ------------------------------------------------------------------ the idle loop

  /** One turn of the interpreter's idle loop: timers, sockets, events, errors. */
  private pass(): void {
    if (this.inPass || this.closed) return;
    this.inPass = true;
    try {
      this.timerTable.run();
      this.network.idle();
      // After an interruption events wait for the next pass.
      if (!this.interrupted) this.events.run();
      this.reportExceptions();
      const restart = this.restart;
      this.restart = undefined;
      restart?.();
    } finally {
      this.inPass = false;
    }
    this.rest();
  }

  /** After a script was run from outside: reports, and goes on in the idle loop. */
  private endPass(): void {
    this.reportExceptions();
    this.rest();
    this.wake();
  }

  /** Sleeps until there is something to do. */
  private rest(): void {
    if (this.alarm !== undefined) this.clock.clearTimeout(this.alarm);
    this.alarm = undefined;
    if (this.closed) return;
    const next = this.timerTable.untilNext;
    if (this.events.pending || this.network.busy || this.raised.length || this.restart) this.wake();
    if (next !== undefined) this.alarm = this.clock.setTimeout(() => this.onAlarm(), next);
    this.settleIdle();
  }

  private onAlarm(): void {
    this.alarm = undefined;
    this.pass();
  }

  private sleep(): void {
    if (this.immediate) clearImmediate(this.immediate);
    this.immediate = undefined;
    if (this.alarm !== undefined) this.clock.clearTimeout(this.alarm);
    this.alarm = undefined;
  }

  private get isIdle(): boolean {
    if (this.closed) return true;
    if (this.events.pending || this.restart || this.wifi.busy) return false;
    return !this.timerTable.count && !this.network.count;
  }

  private settleIdle(): void {
    if (this.isIdle) for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  /** Only the last exception of a pass is reported; the interpreter has room for one. */
  private reportExceptions(): void {
    if (this.interrupted) this.print("Execution Interrupted during event processing.");
    this.interrupted = false;
    if (!this.raised.length) return;
    const exceptions = this.raised;
    this.raised = [];
    const last = exceptions.pop();
    for (const exception of exceptions) this.record(exception, "lost");
    const process = this.realm.globals.process as Plain;
    const listeners = this.events.listeners(process, "uncaughtException");
    if (listeners === undefined) return this.printException(last);
    this.record(last, "handled");
    this.events.call(process, listeners, [last]);
    // What the handler itself throws is printed.
    const own = this.raised;
    this.raised = [];
    if (own.length) this.printException(own[own.length - 1]);
  }

  private printException(exception: unknown): void {
    this.record(exception, "printed");
    this.print(`Uncaught ${this.describe(exception)}`);
  }

  private record(exception: unknown, fate: Uncaught["fate"]): void {
    const uncaught = { exception, message: asText(exception), fate };
    this.uncaught.push(uncaught);
    this.options.onUncaught?.(uncaught);
  }

  /** An exception and where it came from, without the simulator's own frames. */
  private describe(exception: unknown): string {
    if (!this.realm.isError(exception)) return asText(exception);
    const frames = String(exception.stack ?? "")
      .split("\n")
      .filter((line) => {
        return /^\s+at /.test(line) && !/\bsimulator\b|\bnode:/.test(line);
      })
      .map((line) => this.realm.plainFrame(line));
    return [asText(exception), ...frames].join("\n");
  }

  // ------------------------------------------------------------------ the interpreter's start

  /** Makes a new interpreter: nothing of the old one is left but flash and clock. */
  private boot(): void {
    this.realm = new Realm({
      bytes: !this.unicode,
      now: () => this.date(),
      random: () => this.software.next(),
      checks: this.options.checkSyntax ?? true,
      maxCalls: this.options.maxCalls,
      sharedStrings: this.sharesStrings,
      tryBegins: () => this.tryBegins(),
      warn: (text) => this.print(`WARNING: ${text}`),
    });
    this.events = new EventQueue(this);
    this.timerTable = new Timers(this);
    this.printer = new Printer(this.realm);
  }

  private connectNetwork(): Network {
    return new Network(this, {
      maxSockets: this.options.maxSockets ?? 10,
      connectTimeout: this.options.connectTimeout ?? 20000,
      dropsBrokenHandlers: this.options.dropsBrokenHandlers ?? false,
      heap: this.options.heap ?? 4000000,
    });
  }

  private installGlobals(): void {
    const { realm } = this;
    const boardName = this.options.boardName ?? (this.unicode ? "LINUX" : "ESP32");
    const isEsp32 = /^ESP32/.test(boardName);
    const without = this.options.modules?.without ?? [];
    const builtIn: Record<string, () => unknown> = {
      Storage: () => this.storage.module(this),
      net: () => this.network.module(false),
      tls: () => this.network.module(true),
      crypto: () => cryptoModule(this),
      fs: () => this.files.module(this),
      http: () => this.httpModule(),
      ...(isEsp32 && { Wifi: () => this.wifi.module() }),
    };
    for (const name of without) delete builtIn[name];
    const print = (...values: unknown[]): void => this.print(this.printer.line(values));
    realm.putAll(realm.globals, {
      print,
      console: realm.object({ log: print, debug: print, info: print, warn: print, error: print, trace: print }),
      Graphics: makeGraphics(this, this.options.longBits ?? (this.unicode ? 64 : 32)),
      E: makeE(this, this.software, this.noise, this.flags),
      process: makeProcess(this, {
        boardName,
        variables: this.options.variables ?? 5000,
        modules: Object.keys(builtIn),
      }),
      getTime: () => this.date() / 1000,
      setTime: (seconds: unknown) => this.setTime(Number(seconds)),
      save: () => this.later(() => this.save()),
      load: (name?: unknown) => this.later(() => this.load(name)),
      reset: () => this.later(() => this.reset()),
    });
    if (isEsp32) {
      const heap = (): { free: number; least: number } => this.network.heap;
      realm.put(
        realm.globals,
        "ESP32",
        makeEsp32(this, { heap, reboot: () => this.later(() => this.load(undefined)) })
      );
    }
    this.wifi.restart();
    this.hardware.install();
    installUrl(this);
    installBase64(this);
    installPeek(this, boardName, this.noise);
    installModules(this, { builtIn, stored: (name) => this.storage.read(name) });
    installPromise(this);
    this.timerTable.install();
    this.network.install();
    this.events.install((target, event) => this.network.onListener(target, event));
  }

  private httpModule(): unknown {
    const { realm } = this;
    for (const name of ["httpCRq", "httpCRs"]) if (!(name in realm.globals)) realm.constructorOf(name, () => undefined);
    const exports = realm.object();
    realm.module(HTTP, "simulator/http").call(exports, exports, realm.object({ exports }));
    return exports;
  }

  private date(): number {
    return this.clock.now() + this.dateOffset;
  }

  private later(restart: () => void): void {
    this.restart = restart;
    this.wake();
  }

  /** `save()`: objects and timers stay, sockets are dead, and the board starts again. */
  private save(): void {
    this.network.kill();
    this.emitInit();
  }

  private reset(): void {
    this.network.kill();
    this.timerTable.clear();
    this.events.clear();
    this.boot();
    this.installGlobals();
  }

  private load(name: unknown): void {
    this.reset();
    const source = this.storage.read(name === undefined ? ".bootcde" : name);
    if (source !== undefined)
      this.guard(() => this.realm.evaluate(source, name === undefined ? ".bootcde" : String(name as string)));
    this.emitInit();
  }
}

function asText(exception: unknown): string {
  try {
    return String(exception as string);
  } catch {
    return "exception that cannot be shown";
  }
}
