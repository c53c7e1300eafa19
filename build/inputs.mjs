// @ts-check
/**
 * What the build reads and what it makes, for all who must know whether it is to be run: `npm start`, the flashing tool.
 * The package on npm comes built, and lacks this file.
 *
 * `node build/inputs.mjs` ends with status 0 if dist/ is up to date, 1 if it is not.
 */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const project = fileURLToPath(new URL("..", import.meta.url));

/** Files and folders, from the project's root. */
export const inputs = [
  "src",
  "board",
  "build",
  "tools/quick_build.mjs",
  "tools/run_typescript.cjs",
  "package.json",
  "LICENSE",
  "rollup.config.mjs",
  "tsconfig.json",
  "tsconfig.device.json",
  "tsconfig.simulator.json",
];

/** What the web page is made of, besides the client's bundles. */
export const webInputs = ["web", "examples", "tools/flash", "package.json", "LICENSE"];

/** Files that every build writes. */
export const outputs = ["dist/esp_websocket_client.min.js", "dist/websocket.min.js", "dist/simulator/index.js"];

/**
 * The newest change of a file or of what a folder has, in milliseconds; 0 without it.
 *
 * @param {string} file
 * @returns {number}
 */
function newestChange(file) {
  const status = fs.statSync(file, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.mtimeMs ?? 0;
  return Math.max(0, ...fs.readdirSync(file).map((entry) => newestChange(path.join(file, entry))));
}

/**
 * True if something that is built is missing, or older than what it is made of.
 *
 * @param {{ root?: string, files?: string[], madeOf?: string[] }} [options] the project's folder, what is wanted of the
 * build, and what that is made of
 */
export function isOutOfDate({ root = project, files = outputs, madeOf = inputs } = {}) {
  /** @param {string} name */
  const change = (name) => newestChange(path.join(root, name));
  return Math.min(...files.map(change)) <= Math.max(...madeOf.map(change));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = isOutOfDate() ? 1 : 0;
