import type { Interpreter } from "./interpreter";
import { typeName } from "./bytes";
import type { Plain } from "./realm";

/** Longest name that `require` takes, in bytes. */
const LONGEST_NAME = 127;

/** Where `require` finds what is not cached. */
export interface ModuleSources {
  /** Modules that are part of the firmware; made when first required. */
  builtIn: Record<string, () => unknown>;
  /** The source of a module that was saved to Storage. */
  stored(name: string): string | undefined;
}

/** `require` and `Modules`. */
export function installModules(board: Interpreter, sources: ModuleSources): void {
  const { realm } = board;
  const cache = new Map<string, unknown>();

  const evaluate = (source: string, name: string): unknown => {
    // "module" is the module's own scope, so that module.exports and exports are one and the same.
    const module = realm.object({ exports: realm.object() });
    return realm.module(source, name).call(module.exports, module.exports, module);
  };

  const load = (name: string): unknown => {
    const make = Object.hasOwn(sources.builtIn, name) ? sources.builtIn[name] : undefined;
    if (make) return make();
    const source = sources.stored(name);
    if (source !== undefined) return evaluate(source, name);
    throw realm.error("Error", `Module "${name}" not found`);
  };

  const named = (name: unknown): string => {
    if (typeof name !== "string") throw realm.error("Error", "First argument must be String");
    return name;
  };

  realm.putAll(realm.globals, {
    require: (name: unknown): unknown => {
      if (typeof name !== "string")
        throw realm.error("TypeError", `Expecting module name as a string, got ${typeName(name)}`);
      if (name.length > LONGEST_NAME) throw realm.error("TypeError", "Module name too long (max 128 chars)");
      if (!cache.has(name)) cache.set(name, load(name));
      return cache.get(name);
    },
    Modules: realm.object(),
  });
  realm.putAll(realm.globals.Modules as Plain, {
    getCached: () => realm.array([...cache.keys()]),
    removeCached: (name: unknown) => {
      if (!cache.delete(named(name))) throw realm.error("Error", `Module "${String(name)}" not found`);
    },
    removeAllCached: () => cache.clear(),
    addCached: (name: unknown, source: unknown) => {
      if (typeof name !== "string" || (typeof source !== "string" && typeof source !== "function"))
        throw realm.error("Error", "args must be addCached(string, string|function)");
      cache.set(name, evaluate(typeof source === "string" ? source : `(${String(source)})()`, name));
    },
  });
}
