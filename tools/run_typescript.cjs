// @ts-check
/**
 * `node tools/run_typescript.cjs FILE.ts [arguments]` runs a program of this project without building it first.
 *
 * `require` of this file lets the script that does so `require` TypeScript.
 */
const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");

const root = path.join(__dirname, "..");
const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);

/** @typedef {NodeJS.Module & { _compile(code: string, fileName: string): void }} CompilingModule */

/** @type {(module: NodeJS.Module, fileName: string) => void} */
require.extensions[".ts"] = (module, fileName) => {
  const source = fs.readFileSync(fileName, "utf8");
  const compilerOptions = { ...options, noEmit: false, inlineSourceMap: true, inlineSources: true };
  const { outputText } = ts.transpileModule(source, { fileName, compilerOptions });
  /** @type {CompilingModule} */ (module)._compile(outputText, fileName);
};

/** @param {string[]} args */
function main([program, ...rest]) {
  if (!program) {
    console.error("Usage: node tools/run_typescript.cjs FILE.ts [arguments]");
    process.exitCode = 2;
    return;
  }
  const file = path.resolve(program);
  if (!fs.existsSync(file)) {
    console.error(`${program} does not exist.`);
    process.exitCode = 2;
    return;
  }
  process.argv = [process.argv[0], file, ...rest];
  process.setSourceMapsEnabled(true);
  require(file);
}

if (require.main === module) main(process.argv.slice(2));
