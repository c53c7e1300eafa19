/** `npm start`: `npx esp-websocket-client run`, after building what is not up to date. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run, UserError } from "./run.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The newest change under `name`, a file or folder, in milliseconds; 0 without it. */
function newestChange(name) {
  const file = path.join(root, name);
  if (!fs.existsSync(file)) return 0;
  const status = fs.statSync(file);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(0, ...fs.readdirSync(file).map((entry) => newestChange(path.join(name, entry))));
}

/** Builds if a source is newer than what was built from it. A build that fails leaves the old one, which is not run. */
function build() {
  const sources = [
    "src",
    "board",
    "package.json",
    "rollup.config.mjs",
    "tsconfig.device.json",
    "tsconfig.simulator.json",
  ];
  sources.push("build/minify.mjs", "build/public_types.mjs");
  const built = ["dist/esp_websocket_client.min.js", "dist/websocket.min.js", "dist/simulator/index.js"];
  if (Math.min(...built.map(newestChange)) > Math.max(...sources.map(newestChange))) return;
  console.log("Building…");
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new UserError("The build failed: `npm run build` shows why.");
}

process.exitCode = await run(process.argv.slice(2), { command: "npm start --", prepare: build });
