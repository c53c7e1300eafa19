"use strict";

// The part of flash.sh that talks to a board. flash.sh has read its options and built the bundles.
//
//   node main.cjs list                       prints the serial ports
//   node main.cjs port                       prints the only serial port
//   node main.cjs firmware-offset FILE.bin   prints where in the flash the image belongs
//   node main.cjs flash --port P --baud B [--file NAME=PATH]… [--app PATH] [--boot] [--no-verify] [--dry-run]

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { BoardConsole, pause } = require("./board_console.cjs");
const { crc32 } = require("./crc32.cjs");
const { findCli, uploadFiles } = require("./espruino_cli.cjs");
const { firmwareOffset } = require("./firmware.cjs");
const { FlashError } = require("./flash_error.cjs");
const { chooseSerialPort, describePorts, listSerialPorts, openPort } = require("./port.cjs");
const storage = require("./board_storage.cjs");

/** Espruino's name for the code it runs when it starts. */
const BOOT_CODE = ".bootcde";
/** Code that it runs instead of BOOT_CODE where there is any. */
const RESET_CODE = ".bootrst";
/** What save() wrote. */
const SAVED_STATE = ".varimg";
/** Storage names have at most this many characters, and at most 8 before this version of the firmware. */
const LONGEST_NAME = 28;
const OLDEST_VERSION = 2.05;
/** Free variables below which the client has little room to work in. */
const FEW_VARIABLES = 1500;
/** After reset(), the interpreter needs this long to be back, ms (the CLI waits as long). */
const RESET_PAUSE_MS = 300;
/** How long we listen to what a started app prints first, ms. */
const LISTEN_MS = 1500;

const print = (line) => process.stdout.write(`${line}\n`);
const warn = (line) => process.stderr.write(`flash.sh: warning: ${line}\n`);
const count = (n) => n.toLocaleString("en-US");
const hex = (n) => n.toString(16).padStart(8, "0");

/** A file to upload: {storageName, data, size, crc}. */
function readFile(storageName, file) {
  let data;
  try {
    data = fs.readFileSync(file);
  } catch (error) {
    throw new FlashError(`${file} cannot be read (${error.code}): check the name`);
  }
  if (data.length === 0) throw new FlashError(`${file} is empty: there is nothing to upload`);
  return { storageName, data, size: data.length, crc: crc32(data) };
}

/** The app, under the name it gets in Storage. */
function readApp(file, boot, otherNames) {
  if (!/\.js$/i.test(file)) {
    throw new FlashError(`${file} is not a .js file: bundle or compile the app to one ES5 file first`);
  }
  const name = path.basename(file);
  if (!boot && (name.length > LONGEST_NAME || !/^[\w][\w.-]*$/.test(name) || otherNames.includes(name))) {
    throw new FlashError(
      `the app cannot be called ${name} in Storage: rename it to at most ${LONGEST_NAME} letters, digits, ".", "_" or "-"`
    );
  }
  return readFile(boot ? BOOT_CODE : name, file);
}

/** Modules that the app requires, by the text of its source. */
function requiredModules(app) {
  const source = app.data.toString("latin1");
  return [...new Set([...source.matchAll(/\brequire\(\s*["']([^"']+)["']\s*\)/g)].map((match) => match[1]))];
}

/** A board's connection, which a restart of the interpreter may end. */
class Session {
  constructor(options) {
    this.options = options;
    this.board = undefined;
  }

  async open() {
    const port = await openPort(this.options.port, this.options);
    this.board = new BoardConsole(port, this.options.timeoutMs);
    await this.board.synchronise();
  }

  /** Stops the running program. A network console may go down with it: then it is opened again. */
  async reset() {
    await this.board.sendLine("reset()");
    await pause(RESET_PAUSE_MS);
    const deadline = Date.now() + this.options.timeoutMs;
    while (this.board.port.closed) {
      try {
        await this.open();
        return;
      } catch (error) {
        if (Date.now() >= deadline) {
          throw new FlashError(`the board did not come back after a reset (${error.message})`);
        }
        await pause(RESET_PAUSE_MS);
      }
    }
    await this.board.synchronise();
  }

  async close() {
    if (this.board) await this.board.port.close();
  }
}

function printFacts(facts) {
  print(`Board: Espruino ${facts.version} on ${facts.board}`);
  print(`  variables: ${count(facts.freeVariables)} free of ${count(facts.totalVariables)}`);
  if (facts.freeStorage !== null) print(`  Storage:   ${count(facts.freeStorage)} bytes free`);
  const shown = ["net", "tls", "crypto"].map((name) => `${name} ${facts.modules[name] ? "yes" : "no"}`);
  print(`  modules:   ${shown.join(", ")}`);
}

