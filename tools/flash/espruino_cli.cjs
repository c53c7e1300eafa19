"use strict";

// Uploads with the espruino CLI.
//
// The CLI does not get the board's port itself: it talks tcp:// to a relay in this process, which holds the one
// connection to the board. So a serial port is opened once (opening it resets many ESP32 boards), progress can be
// counted, and a connection that is cut, or a board that falls silent, is noticed: the CLI ends with status 0 in
// all these cases, or not at all.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const net = require("node:net");
const path = require("node:path");
const { FlashError } = require("./flash_error.cjs");
const { findEspruinoPackage, howToInstall } = require("./port.cjs");

/** The CLI writes to Storage in pieces of this many bytes. */
const CLI_PIECE = 384;
/** Printed by the board behind the last piece. */
const END_MARK = "upload-end";
const CTRL_C = 3;
/** How long the CLI's own start may take on a busy computer, in milliseconds. */
const CLI_START = 20000;
/** The slowest flash that we wait for, bytes of upload per millisecond. */
const SLOWEST_BOARD = 2;

/** How fast the CLI may send: each name stands for its configuration. */
const PACING = {
  /** A network connection holds the CLI back by itself. */
  network: ["SERIAL_THROTTLE_SEND=2", "STORAGE_UPLOAD_METHOD=1"],
  /** A serial line may lose bytes while the flash is written: a pause after each piece. */
  serial: ["SERIAL_THROTTLE_SEND=2", "STORAGE_UPLOAD_METHOD=0"],
  /** For a line that lost something: a few bytes at a time as well. */
  careful: ["SERIAL_THROTTLE_SEND=1", "STORAGE_UPLOAD_METHOD=0"],
};

/** The path of the CLI's program. */
function findCli() {
  const packageFile = findEspruinoPackage();
  if (!packageFile) {
    throw new FlashError(`the espruino CLI is not installed: ${howToInstall()}`);
  }
  return path.join(path.dirname(packageFile), require(packageFile).bin.espruino);
}

/** About how many bytes the CLI sends for a file. */
function uploadSize(name, size) {
  const pieces = Math.ceil(size / CLI_PIECE);
  return Math.ceil(size / 3) * 4 + pieces * (`require("Storage").write("",atob(""),)\n\x10`.length + name.length + 5);
}

/**
 * Writes files to the board's Storage. Whether they arrived whole is for the caller to ask the board.
 *
 * @param {object} upload
 * @param upload.console the BoardConsole of the open port
 * @param {{storageName: string, stagedAs: string, size: number}[]} upload.files the files, in `directory`
 * @param {string} upload.directory
 * @param {keyof PACING} upload.pacing
 * @param {number} upload.stallMs how long nothing may move
 * @param {(fraction: number) => void} upload.onProgress 0 to 1
 * @returns what the board printed
 */
async function uploadFiles({ console: board, files, directory, pacing, stallMs, onProgress }) {
  const cli = findCli();
  const expected = files.reduce((sum, file) => sum + uploadSize(file.storageName, file.size), 0);
  const relay = net.createServer();
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");

  const args = [cli, "--no-ble", "--quiet", "-p", `tcp://127.0.0.1:${relay.address().port}`];
  // We have asked the board ourselves, and its description on the web is not needed.
  for (const setting of ["ENV_ON_CONNECT=false", "RESET_BEFORE_SEND=false", ...PACING[pacing]]) {
    args.push("--config", setting);
  }
  for (const file of files) args.push("--storage", `${file.storageName}:${file.stagedAs}`);
  // Without code to run, the CLI would stay as a terminal.
  args.push("-e", `print("${END_MARK.slice(0, 4)}"+"${END_MARK.slice(4)}")`);

  board.clearOutput();
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  const endChild = () => child.kill("SIGKILL");
  process.once("exit", endChild);
  let cliOutput = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      cliOutput = (cliOutput + data).slice(-2000);
    });
  }

  let sent = 0;
  let failure;
  const stop = (message) => {
    failure = failure || new FlashError(message);
    endChild();
  };
  const percent = () => Math.min(99, Math.floor((100 * sent) / expected));
  let stallTimer;
  const moved = (limit = stallMs) => {
    clearTimeout(stallTimer);
    stallTimer = setTimeout(() => stop(`the board took no more data for ${limit / 1000} s, at ${percent()}%`), limit);
  };
  // Until the CLI has started nothing can move, and that is not the board's doing.
  moved(Math.max(stallMs, CLI_START));

  const lost = () => stop(`the connection to ${board.port.name} was cut, at ${percent()}%`);
  const ended = (output) => (output.includes(END_MARK) ? true : undefined);
  const toCli = (data) => {
    moved();
    // The CLI waits some time more, and without end after less than 512 bytes.
    if (ended(board.output)) endChild();
    if (socket && !socket.destroyed) socket.write(data);
  };
  board.port.once("close", lost);
  board.port.on("data", toCli);

  let socket;
  let lastWrite = Promise.resolve();
  relay.on("connection", (connection) => {
    socket = connection;
    socket.setNoDelay(true);
    socket.on("error", () => {}); // the child was ended; its "close" is what counts
    socket.on("data", (data) => {
      socket.pause();
      // Two seconds after its last byte the CLI gives up on a board that is still writing to flash and breaks in
      // with Ctrl-C, which would spoil the upload. The prompt is our business, not its.
      lastWrite = board.port.write(data.filter((byte) => byte !== CTRL_C)).then(
        () => {
          sent += data.length;
          moved();
          onProgress(Math.min(sent / expected, 1));
          socket.resume();
        },
        () => lost()
      );
    });
  });

  try {
    const [status] = await once(child, "close");
    await lastWrite;
    if (!failure && status) {
      const line = cliOutput.trim().split("\n").pop();
      failure = new FlashError(
        `the espruino CLI failed (${line || `status ${status}`}): run this again, and if that does not help ${howToInstall()}`
      );
    }
    if (failure) throw failure;
    // A slow board may still be working through what it was sent.
    await board.waitFor(ended, stallMs + expected / SLOWEST_BOARD);
    return board.output;
  } finally {
    clearTimeout(stallTimer);
    process.off("exit", endChild);
    board.port.off("close", lost);
    board.port.off("data", toCli);
    if (socket) socket.destroy();
    relay.close();
  }
}

module.exports = { findCli, uploadFiles };
