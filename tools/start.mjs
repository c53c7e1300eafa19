/** `npm start`: `npx esp-websocket-client run`, after building what is not up to date. */
import path from "node:path";
import { isOutOfDate } from "../build/inputs.mjs";
import { projectRoot } from "./flash/bundles.mjs";
import { run, UserError } from "./run.mjs";

/** Where this builds what it needs, if dist/ is not up to date. */
const QUICK = ".build-start";

const NEEDED = ["esp_websocket_client.min.js", "websocket.min.js", "simulator/index.js"];

const isUpToDate = (folder) => !isOutOfDate({ files: NEEDED.map((name) => path.join(folder, name)) });

/** The folder with what is to run. A build that fails leaves the old one, which is not run. */
async function build() {
  if (isUpToDate("dist")) return path.join(projectRoot, "dist");
  if (isUpToDate(QUICK)) return path.join(projectRoot, QUICK);
  console.log("Building the client and the simulator: some seconds, and only where a source has changed.");
  const { BuildError, quickBuild } = await import("./quick_build.mjs");
  const folder = path.join(projectRoot, QUICK);
  try {
    await quickBuild(projectRoot, folder);
  } catch (error) {
    if (!(error instanceof BuildError) && !error.plugin && !/rollup/i.test(error.code ?? "")) throw error;
    throw new UserError(`The build failed: ${error.message}`);
  }
  return folder;
}

process.exitCode = await run(process.argv.slice(2), { command: "npm start --", prepare: build });
