/** A board's port in Node: tcp://host:port or a serial device. What a port offers is described in board_port.mjs. */
import fs from "node:fs";
import net from "node:net";
import { FlashError } from "./flash_error.mjs";
import { listSerialPorts, openSerial } from "./serial_port.mjs";
import { streamPort } from "./stream_port.mjs";

/** Espruino's telnet console listens here unless it says otherwise. */
const TELNET_PORT = 23;

/** tcp://host:port, tcp://host and tcp://[::1]:port as {host, port}. */
function parseTcpName(name) {
  const match = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+))(?::(\d{1,5}))?\/?$/.exec(name);
  const port = match && match[3] ? Number(match[3]) : TELNET_PORT;
  if (!match || port < 1 || port > 65535) {
    throw new FlashError(
      "port",
      `${name} is not a network port`,
      "write it as tcp://host:port, for example tcp://192.168.1.50:23"
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
          "port",
          `${name} did not accept a connection in ${timeoutMs / 1000} s`,
          "check the address, and that the board is on this network"
        )
      );
    }, timeoutMs);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(tcpError(name, host, error));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(streamPort(socket, { name, close: () => socket.destroy() }));
    });
  });
}

function tcpError(name, host, error) {
  switch (error.code) {
    case "ECONNREFUSED":
      return new FlashError(
        "port",
        `nothing listens at ${name}`,
        "check the port number, and that the telnet console of the board is on"
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new FlashError(
        "port",
        `the host name ${host} is not known`,
        "check the spelling, or give the address of the board"
      );
    default:
      return new FlashError(
        "port",
        `${name} cannot be reached (${error.message})`,
        "check the address, and that the board is on this network"
      );
  }
}

/** Opens a serial device or tcp://host:port. @returns {Promise<object>} a port */
export function openPort(name, { baud, timeoutMs }) {
  if (name.startsWith("tcp:")) return openTcp(name, timeoutMs);
  if (/^[\w.-]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$|^\d+(\.\d+){3}$/i.test(name) && !fs.existsSync(name)) {
    throw new FlashError("port", `${name} looks like a network address`, `write it as tcp://${name}`);
  }
  return openSerial(name, baud);
}

export function describePorts(ports) {
  return ports.map((port) => (port.description ? `${port.path} (${port.description})` : port.path));
}

/** The only serial port there is; a FlashError that says what to do when there is none, or more than one. */
export async function chooseSerialPort() {
  const ports = await listSerialPorts();
  if (ports.length === 0) {
    throw new FlashError(
      "port",
      "no serial port was found: connect the board by USB, or give its network address with -p tcp://host:port"
    );
  }
  if (ports.length > 1) {
    throw new FlashError("port", `there are several ports, choose one with -p: ${describePorts(ports).join(", ")}`);
  }
  return ports[0].path;
}
