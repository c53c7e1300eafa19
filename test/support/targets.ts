/**
 * Where a user script can run: the simulator, and Espruino for Linux where one is found (`$ESPRUINO`, or `espruino`
 * on the PATH; `$ESPRUINO_SMALL` may name a second one, built with a small heap and byte strings, `$ESPRUINO_ESP32` a
 * third, of 32 bits and with the variables, strings and stack of an ESP32);
 * IoT.js where it is found (`$IOTJS`, or `iotjs` on the PATH), and its stand-in.
 * `TARGETS=iotjs` leaves the last two, `TARGETS=espruino` the others, `TARGETS=esp32` the one in `$ESPRUINO_ESP32`.
 *
 * `TARGETS=board` is a board: `$ESP32_CONSOLE` names its console (`tcp://host:port` or a serial device), and
 * `$ESP32_HOST` the address under which it reaches this machine. It takes one script at a time.
 *
 * A script is the same ES5 source everywhere. It finds the library by `require("esp_websocket_client")`, and its run
 * ends when it prints the line `DONE`, or has no timer and no socket left.
 */
import { spawn, type StdioOptions } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { findIotjs, IOTJS_BUNDLE, startIotjs, startStandIn } from "../board/jerryscript/run";
import { forBoard, fromBoard } from "./hosts";

const root = path.join(__dirname, "../..");

/** What a script prints as its last line, if it does not just run out of things to do. */
export const DONE = "DONE";
/** Everything that Espruino prints before this line (its banner) is not the script's. */
const START = "\u0002";
/** Storage is written in pieces that a small heap has room for. */
const STORAGE_PIECE = 512;
/** So many pieces are written by one run. */
const STORAGE_LINES = 20;
/**
 * Nobody types, but the input stays open. At the end of its input Espruino for Linux believes that characters are being
 * typed, on and on: they fill its queue of events, and when that is half full it says FIFO_FULL.
 */
const SILENT_CONSOLE: StdioOptions = ["pipe", "pipe", "inherit"];

export interface RunOptions {
  /** Global variables that the script finds. */
  preset?: Record<string, unknown>;
  /** After so long without an end the run fails, with what was printed so far. Default: 4 minutes, for a busy machine. */
  timeoutMs?: number;
  /** File of the library, below the project's root. Default: the minified one for the target. */
  bundle?: string;
  /** More modules for Storage: names and contents. */
  storage?: Record<string, string>;
  /** Of the simulator: strings are other memory where they are that on the board. */
  sharedStrings?: boolean;
  /** Called with each line as it is printed, `DONE` left out. */
  onLine?: (line: string) => void;
}

export interface RunResult {
  /** The lines that the script printed, without `DONE` and without what the interpreter printed itself. */
  lines: string[];
  /**
   * Exceptions that nothing caught, as the interpreter shows them: `Uncaught Error: …`, one line each. With them, what
   * the interpreter complains of by itself: `New interpreter error: FIFO_FULL`, `OUT OF MEMORY`.
   */
  uncaught: string[];
  /** True if the script printed `DONE`; false if it ran out of things to do. */
  done: boolean;
}

/** A script that is running. */
export interface Running {
  /** Resolves at the script's end; rejects when it takes too long, or the interpreter crashes. */
  readonly result: Promise<RunResult>;
  /** The lines so far. */
  readonly lines: readonly string[];
  /** Ends it now; `result` resolves. */
  stop(): Promise<void>;
}

export interface Target {
  /** "simulator", "espruino" … */
  readonly name: string;
  /** False on the simulator and on the stand-in. */
  readonly real: boolean;
  /** True: a JerryScript host, which has Node's modules and nothing of Espruino's but `print`. */
  readonly jerryscript: boolean;
  /** True where strings are bytes, as on the ESP32. */
  readonly byteStrings: boolean;
  /** Bits of the interpreter's `long`: 32 on the chips. */
  readonly longBits: 32 | 64;
  /** The interpreter's file; undefined for the simulator. */
  readonly program?: string;
  /** The console of a board; undefined for what runs on this machine. */
  readonly consolePort?: string;
  /** Starts a script. */
  start(script: string, options?: RunOptions): Running;
  /** Runs a script to its end. */
  run(script: string, options?: RunOptions): Promise<RunResult>;
}

