import { isAnyArrayBuffer } from "node:util/types";
import { asByteString, bytesOfView, flatten, typeName } from "./bytes";
import type { Interpreter } from "./interpreter";
import { sizeOf } from "./variables";
import type { HardwareRandom, SoftwareRandom } from "./random";
import type { Callable, Plain } from "./realm";
import { byteString, bytesOf, fromUtf8, looksUnicode, outgoingBytes, utf8 } from "./strings";

type Numbers = ArrayLike<number> & { [index: number]: number; BYTES_PER_ELEMENT?: number };

/** The error flags, which stay set until they are asked for. */
export class ErrorFlags {
  private readonly flags = new Set<string>();

  set(name: string): void {
    this.flags.add(name);
  }

  take(): string[] {
    const flags = [...this.flags];
    this.flags.clear();
    return flags;
  }
}

/** The object `E`: the interpreter's own services, as far as they make sense off the board. */
export function makeE(board: Interpreter, random: SoftwareRandom, hardware: HardwareRandom, flags: ErrorFlags): Plain {
  const { realm } = board;
  const E = realm.object();
  let interpreterFlags = realm.object();

  realm.putAll(E, {
    toString: (...values: unknown[]) =>
      values.length === 1 ? stringOf(board, values[0]) : byteString(Uint8Array.from(flatten(board, values))),
    toUint8Array: (...values: unknown[]) =>
      realm.uint8Array(
        values.length === 1 && typeof values[0] === "string"
          ? bytesOf(outgoingBytes(values[0]))
          : Uint8Array.from(flatten(board, values))
      ),
    toArrayBuffer: (text: unknown) =>
      typeof text === "string" ? realm.arrayBuffer(bytesOf(outgoingBytes(text))) : undefined,
    toFlatString: (...values: unknown[]) => byteString(Uint8Array.from(flatten(board, values))),
    toJS: (value: unknown) => board.format(value),
    sum: (values: unknown) => numbers(board, values).reduce((sum, value) => sum + value, 0),
    variance: (values: unknown, mean: unknown) =>
      numbers(board, values).reduce((sum, value) => sum + (value - Number(mean)) ** 2, 0),
    mapInPlace: (from: unknown, to: unknown, map?: unknown, bits?: unknown) => mapInPlace(board, from, to, map, bits),
    reverseByte: (value: unknown) => {
      let reversed = 0;
      for (let bit = 0; bit < 8; bit++) if ((Number(value) >> bit) & 1) reversed |= 0x80 >> bit;
      return reversed;
    },
    CRC32: (values: unknown) => crc32(numbers(board, values)),
    clip: (value: number, low: number, high: number) => Math.min(Math.max(value, low), high),
    hwRand: () => random.next(),
    srand: (seed: unknown) => random.seed(Number(seed) | 0),
    getErrorFlags: () => realm.array(flags.take()),
    setFlags: (values: Plain) => void (interpreterFlags = realm.object({ ...interpreterFlags, ...values })),
    getFlags: () => realm.object(interpreterFlags),
    kickWatchdog: () => undefined,
    enableWatchdog: () => undefined,
    defrag: () => undefined,
    setTimeZone: () => undefined,
    getTemperature: () => NaN,
    // Of a string that lies in one piece, or of an array; other strings are chains.
    getAddressOf: (value: unknown) => (typeof value === "string" ? 0 : 0x3ffb0000),
    getSizeOf: (value: unknown) => sizeOf(value),
    asUTF8: (text: unknown) => {
      if (!board.unicode) throw realm.error("Error", "Unicode not supported on this build");
      const characters = fromUtf8(asText(text));
      // A string of no characters is one of characters all the same, and these are true.
      return characters === "" && board.sharesStrings ? realm.shared.make({ read: () => "" }) : characters;
    },
    isUTF8: (text: unknown) => board.unicode && typeof text === "string" && looksUnicode(text),
  });
  // Of the files that Espruino for Linux can open there is one: the noise of the operating system.
  realm.put(E, "openFile", (name: unknown) => {
    if (!board.unicode || name !== "/dev/urandom") throw realm.error("Error", "Could not open file : UNKNOWN");
    let open = true;
    const noise = (length: unknown): string =>
      byteString(Uint8Array.from({ length: Math.trunc(Number(length) || 0) }, () => hardware.next() & 255));
    return realm.object({
      read: (length: unknown) => (open ? noise(length) : undefined),
      close: () => void (open = false),
    });
  });
  if (board.unicode) {
    realm.put(E, "fromUTF8", (text: unknown) =>
      text === undefined ? undefined : looksUnicode(asText(text)) ? utf8(asText(text)) : asText(text)
    );
  } else {
    realm.put(E, "fromUTF8", () => false);
  }
  return E;
}

