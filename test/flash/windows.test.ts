/**
 * What is particular to Windows, with a stand-in for the serial port library: names of ports, the library's words, and
 * the command without a POSIX shell. Node is told that this is Windows.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { runProgram } from "../support/program";
import { expectFailure, FlashProject } from "./flash_project";
import { ScriptedBoard } from "./scripted_board";

/** A port that exists leads to the scripted board. The errors are those of the library on Windows. */
const LIBRARY = `
const net = require("node:net");
exports.SerialPort = class extends net.Socket {
  isOpen = false;
  constructor({ path }) {
    super();
    this.device = path;
  }
  open(callback) {
    if (this.device === "COM7") return callback(new Error("Opening COM7: Access denied"));
    if (!/^COM(3|12)$/.test(this.device)) return callback(new Error("Opening " + this.device + ": File not found"));
    this.connect(Number(process.env.BOARD_PORT), "127.0.0.1", () => callback(null));
    this.isOpen = true;
  }
  close() {
    this.destroy();
  }
  static list() {
    const ports = ["COM3", "COM12"].map((path) => ({ path, friendlyName: "USB Serial (" + path + ")" }));
    return Promise.resolve(ports);
  }
};`;

let project: FlashProject;
let board: ScriptedBoard;
let port: string;

beforeEach(async () => {
  project = new FlashProject();
  fs.rmSync(path.join(project.directory, "node_modules"));
  project.write("node_modules/espruino/package.json", '{ "name": "espruino" }');
  project.write("node_modules/serialport/index.js", LIBRARY);
  project.write("windows.cjs", 'Object.defineProperty(process, "platform", { value: "win32" });');
  board = new ScriptedBoard();
  port = new URL(await board.listen()).port;
});
afterEach(async () => {
  project.remove();
  await board.close();
});

const COMMAND = "npx esp-websocket-client flash";

const flash = (...args: string[]) =>
  runProgram(process.execPath, ["--require", "./windows.cjs", "tools/flash/main.mjs", ...args], {
    cwd: project.directory,
    env: { ...process.env, FLASH_COMMAND: COMMAND, FLASH_TIMEOUT: "20", BOARD_PORT: port },
  });

test.each(["com3", "COM12", "\\\\.\\COM12"])("the port %s takes an upload", async (name) => {
  const result = await flash("-p", name);
  expect(result).toMatchObject({ status: 0, stderr: "" });
  expect(board.get("esp_websocket_client")).toBe(project.bundle);
});

test("--list shows the ports as the Device Manager names them", async () => {
  const { status, stdout } = await flash("--list");
  expect([status, stdout]).toEqual([0, "COM3 (USB Serial (COM3))\nCOM12 (USB Serial (COM12))\n"]);
});

test("without a name, and with several ports, it says which there are", async () => {
  expectFailure(await flash(), /there are several ports, choose one with -p: COM3 \(USB Serial \(COM3\)\), COM12/);
});

test("a port that another program has open is busy; one that is not there is missed", async () => {
  expectFailure(await flash("-p", "COM7"), /COM7 is busy: close the program that uses it and run this again/);
  expectFailure(await flash("-p", "COM99"), /there is no port COM99: check the cable and the name; --list shows/);
});

test("without the library it says how to get it", async () => {
  fs.rmSync(path.join(project.directory, "node_modules"), { recursive: true });
  expectFailure(
    await flash("-p", "COM3"),
    /serial ports cannot be used because the serialport package is not installed/
  );
  expectFailure(await flash("--list"), /serial ports cannot be listed because the serialport package is not installed/);
});

test("a script with a byte order mark and the line ends of Windows is uploaded and started", async () => {
  const file = project.write("app.js", Buffer.from("\ufeffprint(1);\r\nprint(2);\r\n"));
  const result = await flash("-p", "COM3", "--app", file);
  expect(result).toMatchObject({ status: 0, stderr: "" });
  expect(board.get("app.js")).toMatch(/^print\(1\);\r?\nprint\(2\);\r?\n$/);
});
