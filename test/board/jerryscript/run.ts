/**
 * Runs a script as it is written for Espruino on IoT.js, or on its stand-in: `print` is there, uncaught exceptions are
 * printed and the script goes on, and every line arrives as soon as it is printed.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { JerryScriptHost } from "./host";

/** Hears what a script does. */
export interface IotjsListener {
  line(line: string): void;
  /** `Uncaught Error: …` */
  uncaught(line: string): void;
  /** The process has ended; `problem` is a sentence if it should not have. */
  ended(problem?: string): void;
}

export const IOTJS_BUNDLE = "dist/jerryscript/esp_websocket_client.min.js";

/** IoT.js: `$IOTJS`, or `iotjs` on the PATH; undefined if there is none. */
export function findIotjs(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = process.env.IOTJS ? [process.env.IOTJS] : folders.map((folder) => path.join(folder, "iotjs"));
  const found = candidates.find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  return found && path.resolve(found);
}

/** Marks the script's own lines on standard error, the one stream that IoT.js does not hold back. */
const MARK = "\u0002";

/** One line, in front of the script: line numbers stay what they are. */
const PRELUDE = fs.readFileSync(path.join(__dirname, "prelude.js"), "utf8").replace(/\/\*[^]*?\*\/|\n\s*/g, " ");

/** Starts a script on IoT.js, with modules in its folder. Returns what ends it. */
export function startIotjs(
  program: string,
  script: string,
  modules: Record<string, string>,
  listener: IotjsListener
): () => Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-"));
  for (const [name, source] of Object.entries(modules)) fs.writeFileSync(path.join(folder, `${name}.js`), source);
  fs.writeFileSync(path.join(folder, "script.js"), PRELUDE + script);
  const child = spawn(program, ["script.js"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const reader = new LineReader(listener);
  child.stderr.setEncoding("utf8").on("data", (text: string) => reader.read(text));
  const gone = new Promise<void>((resolve) => {
    child.on("error", (error) => {
      listener.ended(`${program} cannot be run: ${error.message}.`);
      resolve();
    });
    child.on("close", (code, signal) => {
      const outOfMemory = code === 10 ? " (out of memory)" : "";
      listener.ended(code === 0 ? undefined : `IoT.js ended with ${signal ?? `code ${code}${outOfMemory}`}.`);
      resolve();
    });
  });
  return async () => {
    child.kill("SIGKILL");
    await gone;
    fs.rmSync(folder, { recursive: true, force: true });
  };
}

/** The same on the stand-in. */
export function startStandIn(
  script: string,
  modules: Record<string, string>,
  listener: IotjsListener
): () => Promise<void> {
  const reader = new LineReader(listener);
  const host = new JerryScriptHost({ modules, onLine: (line) => reader.read(`${line}\n`) });
  void host.exited.then(({ code, signal, uncaught }) =>
    listener.ended(code === 0 ? undefined : `The host ended with ${signal ?? `code ${code}`}: ${uncaught}.`)
  );
  host.run(PRELUDE + script);
  return async () => {
    host.close();
    await host.exited;
  };
}

/** Tells the script's lines from what the interpreter itself writes. */
class LineReader {
  private rest = "";

  constructor(private readonly listener: IotjsListener) {}

  read(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(MARK)) this.listener.line(line.slice(1));
      else if (line) this.listener.uncaught(line.startsWith("Uncaught ") ? line : `Uncaught ${line}`);
    }
  }
}
