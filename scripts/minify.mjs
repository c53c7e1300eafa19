/** The minifier's settings for interpreters that run from source text, as a rollup plugin. */
import { minify } from "terser";

/** Options for terser. `exports` is renamed by `minifyForBoard`. */
export const terserOptions = {
  ecma: 5,
  toplevel: true,
  compress: {
    passes: 3,
    // A function used once would be made anew, source and all, on each call of the function that it is put into:
    // on Espruino that takes 1.6 times the time of calling it by name (one-byte loop body, code in Storage).
    reduce_funcs: false,
    // The sources have no getters.
    pure_getters: true,
  },
  mangle: {
    toplevel: true,
    // Private names begin with one underscore. Bundles share objects through public names only, so each may shorten
    // its own private ones as it likes.
    properties: { regex: /^_(?!_)/ },
  },
  // A character above 0x7f is other bytes in a file than in a string: it stays an escape.
  format: { ecma: 5, ascii_only: true },
};

/** A rollup plugin for an output that a board runs. */
export function minifyForBoard() {
  return {
    name: "minify-for-board",
    async renderChunk(code) {
      // Some eighty names are exported: a short name for `exports` is worth 6 bytes for each.
      const renamed = code.replace(/^exports\./gm, "exported.");
      const source = renamed === code ? code : "var exported = exports;\n" + renamed;
      const result = await minify(source, terserOptions);
      return { code: result.code, map: null };
    },
  };
}