/** True for a real Espruino that has as little memory as an ESP32. */
export function hasSmallHeap({ real, byteStrings, jerryscript }: Target): boolean {
  return real && byteStrings && !jerryscript;
}

/** The real Espruinos with a small heap that are here. */
export function smallInterpreters(): Target[] {
  return interpreters().filter(hasSmallHeap);
}

/** Every target that is here. The simulator comes twice: with byte strings (ESP32), and with Unicode strings. */
export function targets(): Target[] {
  const wanted = process.env.TARGETS;
  if (ALONE.includes(wanted!)) return interpreters();
  return [
    ...(wanted === "iotjs" ? [] : [...simulators(), ...interpreters()]),
    ...(wanted === "espruino" ? [] : jerryscripts()),
  ];
}

/** Values of `$TARGETS` that leave one real Espruino alone. */
const ALONE = ["board", "esp32"];

/** The stand-in, and the IoT.js with a heap of 128 kB that `$IOTJS_SMALL` may name. */
export function smallJerryscripts(): Target[] {
  const facts = { byteStrings: false, jerryscript: true, longBits: 64 } as const;
  const small = process.env.IOTJS_SMALL;
  return [
    target("stand-in for IoT.js", { ...facts, real: false }),
    ...(small ? [target("IoT.js with a small heap", { ...facts, real: true, program: small })] : []),
  ];
}

/** IoT.js, where it is here, and its stand-in. */
export function jerryscripts(): Target[] {
  const iotjs = findIotjs();
  const facts = { byteStrings: false, jerryscript: true, longBits: 64 } as const;
  return [
    target("stand-in for IoT.js", { ...facts, real: false }),
    ...(iotjs ? [target("IoT.js", { ...facts, real: true, program: iotjs })] : []),
  ];
}

const espruino = { jerryscript: false };

export function simulators(): Target[] {
  return [
    target("simulator", { ...espruino, real: false, byteStrings: true, longBits: 32 }),
    target("simulator with Unicode", { ...espruino, real: false, byteStrings: false, longBits: 64 }),
  ];
}

/** The simulator of what a real Espruino is built for. */
export function simulatorOf({ byteStrings, longBits }: Target): Target {
  return target(`simulator of ${longBits} bits`, { ...espruino, real: false, byteStrings, longBits });
}

/** The real Espruinos that are here. */
export function interpreters(): Target[] {
  const wanted = process.env.TARGETS;
  if (wanted === "board") return boards();
  const found = everyInterpreter();
  return wanted === "esp32" ? found.filter(({ name }) => name === LIKE_ESP32) : found;
}

const LIKE_ESP32 = "espruino like an ESP32's";

function everyInterpreter(): Target[] {
  const found: Target[] = [];
  const program = findEspruino();
  if (program) found.push(target("espruino", { ...espruino, real: true, byteStrings: false, longBits: 64, program }));
  const small = process.env.ESPRUINO_SMALL;
  const smallHeap = { ...espruino, real: true, byteStrings: true };
  if (small) found.push(target("espruino with a small heap", { ...smallHeap, longBits: 64, program: small }));
  const esp32 = process.env.ESPRUINO_ESP32;
  if (esp32) found.push(target(LIKE_ESP32, { ...smallHeap, longBits: 32, program: esp32 }));
  return found;
}

/** The board whose console `$ESP32_CONSOLE` names. */
export function boards(consolePort = process.env.ESP32_CONSOLE): Target[] {
  const facts = { ...espruino, real: true, byteStrings: true, longBits: 32, consolePort } as const;
  return consolePort ? [target("board", facts)] : [];
}

