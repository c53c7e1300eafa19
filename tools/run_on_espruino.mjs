/** Runs a script on Espruino for Linux, with modules in its Storage as a board has them. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Everything that Espruino prints before this line (its banner) is not the script's. */
const START = "\u0002";
/** Storage is written in pieces that a small heap has room for. */
const PIECE = 512;
/** One run writes this many pieces: a small heap has no room for a script that writes everything. */
const PIECES = 20;

/**
 * @param {object} options
 * @param {string} options.espruino the interpreter's file
 * @param {Record<string, string>} options.storage what is in Storage: file names and contents
 * @param {string} options.script the script, source text
 * @param {(line: string) => void} options.print called with each line that the script prints
 * @param {AbortSignal} [options.signal] ends the interpreter
 * @returns {Promise<string[]>} what went wrong: uncaught exceptions, errors that the interpreter
 *   found in itself (FIFO_FULL, MEMORY …), or that it crashed
 */
export async function runOnEspruino({ espruino, storage, script, print, signal }) {
  // Espruino keeps its flash memory as a file in its working directory.
  const board = fs.mkdtempSync(path.join(os.tmpdir(), "espruino-"));
  try {
    // Separate runs, so that the writing takes no memory from the script: flash outlasts a run.
    for (const writing of writingScripts(storage)) {
      const problems = await runFile(writing, () => {});
      if (problems.length > 0 || signal?.aborted) return problems;
    }
    return await runFile(script, print);
  } finally {
    fs.rmSync(board, { recursive: true, force: true });
  }

  function runFile(source, onLine) {
    const file = path.join(board, "script.js");
    // No line break in front: line numbers in the interpreter's messages stay those of the script.
    fs.writeFileSync(file, `print("\\x02");${source}\n`);
    return new Promise((resolve, reject) => {
      // An input that stays open: at its end Espruino for Linux would go on reading what is not there (FIFO_FULL).
      const child = spawn(espruino, [file], { cwd: board, stdio: ["pipe", "pipe", "inherit"], signal });
      const problems = [];
      const show = withoutBlankTraces(onLine);
      let started = false;
      let rest = "";
      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (chunk) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop();
        lines.map(withoutPrompt).forEach(take);
      });
      child.on("error", (error) => (error.name === "AbortError" ? resolve(problems) : reject(error)));
      child.on("close", (code, signalName) => {
        rest = withoutPrompt(rest);
        if (rest !== "" && rest !== ">") take(rest);
        show.end();
        if (code !== 0 && problems.length === 0) problems.push(`Espruino ended with ${signalName ?? `code ${code}`}.`);
        resolve(problems);
      });

      function take(line) {
        if (started) {
          if (/^(Uncaught |New interpreter error: |OUT OF MEMORY)/.test(line)) problems.push(line);
          show(line);
        } else if (line === START) {
          started = true;
        }
      }
    });
  }
}

/** Espruino's console shows a prompt when it is idle, and wipes it before the next line. */
function withoutPrompt(line) {
  return line.replace(/\r/g, "").replace(/^>?(\u001b\[J)+/, "");
}

/**
 * Removes what is blank from a stack trace: for code in Storage the interpreter shows an empty line in place of the
 * source, and below it a mark after as many blanks as the line would be long.
 */
function withoutBlankTraces(print) {
  let inTrace = false;
  let held;
  const flush = () => {
    if (held !== undefined) print(held);
    held = undefined;
  };
  const show = (line) => {
    if (held !== undefined && /^ *\^$/.test(line)) {
      held = undefined;
      return;
    }
    flush();
    if (inTrace && line.trim() === "") held = line;
    else print(line);
    inTrace = /^ +at |:\d+:\d+\)?$/.test(line);
  };
  show.end = flush;
  return show;
}

/** Scripts that together write the files into Storage. */
function writingScripts(storage) {
  const lines = [];
  for (const [name, content] of Object.entries(storage)) {
    const bytes = Buffer.from(content).toString("latin1");
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = JSON.stringify(bytes.slice(at, at + PIECE)).replace(
        /[\u007f-\u00ff]/g,
        (character) => `\\x${character.charCodeAt(0).toString(16)}`
      );
      const written = `require("Storage").write(${JSON.stringify(name)},${piece},${at},${bytes.length})`;
      lines.push(`if(!${written})throw new Error("Storage is full");`);
    }
  }
  const scripts = [];
  for (let at = 0; at < lines.length; at += PIECES) scripts.push(lines.slice(at, at + PIECES).join("\n"));
  return scripts;
}
