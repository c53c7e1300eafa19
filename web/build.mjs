// @ts-check
/**
 * Builds the web page into a folder that any static host can serve. All that goes to a board is part of the page's
 * script, so that the page asks no server for anything. Its types are checked by `npm run typecheck`.
 */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import ts from "typescript";

const web = fileURLToPath(new URL(".", import.meta.url));
const root = path.join(web, "..");

const ENTRY_POINTS = ["main.ts", "timer_worker.ts"];
const MODULES = ["esp_websocket_client", "websocket", "tls_psk"];
/** Packages whose code the page has in it. esptool-js brings the others in its bundle. */
const BUNDLED = ["esptool-js", "pako", "atob-lite", "@noble/hashes"];
/** Where a package's own entry is no single file. */
const ENTRIES = { "esptool-js": "esptool-js/bundle.js" };

/** @param {string} file */
const read = (file) => fs.readFileSync(file, "utf8");

/** @param {string} folder @param {string} ending */
const filesIn = (folder, ending) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name));

/**
 * The module "board-files" (web/board_files.d.ts).
 *
 * @param {string} bundles the folder with the client's minified bundles
 * @returns {import("rollup").Plugin}
 */
function boardFiles(bundles) {
  const id = "board-files";
  /** @param {string} name @param {Record<string, string>} value */
  const constant = (name, value) => `export const ${name} = ${JSON.stringify(value)};\n`;
  return {
    name: id,
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load(loaded) {
      if (loaded !== `\0${id}`) return null;
      const modules = MODULES.map((name) => [name, read(path.join(bundles, `${name}.min.js`))]);
      const examples = filesIn(path.join(root, "examples"), ".js").map((file) => [path.basename(file), read(file)]);
      const helpers = filesIn(path.join(web, "board"), ".js").map((file) => [path.basename(file, ".js"), read(file)]);
      return (
        constant("modules", Object.fromEntries(modules)) +
        constant("examples", Object.fromEntries(examples)) +
        constant("helpers", Object.fromEntries(helpers))
      );
    },
  };
}

/** TypeScript without its types, and packages as Node finds them. @returns {import("rollup").Plugin} */
function sources() {
  return {
    name: "sources",
    resolveId(source, importer) {
      if (!importer) return null;
      if (!source.startsWith(".")) {
        const entry = Object.hasOwn(ENTRIES, source) ? ENTRIES[/** @type {keyof ENTRIES} */ (source)] : source;
        return fileURLToPath(import.meta.resolve(entry));
      }
      const file = path.resolve(path.dirname(importer), source);
      return fs.existsSync(`${file}.ts`) ? `${file}.ts` : null;
    },
    transform(code, id) {
      if (!id.endsWith(".ts")) return null;
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
      return { code: ts.transpileModule(code, { fileName: id, compilerOptions }).outputText, map: null };
    },
  };
}

/** The licenses of all that the page has in it. */
function licenses() {
  const texts = BUNDLED.map((name) => {
    const folder = path.join(root, "node_modules", name);
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no license file`);
    return `${name}\n\n${read(path.join(folder, file)).trim()}\n`;
  });
  const own = `esp-websocket-client\n\n${read(path.join(root, "LICENSE")).trim()}\n`;
  return [own, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}

/**
 * @param {object} options
 * @param {string} options.bundles the folder with the client's minified bundles
 * @param {string} options.to the folder for the page; what else it held is removed
 */
export async function buildWeb({ bundles, to }) {
  const bundle = await rollup({
    input: ENTRY_POINTS.map((name) => path.join(web, name)),
    plugins: [boardFiles(bundles), sources()],
    onwarn(warning) {
      throw new Error(`the page: ${warning.message}`);
    },
  });
  // File by file over the old ones: whoever reads or builds at the same time finds each file.
  const work = fs.mkdtempSync(`${to}-`);
  await bundle.write({ dir: work, format: "es", chunkFileNames: "[name].js" });
  await bundle.close();
  for (const name of ["index.html", "style.css"]) fs.copyFileSync(path.join(web, name), path.join(work, name));
  fs.writeFileSync(path.join(work, "licenses.txt"), licenses());
  const files = fs.readdirSync(work);
  fs.mkdirSync(to, { recursive: true });
  for (const name of files) fs.renameSync(path.join(work, name), path.join(to, name));
  for (const name of fs.readdirSync(to)) if (!files.includes(name)) fs.rmSync(path.join(to, name), { recursive: true });
  fs.rmSync(work, { recursive: true });
}
