import { isAnyArrayBuffer } from "node:util/types";
import { plain } from "./source/instrument";

/** Bytes that a variable takes on the ESP32. */
export const BLOCK_SIZE = 14;
/** Characters that a string's first variable holds, and each of the next. */
const FIRST = 9;
const NEXT = 10;
/** Characters of a property's name that lie in the same variable as its value's place. */
const NAME = 4;

/** How many variables a string takes. */
export function sizeOfText(length: number): number {
  return length <= FIRST ? 1 : 1 + Math.ceil((length - FIRST) / NEXT);
}

/** How many variables of an ESP32 a value takes, as `E.getSizeOf` counts; V8's own memory tells nothing about that. */
export function sizeOf(value: unknown, known = new Set<unknown>()): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return sizeOfText(value.length);
  if (typeof value === "function") return 3 + sizeOfText(bodyOf(value).length);
  if (typeof value !== "object" || value === null || known.has(value)) return 1;
  known.add(value);
  // The bytes lie in one piece behind a variable of their own.
  if (isAnyArrayBuffer(value)) return 2 + Math.ceil(value.byteLength / BLOCK_SIZE);
  if (ArrayBuffer.isView(value)) return 1 + sizeOf(value.buffer, known);
  let size = 1;
  for (const name of Object.keys(value)) {
    const child = (value as Record<string, unknown>)[name];
    const nameSize = Array.isArray(value) || name.length <= NAME ? 1 : 1 + Math.ceil((name.length - NAME) / NEXT);
    size += nameSize + (isSmall(child) ? 0 : sizeOf(child, known));
  }
  return size;
}

/** A function's body, which is what the board keeps of it. */
function bodyOf(value: object): string {
  const source = plain(Function.prototype.toString.call(value));
  return source.slice(source.indexOf("{") + 1, source.lastIndexOf("}")).trimStart();
}

/** Values that lie in the variable of their name. */
function isSmall(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "number" && Number.isInteger(value));
}
