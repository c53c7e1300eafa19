// @ts-check
const fs = require("node:fs");
const path = require("node:path");

/**
 * The interpreter, Espruino for Linux: `$ESPRUINO`, or `espruino` on the PATH. The command line tool that uploads to
 * boards has the same name, and npm puts it on the PATH of every script: being a program for Node, it is passed over.
 *
 * @returns {string | undefined} the interpreter's file
 */
function findEspruino() {
  const candidates = process.env.ESPRUINO
    ? [process.env.ESPRUINO]
    : (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, "espruino"));
  const found = candidates.find((file) => isFile(file) && !isNodeProgram(file));
  return found && path.resolve(found);
}

/** @param {string} file */
function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @param {string} file */
function isNodeProgram(file) {
  const start = Buffer.alloc(80);
  const opened = fs.openSync(file, "r");
  try {
    fs.readSync(opened, start);
  } finally {
    fs.closeSync(opened);
  }
  return /^#!.*\bnode\b/.test(start.toString("latin1"));
}

module.exports = { findEspruino };
