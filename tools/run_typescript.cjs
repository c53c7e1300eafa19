/** `node tools/run_typescript.cjs FILE.ts [arguments]` runs a program of this project without building it first. */
const fs = require("node:fs");
const path = require("node:path");
const ts = require("typescript");

const root = path.join(__dirname, "..");
const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);

require.extensions[".ts"] = (module, fileName) => {
  const source = fs.readFileSync(fileName, "utf8");
  const compilerOptions = { ...options, noEmit: false, inlineSourceMap: true, inlineSources: true };
  module._compile(ts.transpileModule(source, { fileName, compilerOptions }).outputText, fileName);
};

const [program, ...rest] = process.argv.slice(2);
if (!program) {
  console.error("Usage: node tools/run_typescript.cjs FILE.ts [arguments]");
  process.exitCode = 2;
} else {
  const file = path.resolve(program);
  if (fs.existsSync(file)) {
    process.argv = [process.argv[0], file, ...rest];
    process.setSourceMapsEnabled(true);
    require(file);
  } else {
    console.error(`${program} does not exist.`);
    process.exitCode = 2;
  }
}
