/**
 * What `npm start` runs, built in a fraction of the time of `npm run build`: the two bundles for Espruino and the
 * simulator, the same as in dist/, without types, and without the checks of what lies in dist/.
 */
import fs from "node:fs";
import path from "node:path";
import { rollup } from "rollup";
import ts from "typescript";

/** A source that cannot be compiled: the message says where. */
export class BuildError extends Error {}

function readOptions(root, name) {
  const { config, error } = ts.readConfigFile(path.join(root, name), ts.sys.readFile);
  if (error) throw new BuildError(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return options;
}

/** The members of each `const enum`, as in the sources: compiling file by file means putting them in. */
function readConstants(root) {
  const constants = new Map();
  const folder = path.join(root, "src");
  for (const name of fs.readdirSync(folder, { recursive: true }).filter((entry) => entry.endsWith(".ts"))) {
    const text = fs.readFileSync(path.join(folder, name), "utf8");
    const { statements } = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
    for (const declaration of statements.filter(ts.isEnumDeclaration)) {
      declaration.members.forEach((member, index) =>
        constants.set(`${declaration.name.text}.${member.name.text}`, index)
      );
    }
  }
  return constants;
}

/** One file as JavaScript; its types are not checked. */
function compile(root, file, compilerOptions, constants = new Map()) {
  const text = fs.readFileSync(file, "utf8");
  const source = text
    .replace(/(?<![\w.])[A-Z]\w*\.[A-Z_]+(?!\w)/g, (name) => constants.get(name) ?? name)
    .replace(/^(export )?const enum /gm, "declare const enum ");
  const { outputText, diagnostics } = ts.transpileModule(source, {
    fileName: file,
    compilerOptions,
    reportDiagnostics: true,
  });
  const [first] = diagnostics;
  if (first) {
    const { line, character } = first.file.getLineAndCharacterOfPosition(first.start);
    const place = `${path.relative(root, file)}:${line + 1}:${character + 1}`;
    throw new BuildError(`${place}: ${ts.flattenDiagnosticMessageText(first.messageText, "\n")}`);
  }
  return outputText;
}

/** Replaces the plugin that compiles and checks the types. */
function transpile(root) {
  const options = { ...readOptions(root, "tsconfig.device.json"), noEmit: false };
  const constants = readConstants(root);
  return {
    name: "transpile",
    resolveId(source, importer) {
      if (!importer || !source.startsWith(".")) return null;
      const file = path.resolve(path.dirname(importer), source.replace(/\.js$/, ""));
      return fs.existsSync(`${file}.ts`) ? `${file}.ts` : null;
    },
    transform: (_, id) => (id.endsWith(".ts") ? { code: compile(root, id, options, constants), map: null } : null),
  };
}

/** The bundles for Espruino, as rollup.config.mjs describes them. */
async function buildBundles(root, folder) {
  // rollup.config.mjs reads it when it is loaded.
  process.env.BUILD_FOLDER = folder;
  process.env.BUILD_QUIET = "1";
  const { default: configurations } = await import("../rollup.config.mjs");
  const names = ["esp_websocket_client.min.js", "websocket.min.js"].map((name) => path.join(folder, name));
  // All of them end before the folder is used or removed.
  const built = await Promise.allSettled(
    configurations.map(async ({ output, plugins, ...options }) => {
      const wanted = [output].flat().find(({ file }) => file && names.includes(path.normalize(file)));
      if (!wanted) return;
      const others = plugins.filter(({ name }) => name !== "typescript");
      const bundle = await rollup({ ...options, logLevel: "silent", plugins: [...others, transpile(root)] });
      await bundle.write(wanted);
      await bundle.close();
    })
  );
  const failed = built.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

function buildSimulator(root, folder) {
  const options = { ...readOptions(root, "tsconfig.simulator.json"), declaration: false };
  const sources = path.join(root, "board/simulator");
  for (const name of fs.readdirSync(sources, { recursive: true }).filter((entry) => entry.endsWith(".ts"))) {
    const file = path.join(folder, name.replace(/\.ts$/, ".js"));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, compile(root, path.join(sources, name), options));
  }
}

/** Builds into a folder, which replaces the old one when all is well. */
export async function quickBuild(root, folder) {
  const work = fs.mkdtempSync(`${folder}-`);
  const clean = () => fs.rmSync(work, { recursive: true, force: true });
  const interrupted = () => {
    clean();
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    await buildBundles(root, work);
    buildSimulator(root, path.join(work, "simulator"));
    // Programs for Node that lie where no package.json says so.
    fs.writeFileSync(path.join(work, "package.json"), '{ "type": "commonjs" }\n');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(work, folder);
  } finally {
    process.off("SIGINT", interrupted);
    clean();
  }
}
