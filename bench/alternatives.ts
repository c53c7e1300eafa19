import fs from "node:fs";
import path from "node:path";
import { Interpreter } from "./interpreter";
import { compare, Contender } from "./speed";
import { median } from "./statistics";

/** Ways to do one step, and what each costs in µs. */
export interface Step {
  step: string;
  ways: { way: string; microseconds: number }[];
}

/** Sizes in which 64 kB are written to the bare socket, each when the last has left. */
const PIECES = [268, 536, 1072, 2144, 4288, 17152, 65536];

export async function measureAlternatives(binary: string, rounds: number): Promise<Step[]> {
  const script = fs.readFileSync(path.join(__dirname, "scripts", "alternatives.js"), "utf8");
  const interpreter = await Interpreter.start({
    binary,
    modules: {},
    place: "ram",
    script,
    preset: { ROUNDS: rounds + 5 },
  });
  const steps: Step[] = [];
  try {
    for (;;) {
      const [step, way, microseconds] = JSON.parse(`[${await interpreter.next("[")}`) as [string?, string?, number?];
      if (step === undefined) return steps;
      if (steps.at(-1)?.step !== step) steps.push({ step, ways: [] });
      steps.at(-1)!.ways.push({ way: way!, microseconds: microseconds! });
    }
  } finally {
    await interpreter.stop();
  }
}

/** CPU time of sending 1 kB over the bare socket, by the size of a `write`. */
export async function measurePacing(binary: string, bare: Contender, rounds: number): Promise<Step> {
  const samples = await compare(
    PIECES.map((size) => [bare, { work: "send", text: true, size, clients: 1, window: 1 }]),
    rounds,
    binary,
    "ram"
  );
  return {
    step: "socket.write in pieces, each on drain, per kB",
    ways: samples.map((each, index) => ({
      way: `${PIECES[index]} bytes`,
      microseconds: (median(each.map((sample) => sample.cpu)) * 1000 * 1024) / PIECES[index],
    })),
  };
}
