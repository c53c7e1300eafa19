import { Script, createContext, type Context } from "node:vm";
import { GLOBALS, MEMBERS, PRELUDE, TYPED_ARRAY_MEMBERS } from "./language";
import { plain, plainColumn, HELPER, type Helper } from "./source/instrument";
import { SharedStrings } from "./shared_strings";
import { describeFindings, prepare } from "./source/prepared";
import { byteSource } from "./strings";
import * as text from "./text";

/** The kinds of exception that Espruino's own functions throw. */
export type ErrorType = "Error" | "TypeError" | "SyntaxError" | "ReferenceError" | "InternalError";

/** A JavaScript function of the realm, or one of ours that scripts call. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** An object of the realm, with whatever properties scripts gave it. */
export type Plain = Record<string, unknown>;

interface Tools {
  put(target: object, name: string, value: unknown): void;
  error(type: ErrorType, message: string): Error;
  object(): Plain;
  array(): unknown[];
  buffer(length: number): ArrayBuffer;
  uint8Array(source: ArrayBuffer | number, offset?: number, length?: number): Uint8Array;
  typedArray(name: string, length: number): ArrayLike<number> & { [index: number]: number };
  type(name: string, make: Callable): Callable & { prototype: Plain };
  module(source: string, filename: string): Callable;
  stringify(value: unknown): string | undefined;
  errors: (new () => object)[];
}

/** What the realm needs to know of its board. */
export interface RealmHost {
  /** Strings are bytes (ESP32) rather than characters. */
  bytes: boolean;
  /** The board's date, in milliseconds since 1970. */
  now(): number;
  /** 31 bits of the interpreter's own generator. */
  random(): number;
  /** Refuse what the board cannot run, before it runs? */
  checks: boolean;
  /** How many calls may be nested; undefined: as many as V8 allows. */
  maxCalls: number | undefined;
  /** Are there strings that are other memory: a file's, or an array's? */
  sharedStrings: boolean;
  /** A script's `try` begins. */
  tryBegins(): void;
  /** Something that the board runs, though not as it is meant. */
  warn(text: string): void;
}

/** What the interpreter says when its stack is full. */
const TOO_DEEP = "Too much recursion - the stack is about to overflow";

/**
 * The JavaScript world of one board: a `vm` context that has Espruino's globals and nothing of
 * Node's, and ways to make values that belong to it (so that `instanceof` works in scripts).
 */
export class Realm {
  readonly globals: Plain;
  private readonly context: Context;
  private readonly tools: Tools;
  /** The text that V8 has of each file, for the places in stack traces. */
  private readonly texts = new Map<string, string>();
  /** Exceptions that no script can catch. */
  private readonly interrupts = new WeakSet<object>();
  /** Is a script being cut off? */
  private cutting = false;
  /** Strings that are other memory. */
  readonly shared = new SharedStrings(this);
  private calls = 0;

  constructor(private readonly host: RealmHost) {
    this.context = createContext({}, { name: "Espruino", codeGeneration: { strings: true, wasm: false } });
    this.globals = this.compile("globalThis", "simulator") as Plain;
    const prelude = this.compile(PRELUDE, "simulator") as (host: object) => Tools;
    this.tools = prelude({
      globals: GLOBALS,
      members: MEMBERS,
      typedArrayMembers: TYPED_ARRAY_MEMBERS,
      bytes: host.bytes,
      now: () => host.now(),
      random: () => host.random() / 0x80000000,
      randInt: (range: number) => (range > 0 ? host.random() % range : host.random() ^ (host.random() << 1)),
      text,
      plain,
      compile: (source: string, filename: string) => this.compile(source, filename),
    });
    this.put(this.globals, "global", this.globals);
    this.put(this.globals, HELPER, this.helper());
  }

  /** Runs a script at the top level, as the board reads it: as bytes where strings are bytes. */
  run(source: string, filename: string): unknown {
    return this.evaluate(this.host.bytes ? byteSource(source) : source, filename);
  }

  /** Runs text that is already as the board holds it (a string of a script). */
  evaluate(source: string, filename: string): unknown {
    return this.compile(this.prepare(source, filename), filename);
  }

  /** Cuts off what runs: an exception that no script can catch. */
  private cutOff(): never {
    this.cutting = true;
    const exception = this.error("Error", TOO_DEEP);
    this.interrupts.add(exception);
    throw exception;
  }

  /** Does this exception mean that a script was cut off? Gives what the board reports then. */
  takeInterrupt(exception: unknown): Error | undefined {
    this.cutting = false;
    if (typeof exception !== "object" || exception === null) return undefined;
    if (this.interrupts.has(exception)) return exception as Error;
    return isStackOverflow(exception) ? this.error("Error", TOO_DEEP) : undefined;
  }

