/**
 * `npm run conformance -- ws://host:9001` and `npx esp-websocket-client conformance`: runs the cases of a server that
 * speaks the Autobahn fuzzing protocol with the built library, in the simulator or on Espruino for Linux.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findEspruino } from "../find_espruino.cjs";
import { runOnEspruino } from "../run_on_espruino.mjs";
import { checkReportFile, isGood, summary, writeReport } from "./report.mjs";
import { readSelection, toRanges, UserError } from "./select.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

const help = (command) => `Usage: ${command} [ws://host:port] [--espruino] [--cases LIST] [--report FILE]

Runs the cases of a server that speaks the Autobahn fuzzing protocol with this client.

  ws://host:port   the server, by default ws://127.0.0.1:9001
  --espruino       run on Espruino for Linux ($ESPRUINO, or espruino on the PATH), not in the simulator
  --cases LIST     numbers as the server counts (1-5,17,290-) and names (6.4.2,9.*); by default all
  --report FILE    write the results to FILE: JUnit if it ends in .xml, or .json
  --timeout S      seconds in which nothing comes or goes, after which a case is given up, by default 120
  -h, --help       this text

The exit code is 0 if no case failed, 1 if one did, 2 if nothing could be run.`;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
/** @param {{ command?: string }} options what the user calls this */
export async function conformance(args, { command = "npx esp-websocket-client conformance" } = {}) {
  try {
    const options = readArguments(args);
    if (options.help) {
      console.log(help(command));
      return 0;
    }
    return await run(options);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 2;
  }
}

function readArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        espruino: { type: "boolean" },
        cases: { type: "string" },
        report: { type: "string" },
        timeout: { type: "string", default: "120" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UserError(`${error.message.split(". ")[0]}. --help lists what there is.`);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UserError("Give one server only.");
  const url = positionals[0] ?? "ws://127.0.0.1:9001";
  if (!/^wss?:\/\//i.test(url)) {
    throw new UserError(`${url} is not the address of a WebSocket server: it must begin with ws:// or wss://.`);
  }
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new UserError(`--timeout: ${values.timeout} is not a number of seconds.`);
  // npm runs this in the project's folder; a file's name is meant from where the user is.
  const here = process.env.INIT_CWD ?? process.cwd();
  const report = values.report && path.resolve(here, values.report);
  if (report) checkReportFile(report);
  const espruino = values.espruino ? findEspruino() : undefined;
  if (values.espruino && !espruino && !values.help) {
    throw new UserError("There is no Espruino here: put `espruino` on the PATH or its file name in ESPRUINO.");
  }
  return {
    help: values.help,
    url: url.replace(/\/+$/, ""),
    espruino,
    selection: values.cases === undefined ? undefined : readSelection(values.cases),
    report,
    milliseconds: seconds * 1000,
  };
}

async function run({ url, espruino, selection, report, milliseconds }) {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const agent = `esp-websocket-client/${version}${espruino ? "-espruino" : "-simulator"}`;
  const bundle = path.join(root, "dist/esp_websocket_client.min.js");
  if (!fs.existsSync(bundle)) throw new UserError("The library is not built: run `npm run build` first.");
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const board = {
    espruino,
    storage: { esp_websocket_client: fs.readFileSync(bundle, "utf8") },
    source: fs.readFileSync(new URL("client.js", import.meta.url), "utf8"),
    signal: stop.signal,
  };
  const preset = { URL: url, AGENT: encodeURIComponent(agent), CASE_MS: milliseconds };

  const cases = await listCases(board, preset, selection);
  const chosen = cases.filter(({ number, id }) => !selection || selection.matches(number, id));
  if (chosen.length === 0) throw new UserError(`The server has ${cases.length} cases, none of which was asked for.`);
  console.log(`Running ${chosen.length} of ${cases.length} cases ${espruino ? `on ${espruino}` : "in the simulator"}.`);

  const { results, problems } = await runCases(board, preset, chosen);
  for (const line of summary(results)) console.log(line);
  for (const problem of problems) console.log(`The interpreter: ${problem}`);
  if (report) writeReport(report, agent, results);
  return problems.length === 0 && results.every(isGood) ? 0 : 1;
}

