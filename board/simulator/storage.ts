import { asByteString } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";
import type { Memory } from "./shared_strings";
import { bytesOf, utf8 } from "./strings";

/** Longest name of a file in Storage; what is beyond is cut off. */
const LONGEST_NAME = 28;
/** Bytes of flash that are set aside for Storage. */
const CAPACITY = 262144;
/** Bytes of flash that a file takes beside its content. */
const HEADER = 32;

/** What a file's name stands for, until it is erased or written anew. */
interface Entry {
  content: string;
  gone: boolean;
}

/** The board's flash file system: names and byte strings. It outlives resets of the interpreter. */
export class Storage {
  private readonly files = new Map<string, Entry>();

  /** Fills the flash, with text files given as the computer has them. */
  constructor(files: Record<string, string>) {
    for (const name of Object.keys(files)) this.put(cut(name), utf8(files[name] as string));
  }

  /** Writes a file of the firmware's own, or removes it. */
  store(name: string, content: string | undefined): void {
    if (content === undefined) this.remove(cut(name));
    else this.put(cut(name), content);
  }

  read(name: unknown): string | undefined {
    return this.files.get(cut(name))?.content;
  }

  private put(name: string, content: string): void {
    this.remove(name);
    this.files.set(name, { content, gone: false });
  }

  private remove(name: string): void {
    const entry = this.files.get(name);
    if (entry) entry.gone = true;
    this.files.delete(name);
  }

  /** A file, or a part of it, as a string that is the flash itself. */
  private memory(entry: Entry, start: number, end: number): Memory {
    return {
      read: () => (entry.gone ? undefined : entry.content.slice(start, end)),
      part: (from, to) => this.memory(entry, start + from, Math.min(start + to, end)),
    };
  }

  /** The object that `require("Storage")` gives. */
  module(board: Interpreter): Plain {
    const { realm } = board;
    const { files } = this;
    const used = (): number =>
      [...files.values()].reduce((sum, { content }) => sum + HEADER + ((content.length + 3) & ~3), 0);
    const write = (name: unknown, data: unknown, offset?: unknown, size?: unknown): boolean => {
      const isPlain = typeof data === "object" && data !== null && !Array.isArray(data) && !isBytes(data);
      const content = isPlain ? String(realm.stringify(data)) : asByteString(board, data);
      const at = isPlain ? 0 : Math.trunc(Number(offset) || 0);
      const entry = files.get(cut(name));
      const old = entry?.content;
      if (entry && at > 0) {
        if (at + content.length > entry.content.length) return false;
        entry.content = entry.content.slice(0, at) + content + entry.content.slice(at + content.length);
        return true;
      }
      const length = Math.max(content.length, isPlain ? 0 : Math.trunc(Number(size) || 0));
      if (used() - (old === undefined ? 0 : HEADER + old.length) + HEADER + length > CAPACITY) return false;
      const padded = content.padEnd(length, "\xff");
      if (padded !== old) this.put(cut(name), padded);
      return true;
    };
    const matching = (pattern: unknown): string[] =>
      [...files.keys()].filter((name) => pattern === undefined || new RegExp(pattern as RegExp).test(name));
    const parse = (text: string): unknown => ((realm.globals.JSON as Plain).parse as (text: string) => unknown)(text);
    const module = realm.object();
    realm.putAll(module, {
      read: (name: unknown, offset?: unknown, length?: unknown) => {
        const entry = files.get(cut(name));
        if (!entry) return undefined;
        const start = Math.max(0, Math.trunc(Number(offset) || 0));
        const count = Math.trunc(Number(length) || 0);
        const end = count > 0 ? Math.min(start + count, entry.content.length) : entry.content.length;
        if (!board.sharesStrings || start >= end) return entry.content.slice(start, end);
        return realm.shared.make(this.memory(entry, start, end));
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
      erase: (name: unknown) => this.remove(cut(name)),
      eraseAll: () => [...files.keys()].forEach((name) => this.remove(name)),
      compact: () => undefined,
      optimise: () => undefined,
      list: (pattern?: unknown) => realm.array(matching(pattern)),
      hash: (pattern?: unknown) => {
        let hash = 0;
        for (const name of matching(pattern))
          for (const byte of bytesOf(name + (files.get(name)?.content ?? ""))) hash = (Math.imul(hash, 31) + byte) | 0;
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
    return module;
  }
}

function cut(name: unknown): string {
  return String(name).slice(0, LONGEST_NAME);
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) || Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}
