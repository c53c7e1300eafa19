/** The documents' TypeScript compiles, against the types that users get. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { blocks, root, TESTED_ELSEWHERE } from "./blocks";

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES5,
  ignoreDeprecations: "5.0",
  lib: ["lib.es5.d.ts"],
  module: ts.ModuleKind.ES2015,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

/** The compiler's complaints about a source that lies in the project's folder. */
function complaints(source: string): string[] {
  const name = path.join(root, "document.ts");
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, source, ts.ScriptTarget.ES5) : getSourceFile(file, ...rest);
  host.fileExists = (file) => file === name || fileExists(file);
  host.readFile = (file) => (file === name ? source : readFile(file));
  return ts
    .getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const found = blocks(
  ({ document, language, words }) => language === "ts" && words.length === 0 && !TESTED_ELSEWHERE[document]
);

if (found.length > 0) {
  test.each(found.map((block) => [block.place, block] as const))("%s compiles", (_, block) => {
    expect(complaints(block.code)).toEqual([]);
  });
}

test.each(blocks(({ language }) => language === "json").map((block) => [block.place, block] as const))(
  "%s is JSON",
  (_, block) => {
    expect(typeof JSON.parse(block.code)).toBe("object");
  }
);

/** The examples in the published types' comments. */
function examples(file: string): string[] {
  const source = fs.readFileSync(path.join(root, file), "utf8");
  return [...source.matchAll(/^ *\* ```js\n([^]*?)^ *\* ```$/gm)].map(([, code]) => code.replace(/^ *\* ?/gm, ""));
}

test.each([
  [
    "dist/esp_websocket_client.d.ts",
    'import * as ws from "esp-websocket-client";\nvar client = ws.esp_websocket_client_init({})!;\n',
    3,
  ],
  ["dist/websocket.d.ts", 'import WebSocket from "esp-websocket-client/espruino/websocket";\n', 2],
])("the examples in %s compile", (file, head, least) => {
  const found = examples(file);
  expect(found.length).toBeGreaterThanOrEqual(least);
  for (const code of found) {
    // A handle may be null; scripts in JavaScript need not say so.
    const source = `${head}declare function print(text: string | Uint8Array): void;\n${code}`;
    expect([code, complaints(source.replace(/(_init\(\{.*\}\));/g, "$1!;"))]).toEqual([code, []]);
  }
});

test("wrong TypeScript does not", () => {
  const head = 'import * as ws from "esp-websocket-client";\n';
  expect(complaints(`${head}ws.esp_websocket_client_init({ uri: "ws://host/" });`)).toEqual([]);
  expect(complaints(`${head}ws.esp_websocket_client_init({ url: "ws://host/" });`)).toEqual([
    expect.stringContaining("'url' does not exist in type 'Config'"),
  ]);
});
