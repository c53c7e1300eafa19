/**
 * A board that runs Espruino: what it is, what is in its Storage, and how files get there.
 *
 * Command line and web page share this module and those that it imports. None of them needs Node or a browser: what
 * carries the bytes is a port that the caller opens (board_port.mjs describes it; TCP and serial ports for Node are in
 * node_ports.mjs).
 *
 *   import { connect, storageFile, appFile, checkBoard } from "./board.mjs";
 *
 *   const board = await connect({ openPort: () => openMyPort(), onText: (text) => show(text) });
 *   await board.reset();                              // stops what runs there
 *   const facts = await board.identify();             // {board, version, freeVariables, freeHeap, builtIn, files …}
 *   const app = appFile("echo.js", bytes, { boot: true });
 *   const files = [storageFile("esp_websocket_client", bundle), app];
 *   for (const { text } of checkBoard(facts, { files, app })) warn(text);
 *   await board.upload(files, { onProgress: ({ fraction }) => bar(fraction) });
 *   const started = await board.run(app);             // {uncaught, idle}
 *   await board.close();
 *
 * Whatever fails throws a FlashError (flash_error.mjs): `code` for programs, `message` for the user. One call at a time;
 * `write` and `interrupt` may be called while no other runs.
 *
 * The promise: an old file stays until the new one is on the board beside it and its CRC-32 is right. An upload that is
 * interrupted or cancelled leaves what was there, and `flash.tmp…` files that the next upload removes.
 */
import { BOOT_CODE, appFile, checkBoard, requiredModules, storageFile } from "./app_file.mjs";
import { BoardConsole } from "./board_console.mjs";
import { pause, systemClock } from "./board_port.mjs";
import * as storage from "./board_storage.mjs";
import { DamagedFlash, sendFile } from "./board_upload.mjs";
import { ConsoleText } from "./console_text.mjs";
import { crc32 } from "./crc32.mjs";
import { FlashError } from "./flash_error.mjs";

export { BOOT_CODE, FlashError, appFile, checkBoard, crc32, requiredModules, storageFile };

