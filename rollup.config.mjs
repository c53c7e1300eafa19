// @ts-check
/**
 * Builds everything under dist/ but the simulator (that is tsconfig.simulator.json). `npm run build` names another
 * folder, BUILD_FOLDER, which takes the place of dist/ when all is well.
 *
 * The sources are compiled to ES5 by TypeScript 5.9: later compilers have no ES5 target.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import typescriptPlugin from "@rollup/plugin-typescript";
import dts from "rollup-plugin-dts";

/**
 * @typedef {import("rollup").Plugin} Plugin
 * @typedef {import("rollup").RollupOptions} RollupOptions
 */

// The build's own plugins are TypeScript.
const require = createRequire(import.meta.url);
require("./tools/run_typescript.cjs");
/** @type {typeof import("./build/minify.js")} */
const { minifyForBoard } = require("./build/minify");
/** @type {typeof import("./build/public_types.js")} */
const { publicTypes } = require("./build/public_types");

/** The types that the plugin comes with are not those of its ES module. */
const typescript = /** @type {typeof typescriptPlugin.default} */ (/** @type {unknown} */ (typescriptPlugin));

/** The name under which the library lies in the board's Storage. */
const LIBRARY = "esp_websocket_client";

/** @type {{ sizeBudget: Record<string, number> }} */
const { sizeBudget } = JSON.parse(fs.readFileSync(new URL("package.json", import.meta.url), "utf8"));

const folder = process.env.BUILD_FOLDER ?? "dist";

/**
 * Leaves the C-style API out of a bundle that uses it: on the board, and in the types, it is another file.
 *
 * @param {string} id
 * @returns {Plugin}
 */
const leaveOutLibrary = (id) => ({
  name: "leave-out-library",
  resolveId: (source, importer) => (importer && source.split("/").pop() === LIBRARY ? { id, external: true } : null),
});

const compile = () => typescript({ tsconfig: "tsconfig.device.json", noEmit: false, noEmitOnError: true });

/**
 * Puts a board's own file where the sources import the board that was installed: its members are then known at build
 * time, and the minifier calls them directly or writes them out where they are used.
 *
 * @param {string} board
 * @returns {Plugin}
 */
const useBoard = (board) => ({
  name: "use-board",
  resolveId: (source, importer) =>
    importer && source.endsWith("/board") ? path.resolve(`board/${board}/index.ts`) : null,
});

/**
 * The same for what src/tls_psk takes from its board.
 *
 * @param {string} board
 * @returns {Plugin}
 */
const usePlatform = (board) => ({
  name: "use-platform",
  resolveId: (source, importer) =>
    importer && importer.includes("/src/") && source.endsWith("/platform")
      ? path.resolve(`board/${board}/psk_platform.ts`)
      : null,
});

/**
 * One source as a CommonJS file for `require` on the board, readable and minified.
 *
 * @param {string} input
 * @param {string} name
 * @param {Plugin[]} [plugins]
 * @param {import("./build/minify.js").MinifierOptions} [minifier]
 * @returns {RollupOptions}
 */
function boardModule(input, name, plugins = [], minifier = {}) {
  /** @type {import("rollup").OutputOptions} */
  const cjs = {
    format: "cjs",
    exports: "auto",
    // Every byte below would be parsed on the board for nothing.
    strict: false,
    esModule: false,
    externalLiveBindings: false,
    freeze: false,
    // What the board's `require` returns is used as it is.
    interop: "esModule",
    generatedCode: "es5",
  };
  /** @param {string[]} lines */
  const print = (lines) => console.log([`${name}.min.js, what each pass saves:`, ...lines].join("\n"));
  // To find out takes as long as the rest: for the bundles whose size is watched, and not where nobody reads it.
  const report = !process.env.BUILD_QUIET && `dist/${name}.min.js` in sizeBudget ? print : undefined;
  return {
    input,
    treeshake: { propertyReadSideEffects: false },
    plugins: [...plugins, compile()],
    output: [
      { ...cjs, file: `${folder}/${name}.js` },
      { ...cjs, file: `${folder}/${name}.min.js`, plugins: [minifyForBoard({ ...minifier, report })] },
    ],
  };
}

/**
 * The types of one module, in one file: `exportEquals` is what `require` gives, where that is not an object of names.
 *
 * @param {string} input
 * @param {string} name
 * @param {{ plugins?: Plugin[], exportEquals?: string }} [options]
 * @returns {RollupOptions}
 */
function types(input, name, { plugins = [], ...options } = {}) {
  return {
    input,
    plugins: [...plugins, dts({ tsconfig: "tsconfig.device.json" })],
    output: { file: `${folder}/${name}.d.ts`, format: "es", plugins: [publicTypes(options)] },
  };
}

/**
 * The types beside the ES modules of a board.
 *
 * @param {string} board
 */
const esTypes = (board) => [
  types(`src/api/${LIBRARY}.ts`, `esm/${board}/src/api/${LIBRARY}`),
  types("src/api/web_socket.ts", `esm/${board}/src/api/web_socket`, { plugins: [leaveOutLibrary(`./${LIBRARY}.js`)] }),
];

/**
 * The sources as ES modules, for users who bundle their script with the library: only what the script uses gets in.
 * Private names keep their underscore, so that the user's minifier can shorten them too.
 *
 * @param {string} board
 * @returns {RollupOptions}
 */
const esModules = (board) => ({
  input: [`src/api/${LIBRARY}.ts`, "src/api/web_socket.ts"],
  plugins: [
    useBoard(board),
    compile(),
    {
      name: "mark-as-es-modules",
      generateBundle() {
        this.emitFile({
          type: "asset",
          fileName: "package.json",
          source: '{ "type": "module", "sideEffects": false }\n',
        });
      },
    },
  ],
  output: {
    dir: `${folder}/esm/${board}`,
    format: "es",
    // One module for each entry: what a user's bundler leaves out, it leaves out of a module, too.
    entryFileNames: "src/api/[name].js",
    chunkFileNames: "src/[name].js",
    generatedCode: "es5",
  },
});

export default [
  boardModule(`src/api/${LIBRARY}.ts`, LIBRARY, [useBoard("espruino")]),
  boardModule(`src/api/${LIBRARY}.ts`, `jerryscript/${LIBRARY}`, [useBoard("jerryscript")]),
  boardModule("src/api/web_socket.ts", "websocket", [leaveOutLibrary(LIBRARY)], { small: true }),
  boardModule("src/api/tls_psk.ts", "tls_psk", [usePlatform("espruino")]),
  types(`src/api/${LIBRARY}.ts`, LIBRARY),
  types("src/api/web_socket.ts", "websocket", {
    plugins: [leaveOutLibrary(`./${LIBRARY}`)],
    exportEquals: "WebSocket",
  }),
  types("src/api/tls_psk.ts", "tls_psk", { exportEquals: "tlsPsk" }),
  esModules("espruino"),
  ...esTypes("espruino"),
  esModules("jerryscript"),
  ...esTypes("jerryscript"),
];
