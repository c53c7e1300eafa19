/**
 * `npm run build`: makes dist/. It is built and checked in a folder of its own, so that dist/ holds a whole build that
 * has passed its checks, or is as it was, and whoever reads it meanwhile finds each file.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { checkBundles } from "./check_bundles";
import { writeEspruinoModules } from "./espruino_module";

const root = path.join(__dirname, "..");
const dist = path.join(root, "dist");

/** Runs a program of a package; false if it failed, and has said why. */
function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status === 0));
  });
}

async function buildIn(folder: string): Promise<boolean> {
  const name = path.relative(root, folder);
  const rollup = path.join(path.dirname(require.resolve("rollup/package.json")), "dist/bin/rollup");
  const built = await Promise.all([
    run(rollup, ["--config", "rollup.config.mjs", "--silent"], { BUILD_FOLDER: name }),
    run(require.resolve("typescript/bin/tsc"), ["-p", "tsconfig.simulator.json", "--outDir", `${name}/simulator`]),
  ]);
  if (!built.every(Boolean)) return false;
  // The types of the modules under their names on the board: written by hand.
  for (const name of ["board.d.ts", "board_modules.d.ts"]) {
    fs.copyFileSync(path.join(__dirname, "publish", name), path.join(folder, name));
  }
  writeEspruinoModules(folder);
  if (!checkBundles(folder)) return false;
  const { buildWeb } = await import("../web/build.mjs");
  await buildWeb({ bundles: folder, to: path.join(folder, "web") });
  return true;
}

const filesIn = (folder: string): string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));

/** Moves the files of `folder` to dist/, one by one over the old ones, and removes what a former build has left there. */
function publish(folder: string): void {
  fs.mkdirSync(dist, { recursive: true });
  const files = filesIn(folder);
  const keep = new Set(files);
  for (const name of files) {
    for (let parent = path.dirname(name); parent !== "."; parent = path.dirname(parent)) keep.add(parent);
    fs.mkdirSync(path.join(dist, path.dirname(name)), { recursive: true });
    fs.renameSync(path.join(folder, name), path.join(dist, name));
  }
  for (const name of fs.readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!keep.has(name)) fs.rmSync(path.join(dist, name), { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(root, ".build-"));
  // Ctrl-C ends the programs that are running here, and with them the build.
  process.on("SIGINT", () => {});
  try {
    if (await buildIn(folder)) publish(folder);
    else {
      console.error("dist/ is as it was.");
      process.exitCode = 1;
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

void main();
