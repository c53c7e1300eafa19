/** `npx esp-websocket-client serve` and `npm run serve`: an echo server that boards in the network can reach. */
import os from "node:os";
import { parseArgs } from "node:util";
import { startEchoServer } from "./echo_server.mjs";

const help = (command) => `Usage: ${command} [--port PORT]

Starts a WebSocket server that sends each message back, and prints its addresses and what it receives. Everybody in your
network can connect to it. Ctrl-C ends it.

  --port PORT   the port to listen on, by default 8080; 0 takes a free one
  -h, --help    this text`;

/** The IPv4 addresses under which others reach this computer. */
function addresses() {
  return Object.values(os.networkInterfaces())
    .flat()
    .filter((one) => one?.family === "IPv4" && !one.internal)
    .map((one) => one.address);
}

/** @returns {{ help: boolean, port: number }} */
function readArguments(args) {
  const { values } = parseArgs({ args, options: { port: { type: "string" }, help: { type: "boolean", short: "h" } } });
  const port = Number(values.port ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`${values.port} is not a port`);
  return { help: Boolean(values.help), port };
}

function show({ opcode, payload }) {
  const { length } = payload;
  const size = `${length} ${length === 1 ? "byte" : "bytes"}`;
  const text = JSON.stringify(payload.toString("utf8"));
  console.log(opcode === 1 && length <= 200 ? `text: ${text}` : `${opcode === 1 ? "text" : "data"}: ${size}`);
}

/**
 * @param {string[]} args
 * @param {{ command?: string, signal?: AbortSignal }} options what the user calls this, and what ends it
 * @returns {Promise<number>} the exit code
 */
export async function serve(args, { command = "npx esp-websocket-client serve", signal } = {}) {
  let options;
  try {
    options = readArguments(args);
  } catch (error) {
    console.error(`${error.message.split(". ")[0]}. \`${command} --help\` lists what there is.`);
    return 2;
  }
  if (options.help) {
    console.log(help(command));
    return 0;
  }
  const stopped = new Promise((resolve) => {
    process.once("SIGINT", resolve);
    signal?.addEventListener("abort", resolve);
  });
  let server;
  try {
    server = await startEchoServer({
      host: "0.0.0.0",
      port: options.port,
      onConnect: (address) => console.log(`${address.replace(/^::ffff:/, "")} has connected`),
      onFrame: show,
    });
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    console.error(`Port ${options.port} is in use: choose another with --port.`);
    return 1;
  }
  const hosts = addresses();
  console.log("This echo server listens at");
  for (const host of hosts.length > 0 ? hosts : ["127.0.0.1"]) console.log(`  ws://${host}:${server.port}/`);
  console.log("Ctrl-C ends it.\n");
  await stopped;
  await server.close();
  return 0;
}
