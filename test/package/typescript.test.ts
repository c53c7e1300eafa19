/** TypeScript with the installed package, in every way in which the compiler finds modules: compiled, bundled, run. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { blocks } from "../docs/blocks";
import { startEcho } from "../docs/echo";
import { findHostile } from "../../board/simulator/source/syntax";
import { interpreters, simulators } from "../support/targets";
import { createProject, root, type Project } from "./project";

let project: Project;
beforeAll(() => {
  project = createProject();
  project.link("typescript", "rollup", "@rollup/plugin-typescript", "@rollup/pluginutils", "tslib");
  project.link("@types/node", "undici-types");
});
afterAll(() => project?.remove());

/** `moduleResolution`, with the kind of module that goes with it. */
const RESOLUTIONS = [
  { moduleResolution: "node10", module: "commonjs" },
  { moduleResolution: "node16", module: "node16" },
  { moduleResolution: "bundler", module: "es2015" },
];

/** The compiler's own files, which are read once. */
const read = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of files; its options are those of the documents, and these. */
function complaints(files: Record<string, string>, given: object): string {
  const json = { target: "es5", lib: ["es5"], types: [], strict: true, noEmit: true, ...given };
  const folder = path.join(project.folder, "checked");
  const { options, errors } = ts.convertCompilerOptionsFromJson(json, folder);
  for (const [name, source] of Object.entries(files)) project.write(`checked/${name}`, source);
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getCurrentDirectory = () => folder;
  host.getSourceFile = (name, version, ...rest) => {
    if (!/typescript\/lib\/lib\./.test(name)) return getSourceFile(name, version, ...rest);
    const key = `${name} ${JSON.stringify(version)}`;
    if (!read.has(key)) read.set(key, getSourceFile(name, version, ...rest));
    return read.get(key);
  };
  const names = Object.keys(files).map((name) => path.join(folder, name));
  return [...errors, ...ts.getPreEmitDiagnostics(ts.createProgram(names, options, host))]
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))
    .join("\n");
}

