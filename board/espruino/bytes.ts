/** Strings and bytes: Espruino's strings are bytes, or, on builds with Unicode, may also be UTF-8. */
import type { Part, Payload } from "../../src/board";

declare const E: {
  toString: (...parts: unknown[]) => string;
  toUint8Array: (...parts: unknown[]) => Uint8Array;
  toArrayBuffer: (bytes: unknown) => ArrayBuffer;
  getAddressOf(value: unknown, flat: boolean): number;
  getSizeOf(value: unknown): number;
  fromUTF8(text: string): string;
  asUTF8(text: string): string;
};
declare function btoa(bytes: string): string;
declare function atob(text: string): string;

// To find a global, Espruino first searches the module's names, each time.
export var toString = E.toString;
export var toUint8Array = E.toUint8Array;
export var toArrayBuffer = E.toArrayBuffer;

// Builds without Unicode have the function, but it throws.
export var unicode = true;
try {
  E.asUTF8("");
} catch (exception) {
  unicode = false;
}

export const _base64 = btoa;
export const _unbase64 = atob;

// Without Unicode there is no conversion either: `String` returns a string as it is.
export const _utf8: (text: string) => string = unicode ? E.fromUTF8 : String;
export const _text: (bytes: string) => string = unicode ? E.asUTF8 : String;
export const _bytes: (bytes: string) => Uint8Array = toUint8Array;
export const _byteString: (bytes: Uint8Array) => string = toString;

/** @hot */
export function _size(data: any): number | undefined {
  if (data === null) return 0;
  if (typeof data === "string") return data.length;
  // Only buffers and views have a length in bytes.
  if (typeof data !== "object") return undefined;
  if (data.byteLength >= 0) return data.byteLength;
  return data instanceof Array ? data.length : undefined;
}

/**
 * True for a text that nobody can change: not a string in flash, which is lost when the file is erased, nor one in one
 * piece, whose memory an array may share.
 */
function isPlain(text: string): boolean {
  return !E.getAddressOf(text, true) && E.getSizeOf(text) > text.length >> 5;
}

export function _copySize(data: unknown, size: number): number {
  return typeof data === "string" && isPlain(data) ? 0 : size;
}

/** @hot */
export function _payload(data: any): string {
  if (typeof data === "string") {
    data = _utf8(data);
    return isPlain(data) ? data : toString(data, "");
  }
  if (data === null) return "";
  // Whatever numbers a view shows, its bytes are what is sent. With one argument, E.toString may return the very memory
  // of an array: with two it copies.
  return toString(data.buffer ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data, "");
}

export function _bytesPayload(bytes: string): string {
  return bytes;
}

/** @hot */
export function _shortPayload(data: any): string | undefined {
  if (typeof data === "string") return data.length < 126 ? _utf8(data) : undefined;
  return data instanceof Uint8Array && data.length < 126 ? toString(data) : undefined;
}

/** @hot */
export function _join(header: number[], part: Part, offset: number, length: number): Uint8Array {
  return toUint8Array(
    header,
    part instanceof ArrayBuffer ? new Uint8Array(part, offset, length) : part,
    "\0\0\0".substr((header.length + length - 1) & 3)
  );
}

export const _wire = toString as unknown as (bytes: Uint8Array) => Uint8Array;
export const _unwire = toUint8Array as (frame: Uint8Array) => Uint8Array;

export function _slice(payload: Payload, offset: number, length: number): Payload {
  return (payload as string).substr(offset, length);
}

export function _window(payload: Payload, offset: number, length: number): Part {
  return toArrayBuffer(offset || payload.length > length ? _slice(payload, offset, length) : payload);
}
