#!/usr/bin/env node
/** `npx esp-websocket-client COMMAND …` */

const commands = {
  flash: {
    does: "upload the client, and a script, to a board",
    run: async (args) =>
      (await import("../tools/flash/command.mjs")).flash(args, { command: "npx esp-websocket-client flash" }),
  },
  run: {
    does: "run a script for the board on this computer",
    run: async (args) => (await import("../tools/run.mjs")).run(args),
  },
  serve: {
    does: "start an echo server for the boards in your network",
    run: async (args) => (await import("../tools/serve.mjs")).serve(args, { command: caller("serve") }),
  },
  conformance: {
    does: "run the cases of a server that speaks the Autobahn fuzzing protocol",
    run: async (args) =>
      (await import("../tools/conformance/runner.mjs")).conformance(args, { command: caller("conformance") }),
  },
};

/** In the checkout, `npm run conformance` and the like come here too. */
function caller(name) {
  return process.env.npm_lifecycle_event === name ? `npm run ${name} --` : undefined;
}

async function main() {
  const [name, ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
  if (command) {
    process.exitCode = await command.run(args);
    return;
  }
  const help = name === undefined || name === "-h" || name === "--help" || name === "help";
  const list = Object.entries(commands).map(([known, { does }]) => `  ${known.padEnd(14)}${does}`);
  const usage = ["Usage: esp-websocket-client COMMAND …", "", ...list, "", "COMMAND --help says more."].join("\n");
  if (help) console.log(usage);
  else console.error(`There is no command ${name}.\n\n${usage}`);
  process.exitCode = help ? 0 : 2;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
