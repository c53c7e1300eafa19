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

The script finds the server's address in the variable WS_URL. Ctrl-C ends it.`;

/** Something that the user can mend: its message is all that is printed. */
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
  // npm runs this in the project's folder; a script's name is meant from where the user is.
  const here = process.env.INIT_CWD ?? process.cwd();
  return {
    help: values.help,
    espruino: values.espruino,
    url: urls[0],
    script: scripts.length > 0 ? path.resolve(here, scripts[0]) : ECHO,
  };
}

async function runInSimulator({ script, url, storage, signal }) {
  const { runFile } = createRequire(import.meta.url)(path.join(root, "dist/simulator/index.js"));
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
 * @param {{ command?: string, prepare?: () => void }} options what the user calls this, and what is to be done before
 * the script runs
 * @returns {Promise<number>} the exit code
 */
export async function run(args, { command = "npx esp-websocket-client run", prepare } = {}) {
  // Whoever reads the output may stop (`| head`): that ends the run, and is no failure.
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
  if (!fs.existsSync(options.script)) throw new UserError(`${options.script} does not exist.`);
  prepare?.();

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const server = options.url ? undefined : await startEchoServer();
  const url = options.url ?? server.url;
  console.log(
    `Running ${path.relative(process.cwd(), options.script)} ${espruino ? `on ${espruino}` : "in the simulator"},`
  );
  console.log(`against ${server ? `an echo server at ${url}` : url}. Ctrl-C ends it.\n`);
  try {
    const bundle = (name) => fs.readFileSync(path.join(root, "dist", `${name}.min.js`), "utf8");
    const problems = await (espruino ? runInEspruino : runInSimulator)({
      espruino,
      script: options.script,
      url,
      storage: { esp_websocket_client: bundle("esp_websocket_client"), websocket: bundle("websocket") },
      signal: stop.signal,
    });
    if (problems.length > 0) throw new UserError(`The script failed: ${problems[0]}`);
    if (options.script === ECHO && server?.messages() === 0 && !stop.signal.aborted) {
      throw new UserError("The script ended without sending a message to the echo server.");
    }
  } finally {
    await server?.close();
  }
}
