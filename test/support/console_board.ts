/** Espruino for Linux with its console on a TCP port: what a board's console is, for tests of what talks to one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";

export interface ConsoleBoard {
  /** `tcp://127.0.0.1:port`; one connection at a time. */
  readonly port: string;
  /** Ends the interpreter, as if the power went. */
  kill(): void;
  close(): Promise<void>;
}

export async function startConsoleBoard(program: string): Promise<ConsoleBoard> {
  // Storage is a file in the working directory.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-board-"));
  const interpreter = spawn(program, [], { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
  const gone = once(interpreter, "close");
  let connected: net.Socket | undefined;
  interpreter.stdin.on("error", () => {}); // It has ended
  interpreter.stdout.on("data", (bytes: Buffer) => connected?.write(bytes));
  interpreter.once("close", () => connected?.destroy());
  const server = net.createServer((socket) => {
    connected = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes) => interpreter.stdin.write(bytes));
    socket.once("close", () => {
      // The next connection may be there before this one has ended.
      if (connected === socket) connected = undefined;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kill() {
      server.close();
      interpreter.kill("SIGKILL");
    },
    async close() {
      interpreter.kill("SIGKILL");
      await gone;
      connected?.destroy();
      server.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
