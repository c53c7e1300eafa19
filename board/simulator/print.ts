import { isAnyArrayBuffer } from "node:util/types";
import type { Callable, Plain, Realm } from "./realm";
import { typeName } from "./bytes";
import { plain } from "./source/instrument";

const INDENT = "  ";
/** So many simple values of an object go on one line. */
const ITEMS_ON_LINE = 4;

/** Writes values as Espruino's console shows them. */
export class Printer {
  private readonly open = new Set<unknown>();

  constructor(private readonly realm: Realm) {}

  /** The arguments of `print`: strings as they are, the rest pretty, with spaces between. */
  line(values: readonly unknown[]): string {
    return values.map((value) => (typeof value === "string" ? value : this.pretty(value))).join(" ");
  }

  /** One value, with quotes if it is a string. */
  pretty(given: unknown, depth = 0): string {
    const value = this.realm.shared.snapshot(given);
    if (typeof value === "string") return quote(value);
    if (typeof value === "function") return functionText(value as Callable);
    if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "0" : String(value);
    if (this.open.has(value)) return " ... ";
    this.open.add(value);
    try {
      if (Array.isArray(value)) return this.list(value as unknown[], depth);
      if (isAnyArrayBuffer(value)) return `${elements("Uint8Array", new Uint8Array(value))}.buffer`;
      if (ArrayBuffer.isView(value) && "length" in value)
        return elements(typeName(value), value as unknown as ArrayLike<number>);
      return this.object(value as Plain, depth);
    } finally {
      this.open.delete(value);
    }
  }

  private list(items: unknown[], depth: number): string {
    let text = "[ ";
    let breakNext = false;
    for (let i = 0; i < items.length; i++) {
      if (i) text += ", ";
      const own = isLong(items[i]);
      if (breakNext || own) text += newLine(depth + 1);
      text += this.pretty(items[i], depth + 1);
      breakNext = own;
    }
    return `${text}${breakNext ? newLine(depth) : ""} ]`;
  }

  private object(value: Plain, depth: number): string {
    const name = this.className(value);
    const toText = value.toString;
    const objectPrototype = (this.realm.globals.Object as { prototype: Plain }).prototype;
    if (name !== undefined && typeof toText === "function" && toText !== objectPrototype.toString)
      return `${name}: ${String((toText as Callable).call(value))}`;
    let text = "{ ";
    let breakNext = false;
    let onLine = 0;
    let first = true;
    for (const key of Object.keys(value)) {
      onLine++;
      if (!first) text += ", ";
      first = false;
      const own = isLong(value[key]);
      if (breakNext || own || onLine > ITEMS_ON_LINE) {
        text += newLine(depth + 1);
        onLine = 0;
      }
      text += `${quote(key)}: ${this.pretty(value[key], depth + 1)}`;
      breakNext = own;
    }
    return `${name === undefined ? "" : `${name}: `}${text}${breakNext ? newLine(depth) : ""} }`;
  }

  /** The name of an object's class, if the class is a global one. */
  private className(value: Plain): string | undefined {
    const { globals } = this.realm;
    const maker = value.constructor as (Callable & { name: string }) | undefined;
    if (typeof maker !== "function" || maker === globals.Object) return undefined;
    return maker === globals.Date ? "Date" : globals[maker.name] === maker ? maker.name : undefined;
  }
}

/** Values that go on a line of their own; strings are among them because they are usually long. */
function isLong(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== "number" && typeof value !== "boolean";
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}

function elements(name: string, values: ArrayLike<number>): string {
  const list = Array.from(values);
  return list.every((value) => value === 0) ? `new ${name}(${list.length})` : `new ${name}([${list.join(", ")}])`;
}

function functionText(value: Callable): string {
  const source = plain(Function.prototype.toString.call(value));
  const match = /^function\s*[\w$]*\s*(\([^)]*\)\s*\{[^]*\})$/.exec(source);
  return `function ${match && !source.includes("[native code]") ? match[1] : "() { [native code] }"}`;
}

const ESCAPES: Record<string, string> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

function quote(text: string): string {
  return `"${text.replace(/["\\\x00-\x1f\x7f-\uffff]/g, (c) => {
    const code = c.charCodeAt(0).toString(16).toUpperCase();
    return ESCAPES[c] ?? (code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`);
  })}"`;
}
