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

/** The exported numbers as one table, and the long names that begin alike put together from their parts. */
function packExports(code) {
  const numbers = [];
  const rest = code.replace(/^exports\.(\w+) = (\w+);\n/gm, (statement, name, local) => {
    const value = new RegExp(`^var ${local} = (-?(?:0x)?[0-9a-f]+);$`, "m").exec(code);
    if (!value) return statement;
    numbers.push(name, Number(value[1]));
    return "";
  });
  // Two names for each group of prefix, names and values would cost more than they save: one table of all.
  const table = [];
  let last = "";
  for (let i = 0; i < numbers.length; i += 2) {
    const prefix = /^(WEBSOCKET_EVENT_|WEBSOCKET_ERROR_TYPE_|WEBSOCKET_TRANSPORT_|WS_TRANSPORT_OPCODES_|ESP_ERR_|)/.exec(numbers[i])[0];
    if (prefix !== last) table.push(`${prefix || "_"}`);
    last = prefix;
    table.push(numbers[i].slice(prefix.length) + "=" + numbers[i + 1]);
  }
  return { rest, table: table.join(" ") };
}

/** A rollup plugin for an output that a board runs. */
export function minifyForBoard() {
  return {
    name: "minify-for-board",
    async renderChunk(code) {
      const { rest, table } = packExports(code);
      let source = rest.replace(/^exports\./gm, "exported.");
      const prefix = "esp_websocket_client_";
      const long = source.match(new RegExp(`^exported\\.${prefix}`, "gm"));
      if (long && long.length > 2)
        source =
          `var prefix = "${prefix}";\n` +
          source.replace(new RegExp(`^exported\\.${prefix}(\\w+)`, "gm"), (_, name) => `exported[prefix + "${name}"]`);
      if (table)
        source += `
          var group;
          "${table}".split(" ").forEach(function (entry) {
            entry = entry.split("=");
            if (entry[1]) exported[group + entry[0]] = +entry[1];
            else group = entry[0] === "_" ? "" : entry[0];
          });`;
      if (source !== code) source = "var exported = exports;\n" + source;
      const result = await minify(source, terserOptions);
      return { code: result.code, map: null };
    },
  };
}