/** Describes the same tests for each target; where there is no real interpreter, they are skipped and say so. */
export function describeTargets(title: string, tests: (target: Target) => void, list: Target[] = targets()): void {
  for (const one of list) describe(`${title} (${one.name})`, () => tests(one));
  const real = (jerryscript: boolean) => list.some((one) => one.real && one.jerryscript === jerryscript);
  describe(title, () => {
    if (!real(false) && list.some((one) => !one.jerryscript)) {
      test.skip("on a real Espruino: set ESPRUINO to its file to run this", () => {});
    }
    if (!process.env.ESP32_CONSOLE && (list.length === 0 || list.some((one) => !one.jerryscript))) {
      test.skip("on a board: set ESP32_CONSOLE to its console, and run `npm run test:board`", () => {});
    }
    if (list.some((one) => !one.jerryscript) && !process.env.ESPRUINO_ESP32) {
      test.skip("on an Espruino like an ESP32's, of 32 bits: set ESPRUINO_ESP32 to its file to run this", () => {});
    }
    const { TARGETS } = process.env;
    if (list.length === 0) {
      test.skip(TARGETS ? `not on the targets that TARGETS=${TARGETS} wants` : "on no target that is here", () => {});
    }
    if (!real(true) && list.some((one) => one.jerryscript)) {
      test.skip("on the real IoT.js: set IOTJS (with a small heap: IOTJS_SMALL) to its file to run this", () => {});
    }
  });
}

function target(name: string, facts: Omit<Target, "name" | "start" | "run">): Target {
  const start = (script: string, options: RunOptions = {}): Running => {
    const run = new Run({ ...(facts.consolePort && { timeoutMs: BOARD_TIMEOUT_MS }), ...options });
    if (facts.jerryscript) startJerryScript(facts.program, script, options, run);
    else if (facts.consolePort) startOnBoard(facts.consolePort, script, options, run);
    else if (facts.program) startInterpreter(facts.program, script, options, run);
    else startSimulator(facts, script, options, run);
    return run;
  };
  return { name, ...facts, start, run: (script, options) => start(script, options).result };
}

/** Collects what a script prints, and knows when it is over. */
class Run implements Running {
  readonly lines: string[] = [];
  readonly result: Promise<RunResult>;
  /** Ends the interpreter; resolves when nothing of it is left. */
  kill: () => Promise<void> = () => Promise.resolve();
  private readonly uncaught: string[] = [];
  private readonly timer: NodeJS.Timeout;
  private over = false;
  private resolve!: (result: RunResult) => void;
  private reject!: (error: Error) => void;

  constructor(private readonly options: RunOptions) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const limit = options.timeoutMs ?? 240000;
    this.timer = setTimeout(() => this.fail(`The script did not end within ${limit} ms.`), limit);
  }

  take(line: string): void {
    if (this.over) return;
    if (line === DONE) return this.end(true);
    this.lines.push(line);
    this.options.onLine?.(line);
  }

  takeUncaught(line: string): void {
    if (!this.over) this.uncaught.push(line);
  }

  end(done: boolean): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    const result = { lines: this.lines, uncaught: this.uncaught, done };
    this.kill().then(() => this.resolve(result), this.reject);
  }

  fail(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    const printed = [...this.lines, ...this.uncaught].join("\n");
    const error = new Error(`${reason} It printed:\n${printed}`);
    this.kill().then(() => this.reject(error), this.reject);
  }

  async stop(): Promise<void> {
    this.end(false);
    await this.result.catch(() => undefined);
  }
}

function library(options: RunOptions, bundle = "dist/esp_websocket_client.min.js"): Record<string, string> {
  const file = path.join(root, options.bundle ?? bundle);
  return { esp_websocket_client: fs.readFileSync(file, "utf8"), ...options.storage };
}

/** The script with its preset variables in front: on its first line, so that line numbers stay what they are. */
function withPreset(script: string, preset: Record<string, unknown> = {}): string {
  const variables = Object.entries(preset).map(([name, value]) => `var ${name}=${JSON.stringify(value)};`);
  return variables.join("") + script;
}

type SimulatorFacts = Pick<Target, "byteStrings" | "longBits">;

