// @ts-check
/** `npm start`: `npx esp-websocket-client run`, after building what is not up to date. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isOutOfDate } from "../build/inputs.mjs";
import { run, UserError } from "./run.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds if a source is newer than what was built from it. A build that fails leaves the old one, which is not run. */
function build() {
  if (!isOutOfDate()) return;
  console.log("Building…");
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new UserError("The build failed: `npm run build` shows why.");
}

process.exitCode = await run(process.argv.slice(2), { command: "npm start --", prepare: build });