/** Asks the server for its cases; their names, too, where it has them. */
async function listCases(board, preset, selection) {
  let count;
  let reached = false;
  const infos = new Map();
  const infosWanted = !selection || selection.names;
  const problems = await runScript(board, { ...preset, RANGES: null, INFOS: infosWanted }, (line) => {
    const [, word, rest] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (word === "COUNT") {
      reached = true;
      if (/^\d+$/.test(rest)) count = Number(rest);
    } else if (word === "INFO") {
      const [, number, answer] = /^(\d+) (.*)$/.exec(rest) ?? [];
      try {
        infos.set(Number(number), JSON.parse(answer));
      } catch {
        // What is not JSON is no name.
      }
    }
  });
  if (!reached) throw new UserError([`No WebSocket server answers at ${preset.URL}.`, ...problems].join(" "));
  if (count === undefined)
    throw new UserError(`${preset.URL} does not speak the fuzzing protocol: it gave no case count.`);
  return Array.from({ length: count }, (_, index) => {
    const info = infos.get(index + 1);
    return { number: index + 1, id: String(info?.id ?? index + 1), description: String(info?.description ?? "") };
  });
}

async function runCases(board, preset, chosen) {
  const results = chosen.map((one) => ({ ...one, behavior: "MISSING", problems: [], milliseconds: 0 }));
  const byNumber = new Map(results.map((one) => [one.number, one]));
  const progress = new Progress(chosen.length);
  let began = Date.now();
  let reported = false;
  const ranges = toRanges(chosen.map(({ number }) => number));
  const problems = await runScript(board, { ...preset, RANGES: ranges, INFOS: false }, (line) => {
    const [, word, number, rest] = /^(\S+) ?(\d*) ?(.*)$/.exec(line) ?? [];
    const result = byNumber.get(Number(number));
    if (word === "REPORTED") reported = true;
    if (!result) return;
    if (word === "CASE") {
      began = Date.now();
      progress.begin(result.id);
    } else if (word === "PROBLEM") {
      result.problems.push(rest);
    } else if (word === "STATUS") {
      result.milliseconds = Date.now() - began;
      result.behavior = behaviorOf(rest);
      progress.end(isGood(result));
    }
  });
  progress.clear();
  if (!reported) problems.push("it did not get to the last case.");
  return { results, problems };
}

function behaviorOf(answer) {
  try {
    const { behavior, behaviorClose } = JSON.parse(answer);
    // How the connection was closed is judged apart by some servers.
    return behaviorClose && /^(FAILED|WRONG CODE|UNCLEAN)$/.test(behaviorClose) ? behaviorClose : String(behavior);
  } catch {
    return "MISSING";
  }
}

/** Runs the board's script; resolves with what went wrong. */
function runScript({ espruino, storage, source, signal }, preset, print) {
  const variables = Object.entries(preset).map(([name, value]) => `var ${name}=${JSON.stringify(value)};`);
  const script = variables.join("") + source;
  return espruino
    ? runOnEspruino({ espruino, storage, script, print, signal })
    : runInSimulator({ storage, script, print, signal });
}

async function runInSimulator({ storage, script, print, signal }) {
  const { createBoard } = createRequire(import.meta.url)(path.join(root, "dist/simulator/index.js"));
  const board = createBoard({ storage, print });
  const stop = () => void board.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    board.run(script, "conformance.js");
    await board.idle();
  } finally {
    signal.removeEventListener("abort", stop);
    await board.close();
  }
  return board.uncaught.map(({ message }) => `Uncaught ${message}`);
}

/** A bar on a terminal; elsewhere a line for every tenth of the way. */
class Progress {
  #done = 0;
  #failed = 0;

  constructor(total) {
    this.total = total;
    this.terminal = process.stderr.isTTY;
  }

  begin(id) {
    if (!this.terminal) return;
    const width = 30;
    const full = Math.floor((this.#done / this.total) * width);
    const bar = "#".repeat(full).padEnd(width, ".");
    process.stderr.write(`\r\x1b[K[${bar}] ${this.#done}/${this.total}, ${this.#failed} failed, running ${id}`);
  }

  end(good) {
    const tenth = (count) => Math.floor((count / this.total) * 10);
    this.#done++;
    if (!good) this.#failed++;
    if (!this.terminal && tenth(this.#done) > tenth(this.#done - 1)) {
      console.error(`${this.#done} of ${this.total} cases, ${this.#failed} failed`);
    }
  }

  clear() {
    if (this.terminal) process.stderr.write("\r\x1b[K");
  }
}
