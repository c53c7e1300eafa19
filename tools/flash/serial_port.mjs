/**
 * Serial ports in Node. The serialport library, which comes with the optional package espruino, knows the systems best;
 * where it is missing, Unix systems have stty and device files.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import tty from "node:tty";
import { fileURLToPath } from "node:url";
import { FlashError } from "./flash_error.mjs";
import { streamPort } from "./stream_port.mjs";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const windows = process.platform === "win32";

/** The devices of USB adapters and of chips with USB: Linux, macOS. */
const DEVICE = process.platform === "darwin" ? /^cu\.(usb|wch|SLAB)/i : /^tty(ACM|USB|AMA)\d+$/;

/** The serial port library, or undefined. */
function loadSerialPort() {
  try {
    const espruino = createRequire(import.meta.url).resolve("espruino/package.json", { paths: [projectRoot] });
    return createRequire(espruino)("serialport").SerialPort;
  } catch {
    return undefined;
  }
}

/** What installs the serial port library where this was installed: words for a message. */
function howToInstall() {
  if (fs.existsSync(path.join(projectRoot, "rollup.config.mjs"))) {
    return `run \`npm ci --include=optional\` in ${path.resolve(projectRoot)}`;
  }
  // …/node_modules/esp-websocket-client
  const project = path.resolve(projectRoot, "..", "..");
  const command = "npm install --include=optional";
  return fs.existsSync(path.join(project, "package.json"))
    ? `run \`${command} espruino\` in ${project}`
    : `run \`${command} --global espruino\``;
}

/** `COM12` for what Windows also calls `com12` and `\\.\COM12`; the library takes nothing else. */
const windowsName = (name) => name.replace(/^(?:\\\\[.?]\\)?(com\d+):?$/i, (_, port) => port.toUpperCase());

/** Opens a serial device. */
export async function openSerial(given, baud) {
  const name = windows ? windowsName(given) : given;
  const SerialPort = loadSerialPort();
  try {
    if (SerialPort) return await openWithLibrary(SerialPort, name, baud);
    if (!windows) return openWithStty(name, baud);
  } catch (error) {
    throw error instanceof FlashError ? error : serialError(name, baud, String(error.message));
  }
  throw new FlashError(
    "tools",
    "serial ports cannot be used because the serialport package is not installed",
    `${howToInstall()}, or give a network port with -p tcp://host:port`
  );
}

function openWithLibrary(SerialPort, name, baud) {
  return new Promise((resolve, reject) => {
    // The system obeys XOFF, with which the board pauses us while it is busy, sooner than we can.
    const serial = new SerialPort({ path: name, baudRate: baud, xon: true, autoOpen: false });
    serial.open((error) => {
      if (error) reject(error);
      else resolve(streamPort(serial, { name, baud, close: () => serial.isOpen && serial.close() }));
    });
  });
}

function openWithStty(name, baud) {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = fs.constants;
  const device = fs.openSync(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (!tty.isatty(device)) {
    fs.closeSync(device);
    throw new Error("not a tty");
  }
  // As above: ixon has the system obey XOFF.
  const settings = [`${baud}`, "raw", "-echo", "clocal", "cs8", "-cstopb", "-parenb", "ixon", "-ixoff"];
  const { status, stderr } = spawnSync("stty", settings, { stdio: [device, "ignore", "pipe"], encoding: "utf8" });
  if (status !== 0) {
    fs.closeSync(device);
    throw new Error(`baud rate: ${(stderr || "stty failed").trim()}`);
  }
  const stream = new tty.ReadStream(device);
  return streamPort(stream, { name, baud, close: () => stream.destroy() });
}

/** Turns an error text, which differs by system and library, into what to do. */
function serialError(name, baud, text) {
  const error = (what, advice) => new FlashError("port", what, advice);
  if (/lock|busy|in use|temporarily unavailable/i.test(text)) {
    return error(
      `${name} is busy`,
      "close the program that uses it (a terminal, an IDE or another flash.sh) and run this again"
    );
  }
  if (/access denied|permission|EACCES/i.test(text)) {
    // Windows says "Access denied" for a port that another program has open.
    return windows
      ? error(`${name} is busy`, "close the program that uses it and run this again")
      : error(
          `you may not open ${name}`,
          "add yourself to the group that owns it (often dialout or uucp), log in again and retry"
        );
  }
  if (/no such file|cannot find|file not found|ENOENT|unknown error code 2\b|no such device/i.test(text)) {
    return error(`there is no port ${name}`, "check the cable and the name; --list shows the ports that exist");
  }
  if (/inappropriate ioctl|not a (tty|typewriter)|is a directory|ENOTTY|EISDIR/i.test(text)) {
    return error(`${name} is not a serial port`, "--list shows the ports that exist");
  }
  if (/baud/i.test(text)) return error(`${name} cannot be set to ${baud} baud`, "choose another rate with -b");
  return error(`${name} cannot be opened (${text})`, "check the cable and the name; --list shows the ports that exist");
}

/** The serial ports of this computer: [{path, description}]. */
export async function listSerialPorts() {
  const SerialPort = loadSerialPort();
  if (SerialPort) {
    try {
      return (
        (await SerialPort.list())
          .map((port) => ({ path: port.path, description: port.friendlyName || port.manufacturer || "" }))
          // The mainboard's own ports, which Linux lists whether or not they exist.
          .filter((port) => !/^\/dev\/ttyS\d+$/.test(port.path))
      );
    } catch {
      // Linux without udevadm (a container, a small system): the device names still tell.
    }
  }
  if (windows) {
    throw new FlashError(
      "tools",
      "serial ports cannot be listed because the serialport package is not installed",
      howToInstall()
    );
  }
  return fs
    .readdirSync("/dev")
    .filter((entry) => DEVICE.test(entry))
    .map((entry) => ({ path: `/dev/${entry}`, description: "" }));
}
