import typescript from "@rollup/plugin-typescript";
import { minify } from "terser";

/** Finds the client. In a project that has @rollup/plugin-node-resolve, that does it too. */
const client = {
  name: "client",
  resolveId: (name) => (name.startsWith("esp-websocket-client/") ? new URL(import.meta.resolve(name)).pathname : null),
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
  input: "src/app.ts",
  plugins: [client, typescript({ noEmitOnError: true })],
  treeshake: { propertyReadSideEffects: false },
  output: {
    file: "dist/app.js",
    format: "cjs",
    strict: false,
    generatedCode: "es5",
    plugins: [small],
  },
};