function startSimulator(facts: SimulatorFacts, script: string, options: RunOptions, run: Run): void {
  // What users get, not the sources: jest would compile those for each test file.
  const { createBoard } = require("../../dist/simulator/index.js") as typeof import("../../board/simulator");
  const board = createBoard({
    storage: library(options),
    unicode: !facts.byteStrings,
    longBits: facts.longBits,
    sharedStrings: options.sharedStrings,
    // Its memory has no bound, and so it must not report one.
    variables: 1000000,
    ...(!facts.byteStrings && { boardName: "BANGLEJS2" }),
    print: (text) => {
      // Also what the library reports of its handlers. What follows on the next lines is the stack.
      if (text.startsWith("Uncaught ")) run.takeUncaught(text.split("\n")[0]);
      else text.split("\n").forEach((line) => (COMPLAINT.test(line) ? run.takeUncaught(line) : run.take(line)));
    },
    onUncaught: ({ message, fate }) => fate === "lost" && run.takeUncaught(`Uncaught ${message}`),
  });
  run.kill = () => board.close();
  board.run(withPreset(script, options.preset));
  void board.idle().then(() => run.end(false));
}

function startJerryScript(program: string | undefined, script: string, options: RunOptions, run: Run): void {
  const modules = library(options, IOTJS_BUNDLE);
  const source = withPreset(script, options.preset);
  const listener = {
    line: (line: string) => run.take(line),
    uncaught: (line: string) => run.takeUncaught(line),
    ended: (problem?: string) => (problem ? run.fail(problem) : run.end(false)),
  };
  // What ends the run may come before the function that ends the host is there.
  let started!: (kill: () => Promise<void>) => void;
  const kill = new Promise<() => Promise<void>>((resolve) => (started = resolve));
  run.kill = async () => (await kill)();
  started(program ? startIotjs(program, source, modules, listener) : startStandIn(source, modules, listener));
}

function startInterpreter(program: string, script: string, options: RunOptions, run: Run): void {
  // Espruino keeps its flash memory as a file in its working directory.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-"));
  let child: ReturnType<typeof spawn> | undefined;
  let gone = Promise.resolve();
  run.kill = async () => {
    child?.kill("SIGKILL");
    await gone;
    fs.rmSync(folder, { recursive: true, force: true });
  };
  void (async () => {
    fs.copyFileSync(await flashImage(program, library(options)), path.join(folder, "espruino.flash"));
    fs.writeFileSync(path.join(folder, "script.js"), `print("\\x02");${withPreset(script, options.preset)}\n`);
    child = spawn(program, ["script.js"], { cwd: folder, stdio: SILENT_CONSOLE });
    const reader = new ConsoleReader(run);
    child.stdout!.setEncoding("latin1").on("data", (text: string) => reader.read(text));
    gone = new Promise((resolve) => {
      child!.on("error", (error) => {
        run.fail(`${program} cannot be run: ${error.message}.`);
        resolve();
      });
      child!.on("close", (code, signal) => {
        resolve();
        reader.finish();
        if (code === 0) run.end(false);
        else run.fail(`Espruino ended with ${signal ?? `code ${code}`}.`);
      });
    });
  })().catch((error: Error) => run.fail(error.message));
}

function startOnBoard(consolePort: string, script: string, options: RunOptions, run: Run): void {
  const rehosted = (text: string): string => bytesOf(forBoard(text));
  const preset = Object.entries(options.preset ?? {}).map(([name, value]) => [name, JSON.stringify(value)]);
  const plan = {
    console: consolePort,
    script: rehosted(script),
    files: mapValues(library(options), rehosted),
    preset: mapValues(Object.fromEntries(preset) as Record<string, string>, (json) => escaped(rehosted(json))),
  };
  const child = spawn(process.execPath, [path.join(__dirname, "run_on_board.mjs")], { stdio: "pipe" });
  const reader = new ConsoleReader(run, (line) => fromBoard(line.replace(/^>+/, "")));
  let problem = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => reader.read(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (problem += text));
  child.stdin.on("error", () => {}); // The program has ended before it read everything
  const gone = new Promise<string>((resolve) => child.once("close", () => resolve(problem)));
  run.kill = async () => {
    child.stdin.end();
    const failure = await gone;
    if (failure) throw new Error(failure);
  };
  void gone.then((failure) => {
    reader.finish();
    if (failure) run.fail(failure);
    else run.end(false);
  });
  child.stdin.write(`${JSON.stringify(plan)}\n`);
}