function warnAboutFirmware(facts) {
  if (!facts.modules.net)
    warn("this firmware has no `net` module: the client cannot connect; use a firmware with networking");
  if (!facts.modules.tls) warn("this firmware has no `tls` module: ws:// works, wss:// does not");
  if (!facts.modules.crypto) {
    warn("this firmware has no `crypto` module, which the opening handshake may need: prefer a firmware that has it");
  }
  if (facts.freeVariables < FEW_VARIABLES) {
    warn(`only ${facts.freeVariables} variables are free: keep buffer_size small, or use a firmware with more memory`);
  }
}

function checkBoard(facts, { app, boot, files }) {
  const version = /^(\d+)v(\d+)/.exec(facts.version || "");
  if (version && Number(version[1]) + Number(version[2]) / 100 < OLDEST_VERSION) {
    throw new FlashError(
      `Espruino ${facts.version} is too old, its Storage takes only names of 8 characters: flash 2v05 or later with --firmware`
    );
  }
  if (boot && facts.files.includes(RESET_CODE)) {
    throw new FlashError(
      `the board has ${RESET_CODE} in Storage, which runs instead of an app saved with --boot: erase it with ` +
        `require("Storage").erase("${RESET_CODE}") and run this again`
    );
  }
  if (boot && facts.files.includes(SAVED_STATE)) {
    warn(
      `the board also restores a state that was written with save(); erase it with require("Storage").erase("${SAVED_STATE}") if the app should run alone`
    );
  }
  const uploaded = files.map((file) => file.storageName);
  for (const name of app ? requiredModules(app) : []) {
    if (!uploaded.includes(name) && !facts.modules[name]) {
      warn(`the app requires "${name}", which is not on the board${name === "websocket" ? ": add --websocket" : ""}`);
    }
  }
}

/** Old and new files must fit side by side, and the copy that takes the old one's place as well. */
async function makeRoom(board, files, { dryRun }) {
  const needed = files.reduce((sum, file) => sum + 2 * storage.storageRoom(file.size), 0);
  let free = await storage.freeStorage(board);
  if (free === null || free >= needed) return;
  if (!dryRun) {
    await storage.compact(board);
    free = await storage.freeStorage(board);
    if (free >= needed) return;
  }
  throw new FlashError(
    `Storage is too full: ${count(free)} bytes are free and ${count(needed)} are needed, because the old files stay ` +
      `until the new ones are checked; erase files you do not need (see require("Storage").list()) and run this again`
  );
}

/** A line that grows to 100% on a terminal, and a few lines elsewhere. */
function progressBar() {
  const terminal = process.stdout.isTTY;
  let shown = -1;
  return (fraction) => {
    const percent = Math.floor(fraction * 100);
    const step = terminal ? percent : Math.floor(percent / 25) * 25;
    if (step <= shown) return;
    shown = step;
    const bar = "#".repeat(Math.floor(step / 5)).padEnd(20, ".");
    process.stdout.write(terminal ? `\r  [${bar}] ${step}%${step === 100 ? "\n" : ""}` : `  [${bar}] ${step}%\n`);
  };
}

/** Uploads under temporary names; returns what is wrong with what arrived, or undefined. */
async function uploadTemporaries(session, files, directory, pacing) {
  const { board } = session;
  const progress = progressBar();
  const printed = await uploadFiles({
    console: board,
    directory,
    files: files.map((file, index) => {
      const temporary = storage.TEMPORARY_PREFIX + index;
      fs.writeFileSync(path.join(directory, temporary), file.data);
      return { storageName: temporary, stagedAs: temporary, size: file.size };
    }),
    onProgress: progress,
    pacing,
    stallMs: session.options.timeoutMs,
  });
  await board.synchronise();
  for (const [index, file] of files.entries()) {
    const found = await storage.checksum(board, storage.TEMPORARY_PREFIX + index, file.size);
    if (!found || found.size !== file.size || found.crc !== file.crc) {
      if (/Unable to find or create file/.test(printed)) {
        throw new FlashError(
          `Storage is full: there was no room for ${file.storageName}; erase files you do not need (see require("Storage").list()) and run this again`
        );
      }
      return `${file.storageName} should have ${describeSum(file)} but the board got ${found ? describeSum(found) : "nothing"}`;
    }
  }
  progress(1);
  return undefined;
}

function describeSum({ size, crc }) {
  return `${count(size)} bytes with CRC-32 ${hex(crc)}`;
}

