import { asByteString } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";

/** The module `fs`: files on a card, in memory here. Paths have no folders but what `mkdir` makes. */
export class Files {
  private readonly files = new Map<string, string>();
  private readonly folders = new Set<string>();

  module(board: Interpreter): Plain {
    const { realm } = board;
    const { files, folders } = this;
    const path = (name: unknown): string => String(name).replace(/^\.?\/+|\/+$/g, "");
    const fail = (message: string): Error => realm.error("Error", message);
    const write = (name: unknown, data: unknown): boolean => {
      files.set(path(name), asByteString(board, data));
      return true;
    };
    const append = (name: unknown, data: unknown): boolean =>
      write(name, (files.get(path(name)) ?? "") + asByteString(board, data));
    const read = (name: unknown): string => {
      const content = files.get(path(name));
      if (content === undefined) throw fail("Could not open file : UNKNOWN");
      return content;
    };
    const list = (name: unknown): unknown[] | undefined => {
      const folder = path(name ?? "");
      if (folder !== "" && !folders.has(folder)) return undefined;
      const names = [...files.keys(), ...folders].filter((one) => parent(one) === folder && one !== "");
      return realm.array([".", "..", ...names.map((one) => one.slice(one.lastIndexOf("/") + 1))]);
    };
    const remove = (name: unknown): boolean => {
      if (!files.delete(path(name)) && !folders.delete(path(name))) throw fail("Unable to delete file : UNKNOWN");
      return true;
    };
    const stat = (name: unknown): Plain | undefined => {
      const content = files.get(path(name));
      if (content === undefined && !folders.has(path(name))) return undefined;
      return realm.object({ size: content?.length ?? 0, dir: content === undefined, mtime: undefined });
    };
    const makeFolder = (name: unknown): boolean => {
      folders.add(path(name));
      return true;
    };
    const module = realm.object();
    realm.putAll(module, {
      ...{ writeFile: write, writeFileSync: write, appendFile: append, appendFileSync: append },
      ...{ readFile: read, readFileSync: read, readdir: list, readdirSync: list, unlink: remove, unlinkSync: remove },
      ...{ stat, statSync: stat, mkdir: makeFolder, mkdirSync: makeFolder },
    });
    return module;
  }
}

function parent(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}
