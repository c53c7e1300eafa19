/**
 * `npm run bench [-- --rounds N --only name --lives N --json file --svg file --bundle file]`: what this library costs on
 * Espruino, next to Espruino's own ws module and to a bare socket. bench/README.md tells how to read it.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { measureAlternatives, measurePacing, Step } from "./alternatives";
import { Bar, draw } from "./chart";
import { bundleEcho } from "./echo_bundle";
import { compare, Contender, contender, Work } from "./speed";
import { byteName, median, short, table } from "./statistics";
import { variablesLeft, variablesOfClient, variablesOfRequire, variablesToStream } from "./variables";
import { findEspruino } from "../tools/find_espruino.cjs";

const root = path.join(__dirname, "..");
const KB = 1024;
const SIZES = [16, 125, KB, 16 * KB, 60 * KB, KB * KB];
interface Row {
  name: string;
  work: Work;
  /** What counts: CPU time, or, where the peers wait for each other, the time on the clock. */
  time: "cpu" | "wall";
}

interface Result {
  name: string;
  time: "cpu" | "wall";
  size: number;
  /** Medians in milliseconds per message, by contender. */
  cpu: Record<string, number>;
  wall: Record<string, number>;
}

function rows(): Row[] {
  const one = { clients: 1, window: 1 };
  const list: Row[] = [];
  for (const text of [true, false]) {
    const kind = text ? "text" : "binary";
    for (const work of ["send", "receive", "echo"] as const) {
      for (const size of [...SIZES, ...(work === "echo" && text ? [250 * KB] : [])]) {
        // A frame above 536 bytes leaves in segments and may wait 40 ms for the peer's delayed acknowledgement; then
        // only the clock tells something: Espruino for Linux never sleeps while it has a socket.
        const time = work === "echo" && size > 500 ? "wall" : "cpu";
        list.push({ name: `${work} ${kind} ${byteName(size)}`, work: { work, text, size, ...one }, time });
      }
    }
  }
  for (const work of ["send", "receive", "echo"] as const) {
    const many = { clients: 1, window: 16 };
    list.push({ name: `messages ${work} 32 B`, work: { work, text: true, size: 32, ...many }, time: "cpu" });
  }
  for (const clients of [1, 4, 8]) {
    const work = { work: "echo", text: true, size: 125, clients, window: 1 } as const;
    list.push({ name: `clients ${clients} echo 125 B`, work, time: "cpu" });
  }
  return list;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    // Connect, echo and destroy: so many times, after which nothing may be left.
    lives: { type: "string", default: "1000" },
    only: { type: "string", multiple: true },
    json: { type: "string" },
    svg: { type: "string" },
    bundle: { type: "string", default: path.join(root, "dist/esp_websocket_client.min.js") },
  },
});
const rounds = Number(options.rounds);
const wanted = (name: string) => !options.only || options.only.some((part) => name.includes(part));

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const binary = findEspruino();
  if (!binary) throw new Error("There is no Espruino: name the interpreter in ESPRUINO, or put it on the PATH.");
  if (!(rounds >= 1)) throw new Error("--rounds takes a number, 1 or more.");
  if (!fs.existsSync(options.bundle!)) throw new Error(`${options.bundle} does not exist: run npm run build first.`);
  const small = process.env.ESPRUINO_SMALL || binary;
  const wsFile = process.env.ESPRUINO_WS;
  const bundle = fs.readFileSync(options.bundle!, "latin1");
  const modules: Record<string, string> = { esp_websocket_client: bundle };
  const ours = contender("ours", { esp_websocket_client: bundle });
  const bare = contender("bare", {}, { bare: true });
  const contenders = [ours, bare];
  if (wsFile) {
    modules.ws = fs.readFileSync(wsFile, "latin1");
    // It reads and writes lengths of 16 bits, and shows text only.
    contenders.splice(1, 0, contender("ws", { ws: modules.ws }, { limit: 65535, textOnly: true }));
  } else console.log("ESPRUINO_WS names no copy of Espruino's ws module: it is not measured.\n");

  const results: Result[] = [];
  for (const row of rows().filter(({ name }) => wanted(name))) {
    const able = contenders.filter((it) => row.work.size <= it.limit && (row.work.text || !it.textOnly));
    const samples = await compare(
      able.map((it) => [it, row.work]),
      rounds,
      binary,
      "ram"
    );
    const of = (what: "cpu" | "wall") =>
      Object.fromEntries(able.map((it, index) => [it.name, median(samples[index].map((sample) => sample[what]))]));
    results.push({ name: row.name, time: row.time, size: row.work.size, cpu: of("cpu"), wall: of("wall") });
    console.error(
      `${row.name}: ${Object.entries(results.at(-1)![row.time])
        .map((it) => it.join(" "))
        .join(", ")}`
    );
  }
  if (results.length > 0) {
    console.log(`Milliseconds per message, medians of ${rounds} rounds, code in RAM:\n`);
    console.log(`${speedTable(results, contenders)}\n`);
  }

  const variables: Record<string, number> = {};
  const count = async (name: string, measure: () => Promise<number>) => {
    if (!wanted(name)) return;
    variables[name] = await measure();
    console.error(`${name}: ${variables[name]}`);
  };
  const counter = { binary: small, modules };
  await count("variables require", () => variablesOfRequire(counter, "esp_websocket_client"));
  if (modules.ws) await count("variables require of ws", () => variablesOfRequire(counter, "ws"));
  if (wanted("variables require of a bundled echo")) {
    const echo = { binary: small, modules: { echo: await bundleEcho() } };
    await count("variables require of a bundled echo", () => variablesOfRequire(echo, "echo"));
  }
  await count("variables of a client", () => variablesOfClient(counter, "ours"));
  if (modules.ws) await count("variables of a client of ws", () => variablesOfClient(counter, "ws"));
  await count("variables of a bare socket", () => variablesOfClient(counter, "bare"));
  await count("variables to send 1 MB", () => variablesToStream(counter, "send"));
  await count("variables to receive 1 MB", () => variablesToStream(counter, "receive"));
  await count(`variables left after ${options.lives} lives`, () => variablesLeft(counter, Number(options.lives)));
  if (wanted("bytes")) variables["bytes of the bundle"] = Buffer.byteLength(bundle, "latin1");
  if (Object.keys(variables).length > 0) {
    console.log(`Variables${small === binary ? "" : " on the small heap"}:\n`);
    const cells = Object.entries(variables).map(([name, value]) => [name, short(value)]);
    console.log(`${table(["what", "count"], cells)}\n`);
  }

  const alternatives: Step[] = [];
  if (wanted("alternatives")) {
    alternatives.push(...(await measureAlternatives(binary, rounds)), await measurePacing(binary, bare, rounds));
    console.log("Other ways to do a step, in µs:\n");
    const cells = alternatives.flatMap(({ step, ways }) => ways.map((it) => [step, it.way, short(it.microseconds)]));
    console.log(`${table(["step", "way", "µs"], cells)}\n`);
  }

  if (options.json) {
    const machine = { cpu: os.cpus()[0].model, node: process.version };
    const report = { machine, rounds, results, variables, alternatives };
    fs.writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (options.svg) {
    const caption = "CPU time of Espruino's own ws module, divided by this library's";
    const bars = results.flatMap(toBar);
    if (bars.length === 0) console.error("There is nothing to draw without ESPRUINO_WS: no chart was written.");
    else fs.writeFileSync(options.svg, await draw(bars, caption));
  }
}

/** The chart shows text, one client. */
function toBar({ name, time, size, cpu }: Result): Bar[] {
  const [work, kind] = name.split(" ");
  return kind === "text" && time === "cpu" && cpu.ws ? [{ work, size, ratio: cpu.ws / cpu.ours }] : [];
}

function speedTable(results: Result[], contenders: Contender[]): string {
  const names = contenders.map(({ name }) => name);
  const head = ["work", "time", ...names, "ws / ours", "ours / bare", "ours per s"];
  return table(
    head,
    results.map((result) => {
      const times = result[result.time];
      const cell = (value: number) => (Number.isFinite(value) ? short(value) : "–");
      return [
        result.name,
        result.time === "cpu" ? "CPU" : "clock",
        ...names.map((name) => cell(times[name])),
        cell(times.ws / times.ours),
        cell(times.ours / times.bare),
        cell(1000 / result.wall.ours),
      ];
    })
  );
}
