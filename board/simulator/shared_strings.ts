import type { Callable, Realm } from "./realm";

/** Memory that a string shows: a file's in flash, or an array's. */
export interface Memory {
  /** The bytes that are there now, as a byte string; undefined when the memory is somebody else's by now. */
  read(): string | undefined;
  /** The same for a part of it, if a part of such a string is shared, too. */
  part?(start: number, end: number): Memory;
}

/**
 * Strings of the board that are no values of their own but other memory, and change with it: what `Storage.read` gives,
 * and `E.toString` of a whole array. V8 has no such strings. They are objects here that look like strings to scripts,
 * which are rewritten so that `typeof`, comparisons and conditions see the string.
 */
export class SharedStrings {
  private readonly memories = new WeakMap<object, Memory>();
  private used = false;

  constructor(private readonly realm: Realm) {}

  /** A string that shows some memory. */
  make(memory: Memory): unknown {
    this.used = true;
    const StringPrototype = (this.realm.globals.String as { prototype: Record<string, unknown> }).prototype;
    const string = new Proxy(Object.create(StringPrototype) as object, {
      get: (target, key) => this.get(memory, target as Record<PropertyKey, unknown>, key),
      has: (target, key) => (typeof key === "string" && /^\d+$/.test(key)) || key in target,
    });
    this.memories.set(string, memory);
    return string;
  }

  /** What a value is now: of a shared string the text as it stands, or null when its memory is gone. */
  snapshot(value: unknown): unknown {
    if (!this.used || typeof value !== "object" || value === null) return value;
    const memory = this.memories.get(value);
    return memory ? (memory.read() ?? null) : value;
  }

  /** Is this a string whose memory is gone? */
  isGone(value: unknown): boolean {
    if (!this.used || typeof value !== "object" || value === null) return false;
    const memory = this.memories.get(value);
    return memory !== undefined && memory.read() === undefined;
  }

  /** A function of the board that is given plain strings. */
  taken(value: unknown): unknown {
    if (typeof value !== "function") return value;
    const run = value as Callable;
    const snapshot = (one: unknown): unknown => this.snapshot(one);
    const holder = {
      // A method, so that it shows itself as native like any other.
      taken(this: unknown, ...args: unknown[]): unknown {
        return run.apply(this, args.map(snapshot));
      },
    };
    return Object.assign(Object.setPrototypeOf(holder.taken, Object.getPrototypeOf(run) as object) as Callable, run);
  }

  private get(memory: Memory, target: Record<PropertyKey, unknown>, key: PropertyKey): unknown {
    const text = memory.read();
    if (key === Symbol.toPrimitive || key === "toJSON") return () => text ?? null;
    if (text === undefined) throw this.realm.error("Error", `Can't read property '${String(key)}' of null`);
    if (key === "length") return text.length;
    if (typeof key === "string" && /^\d+$/.test(key)) return text[Number(key)];
    const member = target[key];
    if (typeof member !== "function" || key === "constructor") return member;
    return (...args: unknown[]) => this.call(memory, text, key, member as Callable, args);
  }

  private call(memory: Memory, text: string, name: PropertyKey, method: Callable, args: unknown[]): unknown {
    const given = args.map((one) => this.snapshot(one));
    const result = method.apply(text, given);
    if (name === "split" && memory.part) return this.splitAt(memory, result as string[], given[0]);
    if (!memory.part || typeof result !== "string" || !/^(slice|substr|substring)$/.test(String(name))) return result;
    const start = startOf(String(name), text.length, args);
    return this.make(memory.part(start, start + result.length));
  }

  /** The pieces between single characters are parts of the memory, too. */
  private splitAt(memory: Memory, pieces: string[], separator: unknown): unknown[] {
    if (typeof separator !== "string" || separator.length !== 1) return pieces;
    let start = 0;
    return this.realm.array(
      pieces.map((piece) => {
        const from = start;
        start += piece.length + 1;
        return piece === "" ? piece : this.make(memory.part!(from, from + piece.length));
      })
    );
  }
}

/** Where the part begins that `slice`, `substr` or `substring` cuts out. */
function startOf(name: string, length: number, args: unknown[]): number {
  const [first, second] = args.map((one) => Math.trunc(Number(one) || 0));
  const start = first ?? 0;
  if (name === "substring")
    return Math.min(Math.max(0, start), length, args.length > 1 ? Math.max(0, second ?? 0) : length);
  return start < 0 ? Math.max(0, length + start) : Math.min(start, length);
}
