import { asByteString } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";
import { bytesOf, utf8 } from "./strings";

/** Longest name of a file in Storage; what is beyond is cut off. */
const LONGEST_NAME = 28;
/** Bytes of flash that are set aside for Storage. */
const CAPACITY = 262144;
/** Bytes of flash that a file takes beside its content. */
const HEADER = 32;

/** The board's flash file system: names and byte strings. It outlives resets of the interpreter. */
export class Storage {
  private readonly files = new Map<string, string>();

  /** Fills the flash, with text files given as the computer has them. */
  constructor(files: Record<string, string>) {
    for (const name of Object.keys(files)) this.files.set(cut(name), utf8(files[name] as string));
  }

  /** Writes a file of the firmware's own, or removes it. */
  store(name: string, content: string | undefined): void {
    if (content === undefined) this.files.delete(cut(name));
    else this.files.set(cut(name), content);
  }

  read(name: unknown): string | undefined {
    return this.files.get(cut(name));
  }

  /** The object that `require("Storage")` gives. */
  module(board: Interpreter): Plain {
    const { realm } = board;
    const { files } = this;
    const used = (): number =>
      [...files.values()].reduce((sum, content) => sum + HEADER + ((content.length + 3) & ~3), 0);
    const write = (name: unknown, data: unknown, offset?: unknown, size?: unknown): boolean => {
      const isPlain = typeof data === "object" && data !== null && !Array.isArray(data) && !isBytes(data);
      const content = isPlain ? String(realm.stringify(data)) : asByteString(board, data);
      const at = isPlain ? 0 : Math.trunc(Number(offset) || 0);
      const old = files.get(cut(name));
      if (at > 0 && old !== undefined) {
        if (at + content.length > old.length) return false;
        files.set(cut(name), old.slice(0, at) + content + old.slice(at + content.length));
        return true;
      }
      const length = Math.max(content.length, isPlain ? 0 : Math.trunc(Number(size) || 0));
      if (used() - (old === undefined ? 0 : HEADER + old.length) + HEADER + length > CAPACITY) return false;
      files.set(cut(name), content.padEnd(length, "\xff"));
      return true;
    };
    const matching = (pattern: unknown): string[] =>
      [...files.keys()].filter((name) => pattern === undefined || new RegExp(pattern as RegExp).test(name));
    const parse = (text: string): unknown => ((realm.globals.JSON as Plain).parse as (text: string) => unknown)(text);
    return realm.object({
      read: (name: unknown, offset?: unknown, length?: unknown) => {
        const start = Math.max(0, Math.trunc(Number(offset) || 0));
        const count = Math.trunc(Number(length) || 0);
        return this.read(name)?.slice(start, count > 0 ? start + count : undefined);
      },
      readArrayBuffer: (name: unknown) => {
        const content = this.read(name);
        return content === undefined ? undefined : realm.arrayBuffer(bytesOf(content));
      },
      readJSON: (name: unknown, quiet?: unknown) => {
        const content = this.read(name);
        if (content === undefined) return undefined;
        try {
          return parse(content);
        } catch (error) {
          if (quiet) return undefined;
          throw error;
        }
      },
      write,
      writeJSON: (name: unknown, data: unknown) => write(name, String(realm.stringify(data))),
      erase: (name: unknown) => void files.delete(cut(name)),
      eraseAll: () => files.clear(),
      compact: () => undefined,
      optimise: () => undefined,
      list: (pattern?: unknown) => realm.array(matching(pattern)),
      hash: (pattern?: unknown) => {
        let hash = 0;
        for (const name of matching(pattern))
          for (const byte of bytesOf(name + (files.get(name) ?? ""))) hash = (Math.imul(hash, 31) + byte) | 0;
        return hash;
      },
      getFree: () => CAPACITY - used(),
      getStats: () =>
        realm.object({
          totalBytes: CAPACITY,
          freeBytes: CAPACITY - used(),
          fileBytes: used(),
          fileCount: files.size,
          trashBytes: 0,
          trashCount: 0,
        }),
    });
  }
}

function cut(name: unknown): string {
  return String(name).slice(0, LONGEST_NAME);
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}
