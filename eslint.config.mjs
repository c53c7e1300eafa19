import eslint from "@eslint/js";
import prettier from "eslint-config-prettier";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import globals from "globals";
import tseslint from "typescript-eslint";

/** What runs on the board: compiled to ES5 and executed from source text. */
const device = ["src/**/*.ts", "board/{espruino,jerryscript,shared}/**/*.ts"];

/** What is still to be made simpler: these lists may only become shorter. */
const exceptions = {
  /** A choice inside a choice, in one expression. */
  nestedTernaries: [
    "bench/{peer,statistics}.ts",
    "board/espruino/index.ts",
    "board/jerryscript/index.ts",
    "board/shared/{pem,sha1}.ts",
    "board/simulator/{espruino,events,print,strings}.ts",
    "src/api/*.ts",
    "src/client/client.ts",
    "src/config/config.ts",
    "src/protocol/{frame,handshake,uri,utf8}.ts",
    "test/board/jerryscript/{host,host_buffer}.ts",
    "test/board/simulator/identity.ts",
    "test/conformance/utf8.test.ts",
    "test/fuzz/properties.ts",
    "test/soak/{client.js,proxy.ts}",
    "test/support/peer.ts",
    "tools/conformance/select.mjs",
    "tools/echo_server.mjs",
  ],
  /** More ways through one function than anybody follows. */
  complexity: [
    "board/simulator/espruino.ts",
    "board/simulator/source/*.ts",
    // One function for each way of a short message: a call costs the board as much as ten lines.
    "src/client/short_messages.ts",
    "src/web_socket/receiving.ts",
    // Each condition is one kind of value, or one way for a message to be refused.
    "src/api/web_socket.ts",
    "src/client/sending.ts",
    "src/config/config.ts",
    "src/config/tls.ts",
    "src/protocol/handshake.ts",
    "src/tls_psk/handshake.ts",
    "tools/run.mjs",
    // A second implementation of the protocol, and a model of the client: each rule is one case.
    "test/fuzz/reference.ts",
    "test/docs/shell.test.ts",
    "test/lifecycle/model.ts",
    "test/soak/judge.ts",
    "test/traces/trace.js",
  ],
  /** Imports that lead back to where they began; those of types alone are no circles. */
  circles: [
    // A connection's life: whoever notices its end calls `connectionLost`, and that calls them all. `timers` is on the
    // way, since what has run out is one of them, and `events` sets the timer that goes on where a handler was cut off.
    "src/client/events.ts",
    "src/client/lifecycle.ts",
    "src/client/listener.ts",
    "src/client/opening.ts",
    "src/client/receiving.ts",
    "src/client/sending.ts",
    "src/client/short_messages.ts",
    "src/client/timers.ts",
  ],
};

const allow = (rule, files) => (files.length > 0 ? [{ files, rules: { [rule]: "off" } }] : []);

export default tseslint.config(
  { ignores: ["dist/", ".build-*/", "coverage/", "**/node_modules/", "build/publish/*.d.ts"] },
  eslint.configs.recommended,
  // A protocol's grammar names control characters.
  { rules: { "no-control-regex": "off" } },
  {
    rules: { "no-nested-ternary": "error", complexity: ["error", 20] },
  },
  ...allow("no-nested-ternary", exceptions.nestedTernaries),
  ...allow("complexity", exceptions.complexity),
  {
    files: ["**/*.{ts,mjs,cjs}"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/extensions": [".ts", ".mjs", ".cjs", ".js"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".mjs", ".cjs", ".js"] })],
    },
    rules: { "import-x/no-cycle": ["error", { ignoreExternal: true }] },
  },
  ...allow("import-x/no-cycle", exceptions.circles),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommended],
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      "@typescript-eslint/no-non-null-assertion": "off",
      // Handlers are kept and called with whatever the board gives.
      "@typescript-eslint/no-unsafe-function-type": "off",
    },
  },
  {
    files: ["{test,bench,bin,build,web,board/simulator}/**/*.ts"],
    languageOptions: { globals: globals.node, parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-require-imports": "off",
    },
  },
  {
    files: device,
    rules: {
      // `var` is what runs there; loops that would need a fresh binding per round would cost a function each.
      "no-var": "off",
      "prefer-const": "off",
      "prefer-rest-params": "off",
      "prefer-spread": "off",
      "@typescript-eslint/no-this-alias": "off",
      // What a board hands over has no type of ours.
      "@typescript-eslint/no-explicit-any": "off",
      // A bracket inside brackets is escaped for the interpreters' own regular expressions.
      "no-useless-escape": "off",
      "no-restricted-syntax": [
        "error",
        { selector: "LabeledStatement", message: "Espruino knows no labels." },
        {
          selector: "Property[kind=/get|set/], MethodDefinition[kind=/get|set/]",
          message: "Not every board has getters.",
        },
        { selector: "SpreadElement", message: "This compiles to a helper function and a copy." },
        { selector: "ForOfStatement, ForInStatement > VariableDeclaration[kind!='var']", message: "Use a plain loop." },
        {
          selector: "ClassDeclaration, ClassExpression",
          message: "A class costs variables on the board: use functions.",
        },
      ],
    },
  },
  {
    // The floors above the boards name no host: that is what board/ is for.
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        "E",
        "require",
        "Buffer",
        "process",
        "Modules",
        "global",
        "globalThis",
        "console",
      ],
    },
  },
  {
    // Their values are there for the compiler alone.
    files: ["test/types/user/**"],
    rules: { "@typescript-eslint/no-unused-vars": "off" },
  },
  {
    // test/board/contract_prelude.js stands before them.
    files: ["test/board/contract*.js"],
    ignores: ["test/board/contract_prelude.js"],
    languageOptions: {
      globals: {
        log: "writable",
        note: "readonly",
        check: "readonly",
        checkNow: "readonly",
        done: "readonly",
        next: "readonly",
      },
    },
  },
  {
    files: ["**/*.{mjs,cjs}", "bin/**/*.js"],
    languageOptions: { globals: globals.node },
  },
  {
    // It runs in the browser.
    files: ["test/web/*.mjs"],
    languageOptions: { globals: globals.browser },
  },
  {
    files: ["**/*.cjs", "bin/**/*.js"],
    languageOptions: { sourceType: "commonjs" },
  },
  {
    // Scripts for the board, as users write them.
    files: ["examples/**/*.js", "test/**/*.js", "bench/scripts/*.js", "build/publish/**/*.js", "web/board/*.js"],
    languageOptions: {
      ecmaVersion: 5,
      sourceType: "script",
      globals: {
        require: "readonly",
        exports: "writable",
        print: "readonly",
        console: "readonly",
        process: "readonly",
        global: "readonly",
        E: "readonly",
        Modules: "readonly",
        // What `npm start`, and tests, may set for an example.
        WS_URL: "readonly",
        PARTS: "readonly",
        PERIOD: "readonly",
        setTimeout: "readonly",
        setInterval: "readonly",
        clearTimeout: "readonly",
        clearInterval: "readonly",
        getTime: "readonly",
        Graphics: "readonly",
        peek32: "readonly",
        ArrayBuffer: "readonly",
        Uint8Array: "readonly",
        Uint16Array: "readonly",
        Uint32Array: "readonly",
        Int8Array: "readonly",
        Int32Array: "readonly",
        Float32Array: "readonly",
        Float64Array: "readonly",
        DataView: "readonly",
        Promise: "readonly",
        btoa: "readonly",
        atob: "readonly",
      },
    },
    rules: { "no-var": "off", "no-unused-vars": ["error", { caughtErrors: "none" }] },
  },
  prettier
);
