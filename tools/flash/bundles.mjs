/** The files that a checkout builds, and whether they are up to date. The npm package comes built. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { FlashError } from "./flash_error.mjs";

export const projectRoot = path.resolve(fileURLToPath(new URL("../..", import.meta.url)));

export const isCheckout = () => fs.existsSync(path.join(projectRoot, "rollup.config.mjs"));

/** A bundle by the name of its module. */
export const bundleFile = (module) => path.join(projectRoot, "dist", `${module}.min.js`);

/**
 * Builds what is not up to date.
 * @param {string[]} modules the names of the bundles that are needed
 * @param {{dryRun: boolean, print: (line: string) => void}} options
 */
export async function makeBundles(modules, { dryRun, print }) {
  const files = modules.map((module) => path.relative(projectRoot, bundleFile(module)));
  if (isCheckout() && (await isOutOfDate(files))) {
    if (dryRun) print("Would build the bundles (npm run build).");
    else build(print);
  }
  for (const module of modules) {
    const file = bundleFile(module);
    if (fs.existsSync(file)) continue;
    throw new FlashError(
      "bad_file",
      `${file} is missing`,
      isCheckout() ? `run \`npm run build\` in ${projectRoot}` : "install the package esp-websocket-client again"
    );
  }
}

/** The package comes without the build. */
async function isOutOfDate(files) {
  const inputs = await import("../../build/inputs.mjs");
  return inputs.isOutOfDate({ root: projectRoot, files });
}

function build(print) {
  if (!fs.existsSync(path.join(projectRoot, "node_modules"))) {
    throw new FlashError("tools", "the bundles are not built", `run \`npm ci\` in ${projectRoot} first`);
  }
  print("Building the bundles");
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: projectRoot,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  throw new FlashError("tools", "the build failed", `see above, or run \`npm run build\` in ${projectRoot}`);
}
