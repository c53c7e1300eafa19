/** `./flash.sh` and `npx esp-websocket-client flash`: puts the client, and a script, on a board. */
import fs from "node:fs";
import path from "node:path";
import { BOOT_CODE, FlashError, appFile, checkBoard, connect, describeSum, storageFile } from "./board.mjs";
import { bundleFile, makeBundles } from "./bundles.mjs";
import { flashFirmware } from "./firmware.mjs";
import { chooseSerialPort, describePorts, openPort } from "./node_ports.mjs";
import { UsageError, readOptions, usage } from "./options.mjs";
import { listSerialPorts } from "./serial_port.mjs";

const print = (line) => process.stdout.write(`${line}\n`);
const warn = (line) => process.stderr.write(`flash: warning: ${line}\n`);
const count = (n) => n.toLocaleString("en-US");

/** What these options can do about a warning or a failure, by its code. */
const ADVICE = {
  garbled: "choose another rate with -b (Espruino on the ESP32 uses 115200)",
  lost_characters: "use another cable or USB port, or a lower baud rate (-b)",
  not_espruino: "check the port, or flash the firmware with --firmware",
  too_old: "flash 2v05 or later with --firmware",
  old_boot: "--no-boot removes it",
  "missing:websocket": "add --websocket",
  "missing:tls_psk": "add --psk",
};

/**
 * @param {string[]} args
 * @param {{command?: string}} [options] what the user calls this
 * @returns {Promise<number>} the exit status
 */
export async function flash(args, { command = "./flash.sh" } = {}) {
  try {
    const options = readOptions(args, process.env);
    if (options.help) print(usage(command));
    else if (options.list) await list();
    else return await flashBoard(options);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`flash: ${error.message}; see ${command} --help\n`);
      return 2;
    }
    process.stderr.write(`flash: ${describe(error)}\n`);
    return 1;
  }
}

function describe(error) {
  if (!(error instanceof FlashError)) return `internal error: ${error.stack}`;
  const advice = ADVICE[error.code];
  return advice && !/untouched/.test(error.advice) ? `${error.what}: ${advice}` : error.message;
}

async function list() {
  const ports = await listSerialPorts();
  if (ports.length === 0) throw new FlashError("port", "no serial port was found", "connect the board by USB");
  describePorts(ports).forEach(print);
}

function readFile(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new FlashError("bad_file", `${file} cannot be read (${error.code})`, "check the name");
  }
}

function checkFileNames({ app, firmware, port }) {
  for (const [option, file] of Object.entries({ app, firmware })) {
    if (file !== undefined && !fs.existsSync(file)) {
      throw new FlashError("bad_file", `there is no file ${file}`, `check what was given with --${option}`);
    }
  }
  if (firmware && port?.startsWith("tcp:")) {
    throw new FlashError(
      "port",
      "firmware is flashed over a serial port only",
      "connect the board by USB and give its port with -p"
    );
  }
}

/** All that is to be on the board. */
function readFiles({ app, boot }, modules) {
  const files = modules.map((module) => storageFile(module, readFile(bundleFile(module)), bundleFile(module)));
  if (!app) return { files };
  const script = appFile(path.basename(app), readFile(app), { boot, otherNames: modules, shownAs: app });
  return { files: [...files, script], app: script };
}

async function flashBoard(options) {
  const { dryRun, noBoot } = options;
  checkFileNames(options);
  const modules = ["esp_websocket_client"];
  if (options.websocket) modules.push("websocket");
  if (options.psk) modules.push("tls_psk");
  await makeBundles(modules, { dryRun, print });
  const { files, app } = readFiles(options, modules);
  const port = options.port ?? (await chooseSerialPort());
  if (options.firmware) await flashFirmware(options.firmware, { port, baud: options.baud, dryRun, print });

  let showing = false;
  print(`Connecting to ${port}`);
  const board = await connect({
    openPort: () => openPort(port, options),
    timeoutMs: options.timeoutMs,
    onText: (text) => showing && process.stdout.write(text),
  });
  try {
    if (!dryRun) await board.reset();
    const facts = await board.identify();
    printFacts(facts);
    for (const { code, text } of checkBoard(facts, { files, app, removeBoot: noBoot })) {
      warn(ADVICE[code] ? `${text}: ${ADVICE[code]}` : text);
    }
    const changed = await board.changed(files);
    for (const file of files) {
      if (!changed.includes(file)) print(`${file.name} is on the board already (${describeSum(file)})`);
    }
    const removesBoot = noBoot && facts.files.includes(BOOT_CODE);
    if (dryRun) {
      await sayWhatWouldBeDone(board, changed, removesBoot);
      return 0;
    }
    if (changed.length > 0) await upload(board, changed, options);
    if (removesBoot) {
      await board.removeBoot();
      print(`Removed ${BOOT_CODE}: no script starts with the board any more.`);
    }
    if (!options.monitor) return await start(board, app, options);
    print("Showing what the board prints. Ctrl-C ends this and leaves the board running.");
    showing = true;
    return await monitor(board, start(board, app, options));
  } finally {
    await board.close();
  }
}