const mapValues = (record: Record<string, string>, map: (value: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

/** A text's UTF-8, one character for each byte: strings are bytes on the board. */
const bytesOf = (text: string): string => Buffer.from(text).toString("latin1");

/** For a string literal in ASCII. */
const escaped = (bytes: string): string =>
  bytes.replace(/[\u007f-\u00ff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`);

/** A board is slow, and everything that it needs comes over its console first. */
const BOARD_TIMEOUT_MS = 900000;

/** What Espruino's console shows on its own account, not because the script printed it. */
const COMPLAINT = /^>?(Uncaught |ERROR: |Execution Interrupted|New interpreter error: |OUT OF MEMORY)/;

/** Splits what Espruino's console shows into the script's lines and the interpreter's complaints. */
class ConsoleReader {
  private started = false;
  private rest = "";
  /** Lines behind an exception up to the next prompt are its stack trace. */
  private inTrace = false;
  /** Behind a place in a trace stands the line of the source, where the build has it. */
  private behindPlace = false;

  /** @param rename makes of a line of the console what the test is told */
  constructor(
    private readonly run: Run,
    private readonly rename = (line: string) => line
  ) {}

  read(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    lines.forEach((line) => this.take(line));
  }

  finish(): void {
    if (this.rest.replace(/^>/, "")) this.take(this.rest);
  }

  private take(raw: string): void {
    // The console shows a prompt when it is idle, and wipes it before the next line.
    const unwrapped = raw.replace(/\r/g, "").replace(/^(>?(\u001b\[J)+)*(>$)?/, "");
    // The characters of a byte string are its bytes: what is valid UTF-8 is shown as text.
    const line = this.rename(Buffer.from(unwrapped, "latin1").toString("utf8"));
    // The answer to a question that was not the script's.
    if (/^>?<#\d+ .*#>$/.test(line)) return;
    if (!this.started) this.started = line === START;
    else if (COMPLAINT.test(line)) {
      this.run.takeUncaught(line.replace(/^>/, ""));
      this.inTrace = true;
      this.behindPlace = false;
    } else if (this.inTrace && this.behindPlace) {
      this.behindPlace = false;
    } else if (this.inTrace && /^ +at .*:\d+:\d+\)?$/.test(line)) {
      this.behindPlace = true;
    } else if (this.inTrace && /^\s*(at |in function |\^|$|.*\^\s*$)/.test(line)) return;
    else {
      this.inTrace = false;
      this.run.take(line);
    }
  }
}

/** Images of flash memory that hold given modules, each written once: by interpreter and contents. */
const images = new Map<string, Promise<string>>();
let imageFolder: string | undefined;

/** A flash memory file in which the modules lie. It is written by a run of its own, since flash outlasts a run. */
export function flashImage(program: string, modules: Record<string, string>): Promise<string> {
  const key = JSON.stringify([program, modules]);
  let image = images.get(key);
  if (!image) {
    image = writeImage(program, modules);
    images.set(key, image);
  }
  return image;
}

async function writeImage(program: string, modules: Record<string, string>): Promise<string> {
  if (!imageFolder) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-flash-"));
    process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
    imageFolder = folder;
  }
  const folder = fs.mkdtempSync(path.join(imageFolder, "image-"));
  const lines: string[] = [];
  for (const [name, content] of Object.entries(modules)) {
    const bytes = Buffer.from(content).toString("latin1");
    for (let at = 0; at < bytes.length; at += STORAGE_PIECE) {
      const piece = escaped(JSON.stringify(bytes.slice(at, at + STORAGE_PIECE)));
      lines.push(`if(!require("Storage").write(${JSON.stringify(name)},${piece},${at},${bytes.length}))throw "full";`);
    }
  }
  // Flash outlasts a run, and a small heap has no room for a script that writes everything.
  for (let at = 0; at < lines.length; at += STORAGE_LINES) {
    const script = lines.slice(at, at + STORAGE_LINES).join("\n");
    fs.writeFileSync(path.join(folder, "write.js"), `${script}\nprint("WRITTEN");\n`);
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn(program, ["write.js"], { cwd: folder, stdio: SILENT_CONSOLE });
      let text = "";
      child.stdout!.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
      child.on("error", reject);
      child.on("close", () => resolve(text));
    });
    if (!/^WRITTEN\r?$/m.test(output)) throw new Error(`The modules could not be written into Storage:\n${output}`);
  }
  return path.join(folder, "espruino.flash");
}
