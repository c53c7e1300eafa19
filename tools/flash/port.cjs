"use strict";

// The wire to a board: a serial device or tcp://host:port, with the same few calls for both.

const { EventEmitter, once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const { createRequire } = require("node:module");
const { FlashError } = require("./flash_error.cjs");

/** Espruino's telnet console listens here unless it says otherwise. */
const TELNET_PORT = 23;

const projectRoot = path.resolve(__dirname, "..", "..");

/** Where the espruino CLI is installed, or undefined. */
function findEspruinoPackage() {
  try {
    return require.resolve("espruino/package.json", { paths: [projectRoot] });
  } catch {
    return undefined;
  }
}

/** What installs the espruino CLI, with its serial port library, where this script was installed: words for a message. */
function howToInstall() {
  if (fs.existsSync(path.join(projectRoot, "rollup.config.mjs"))) {
    return `run \`npm ci --include=optional\` in ${projectRoot}`;
  }
  // …/node_modules/esp-websocket-client
  const project = path.resolve(projectRoot, "..", "..");
  const command = "npm install --include=optional";
  return fs.existsSync(path.join(project, "package.json"))
    ? `run \`${command} espruino\` in ${project}`
    : `run \`${command} --global espruino\``;
}

/** The serial port library that comes with the espruino CLI; it is optional there, so it may be missing. */
function loadSerialPort() {
  const espruino = findEspruinoPackage();
  try {
    return createRequire(espruino || __filename)("serialport").SerialPort;
  } catch {
    throw new FlashError(
      `serial ports cannot be used because the serialport package is not installed: ${howToInstall()}, ` +
        "or give a network port with -p tcp://host:port"
    );
  }
}

/**
 * An open connection to a board. Emits "data" (Buffer) and, once, "close" (the Error that ended it, or undefined).
 */
class Port extends EventEmitter {
  /** @param stream a net.Socket or a SerialPort @param {string} name as the user wrote it */
  constructor(stream, name) {
    super();
    this.name = name;
    this.closed = false;
    this._stream = stream;
    this._error = undefined;
    stream.on("data", (data) => this.emit("data", data));
    stream.on("error", (error) => {
      this._error = error;
    });
    stream.on("close", () => {
      if (this.closed) return;
      this.closed = true;
      this.emit("close", this._error);
    });
  }

  /** Resolves when the operating system has taken the bytes; rejects when the connection is gone. */
  write(data) {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new FlashError(`the connection to ${this.name} was lost`));
      if (this.closed) {
        lost();
        return;
      }
      this.once("close", lost);
      this._stream.write(data, (error) => {
        this.off("close", lost);
        if (error) lost();
        else resolve();
      });
    });
  }

  async close() {
    if (this.closed) return;
    const closed = once(this, "close");
    if (this._stream.destroy && this._stream instanceof net.Socket) this._stream.destroy();
    else this._stream.close();
    await closed;
  }
}

/** tcp://host:port, tcp://host and tcp://[::1]:port as {host, port}. */
function parseTcpName(name) {
  const match = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+))(?::(\d{1,5}))?\/?$/.exec(name);
  const port = match && match[3] ? Number(match[3]) : TELNET_PORT;
  if (!match || port < 1 || port > 65535) {
    throw new FlashError(
      `${name} is not a network port: write it as tcp://host:port, for example tcp://192.168.1.50:23`
    );
  }
  return { host: match[1] || match[2], port };
}

function openTcp(name, timeoutMs) {
  const { host, port } = parseTcpName(name);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new FlashError(
          `${name} did not accept a connection in ${timeoutMs / 1000} s: check the address, and that the board is on this network`
        )
      );
    }, timeoutMs);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(new FlashError(tcpErrorMessage(name, host, error)));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(new Port(socket, name));
    });
  });
}

function tcpErrorMessage(name, host, error) {
  switch (error.code) {
    case "ECONNREFUSED":
      return `nothing listens at ${name}: check the port number, and that the telnet console of the board is on`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name ${host} is not known: check the spelling, or give the address of the board`;
    default:
      return `${name} cannot be reached (${error.message}): check the address, and that the board is on this network`;
  }
}

function openSerial(name, baud) {
  const SerialPort = loadSerialPort();
  return new Promise((resolve, reject) => {
    // The board pauses us with XOFF while it is busy writing to flash.
    const serial = new SerialPort({ path: name, baudRate: baud, xon: true, autoOpen: false });
    serial.open((error) => {
      if (error) reject(new FlashError(serialErrorMessage(name, baud, error)));
      else resolve(new Port(serial, name));
    });
  });
}

/** Turns the serial port library's error text, which differs by system, into what to do. */
function serialErrorMessage(name, baud, error) {
  const text = String(error.message);
  if (/lock|busy|in use|temporarily unavailable/i.test(text)) {
    return `${name} is busy: close the program that uses it (a terminal, an IDE or another flash.sh) and run this again`;
  }
  if (/access denied|permission|EACCES/i.test(text)) {
    // Windows says "Access denied" for a port that another program has open.
    return process.platform === "win32"
      ? `${name} is busy: close the program that uses it and run this again`
      : `you may not open ${name}: add yourself to the group that owns it (often dialout or uucp), log in again and retry`;
  }
  if (/no such file|cannot find|file not found|ENOENT|unknown error code 2\b|no such device/i.test(text)) {
    return `there is no port ${name}: check the cable and the name; --list shows the ports that exist`;
  }
  if (/inappropriate ioctl|not a (tty|typewriter)|is a directory|ENOTTY/i.test(text)) {
    return `${name} is not a serial port: --list shows the ports that exist`;
  }
  if (/baud/i.test(text)) return `${name} cannot be set to ${baud} baud: choose another rate with -b`;
  return `${name} cannot be opened (${text}): check the cable and the name; --list shows the ports that exist`;
}

/** Opens a serial device or tcp://host:port. */
function openPort(name, { baud, timeoutMs }) {
  return name.startsWith("tcp:") ? openTcp(name, timeoutMs) : openSerial(name, baud);
}

/** The serial ports of this computer: [{path, description}]. */
async function listSerialPorts() {
  const SerialPort = loadSerialPort();
  let ports;
  try {
    ports = await SerialPort.list();
  } catch {
    // Linux without udevadm (a container, a small system): the device names still tell.
    ports = fs
      .readdirSync("/dev")
      .filter((entry) => /^tty(ACM|USB|AMA)\d+$/.test(entry))
      .map((entry) => ({ path: `/dev/${entry}` }));
  }
  return (
    ports
      // The mainboard's own ports, which Linux lists whether or not they exist.
      .filter((port) => !/^\/dev\/ttyS\d+$/.test(port.path))
      .map((port) => ({ path: port.path, description: port.friendlyName || port.manufacturer || "" }))
  );
}

function describePorts(ports) {
  return ports.map((port) => (port.description ? `${port.path} (${port.description})` : port.path));
}

/** The only serial port there is; a FlashError that says what to do when there is none, or more than one. */
async function chooseSerialPort() {
  const ports = await listSerialPorts();
  if (ports.length === 0) {
    throw new FlashError(
      "no serial port was found: connect the board by USB, or give its network address with -p tcp://host:port"
    );
  }
  if (ports.length > 1) {
    throw new FlashError(`there are several ports, choose one with -p: ${describePorts(ports).join(", ")}`);
  }
  return ports[0].path;
}

module.exports = {
  Port,
  chooseSerialPort,
  describePorts,
  findEspruinoPackage,
  howToInstall,
  listSerialPorts,
  openPort,
  parseTcpName,
  serialErrorMessage,
};
