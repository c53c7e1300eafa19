import type { Interpreter } from "./interpreter";
import type { Callable, Plain } from "./realm";
import { byteString, bytesOf, outgoingBytes } from "./strings";
import { isAnyArrayBuffer, isUint8Array } from "node:util/types";

/** Espruino's name for the type of a value, as its messages give it. */
export function typeName(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (Array.isArray(value)) return "Array";
  if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) return Object.prototype.toString.call(value).slice(8, -1);
  const names: Record<string, string> = { number: "Number", string: "String", boolean: "bool", function: "Function" };
  return names[typeof value] ?? "Object";
}

/** The bytes of a typed array or buffer, not copied; undefined for anything else. */
export function bytesOfView(value: unknown): Uint8Array | undefined {
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

/**
 * The numbers that Espruino reads out of a value wherever it wants bytes (`E.toString`,
 * `E.toUint8Array`, hashing): numbers, strings, arrays, typed arrays and what is nested in them,
 * `{data, count}` and `{callback}`.
 */
export function flatten(board: Interpreter, given: unknown, into: number[] = []): number[] {
  const value = board.realm.shared.snapshot(given);
  if (typeof value === "number" || typeof value === "boolean") {
    into.push(Number(value));
  } else if (typeof value === "string") {
    for (const byte of bytesOf(outgoingBytes(value))) into.push(byte);
  } else if (Array.isArray(value)) {
    for (const item of value as unknown[]) flatten(board, item, into);
  } else if (isAnyArrayBuffer(value)) {
    for (const byte of new Uint8Array(value)) into.push(byte);
  } else if (ArrayBuffer.isView(value) && "length" in value) {
    for (const item of value as Uint8Array) into.push(item);
  } else if (typeof value === "object" && value !== null) {
    flattenObject(board, value as Plain, into);
  } else {
    throw board.realm.error("TypeError", `Expecting Number or iterable, got ${typeName(value)}`);
  }
  return into;
}

function flattenObject(board: Interpreter, value: Plain, into: number[]): void {
  if (typeof value.callback === "function") {
    const result = (value.callback as Callable).call(undefined);
    if (result !== undefined) flatten(board, result, into);
  } else if (typeof value.count === "number" && value.data !== undefined) {
    for (let i = 0; i < Math.trunc(value.count); i++) flatten(board, value.data, into);
  } else {
    const got = board.format(value);
    throw board.realm.error(
      "TypeError",
      `If specifying an object, it must be of the form {data : ..., count : N} or {callback : fn} - got ${got}`
    );
  }
}

/** A value as one byte string: the fast ways first, then `flatten`. */
export function asByteString(board: Interpreter, given: unknown): string {
  const value = board.realm.shared.snapshot(given);
  if (typeof value === "string") return outgoingBytes(value);
  if (isUint8Array(value) || isAnyArrayBuffer(value)) return byteString(bytesOfView(value) as Uint8Array);
  return byteString(Uint8Array.from(flatten(board, value)));
}
