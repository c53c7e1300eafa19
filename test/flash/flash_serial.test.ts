// flash.sh over a serial device: a pseudo-terminal, which Python (with it, for Node cannot) ties to the scripted board.

import { ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { FlashProject, expectFailure } from "./flash_project";
import { ScriptedBoard } from "./scripted_board";

/** Prints the name of a new pseudo-terminal and moves bytes between it and a TCP port. */
const BRIDGE = `
import os, pty, select, socket, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
board = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(os.ttyname(slave), flush=True)
while True:
    for source in select.select([master, board], [], [])[0]:
        if source is master:
            board.sendall(os.read(master, 1024))
        else:
            data = board.recv(1024)
            if not data:
                sys.exit()
            os.write(master, data)
`;

const found = process.platform !== "win32" && spawnSync("python3", ["-c", "import pty, tty"]).status === 0;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, "exit");
}

(found ? describe : describe.skip)("a serial port (needs python3)", () => {
  let project: FlashProject;
  let board: ScriptedBoard;
  let bridge: ChildProcess;
  let device: string;

  beforeEach(async () => {
    project = new FlashProject();
    board = new ScriptedBoard();
    const { port } = new URL(await board.listen());
    bridge = spawn("python3", ["-c", BRIDGE, port], { stdio: ["ignore", "pipe", "inherit"] });
    const [name] = await once(bridge.stdout!, "data");
    device = String(name).trim();
  });

  afterEach(async () => {
    project.remove();
    await end(bridge);
    await board.close();
  });

  test("takes an upload", async () => {
    board.put("esp_websocket_client", "old");
    const result = await project.run(["-p", device, "--websocket"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get("esp_websocket_client")).toBe(project.bundle);
    expect(board.get("websocket")).toBe(project.websocketBundle);
  });

  test("takes an upload without the serialport library", async () => {
    fs.rmSync(`${project.directory}/node_modules`);
    const result = await project.run(["-p", device, "-b", "9600"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get("esp_websocket_client")).toBe(project.bundle);
    expectFailure(await project.run(["-p", device, "-b", "12345"]), /cannot be set to 12345 baud/);
  });

  test("is opened once for the whole of it", async () => {
    await project.run(["-p", device]);
    expect(board.connections).toBe(1);
    expect(board.get("esp_websocket_client")).toBe(project.bundle);
  });

  test("is busy", async () => {
    const user = spawn(
      process.execPath,
      [
        "-e",
        `const { SerialPort } = require("serialport");
         new SerialPort({ path: process.argv[1], baudRate: 115200 }, (error) => console.log(error ? "failed" : "open")).resume();`,
        device,
      ],
      { cwd: project.directory, stdio: ["ignore", "pipe", "inherit"] }
    );
    expect(String(await once(user.stdout, "data")).trim()).toBe("open");
    const result = await project.run(["-p", device]);
    await end(user);
    expectFailure(result, /is busy: close the program that uses it/);
  });

  test("is unplugged in the middle", async () => {
    board.put("esp_websocket_client", "old");
    board.options.faults = {
      onWrite: (write) => {
        if (write.offset > 300) bridge.kill();
      },
    };
    expectFailure(await project.run(["-p", device]), /was cut.*before is untouched|did not answer/);
    expect(board.get("esp_websocket_client")).toBe("old");
  });
});
