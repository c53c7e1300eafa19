/** The files that go to a board: their names in Storage, what they hold, and what they need from the board. */
import { crc32 } from "./crc32.mjs";
import { FlashError } from "./flash_error.mjs";

/** Espruino's name for the code it runs when it starts. */
export const BOOT_CODE = ".bootcde";
/** Code that it runs instead of BOOT_CODE where there is any. */
const RESET_CODE = ".bootrst";
/** What save() wrote. */
const SAVED_STATE = ".varimg";
/** Storage names have at most this many characters, and at most 8 before this version of the firmware. */
const LONGEST_NAME = 28;
const OLDEST_VERSION = 2.05;
/** Free variables below which the client has little room to work in. */
const FEW_VARIABLES = 1500;
/** What a TLS connection takes of the C heap, bytes: with an RSA key of 2,048 bits. */
const TLS_HEAP = 42000;
/** What editors on Windows put in front of a file. The interpreter takes it for code. */
const BOM = [0xef, 0xbb, 0xbf];

const count = (n) => n.toLocaleString("en-US");

/**
 * A file for `upload`.
 * @param {string} name in Storage
 * @param {Uint8Array} bytes
 * @param {string} [shownAs] the name that a message gives it
 * @returns {{name: string, data: Uint8Array, size: number, crc: number}}
 */
export function storageFile(name, bytes, shownAs = name) {
  const data = BOM.every((byte, i) => bytes[i] === byte) ? bytes.subarray(BOM.length) : bytes;
  if (data.length === 0) throw new FlashError("bad_file", `${shownAs} is empty`, "there is nothing to upload");
  return { name, data, size: data.length, crc: crc32(data) };
}

/**
 * The user's script as a file for `upload`.
 * @param {string} fileName as the user knows it, without folders
 * @param {Uint8Array} bytes
 * @param {{boot?: boolean, otherNames?: string[], shownAs?: string}} [options] `boot`: it is to start with the board;
 * `otherNames`: what else is uploaded
 */
export function appFile(fileName, bytes, { boot = false, otherNames = [], shownAs = fileName } = {}) {
  if (!/\.js$/i.test(fileName)) {
    throw new FlashError("bad_file", `${shownAs} is not a .js file`, "bundle or compile the app to one ES5 file first");
  }
  const taken = otherNames.includes(fileName);
  if (!boot && (fileName.length > LONGEST_NAME || !/^[\w][\w.-]*$/.test(fileName) || taken)) {
    throw new FlashError(
      "bad_file",
      `the app cannot be called ${fileName} in Storage`,
      `rename it to at most ${LONGEST_NAME} letters, digits, ".", "_" or "-"`
    );
  }
  return storageFile(boot ? BOOT_CODE : fileName, bytes, shownAs);
}

/** Modules that a script requires, by the text of its source. */
export function requiredModules(data) {
  const source = new TextDecoder("latin1").decode(data);
  return [...new Set([...source.matchAll(/\brequire\(\s*["']([^"']+)["']\s*\)/g)].map((match) => match[1]))];
}

/**
 * What stands in the way of an upload, or will later.
 * @param {import("./board_storage.mjs").BoardFacts} facts
 * @param {object} plan
 * @param {{name: string, data: Uint8Array}[]} plan.files all that is uploaded
 * @param {{name: string, data: Uint8Array}} [plan.app] which of them is the user's script
 * @param {boolean} [plan.removeBoot] whether an older boot script is removed
 * @returns {{code: string, text: string}[]} warnings
 * @throws {FlashError} where the upload would be of no use
 */
export function checkBoard(facts, { files, app, removeBoot = false }) {
  const version = /^(\d+)v(\d+)/.exec(facts.version || "");
  if (version && Number(version[1]) + Number(version[2]) / 100 < OLDEST_VERSION) {
    throw new FlashError(
      "too_old",
      `Espruino ${facts.version} is too old, its Storage takes only names of 8 characters`,
      "flash the firmware 2v05 or later"
    );
  }
  const boot = app?.name === BOOT_CODE;
  if (boot && facts.files.includes(RESET_CODE)) {
    throw new FlashError(
      "boot_blocked",
      `the board has ${RESET_CODE} in Storage, which runs instead of an app that is to start with the board`,
      `erase it with require("Storage").erase("${RESET_CODE}") and run this again`
    );
  }
  return [
    ...firmwareWarnings(facts),
    ...bootWarnings(facts, { app, boot, removeBoot }),
    ...missingModules(facts, files, app),
  ];
}

function firmwareWarnings(facts) {
  const warnings = [];
  const has = (name) => facts.builtIn.includes(name);
  const warn = (code, text) => warnings.push({ code, text });
  if (!has("net"))
    warn("no_net", "this firmware has no `net` module: the client cannot connect; use a firmware with networking");
  if (!has("tls")) warn("no_tls", "this firmware has no `tls` module: ws:// works, wss:// does not");
  if (!has("crypto")) {
    warn(
      "no_crypto",
      "this firmware has no `crypto` module, which the opening handshake may need: prefer a firmware that has it"
    );
  }
  if (facts.freeVariables < FEW_VARIABLES) {
    warn(
      "few_variables",
      `only ${facts.freeVariables} variables are free: keep buffer_size small, or use a firmware with more memory`
    );
  }
  if (has("tls") && facts.freeHeap !== null && facts.freeHeap < TLS_HEAP) {
    warn(
      "no_heap_for_tls",
      `wss:// will not fit: it takes ${count(TLS_HEAP)} bytes of C heap and more, and ${count(facts.freeHeap)} are free; ` +
        "use a board with PSRAM, ws://, or tls_psk, which needs none of it"
    );
  }
  return warnings;
}

function bootWarnings(facts, { app, boot, removeBoot }) {
  const warnings = [];
  if (boot && facts.files.includes(SAVED_STATE)) {
    warnings.push({
      code: "saved_state",
      text: `the board also restores a state that was written with save(); erase it with require("Storage").erase("${SAVED_STATE}") if the app should run alone`,
    });
  }
  if (!boot && !removeBoot && facts.files.includes(BOOT_CODE)) {
    const instead = app ? `, and not ${app.name}` : "";
    warnings.push({
      code: "old_boot",
      text: `the board has an older ${BOOT_CODE} in Storage, which starts with the board${instead}`,
    });
  }
  return warnings;
}

function missingModules(facts, files, app) {
  const there = new Set([...facts.builtIn, ...facts.files, ...files.map((file) => file.name)]);
  return requiredModules(app ? app.data : new Uint8Array())
    .filter((name) => !there.has(name))
    .map((name) => ({ code: `missing:${name}`, text: `the app requires "${name}", which is not on the board` }));
}
