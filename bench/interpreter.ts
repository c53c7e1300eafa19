import { ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";

/** Where a module's source lies: in flash, as on a board; or handed to `Modules.addCached`, which keeps it in RAM. */
export type Place = "flash" | "ram";

export interface Program {
  /** The interpreter's file. */
  binary: string;
  /** Modules that the script may require: names and sources, ASCII. */
  modules: Record<string, string>;
  place: Place;
  /** The script, source text; it finds each preset as a global variable. */
  script: string;
  preset?: Record<string, unknown>;
  /** Runs it under valgrind, which counts its instructions. */
  counted?: boolean;
}

/** Everything that Espruino prints before this line (its banner) is not the script's. */
const START = "\u0002";
/** What Espruino prints when it has collected garbage in the middle of something, which harms nothing. */
const COLLECTED = "New interpreter error: LOW_MEMORY";
/** Storage is written in pieces that a small heap has room for. */
const PIECE = 4096;
/** The file in its working directory in which Espruino for Linux keeps its flash memory. */
const FLASH = "espruino.flash";
/** How long a script may take for one step, in milliseconds, before the benchmark gives up. */
const PATIENCE = 120_000;

const VALGRIND = ["valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=callgrind"];

/** All instructions in a file of callgrind's. */
function instructions(file: string): number {
  return Number(/^(?:summary|totals): (\d+)/m.exec(file)![1]);
}

/** One run of Espruino. What its script prints comes as lines; its CPU time can be read at any moment. */
export class Interpreter {
  #process: ChildProcess;
  #lines: string[] = [];
  #wanted: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #ended: string | undefined;
  readonly exited: Promise<unknown>;

  /** Starts a script. */
  static start(program: Program): Promise<Interpreter> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
    return Interpreter.#start(folder, program).catch((error) => {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    });
  }

  static async #start(folder: string, program: Program): Promise<Interpreter> {
    const { binary, modules, place, script, preset = {}, counted = false } = program;
    const globals = Object.entries(preset).map(([name, value]) => `var ${name}=${JSON.stringify(value)};`);
    if (place === "flash") {
      fs.copyFileSync(await flashImage(binary, modules), path.join(folder, FLASH));
    } else {
      const cached = ([name, source]: [string, string]) => `Modules.addCached(${literal(name)},${literal(source)});`;
      globals.push(...Object.entries(modules).map(cached));
    }
    const interpreter = new Interpreter(binary, folder, globals.join("") + script, counted);
    void interpreter.exited.then(() => fs.rmSync(folder, { recursive: true, force: true }));
    return interpreter;
  }

  constructor(
    binary: string,
    private readonly folder: string,
    script: string,
    private readonly counted = false
  ) {
    const file = path.join(folder, "script.js");
    fs.writeFileSync(file, `print("\\x02");${script}\n`);
    const [program, ...options] = counted ? [...VALGRIND, binary] : [binary];
    // An open standard input: at its end Espruino would be busy reading nothing.
    this.#process = spawn(program, [...options, file], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    this.exited = once(this.#process, "close").then(
      ([code, signal]) => this.#end(`Espruino ended with ${signal ?? `code ${code}`}.`),
      (error) => this.#end(String(error))
    );
    const decoder = new StringDecoder("utf8");
    let started = false;
    let rest = "";
    this.#process.stdout!.on("data", (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = lines.pop()!;
      for (const line of lines.map(withoutPrompt)) {
        if (started) this.#take(line);
        else started = line === START;
      }
    });
  }

  /**
   * The rest of the next line that begins with `word`, which may take so many milliseconds. Other lines are problems,
   * and fail the benchmark.
   */
  async next(word: string, patience = PATIENCE): Promise<string> {
    const line = await this.#line(word, patience);
    if (!line.startsWith(word)) throw new Error(`Espruino printed "${line}" where "${word}" was due.`);
    return line.slice(word.length).trim();
  }

  #line(word: string, patience: number): Promise<string> {
    const ready = this.#lines.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#ended !== undefined) return Promise.reject(new Error(this.#ended));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Espruino did not come to "${word}".`)), patience);
      this.#wanted = {
        resolve: (line) => (clearTimeout(timer), resolve(line)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
    });
  }

  #take(line: string): void {
    if (line === "" || line === ">" || line === COLLECTED) return;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) wanted.resolve(line);
    else this.#lines.push(line);
  }

  #end(reason: string): void {
    this.#ended = reason;
    this.#wanted?.reject(new Error(reason));
  }

  /**
   * What the interpreter has taken so far: CPU time (user and system) in milliseconds; where they are counted, millions of
   * instructions since this was last asked, which is when the count began.
   */
  spent(): number {
    if (!this.counted) return cpuTime(this.#process.pid!);
    execFileSync("callgrind_control", ["--dump", String(this.#process.pid)], { stdio: "ignore" });
    return instructions(fs.readFileSync(this.profile(), "latin1")) / 1e6;
  }

  /** The file with the counts of each function that `spent` has written last. */
  profile(): string {
    const parts = fs.readdirSync(this.folder).filter((name) => /^callgrind\.\d+$/.test(name));
    const newest = Math.max(...parts.map((name) => Number(name.split(".")[1])));
    return path.join(this.folder, `callgrind.${newest}`);
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }
}

/**
 * CPU time of a process in milliseconds. /proc/PID/stat counts in ticks of 10 ms; where the kernel keeps it, the
 * scheduler's account of each thread is exact.
 */
function cpuTime(pid: number): number {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  let nanoseconds = 0;
  for (const thread of threads) {
    try {
      nanoseconds += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]);
    } catch {
      // This kernel has no such file, or the thread has just ended.
    }
  }
  if (nanoseconds > 0) return nanoseconds / 1e6;
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Espruino's console shows a prompt when it is idle, and wipes it before the next line. */
function withoutPrompt(line: string): string {
  return line.replace(/[\r\b]/g, "").replace(/^(>|\u001b\[J)+/, "");
}

/** A byte string as a literal. */
function literal(text: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return JSON.stringify(text).replace(/[\u0080-\u00ff]/g, hex);
}

const images = new Map<string, Promise<string>>();

/** A flash memory with these files in its Storage, written by the interpreter itself. */
function flashImage(binary: string, modules: Record<string, string>): Promise<string> {
  const key = JSON.stringify([binary, modules]);
  let image = images.get(key);
  if (!image) {
    image = writeFlash(binary, modules);
    images.set(key, image);
  }
  return image;
}

async function writeFlash(binary: string, modules: Record<string, string>): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-flash-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  for (const script of writingScripts(modules)) {
    const writer = new Interpreter(binary, folder, script);
    await writer.next("written");
    await writer.exited;
  }
  return path.join(folder, FLASH);
}

/** Scripts, each of which fits into a small heap, that write files to Storage. */
function* writingScripts(files: Record<string, string>): Generator<string> {
  for (const [name, content] of Object.entries(files)) {
    for (let at = 0; at < content.length; at += PIECE) {
      const piece = literal(content.slice(at, at + PIECE));
      const written = `require("Storage").write(${literal(name)},${piece},${at},${content.length})`;
      yield `print(${written}?"written":"Storage is full");`;
    }
  }
}