const samples = blocks(({ language, words }) => language === "ts" && words.includes("board"));
const script = samples.find(({ code }) => /require\(/.test(code))!;
const withImport = samples.find(({ code }) => /^import /m.test(code))!;

/** Uses all three modules, rightly and wrongly. */
const SCRIPT = `
const ws = require("esp_websocket_client");
const Socket = require("websocket");
const tlsPsk = require("tls_psk");
const key = tlsPsk({ identity: "board", key: "00112233445566778899aabbccddeeff" });
const client = ws.esp_websocket_client_init({ uri: "wss://host/", ext_transport: key });
if (client) client.on("data", (event) => { const data: string | Uint8Array = event.data_ptr; });
new Socket("ws://host/").onclose = (event) => { const code: number = event.code; };
const anything = require("Wifi").whatever;
// @ts-expect-error
ws.esp_websocket_client_init({ url: "" });
// @ts-expect-error
tlsPsk({ identity: 1 });
// @ts-expect-error
new Socket("ws://host/").explode();`;

const IMPORTS = `
import * as ws from "esp_websocket_client";
import Socket = require("websocket");
import tlsPsk = require("tls_psk");
${SCRIPT.replace(/^const \w+ = require.*\n/gm, "").replace("= require", "= (0 as any) || require")}`;

describe.each(RESOLUTIONS)("moduleResolution $moduleResolution", (resolution) => {
  const options = resolution.moduleResolution === "node16" ? { ...resolution, esModuleInterop: true } : resolution;
  const interop = { ...options, esModuleInterop: true };

  test("the documents' samples compile", () => {
    expect(samples.length).toBe(2);
    expect(complaints({ "script.ts": script.code }, options)).toBe("");
    expect(complaints({ "app.ts": withImport.code }, { ...interop, types: ["esp-websocket-client/board"] })).toBe("");
  });

  test("require is typed: by a reference, and by the configuration", () => {
    const reference = '/// <reference types="esp-websocket-client/board" />';
    expect(complaints({ "script.ts": reference + SCRIPT }, options)).toBe("");
    expect(complaints({ "script.ts": SCRIPT }, { ...options, types: ["esp-websocket-client/board"] })).toBe("");
  });

  test("without them, the names are unknown", () => {
    expect(complaints({ "script.ts": SCRIPT }, options)).toContain("Cannot find name 'require'");
    expect(complaints({ "app.ts": withImport.code }, interop)).toContain("Cannot find module 'esp_websocket_client'");
  });

  test("beside the types of Node", () => {
    const both = { ...options, lib: ["es2022"], types: ["node", "esp-websocket-client/board"], skipLibCheck: true };
    expect(complaints({ "script.ts": SCRIPT }, both)).toBe("");
  });

  // Modules of ECMAScript have no such import.
  if (resolution.module !== "es2015") {
    test("import, with a function require of the project's own", () => {
      const own = "declare function require(name: string): unknown;";
      const files = { "own.d.ts": own, "app.ts": IMPORTS.replace(/^const anything.*$/m, "") };
      expect(complaints(files, { ...options, types: ["esp-websocket-client/board_modules"] })).toBe("");
    });
  }

  test("every entry of the package has its types", () => {
    const { exports } = JSON.parse(project.read("node_modules/esp-websocket-client/package.json")) as {
      exports: object;
    };
    const names = Object.keys(exports).filter((name) => !/\*|json|board/.test(name));
    expect(names.length).toBeGreaterThan(7);
    const lines = names.map(
      (name, i) => `import * as m${i} from "${path.posix.join("esp-websocket-client", name)}"; m${i};`
    );
    // Files that are ES modules can be imported by such only.
    const file = resolution.moduleResolution === "node16" ? "all.mts" : "all.ts";
    const types = { lib: ["es2022", "dom"], types: ["node"], target: "es2022", skipLibCheck: true };
    expect(complaints({ [file]: lines.join("\n") }, { ...interop, ...types })).toBe("");
  });
});

/** Compiles with the compiler alone. */
async function compile(source: string): Promise<string> {
  const compilerOptions = { target: "es5", lib: ["es5"], types: [], strict: true, outDir: "out" };
  project.write("script/tsconfig.json", JSON.stringify({ compilerOptions, files: ["script.ts"] }));
  project.write("script/script.ts", source);
  const { status, stdout } = await project.run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "script"]);
  expect([status, stdout]).toEqual([0, ""]);
  return project.read("script/out/script.js");
}

/** Bundles as the documents say. */
async function bundle(source: string): Promise<string> {
  const compilerOptions = {
    ...{ target: "es5", lib: ["es5"], types: ["esp-websocket-client/board"], strict: true },
    ...{ module: "es2015", moduleResolution: "bundler" },
  };
  project.write("bundled/tsconfig.json", JSON.stringify({ compilerOptions, include: ["src"] }));
  project.write("bundled/src/app.ts", source);
  const config = fs.readFileSync(path.join(root, "examples/typescript/rollup.modules.mjs"), "utf8");
  project.write("bundled/rollup.config.mjs", config);
  const rollup = path.join(root, "node_modules/rollup/dist/bin/rollup");
  const command = `cd bundled && "${process.execPath}" "${rollup}" --config --silent --failAfterWarnings`;
  expect(await project.run("sh", ["-c", command])).toMatchObject({ status: 0, stderr: "" });
  return project.read("bundled/app.js");
}

describe.each([
  ["compiled by tsc alone", script, compile],
  ["bundled", withImport, bundle],
])("the sample that is %s", (_, sample, make) => {
  let made = "";
  beforeAll(async () => void (made = await make(sample.code)));

  test("is ES5 that Espruino runs", () => {
    expect(findHostile(made)).toEqual([]);
  });

  test.each([...simulators(), ...interpreters()])("prints what the document says: $name", async (target) => {
    const server = await startEcho();
    const library = (name: string) => fs.readFileSync(path.join(root, "dist", `${name}.min.js`), "utf8");
    const storage = { websocket: library("websocket") };
    const result = await target.run(server.redirect(made), { storage }).finally(() => server.close());
    expect(result).toEqual({ lines: sample.output!.split("\n"), uncaught: [], done: false });
  });
});
