/**
 * `npm run bench:instructions [-- --only name --profile --bundle file]`: what short messages cost on Espruino, in
 * instructions of the interpreter, which do not depend on the machine or on what else it does. It needs valgrind.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { count, contender, Contender, Work, WorkName } from "./speed";
import { short, table } from "./statistics";
import { findEspruino } from "../tools/find_espruino.cjs";

const root = path.join(__dirname, "..");
/** Functions that a profile shows. */
const FUNCTIONS = 15;

interface Row {
  name: string;
  work: Work;
}

function row(name: string, work: WorkName, text: boolean, size: number, window = 1): Row {
  return { name, work: { work, text, size, clients: 1, window } };
}

/** What boards do all day, and the frames that keep a connection alive. */
const ROWS: Row[] = [
  row("send text 16 B", "send", true, 16),
  row("send binary 16 B", "send", false, 16),
  row("receive text 16 B", "receive", true, 16),
  row("receive binary 16 B", "receive", false, 16),
  row("echo text 16 B", "echo", true, 16),
  row("send text 125 B", "send", true, 125),
  row("receive text 125 B", "receive", true, 125),
  row("echo text 125 B", "echo", true, 125),
  row("echo text 32 B, 16 on their way", "echo", true, 32, 16),
  row("PING 16 B with its PONG", "ping", false, 16),
  row("PONG 16 B", "pong", false, 16),
];

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    profile: { type: "boolean", default: false },
    bundle: { type: "string", default: path.join(root, "dist/esp_websocket_client.min.js") },
  },
});

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const binary = findEspruino();
  if (!binary) throw new Error("There is no Espruino: name the interpreter in ESPRUINO, or put it on the PATH.");
  try {
    execFileSync("valgrind", ["--version"], { stdio: "ignore" });
  } catch {
    throw new Error("There is no valgrind on the PATH.");
  }
  const contenders = [contender("ours", { esp_websocket_client: fs.readFileSync(options.bundle!, "latin1") })];
  const wsFile = process.env.ESPRUINO_WS;
  const limits = { limit: 65535, textOnly: true };
  if (wsFile) contenders.push(contender("ws", { ws: fs.readFileSync(wsFile, "latin1") }, limits));
  else console.log("ESPRUINO_WS names no copy of Espruino's ws module: it is not measured.\n");
  contenders.push(contender("bare", {}, { bare: true }));

  const cells: string[][] = [];
  const wanted = ROWS.filter(({ name }) => !options.only || options.only.some((part) => name.includes(part)));
  for (const { name, work } of wanted) {
    const counts = await measure(contenders, name, work, binary);
    const of = (who: string) => counts[who] ?? NaN;
    const cell = (value: number) => (Number.isFinite(value) ? short(value) : "–");
    const ratios = [of("ws") / of("ours"), of("ours") / of("bare")];
    cells.push([name, ...contenders.map(({ name: who }) => cell(of(who))), ...ratios.map(cell)]);
  }
  console.log("Thousands of instructions per message, code in RAM:\n");
  console.log(table(["work", ...contenders.map(({ name }) => name), "ws / ours", "ours / bare"], cells));
}

async function measure(
  contenders: Contender[],
  name: string,
  work: Work,
  binary: string
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const isControl = work.work === "ping" || work.work === "pong";
  for (const it of contenders) {
    // The others do not report control frames, so they cannot tell when the last one has come.
    if ((isControl && it.name !== "ours") || (!work.text && it.textOnly)) continue;
    const { kI, profile } = await count(it, work, binary);
    counts[it.name] = kI;
    console.error(`${name}: ${it.name} ${short(kI)}`);
    if (options.profile && it.name === "ours") console.log(`\n${name}\n${shares(profile)}\n`);
  }
  return counts;
}

/** The functions that took most, and their share. */
function shares(profile: string): string {
  const lines = profile.split("\n").flatMap((line) => {
    const match = /^\s*[\d,]+ \(\s*([\d.]+)%\)\s+[^:]*:(\S+)/.exec(line);
    // The functions that were running when the count began are charged with all that they have called.
    return match && !/main|^0x/.test(match[2]) ? [`  ${match[1].padStart(5)} %  ${match[2]}`] : [];
  });
  return lines.slice(0, FUNCTIONS).join("\n");
}