function printFacts(facts) {
  print(`Board: Espruino ${facts.version} on ${facts.board}`);
  print(`  variables: ${count(facts.freeVariables)} free of ${count(facts.totalVariables)}`);
  if (facts.freeHeap !== null) print(`  C heap:    ${count(facts.freeHeap)} bytes free`);
  if (facts.freeStorage !== null) print(`  Storage:   ${count(facts.freeStorage)} bytes free`);
  const shown = ["net", "tls", "crypto"].map((name) => `${name} ${facts.builtIn.includes(name) ? "yes" : "no"}`);
  print(`  modules:   ${shown.join(", ")}`);
}

async function sayWhatWouldBeDone(board, changed, removesBoot) {
  await board.checkRoom(changed);
  for (const file of changed) print(`Would upload ${file.name}: ${describeSum(file)}`);
  if (removesBoot) print(`Would remove ${BOOT_CODE}.`);
  print("Dry run: nothing was changed.");
}

async function upload(board, files, { verify }) {
  const names = files.map((file) => `${file.name} (${count(file.size)} bytes)`);
  print(`Uploading ${names.join(", ")}`);
  const progress = progressBar();
  try {
    await board.upload(files, { verify, onWarning: warn, onProgress: ({ fraction }) => progress(fraction) });
  } catch (error) {
    progress.end();
    throw error;
  }
  if (board.resentLines > 0) print(`  ${count(board.resentLines)} damaged lines were sent again`);
  if (verify) for (const file of files) print(`Verified ${file.name}: ${describeSum(file)}`);
}

/** A line that grows to 100% on a terminal, and a few lines elsewhere. */
function progressBar() {
  const terminal = process.stdout.isTTY;
  let shown = -1;
  const progress = (fraction) => {
    const percent = Math.floor(fraction * 100);
    const step = terminal ? percent : Math.floor(percent / 25) * 25;
    if (step <= shown) return;
    shown = step;
    const bar = "#".repeat(Math.floor(step / 5)).padEnd(20, ".");
    process.stdout.write(terminal ? `\r  [${bar}] ${step}%${step === 100 ? "\n" : ""}` : `  [${bar}] ${step}%\n`);
  };
  /** The line is left as it is. */
  progress.end = () => terminal && shown >= 0 && shown < 100 && print("");
  return progress;
}

/** Restarts the interpreter so that it runs what is now in Storage. @returns {Promise<number>} the exit status */
async function start(board, app, { boot, timeoutMs, monitor }) {
  if (app) {
    print(
      boot
        ? "Starting the app; it starts again whenever the board does."
        : `Starting ${app.name}; add --boot to have it start with the board.`
    );
  }
  const { uncaught, idle } = await board.run(app);
  if (uncaught) {
    const what = app ? "the app failed when it started" : `the ${BOOT_CODE} on the board failed when it started`;
    if (!app) warn(`${what}: ${uncaught}`);
    else process.stderr.write(`flash: ${what}: ${uncaught}\n`);
    return app ? 1 : 0;
  }
  if (!idle && !board.closed) {
    warn(
      `what was started has not come to an end for ${timeoutMs / 1000} s, and nothing else can run meanwhile; ` +
        "docs/boards.md shows how to rescue a board whose script never returns"
    );
  }
  if (!app && !monitor) print('Done. On the board: require("esp_websocket_client")');
  return 0;
}

/** Shows what the board prints until Ctrl-C. @param {Promise<number>} started @returns {Promise<number>} its status */
async function monitor(board, started) {
  let status = 0;
  const lost = started.then(async (result) => {
    status = result;
    await board.untilClosed();
    throw new FlashError("lost_connection", `the connection to ${board.portName} was cut`);
  });
  const interrupted = new Promise((resolve) => process.once("SIGINT", resolve));
  await Promise.race([interrupted, lost]);
  lost.catch(() => {});
  print("");
  return status;
}