/** After reset(), the interpreter needs this long to be back, ms. */
const RESET_PAUSE_MS = 300;
/** How long we listen to what a started app prints first, ms. */
const LISTEN_MS = 1000;
/** What the console shows of a script that ended badly: the exception, and where it was thrown. */
const UNCAUGHT = /(?:^|[\r\n>]|\x1b\[J)(Uncaught [^\r\n]*)(?:\r?\n *(at [^\r\n]*))?/;

const count = (n) => n.toLocaleString("en-US");
const hex = (n) => n.toString(16).padStart(8, "0");

export const describeSum = ({ size, crc }) => `${count(size)} bytes with CRC-32 ${hex(crc)}`;

/**
 * Opens a port and finds the interpreter behind it. A program that runs on the board may be interrupted.
 * @param {object} options
 * @param {() => Promise<object>} options.openPort opens the port; called again where a reset ends the connection
 * @param {number} [options.timeoutMs] how long the board may take to answer (10,000)
 * @param {(text: string) => void} [options.onText] what the board prints, without the answers to our questions
 * @param {boolean} [options.interrupt] false: do not look for the prompt, only listen
 * @param [options.clock] see board_port.mjs
 * @returns {Promise<Board>}
 */
export async function connect({ openPort, timeoutMs = 10000, onText, interrupt = true, clock = systemClock }) {
  const board = new Board({ openPort, timeoutMs, onText, clock });
  await board._open(interrupt);
  return board;
}

export class Board {
  constructor(options) {
    this._options = options;
    this._console = undefined;
  }

  /** What the user calls the port. */
  get portName() {
    return this._console.port.name;
  }

  /** Whether the connection is gone. */
  get closed() {
    return this._console.port.closed;
  }

  /** How many lines arrived damaged so far, and were sent again. */
  get resentLines() {
    return this._console.resent;
  }

  async _open(interrupt = true) {
    const { openPort, timeoutMs, onText, clock } = this._options;
    const port = await openPort();
    this._console = new BoardConsole(port, { timeoutMs, clock });
    if (onText) {
      const text = new ConsoleText(onText);
      this._console.onBytes((bytes) => text.take(bytes));
    }
    if (!interrupt) return;
    try {
      await this._console.synchronise();
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  /** The board, its firmware, memory, modules and files. @returns {Promise<storage.BoardFacts>} */
  identify() {
    return storage.askBoard(this._console);
  }

  /** @returns {Promise<{name: string, size: number}[]>} the files in Storage, sizes in bytes */
  listStorage() {
    return storage.listStorage(this._console);
  }

  /** Size and CRC-32 of a file in Storage, null where there is none. */
  checksum(name, expectedSize = 0) {
    return storage.checksum(this._console, name, expectedSize);
  }

  /** Removes a file from Storage. */
  erase(name) {
    return storage.erase(this._console, name);
  }

  /** The value of an ES5 expression on the board, through JSON. */
  evaluate(expression) {
    return this._console.evaluate(expression);
  }

  /** Stops the running program and forgets its variables. A network console may go down with it and is opened again. */
  async reset() {
    const { clock, timeoutMs } = this._options;
    await this._console.evaluate("(setTimeout(function(){reset()},20),1)");
    await pause(clock, RESET_PAUSE_MS);
    const deadline = clock.now() + timeoutMs;
    while (this.closed) {
      try {
        await this._open();
        return;
      } catch (error) {
        if (clock.now() >= deadline) {
          throw new FlashError("silent", `the board did not come back after a reset (${error.message})`);
        }
        await pause(clock, RESET_PAUSE_MS);
      }
    }
    await this._console.synchronise();
  }

  /** Which of the files are not on the board yet, by size and checksum. */
  async changed(files) {
    const names = (await this.listStorage()).map(({ name }) => name);
    const changed = [];
    for (const file of files) {
      const found = names.includes(file.name) ? await this.checksum(file.name, file.size) : null;
      if (!isSame(found, file)) changed.push(file);
    }
    return changed;
  }

  /**
   * Throws where Storage has no room for old and new files side by side, and the copy that takes the old one's place.
   * @param {{compact?: boolean}} [options] whether Storage may clear out erased files
   */
  async checkRoom(files, { compact = false } = {}) {
    const needed = files.reduce((sum, file) => sum + 2 * storage.storageRoom(file.size), 0);
    let free = await storage.freeStorage(this._console);
    if (free !== null && free < needed && compact) {
      await storage.compact(this._console);
      free = await storage.freeStorage(this._console);
    }
    if (free === null || free >= needed) return;
    throw new FlashError(
      "storage_full",
      `Storage is too full: ${count(free)} bytes are free and ${count(needed)} are needed, because the old files stay ` +
        `until the new ones are checked`,
      `erase files you do not need (see require("Storage").list()) and run this again`
    );
  }

  /**
   * Uploads files that differ from those on the board. Call `reset` first, so that nothing runs meanwhile.
   * @param {ReturnType<typeof storageFile>[]} files
   * @param {object} [options]
   * @param {boolean} [options.verify] whether the files are read back at the end (true)
   * @param {(progress: {fraction: number, name: string}) => void} [options.onProgress] fraction 0 to 1, of all files
   * @param {(text: string) => void} [options.onWarning]
   * @param {AbortSignal} [options.signal] cancels it while files are sent
   * @returns {Promise<{uploaded: string[], unchanged: string[]}>} names
   */
  async upload(files, { verify = true, onProgress = () => {}, onWarning = () => {}, signal } = {}) {
    const changed = await this.changed(files);
    const unchanged = files.filter((file) => !changed.includes(file)).map(({ name }) => name);
    if (changed.length === 0) return { uploaded: [], unchanged };
    await storage.eraseTemporaries(this._console);
    await this.checkRoom(changed, { compact: true });
    await this._sendAll(changed, { onProgress, onWarning, signal });
    for (const [index, file] of changed.entries()) {
      await storage.replaceFile(this._console, temporaryName(index), file.name, file.size);
    }
    if (verify) for (const file of changed) await this._verify(file);
    await storage.eraseTemporaries(this._console);
    return { uploaded: changed.map(({ name }) => name), unchanged };
  }

  /** Sends the files under temporary names. Throws a FlashError that says what arrived wrong. */
  async _sendAll(files, { onProgress, onWarning, signal }) {
    const total = files.reduce((sum, file) => sum + file.size, 0);
    let before = 0;
    let fraction = 0;
    try {
      for (const [index, file] of files.entries()) {
        const progress = (bytes) => {
          fraction = (before + bytes) / total;
          onProgress({ fraction, name: file.name });
        };
        await this._sendFile(temporaryName(index), file, { progress, onWarning, signal });
        before += file.size;
      }
    } catch (error) {
      if (!(error instanceof FlashError)) throw error;
      const percent = Math.min(99, Math.floor(100 * fraction));
      throw new FlashError(
        error.code,
        `the upload failed at ${percent}%: ${error.what}`,
        `${error.advice ? `${error.advice}; ` : ""}what was on the board before is untouched`
      );
    }
  }

  async _sendFile(temporary, file, { progress, onWarning, signal }) {
    for (let attempt = 1; ; attempt++) {
      let wrong;
      try {
        await sendFile(this._console, temporary, file.data, progress, signal);
      } catch (error) {
        if (!(error instanceof DamagedFlash)) throw error;
        wrong = `its flash holds something else than was written, ${error.message}`;
      }
      if (!wrong) {
        const found = await this.checksum(temporary, file.size);
        if (isSame(found, file)) return;
        wrong = `${file.name} should have ${describeSum(file)} but the board got ${found ? describeSum(found) : "nothing"}`;
      }
      await this.erase(temporary);
      if (attempt === 2) {
        throw new FlashError(
          "storage_fault",
          `checksum mismatch: ${wrong}`,
          "run this again, and replace the board if it comes back"
        );
      }
      onWarning(`the upload was stored damaged (${wrong}); once more`);
    }
  }

  async _verify(file) {
    const found = await this.checksum(file.name, file.size);
    if (isSame(found, file)) return;
    throw new FlashError(
      "storage_fault",
      `checksum mismatch: ${file.name} should have ${describeSum(file)} but Storage holds ` +
        `${found ? describeSum(found) : "nothing"}`,
      "run this again, and replace the board if it comes back"
    );
  }

  /** Removes the script that starts with the board. */
  removeBoot() {
    return this.erase(BOOT_CODE);
  }

  /**
   * Restarts the interpreter and starts a script in its Storage; without one, or with the boot script, as when the
   * board is switched on. A Wi-Fi connection may end with it.
   * @param {{name: string}} [app]
   * @returns {Promise<{uncaught?: string, idle: boolean}>} the exception that it threw in its first second or so; whether
   * the interpreter is back at its prompt (false: the script runs on without a pause, or the connection is gone)
   */
  async run(app) {
    const { timeoutMs } = this._options;
    const name = app && app.name !== BOOT_CODE ? JSON.stringify(app.name) : "";
    await this._console.evaluate(`(setTimeout(function(){load(${name})},20),1)`);
    // The script's first words may have come with the answer.
    let printed = this._console.output.split("#>").pop();
    this._console.clearOutput();
    const listen = async (ms) => {
      await this._console.waitFor((output) => (UNCAUGHT.test(printed + output) ? true : undefined), ms);
      printed += this._console.output;
    };
    await listen(RESET_PAUSE_MS);
    const idle = UNCAUGHT.test(printed) || (await this._console.isIdle(timeoutMs));
    await listen(LISTEN_MS);
    const [, exception, place] = UNCAUGHT.exec(printed) ?? [];
    return { uncaught: exception && (place ? `${exception} ${place}` : exception), idle: idle && !this.closed };
  }

  /** Sends what a user types at the console: "\n" ends a line. */
  write(text) {
    return this._console.write(text);
  }

  /** Stops a program that does not return, with Ctrl-C. */
  interrupt() {
    return this._console.write("\x03");
  }

  /** Resolves when the connection ends, from either side. */
  async untilClosed() {
    await this._console.waitFor(() => undefined, Infinity);
  }

  async close() {
    await this._console?.port.close();
  }
}

const temporaryName = (index) => `${storage.TEMPORARY_PREFIX}${index}`;

function isSame(found, file) {
  return found !== null && found.size === file.size && found.crc === file.crc;
}