  private helper(): Helper {
    const { maxCalls = Infinity } = this.host;
    const helper: Helper = {
      t: () => this.host.tryBegins(),
      c: (error) => {
        if (typeof error !== "object" || error === null) return;
        if (this.interrupts.has(error) || isStackOverflow(error)) {
          this.cutting = true;
          throw error as Error;
        }
      },
      s: () => this.cutting,
      n: (value) => text.numeric(this.shared.snapshot(value)),
      v: (value) => this.shared.snapshot(value),
      e: (value) => (this.shared.isGone(value) ? null : value),
      i: () => {
        if (this.calls >= maxCalls) this.cutOff();
        this.calls++;
      },
      o: () => void this.calls--,
    };
    return helper as unknown as Helper;
  }

  /** Checks a script, and rewrites it for V8. Throws the board's SyntaxError where the board must fail. */
  private prepare(source: string, filename: string): string {
    const { text, findings } = prepare(source, {
      countCalls: this.host.maxCalls !== undefined,
      sharedStrings: this.host.sharedStrings,
    });
    this.texts.set(filename, text);
    if (!this.host.checks) return text;
    const fails = findings.filter(({ severity }) => severity === "fails");
    if (fails.length) {
      const exception = this.error("SyntaxError", describeFindings(fails, filename));
      // Nothing has run: the calls that led here are not the script's.
      this.put(exception, "stack", "");
      throw exception;
    }
    const differs = findings.filter(({ severity }) => severity === "differs");
    for (const one of differs) this.host.warn(describeFindings([one], filename));
    return text;
  }

  /** A line of a stack trace with the column of the script as it was written. */
  plainFrame(frame: string): string {
    const place = /^(.*?\(?)([^\s()]+):(\d+):(\d+)(\)?)$/.exec(frame);
    const line = place && this.texts.get(place[2]!)?.split("\n")[Number(place[3]) - 1];
    if (!place || typeof line !== "string") return frame;
    return `${place[1]}${place[2]}:${place[3]}:${plainColumn(line, Number(place[4]))}${place[5] ?? ""}`;
  }

  private compile(source: string, filename: string): unknown {
    return this.parse(source, filename).runInContext(this.context);
  }

  private parse(source: string, filename: string): Script {
    try {
      return new Script(source, { filename });
    } catch (error) {
      // V8 makes syntax errors in the host's realm, with the place at the head of the stack.
      const { message, stack } = error as Error;
      const place = /^(.*:\d+)\n/.exec(stack ?? "");
      throw this.error("SyntaxError", place ? `${message} (${place[1]})` : message);
    }
  }

  /** The body of a module as a function of `exports` and `module`. */
  module(source: string, filename: string): Callable {
    return this.tools.module(this.prepare(source, filename), filename);
  }

  /** Sets a property that enumeration does not show, like those of built-in objects. */
  put(target: object, name: string, value: unknown): void {
    this.tools.put(target, name, this.host.sharedStrings ? this.shared.taken(value) : value);
  }

  /** Sets several such properties. */
  putAll(target: object, members: Record<string, unknown>): void {
    for (const name of Object.keys(members)) this.put(target, name, members[name]);
  }

  /** An exception for scripts to catch. */
  error(type: ErrorType, message: string): Error {
    return this.tools.error(type, message);
  }

  /** An empty object, or one with the given properties. */
  object(properties: Plain = {}): Plain {
    return Object.assign(this.tools.object(), properties);
  }

  array(items: readonly unknown[] = []): unknown[] {
    const array = this.tools.array();
    for (const item of items) array.push(item);
    return array;
  }

  /** An ArrayBuffer that holds a copy of `bytes`. */
  arrayBuffer(bytes: Uint8Array): ArrayBuffer {
    const buffer = this.tools.buffer(bytes.length);
    new Uint8Array(buffer).set(bytes);
    return buffer;
  }

  /** A Uint8Array that holds a copy of `bytes`. */
  uint8Array(bytes: Uint8Array): Uint8Array {
    return this.tools.uint8Array(this.arrayBuffer(bytes));
  }

  typedArray(name: string, length: number): { [index: number]: number; length: number } {
    return this.tools.typedArray(name, length);
  }

  /** A class of the realm; `make` runs with `this` being the new object. */
  constructorOf(name: string, make: Callable): Callable & { prototype: Plain } {
    return this.tools.type(name, make);
  }

  stringify(value: unknown): string | undefined {
    return this.tools.stringify(value);
  }

  /** Is this an error object of the realm? */
  isError(value: unknown): value is Error & { type?: string } {
    return this.tools.errors.some((type) => value instanceof type);
  }
}

/** V8's own stack is full. */
function isStackOverflow(error: object): boolean {
  const { name, message } = error as Partial<Error>;
  return message === "Maximum call stack size exceeded" && (name === "RangeError" || !(error instanceof Error));
}
