/** The published types: what users' projects see of them, in every way in which a project can find them. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { simulators } from "../support/targets";

const root = path.join(__dirname, "../..");
const user = path.join(__dirname, "user");

/** What a compiler says of the files in `user`, with its project's options and these. */
function complaints(extra: ts.CompilerOptions, files: RegExp): string[] {
  const { config } = ts.readConfigFile(path.join(user, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, user, extra);
  const chosen = fileNames.filter((name) => files.test(path.basename(name)));
  expect(chosen.length).toBeGreaterThan(1);
  const program = ts.createProgram(chosen, { ...options, ...extra });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const place =
      diagnostic.file && diagnostic.start !== undefined
        ? `${path.relative(root, diagnostic.file.fileName)}:${diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line + 1}: `
        : "";
    return place + ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  });
}

test("a project for Node: import, require and plain scripts", () => {
  expect(complaints({}, /^(?!simulator)/)).toEqual([]);
});

test("a project for a bundler", () => {
  const bundler = { module: ts.ModuleKind.ES2015, moduleResolution: ts.ModuleResolutionKind.Bundler };
  expect(complaints(bundler, /^(c_style\.ts|bundled\.mts|equal\.d\.ts)$/)).toEqual([]);
});

test("a project with the types of the DOM and of Node", () => {
  const both = { lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: ["node"], skipLibCheck: true };
  expect(complaints(both, /^(c_style\.ts|websocket\.cts|bundled\.mts|simulator\.mts|equal\.d\.ts)$/)).toEqual([]);
});

describe.each([
  "dist/esp_websocket_client.d.ts",
  "dist/websocket.d.ts",
  "dist/esm/espruino/src/api/esp_websocket_client.d.ts",
  "dist/esm/espruino/src/api/web_socket.d.ts",
  "dist/esm/jerryscript/src/api/esp_websocket_client.d.ts",
  "dist/esm/jerryscript/src/api/web_socket.d.ts",
])("%s", (name) => {
  const source = fs.readFileSync(path.join(root, name), "utf8");
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);

  /** Every member and function that is declared, at any depth. */
  function declarations(): ts.NamedDeclaration[] {
    const found: ts.NamedDeclaration[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isTypeElement(node) || ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node)) found.push(node);
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  }

  test("declares nothing private", () => {
    const names = declarations().map((node) => node.name?.getText(file) ?? "");
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((one) => one.startsWith("_"))).toEqual([]);
  });

  test("explains every function", () => {
    const functions = declarations().filter(ts.isFunctionDeclaration);
    const silent = functions.filter((node) => ts.getJSDocCommentsAndTags(node).length === 0);
    expect(silent.map((node) => node.name?.text)).toEqual([]);
  });
});

test("the types name exactly what the module exports", async () => {
  const script = 'print(JSON.stringify(Object.keys(require("esp_websocket_client"))));';
  const { lines } = await simulators()[0].run(script, { bundle: "dist/esp_websocket_client.js" });
  const exported = JSON.parse(lines[0]) as string[];
  const program = ts.createProgram([path.join(root, "dist/esp_websocket_client.d.ts")], { noLib: true });
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(
    program.getSourceFile(path.join(root, "dist/esp_websocket_client.d.ts"))!
  )!;
  const declared = checker.getExportsOfModule(symbol).filter((one) => {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    return target.flags & ts.SymbolFlags.Value;
  });
  expect(declared.map((one) => one.name).sort()).toEqual(exported.sort());
});
