/**
 * `npx esp-websocket-client run` and `npm start`: runs a script for the board on this computer, by default the echo
 * example against an echo server.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startEchoServer } from "./echo_server.mjs";
import { findEspruino } from "./find_espruino.cjs";
import { runOnEspruino } from "./run_on_espruino.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const ECHO = path.join(root, "examples/echo.js");

const help = (command) => `Usage: ${command} [ws://host[:port]/path] [--espruino] [script.js]

Runs a script for the board on this computer, unchanged, and prints what it prints.

  ws://…, wss://…  the server to talk to; without it, an echo server is started here
  script.js        the script, by default examples/echo.js
  --espruino       run it on Espruino for Linux ($ESPRUINO, or espruino on the PATH), not in the simulator
  -h, --help       this text

The script finds the server's address in the global variable WS_URL, which is set here and not on a board: a script for
both says \`typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL\`. Ctrl-C ends it.`;

/** Something that the user can correct: its message is all that is printed. */
export class UserError extends Error {}

function readArguments(args, command) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { espruino: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new UserError(`${error.message.split(". ")[0]}. \`${command} --help\` lists what there is.`);
  }
  const { values, positionals } = parsed;
  const urls = positionals.filter((text) => /^[a-z]+:\/\//i.test(text));
  const scripts = positionals.filter((text) => !urls.includes(text));
  if (urls.length > 1) throw new UserError("Give one address only.");
  if (scripts.length > 1) throw new UserError("Give one script only.");
  if (urls.length === 1 && !/^wss?:\/\//i.test(urls[0])) {
    throw new UserError(`${urls[0]} is not the address of a WebSocket server: it must begin with ws:// or wss://.`);
  }
  // npm runs this in the project's folder; a script's name is relative to the user's.
  const here = process.env.INIT_CWD ?? process.cwd();
  const script = scripts.length > 0 ? path.resolve(here, scripts[0]) : ECHO;
  if (scripts.length > 0 && !values.help) checkScript(scripts[0], script);
  return { help: values.help, espruino: values.espruino, url: urls[0], script };
}

/** @param {string} name as the user wrote it @param {string} file its path */
function checkScript(name, file) {
  const status = fs.statSync(file, { throwIfNoEntry: false });
  if (status?.isDirectory()) {
    const inside = fs.readdirSync(file).filter((entry) => entry.endsWith(".js"));
    const example = inside.length > 0 ? `, for example ${path.join(name, inside[0])}` : "";
    throw new UserError(`${name} is a folder: give a script${example}.`);
  }
  if (status) return;
  if (/^(localhost|[\w-]+(\.[\w-]+)+|\[[\da-f:]+\])(:\d+)?(\/|$)/i.test(name) && !/\.[cm]?[jt]s$/.test(name)) {
    throw new UserError(`${name} looks like the address of a server: write it as ws://${name}`);
  }
  throw new UserError(`${file} does not exist.`);
}

/**
 * The note on a script whose text talks to an address other than WS_URL; undefined if there is none.
 * @param {string} url that of the server which was started or given
 */
function otherAddress(source, url) {
  if (/\bWS_URL\b/.test(source)) return undefined;
  const [address] = /\bwss?:\/\/[^\s"'`]+/i.exec(source) ?? [];
  if (!address || address === url) return undefined;
  return `Note: the script talks to ${address}, and not to ${url}: it does not use the variable WS_URL.`;
}

async function runInSimulator({ dist, script, url, storage, signal }) {
  const { runFile } = createRequire(import.meta.url)(path.join(dist, "simulator/index.js"));
  const problems = [];
  const onUncaught = ({ message, fate }) => {
    if (fate === "printed") problems.push(`Uncaught ${message}`);
  };
  await runFile({ script, globals: { WS_URL: url }, storage, signal, onUncaught });
  return problems;
}

function runInEspruino({ espruino, script, url, storage, signal }) {
  // On the script's first line, so that the interpreter counts its lines right.
  const source = `var WS_URL=${JSON.stringify(url)};${fs.readFileSync(script, "utf8")}`;
  return runOnEspruino({ espruino, storage, script: source, print: (line) => console.log(line), signal });
}

/**
 * @param {string[]} args
 * @param {{ command?: string, prepare?: () => Promise<string> }} options what the user calls this, and what makes the
 * folder with the bundles and the simulator (dist/)
 * @returns {Promise<number>} the exit code
 */
export async function run(args, { command = "npx esp-websocket-client run", prepare } = {}) {
  // The reader of the output may stop (`| head`): that ends the run, and is not a failure.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  try {
    const options = readArguments(args, command);
    if (options.help) console.log(help(command));
    else await runScript(options, prepare);
    return 0;
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    return 1;
  }
}

async function runScript(options, prepare) {
  const espruino = options.espruino ? findEspruino() : undefined;
  if (options.espruino && !espruino) {
    throw new UserError("There is no Espruino here: put `espruino` on the PATH or its file name in ESPRUINO.");
  }
  const dist = (await prepare?.()) ?? path.join(root, "dist");

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const server = options.url ? undefined : await startEchoServer();
  const url = options.url ?? server.url;
  console.log(
    `Running ${path.relative(process.cwd(), options.script)} ${espruino ? `on ${espruino}` : "in the simulator"},`
  );
  console.log(`against ${server ? `an echo server at ${url}` : url}. Ctrl-C ends it.\n`);
  const note = otherAddress(fs.readFileSync(options.script, "utf8"), url);
  if (note) console.log(`${note}\n`);
  try {
    const bundle = (name) => fs.readFileSync(path.join(dist, `${name}.min.js`), "utf8");
    const problems = await (espruino ? runInEspruino : runInSimulator)({
      dist,
      espruino,
      script: options.script,
      url,
      storage: { esp_websocket_client: bundle("esp_websocket_client"), websocket: bundle("websocket") },
      signal: stop.signal,
    });
    if (problems.length > 0) throw new UserError(`The script failed: ${problems[0]}`);
    if (stop.signal.aborted) return;
    if (options.script === ECHO && server?.messages() === 0) {
      throw new UserError("The script ended without sending a message to the echo server.");
    }
    if (server?.connections() === 0 && !note) {
      console.log("\nThe script ended without connecting to the echo server: its address is in the variable WS_URL.");
    }
  } finally {
    await server?.close();
  }
}