async function upload(session, files, verify) {
  const { board } = session;
  await storage.eraseTemporaries(board);
  await makeRoom(board, files, { dryRun: false });
  const names = files.map((file) => `${file.storageName} (${count(file.size)} bytes)`);
  print(`Uploading ${names.join(", ")}`);
  const untouched = "what was on the board before is untouched";
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "flash-"));
  try {
    const network = session.options.port.startsWith("tcp:");
    let wrong = await uploadTemporaries(session, files, directory, network ? "network" : "serial");
    if (wrong) {
      warn(`the upload arrived damaged (${wrong}); once more, slowly`);
      await storage.eraseTemporaries(board);
      await makeRoom(board, files, { dryRun: false });
      wrong = await uploadTemporaries(session, files, directory, "careful");
    }
    if (wrong) {
      throw new FlashError(`checksum mismatch: ${wrong}; try another cable or a lower baud rate (-b)`);
    }
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    throw new FlashError(`the upload failed: ${error.message}; ${untouched}`);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }

  for (const [index, file] of files.entries()) {
    await storage.replaceFile(board, storage.TEMPORARY_PREFIX + index, file.storageName, file.size);
  }
  if (verify) {
    for (const file of files) {
      const found = await storage.checksum(board, file.storageName, file.size);
      if (!found || found.size !== file.size || found.crc !== file.crc) {
        throw new FlashError(
          `checksum mismatch: ${file.storageName} should have ${describeSum(file)} but Storage holds ` +
            `${found ? describeSum(found) : "nothing"}; run this again, and replace the board if it comes back`
        );
      }
      print(`Verified ${file.storageName}: ${describeSum(file)}`);
    }
  }
  await storage.eraseTemporaries(board);
}

/** Restarts the interpreter so that it runs what is now in Storage, and shows what the app says first. */
async function start(session, app, boot) {
  const { board } = session;
  board.clearOutput();
  await board.sendLine(app && !boot ? `load(${JSON.stringify(app.storageName)})` : "load()");
  if (!app) {
    print('Done. On the board: require("esp_websocket_client")');
    return;
  }
  print(
    boot
      ? "Started the app; it starts again whenever the board does."
      : `Started ${app.storageName}; add --boot to have it start with the board.`
  );
  await board.waitFor((output) => (/Uncaught [^\r\n]*[\r\n]/.test(output) ? true : undefined), LISTEN_MS);
  const uncaught = /Uncaught [^\r\n]*/.exec(board.output);
  if (uncaught) warn(`the app threw when it started: ${uncaught[0]}`);
}

async function flash(args) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string" },
      baud: { type: "string" },
      timeout: { type: "string" },
      file: { type: "string", multiple: true, default: [] },
      app: { type: "string" },
      boot: { type: "boolean", default: false },
      "no-verify": { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
    },
  });
  const files = values.file.map((pair) => {
    const equals = pair.indexOf("=");
    return readFile(pair.slice(0, equals), pair.slice(equals + 1));
  });
  const app =
    values.app &&
    readApp(
      values.app,
      values.boot,
      files.map((file) => file.storageName)
    );
  if (app) files.push(app);
  findCli();

  const session = new Session({
    port: values.port || (await chooseSerialPort()),
    baud: Number(values.baud),
    timeoutMs: Number(values.timeout) * 1000,
  });
  print(`Connecting to ${session.options.port}`);
  try {
    await session.open();
    const dryRun = values["dry-run"];
    if (!dryRun) await session.reset();
    const wanted = ["net", "tls", "crypto", ...(app ? requiredModules(app) : [])];
    const facts = await storage.askBoard(session.board, wanted);
    printFacts(facts);
    warnAboutFirmware(facts);
    checkBoard(facts, { app, boot: values.boot, files });

    const changed = [];
    for (const file of files) {
      const found = facts.files.includes(file.storageName)
        ? await storage.checksum(session.board, file.storageName, file.size)
        : null;
      if (found && found.size === file.size && found.crc === file.crc) {
        print(`${file.storageName} is on the board already (${describeSum(file)})`);
      } else {
        changed.push(file);
      }
    }
    if (dryRun) {
      await makeRoom(session.board, changed, { dryRun: true });
      for (const file of changed) print(`Would upload ${file.storageName}: ${describeSum(file)}`);
      print("Dry run: nothing was changed.");
      return;
    }
    if (changed.length > 0) await upload(session, changed, !values["no-verify"]);
    await start(session, app, values.boot);
  } finally {
    await session.close();
  }
}

async function main([command, ...args]) {
  switch (command) {
    case "list": {
      const ports = await listSerialPorts();
      if (ports.length === 0) throw new FlashError("no serial port was found: connect the board by USB");
      describePorts(ports).forEach(print);
      return;
    }
    case "port":
      print(await chooseSerialPort());
      return;
    case "firmware-offset":
      print(firmwareOffset(args[0]));
      return;
    case "flash":
      await flash(args);
      return;
    default:
      throw new Error(`unknown command ${command}`);
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error) => {
    if (process.stdout.isTTY) process.stdout.write("\n");
    const message = error instanceof FlashError ? error.message : `internal error: ${error.stack}`;
    process.stderr.write(`flash.sh: ${message}\n`);
    process.exit(1);
  }
);
