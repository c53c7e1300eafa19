/**
 * The same scripts on real interpreters and in the simulator: they must print the same lines, so that what passes in
 * the simulator is worth something.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasSmallHeap, interpreters, simulatorOf, simulators, type Target } from "../support/targets";
import { startTlsServers, type TlsServers } from "./simulator/tls_servers";
import { ScriptedServer } from "./simulator/scripted_server";

const read = (name: string): string => readFileSync(join(__dirname, name), "utf8");

/** What stands before each script. */
const PRELUDE = read("contract_prelude.js");

/** How many checks each script has: one line for each is wanted. */
const checksOf = (script: string): number => script.match(/^(check|checkNow|watched)\(/gm)!.length;

let server: ScriptedServer;
let tls: TlsServers;

beforeAll(async () => {
  server = await ScriptedServer.start();
  tls = await startTlsServers();
});

afterAll(async () => {
  await server.close();
  await tls.close();
});

interface Contract {
  name: string;
  preset: () => Record<string, unknown>;
  /** A TLS session and this script do not fit into the small heap. */
  large?: boolean;
  /** The simulator needs strings that are other memory. */
  shared?: boolean;
  /** Only a build with the chip's variables can show this. */
  chip?: boolean;
}

const scripts: Contract[] = [
  { name: "contract.js", preset: () => ({ PORT: server.port }) },
  { name: "contract_language.js", preset: () => ({}) },
  { name: "contract_modules.js", preset: () => ({}) },
  { name: "contract_faults.js", preset: () => ({ PORT: server.port }) },
  { name: "contract_shared.js", preset: () => ({}), shared: true },
  { name: "contract_chip.js", preset: () => ({}), chip: true },
  { name: "contract_tls.js", preset: () => tls.preset, large: true },
];

/** The script's lines, without what the firmware itself says in between. */
async function linesOf(target: Target, one: Contract, tries = 5): Promise<string[]> {
  const { name, preset, shared } = one;
  const { lines } = await target.run(`${PRELUDE}\n${read(name)}`, { preset: preset(), sharedStrings: shared });
  // Now and then the firmware's TLS says this with all the memory in the world.
  if (target.real && tries > 1 && lines.some((line) => line.includes("mbedtls_ssl_setup: Not enough memory"))) {
    return linesOf(target, one, tries - 1);
  }
  // The real console's prompt, and the sequence that wipes it, may stand in front.
  const own = lines.map((line) => line.replace(/^(?:>|\x1b\[J)+/, "")).filter((line) => line.startsWith("["));
  expect(own).toHaveLength(checksOf(read(name)));
  return own;
}

/** On a 64-bit build with few variables, memory is at its end before the stack is, and no exception tells. */
function withoutRecursion(lines: string[]): string[] {
  return lines.map((line) => line.replace(/,?"uncaught Error: Too much recursion[^"]*"/g, "").replace("[,", "["));
}

describe.each(scripts)("$name", (script) => {
  const { name, large, chip } = script;
  const fits = ({ byteStrings, longBits }: Target): boolean => !(large && byteStrings) && !(chip && longBits === 64);
  const real = interpreters().filter(fits);

  for (const target of simulators()) {
    test(`every check gives its line (${target.name})`, async () => {
      await linesOf(target, script);
    });
  }

  for (const target of real) {
    test(`${target.name} and the simulator agree`, async () => {
      const simulator = simulatorOf(target);
      const normal = hasSmallHeap(target) && target.longBits === 64 ? withoutRecursion : (lines: string[]) => lines;
      const expected = await linesOf(target, script);
      expect(normal(await linesOf(simulator, script))).toEqual(normal(expected));
    });
  }

  if (real.length === 0) {
    const count = checksOf(read(name));
    const wanted = chip ? "an Espruino like an ESP32's (set ESPRUINO_ESP32)" : "a real Espruino (set ESPRUINO)";
    test.skip(`${wanted} and the simulator agree on ${count} checks`, () => undefined);
  }
});