/** `E.toString` of one value. Of an array that fills its memory, the string is that memory. */
function stringOf(board: Interpreter, value: unknown): unknown {
  const bytes = board.sharesStrings && (isAnyArrayBuffer(value) || isByteArray(value)) && bytesOfView(value);
  if (!bytes || bytes.length === 0 || bytes.length !== bytes.buffer.byteLength) return asByteString(board, value);
  return board.realm.shared.make({ read: () => byteString(bytes) });
}

function isByteArray(value: unknown): boolean {
  return ArrayBuffer.isView(value) && (value as Uint8Array).BYTES_PER_ELEMENT === 1;
}

function asText(value: unknown): string {
  return String(value as string);
}

function numbers(board: Interpreter, values: unknown): number[] {
  if (typeof values === "string") return [...bytesOf(outgoingBytes(values))];
  if (Array.isArray(values)) return (values as unknown[]).map(Number);
  if (isAnyArrayBuffer(values)) return [...new Uint8Array(values)];
  if (ArrayBuffer.isView(values) && "length" in values) return Array.from(values as unknown as Numbers);
  throw board.realm.error("Error", `First argument must be Array, not ${typeName(values)}`);
}

/** The CRC-32 of zlib, unsigned. */
function crc32(bytes: number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte & 255;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/**
 * `E.mapInPlace`: takes `bits` bits at a time from one array (a negative number: lowest bits first)
 * and puts what the map makes of them into the other, until either is at its end.
 */
function mapInPlace(board: Interpreter, from: unknown, to: unknown, map: unknown, bits: unknown): void {
  const source = elements(from);
  const target = elements(to);
  if (!source || !target) throw board.realm.error("Error", "First 2 arguments should be array buffers");
  const table = map === undefined || typeof map === "function" ? undefined : Array.isArray(map) ? map : elements(map);
  if (map !== undefined && typeof map !== "function" && !table)
    throw board.realm.error("Error", "Third argument should be a function or array");
  const width = 8 * (source.BYTES_PER_ELEMENT ?? 1);
  const given = Math.trunc(Number(bits) || 0);
  const highFirst = given >= 0;
  const size = Math.abs(given) || width;
  let held = 0;
  let store = 0;
  let read = 0;
  for (let written = 0; (read < source.length || held >= size) && written < target.length; written++) {
    const index = read;
    for (; held < size; held += width) {
      const element = Math.trunc(source[read++] ?? 0) | 0;
      store = highFirst ? (store << width) | element : store | (element << held);
    }
    const mask = (1 << size) - 1;
    const value = (highFirst ? store >> (held - size) : store) & mask;
    if (!highFirst) store >>= size;
    held -= size;
    const mapped =
      typeof map === "function"
        ? (map as Callable).call(undefined, value, index)
        : table
          ? (table as Numbers)[value]
          : value;
    target[written] = Number(mapped ?? 0);
  }
}

function elements(value: unknown): Numbers | undefined {
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  return ArrayBuffer.isView(value) && "length" in value ? (value as unknown as Numbers) : undefined;
}
