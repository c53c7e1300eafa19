// @ts-check
const fs = require("node:fs");
const path = require("node:path");

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * The browser for the tests of the web page: `$CHROMIUM`, or one of its names on the PATH.
 *
 * @returns {string | undefined} the browser's file
 */
function findChromium() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = process.env.CHROMIUM
    ? [process.env.CHROMIUM]
    : NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
}

module.exports = { findChromium };
