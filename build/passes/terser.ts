/** What terser does for interpreters that run from source text: first it compresses, in the end it shortens names. */
import type { MinifyOptions } from "terser" with { "resolution-mode": "import" };
import { PRIVATE } from "../syntax";
import type { Tags } from "../tags";
import type { Pass } from "./pass";

// Its types are those of an ES module only.
type Terser = typeof import("terser", { with: { "resolution-mode": "import" } });
const { minify } = require("terser") as Terser;

/** The settings of both steps. */
const shared: MinifyOptions = {
  ecma: 5,
  toplevel: true,
  // A character above 0x7f is other bytes in a file than in a string: it stays an escape. Lines end where statements do:
  // an Error on Espruino holds, for each function that is running, as many blanks as its line is long up to there.
  format: { ecma: 5, ascii_only: true, semicolons: false },
};

async function run(code: string, options: MinifyOptions): Promise<string> {
  const result = await minify(code, { ...shared, ...options });
  return result.code!;
}

/** Names of functions that stay functions of their own. */
const keptApart = (tags: Tags): string[] => [...tags].filter(([, { heat }]) => heat).map(([name]) => name);

/** Compresses, and leaves all names as they are. */
export function compress(code: string, kept: string[]): Promise<string> {
  return run(code, {
    compress: {
      passes: 3,
      // A function that is used once is put where it is used. On Espruino it is then made anew each time that place is
      // run, from source that stays in flash: 5 variables and more are saved, at some time. Tagged ones stay apart.
      reduce_funcs: true,
      top_retain: kept,
      // The sources have no getters.
      pure_getters: true,
    },
    mangle: false,
  });
}

/** Shortens names. It does not compress again: that would take the variables of merged functions together. */
export function mangle(code: string): Promise<string> {
  return run(code, {
    compress: { defaults: false },
    mangle: {
      toplevel: true,
      // Bundles share objects through public names only, so each may shorten its own private ones as it likes.
      properties: { regex: PRIVATE },
    },
  });
}

export const compressPass: Pass = {
  name: "compressed",
  run: (code, tags, note) => {
    const kept = keptApart(tags);
    if (kept.length > 0) note(`${kept.length} functions kept apart`);
    return compress(code, kept);
  },
};

export const manglePass: Pass = { name: "names shortened", run: mangle };
