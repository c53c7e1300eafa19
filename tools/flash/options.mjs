/** What the user may write after `flash`. */

export const usage = (command) => `Usage: ${command} [options]

Uploads the client to the Storage of a board that runs Espruino, as the module
esp_websocket_client, checks what arrived, and restarts the interpreter.

  -p, --port PORT      serial device (/dev/ttyUSB0, COM3) or tcp://host:port
                       (default: the only serial port there is)
  -b, --baud BAUD      baud rate of a serial port (default: 115200)
      --app FILE       upload this script too, under its file name, and start it
      --boot           save the app so that it starts whenever the board does
      --no-boot        remove the script that an earlier --boot has saved
      --websocket      upload the browser-style API too, as the module websocket
      --psk            upload TLS with pre-shared keys too, as the module tls_psk
      --monitor        stay connected and show what the board prints; Ctrl-C ends
                       that and leaves the board running
      --firmware FILE  first flash Espruino itself with esptool
      --list           print the serial ports and end
      --verify         read the stored files back and compare their size and
                       checksum (default)
      --no-verify      leave that out (an upload is still checked before it
                       takes the place of an old file)
      --dry-run        check the files, the board and the room in its Storage,
                       and change nothing
  -h, --help           print this

Environment:
  FLASH_TIMEOUT        seconds that the board may take to answer (default: 10)

Exit status: 0 done, 1 failed (an app that throws when it starts is a failure),
2 wrong options.`;

/** Wrong options: its message is all that is printed. */
export class UsageError extends Error {}

const VALUES = { port: "port", p: "port", baud: "baud", b: "baud", app: "app", firmware: "firmware" };
const SWITCHES = [
  "boot",
  "no-boot",
  "websocket",
  "psk",
  "monitor",
  "list",
  "verify",
  "no-verify",
  "dry-run",
  "help",
  "h",
];

/** The options, by their long names, as the command line gives them. @param {string[]} args */
function parse(args) {
  const found = {};
  for (let i = 0; i < args.length; i++) {
    const [, dashes, name, equals, attached] = /^(--?)([^=]*)(=?)([^]*)$/.exec(args[i]) ?? [];
    const known = dashes === (name?.length === 1 ? "-" : "--");
    if (known && Object.hasOwn(VALUES, name)) {
      const value = equals ? attached : args[++i];
      if (!value || value.startsWith("-")) throw new UsageError(`${dashes}${name} needs a value`);
      found[VALUES[name]] = value;
    } else if (known && SWITCHES.includes(name)) {
      if (equals) throw new UsageError(`${dashes}${name} takes no value`);
      found[name] = true;
      if (name === "verify") delete found["no-verify"];
    } else throw new UsageError(`unknown option ${args[i]}`);
  }
  return found;
}

/**
 * @param {string[]} args @param {NodeJS.ProcessEnv} env
 * @throws {UsageError}
 */
export function readOptions(args, env) {
  const given = parse(args);
  const { baud = "115200" } = given;
  const timeout = env.FLASH_TIMEOUT ?? "10";
  if (!/^[1-9]\d*$/.test(baud)) throw new UsageError(`the baud rate ${baud} is not a number`);
  if (!/^[1-9]\d*$/.test(timeout)) throw new UsageError(`FLASH_TIMEOUT=${timeout} is not a number of seconds`);
  if (given.boot && !given.app) throw new UsageError("--boot needs --app FILE");
  if (given.boot && given["no-boot"]) throw new UsageError("--boot and --no-boot contradict each other");
  return {
    help: Boolean(given.help || given.h),
    list: Boolean(given.list),
    port: given.port,
    baud: Number(baud),
    timeoutMs: Number(timeout) * 1000,
    app: given.app,
    firmware: given.firmware,
    boot: Boolean(given.boot),
    noBoot: Boolean(given["no-boot"]),
    websocket: Boolean(given.websocket),
    psk: Boolean(given.psk),
    monitor: Boolean(given.monitor),
    verify: !given["no-verify"],
    dryRun: Boolean(given["dry-run"]),
  };
}
