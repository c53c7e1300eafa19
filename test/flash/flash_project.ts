// A folder as a user has it (flash.sh, its tools, built bundles), and what running flash.sh in it gives.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Outcome, runProgram } from "../support/program";

const root = path.resolve(__dirname, "..", "..");

/** For a board that answers nothing that flash.sh could wait for. */
export const SHORT = { FLASH_TIMEOUT: "4" };

export class FlashProject {
  readonly directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "flash-test-")));
  /** Searched before the PATH, for stand-ins of programs. */
  readonly bin = path.join(this.directory, "bin");
  /** Contents of dist/esp_websocket_client.min.js: several pieces long, with every byte that a script may hold (Espruino ends at a NUL). */
  readonly bundle = `exports.version=1;//${"0123456789abcdef".repeat(80)}é\n/*${String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1))}*/\n`;
  readonly websocketBundle = 'exports.WebSocket=function(){return require("esp_websocket_client")};\n';

  constructor() {
    fs.mkdirSync(this.bin);
    fs.copyFileSync(path.join(root, "flash.sh"), path.join(this.directory, "flash.sh"));
    fs.cpSync(path.join(root, "tools", "flash"), path.join(this.directory, "tools", "flash"), { recursive: true });
    // A checkout has the list of what is built from what; the package has not, and it is not asked there.
    fs.mkdirSync(path.join(this.directory, "build"));
    fs.copyFileSync(path.join(root, "build/inputs.mjs"), path.join(this.directory, "build/inputs.mjs"));
    fs.utimesSync(path.join(this.directory, "build/inputs.mjs"), new Date(0), new Date(0));
    fs.symlinkSync(path.join(root, "node_modules"), path.join(this.directory, "node_modules"));
    this.write("dist/esp_websocket_client.min.js", this.bundle);
    this.write("dist/websocket.min.js", this.websocketBundle);
  }

  /** Writes a file, one byte per character. */
  write(name: string, text: string | Buffer): string {
    const file = path.join(this.directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, "latin1");
    return file;
  }

  /** A program in `bin`, as a shell script. */
  program(name: string, script: string): void {
    fs.chmodSync(this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return runProgram("./flash.sh", args, { cwd: this.directory, env: this.environment(env) });
  }

  /** Starts flash.sh: `until` waits for something on its stdout. */
  start(args: string[]): { child: ChildProcess; outcome: Promise<Outcome>; until(text: RegExp): Promise<void> } {
    const child = spawn("./flash.sh", args, {
      cwd: this.directory,
      env: this.environment({}),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    let changed = (): void => {};
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        changed();
      });
    }
    let ended = false;
    const outcome = once(child, "close").then(([status]) => {
      ended = true;
      changed();
      return { status: status as number | null, ...output };
    });
    const until = async (text: RegExp): Promise<void> => {
      while (!text.test(output.stdout)) {
        if (ended) throw new Error(`ended without ${text}: ${output.stdout}${output.stderr}`);
        await new Promise<void>((resolve) => (changed = resolve));
      }
    };
    return { child, outcome, until };
  }

  private environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    // Patience for a busy machine: the tests of a board that does not answer ask for less (SHORT).
    const common = { PATH: `${this.bin}:${process.env["PATH"]}`, FLASH_TIMEOUT: "20" };
    return { ...process.env, ...common, ...env };
  }
}

/** Asserts that a run failed with one line on stderr (warnings apart) that matches. */
export function expectFailure(result: Outcome, message: RegExp, status = 1): void {
  const lines = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("flash: warning:"));
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(lines[0]).toMatch(/^flash: /);
  expect(result.status).toBe(status);
}
