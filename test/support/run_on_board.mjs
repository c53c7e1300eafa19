/**
 * Runs one script on a board, over its console: a program for targets.ts, since jest takes no ES modules.
 *
 * Standard input: one line of JSON, a BoardRun. When the input ends, the script is stopped. Standard output: what the
 * console shows from the script's start on, byte for byte. Exit status 0: the script was stopped, or has no timer and no
 * socket left. 1: the board did not do its part, and standard error says what.
 *
 * @typedef {object} BoardRun
 * @property {string} console tcp://host:port or a serial device
 * @property {Record<string, string>} files for Storage: one character per byte
 * @property {string} script is kept in RAM, as on Espruino for Linux: one character per byte
 * @property {Record<string, string>} preset global variables: expressions, in ASCII
 */
import readline from "node:readline";
import { connect, storageFile } from "../../tools/flash/board.mjs";
import { openPort } from "../../tools/flash/node_ports.mjs";

const BAUD = 115200;
/** A connect to a silent host blocks the interpreter for 10 s. */
const TIMEOUT_MS = 30000;
/** After so long without a word, the board is asked whether the script is over. */
const SILENCE_MS = 3000;
const NETWORK_MS = 90000;
const REJOIN_SECONDS = 20;
/** Characters of the script that are sent at once: a line of the console holds them, with their escapes. */
const PIECE = 300;
/** A socket that a reset has ended may keep its buffers for a while, bytes of C heap. */
const HEAP_SLACK = 3000;
/** What only a board says that starts. */
const RESTART = /^(?:rst:0x|Guru Meditation Error|ets [A-Z][a-z]{2} |Stack overflow: )[^\r\n]*/m;

const ADDRESS = `(function(){try{return require("Wifi").getIP().ip}catch(e){return "none"}})()`;
const HEAP = `(typeof ESP32!="undefined"&&ESP32.getState?ESP32.getState().freeHeap:null)`;
/** How many timers and sockets there are. */
const BUSY =
  `(function(h){var n=0;["timers","HttpCC","HttpSC","HttpS"].forEach(function(k){n+=Object.keys(h[k]||{}).length});` +
  `return n})(global["\\xff"])`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main() {
  const input = readline.createInterface({ input: process.stdin });
  const stopped = new Promise((resolve) => input.once("close", resolve));
  const [line] = await new Promise((resolve) => input.once("line", (...lines) => resolve(lines)));
  const plan = JSON.parse(line);

  let started = false;
  let heard = Date.now();
  let restarted;
  const restart = new Promise((resolve) => (restarted = resolve));
  let tail = "";
  const open = () =>
    connect({
      openPort: async () => watched(await openPort(plan.console, { baud: BAUD, timeoutMs: TIMEOUT_MS })),
      timeoutMs: TIMEOUT_MS,
    });
  const board = await open();

  /** Shows what the script prints, before anybody else reads it. */
  function watched(port) {
    const { onData } = port;
    port.onData = (listener) =>
      onData.call(port, (bytes) => {
        if (started) show(bytes);
        listener(bytes);
      });
    return port;
  }

  function show(bytes) {
    // XON and XOFF are the line's, not the script's.
    const text = Buffer.from(bytes.filter((byte) => byte !== 0x11 && byte !== 0x13)).toString("latin1");
    tail = (tail + text).slice(-1000);
    const found = RESTART.exec(tail);
    if (found) restarted(found[0]);
    heard = Date.now();
    process.stdout.write(text, "latin1");
  }

  await board.reset();
  await network(board);
  await board.identify();
  const files = Object.entries(plan.files).map(([name, text]) => storageFile(name, Buffer.from(text, "latin1")));
  await board.upload(files);
  for (const [name, value] of Object.entries(plan.preset)) await board.evaluate(`(global.${name}=${value},1)`);
  const heap = await board.evaluate(HEAP);
  await sendScript(board, plan.script);
  started = true;
  await board.write(`\x10delete global._f;_s=_s.join("");print("\\x02");eval(_s,delete global._s)\n`);

  const watching = idle();
  const reason = await Promise.race([
    stopped,
    restart,
    board.untilClosed().then(() => "its connection ended"),
    watching,
  ]);
  if (reason) throw new Error(`The board restarted: ${reason}`);
  started = false;
  await board.close();
  await watching;
  await cleanUp(await open(), heap);

  async function idle() {
    while (started) {
      await pause(100);
      if (!started || Date.now() - heard < SILENCE_MS) continue;
      const busy = await board.evaluate(BUSY).catch(() => 1);
      if (busy === 0) return;
      heard = Date.now();
    }
  }
}

/** Puts the script's pieces into the board's variable `_s`. */
async function sendScript(board, script) {
  await board.evaluate("(_s=[]).length");
  for (let at = 0; at < script.length; at += PIECE) {
    const piece = JSON.stringify(script.slice(at, at + PIECE)).replace(/[\u007f-\u00ff]/g, escapeByte);
    await board.evaluate(`(_s[${at / PIECE}]=${piece}).length`);
  }
}

const escapeByte = (byte) => `\\x${byte.charCodeAt(0).toString(16)}`;

/** Waits until the board has an address; has it join the network that was saved, if it does not do so by itself. */
async function network(board) {
  const deadline = Date.now() + NETWORK_MS;
  for (let seconds = 0; (await board.evaluate(ADDRESS)) === "0.0.0.0"; seconds++) {
    if (Date.now() > deadline) {
      throw new Error("The board has no network: join one on its console, and Wifi.save() it.");
    }
    if (seconds % REJOIN_SECONDS === 2) await board.evaluate(`(require("Wifi").restore(),1)`);
    await pause(1000);
  }
}

/** Ends the script, whatever it is doing. The C heap must be what it was, once the script's sockets are gone. */
async function cleanUp(board, before) {
  await board.reset();
  let now = await board.evaluate(HEAP);
  for (let attempt = 0; before !== null && now < before - HEAP_SLACK; attempt++) {
    if (attempt === 10) throw new Error(`The script has cost C heap: ${before} bytes were free, and ${now} are left.`);
    await pause(500);
    now = await board.evaluate(HEAP);
  }
  await board.close();
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(error.message);
    process.exit(1);
  }
);
