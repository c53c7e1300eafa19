// @ts-check
/**
 * Runs the build if something that package.json names is missing or older than its sources. npm calls this when the
 * package is packed or installed from git, and `npm test` does too.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isOutOfDate, outputs } from "./inputs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The built files that package.json names for users.
 *
 * @returns {string[]}
 */
function publishedFiles() {
  const text = fs.readFileSync(path.join(root, "package.json"), "utf8");
  /** @type {string[]} */
  const names = [];
  JSON.parse(text, (_, value) => {
    const [name] = /^(\.\/)?dist\/[\w./-]+\.\w+$/.exec(value) ?? [];
    if (name) names.push(path.normalize(name));
    return value;
  });
  return names;
}

if (isOutOfDate({ root, files: [...new Set([...outputs, ...publishedFiles()])] })) {
  const program = [path.join(root, "tools/run_typescript.cjs"), path.join(root, "build/build.ts")];
  // What npm packs is printed as JSON on demand: only errors may go there with it.
  const { status } = spawnSync(process.execPath, program, {
    cwd: root,
    stdio: ["ignore", process.stderr, "inherit"],
    env: { ...process.env, BUILD_QUIET: "1" },
  });
  process.exitCode = status ?? 1;
}
