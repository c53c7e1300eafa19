import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const require = createRequire(import.meta.url);

/** Finds the client. In a project that has @rollup/plugin-node-resolve, that does it too. */
const client = {
  name: "client",
  resolveId: (name) => (name.startsWith("esp-websocket-client/") ? require.resolve(name) : null),
};

/** Makes the bundle small. The client's private names begin with an underscore: they can be shortened. */
const small = {
  name: "small",
  async renderChunk(code) {
    const { code: minified } = await minify(code, {
      ecma: 5,
      toplevel: true,
      // Functions that are put into others may leave their variables at the end there: Espruino needs them at the top.
      compress: { passes: 3, reduce_funcs: false, inline: 1 },
      mangle: { properties: { regex: /^_/ } },
      format: { ascii_only: true },
    });
    return { code: minified, map: null };
  },
};

export default {
  input: fileURLToPath(new URL("app.mjs", import.meta.url)),
  plugins: [client],
  treeshake: { propertyReadSideEffects: false },
  output: {
    file: "app.js",
    format: "cjs",
    strict: false,
    generatedCode: "es5",
    plugins: [small],
  },
};
