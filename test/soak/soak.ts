/** Runs rounds of the soak until one fails, on several boards at a time. */
import v8 from "node:v8";
import vm from "node:vm";
import type { Target } from "../support/targets";
import { noCounts, type Counts } from "./judge";
import { Lane, type RoundResult } from "./lane";
import { drawPlan, type Plan } from "./plan";

export interface SoakOptions {
  rounds: number;
  seed: number;
  /** The first round. Default 0. */
  from?: number;
  /** Where the client runs: a real interpreter, or, if left out, the simulator. */
  target?: Target;
  /** Boards that run at a time. The round's number tells which board it is on. */
  lanes: number;
  /** Stretches all times, for slow interpreters and busy machines. Default: as the target needs. */
  slowness?: number;
  /** The target's heap is as small as an ESP32's. */
  small?: boolean;
  /** Told after each round that went well, with how many have. */
  onRound?: (done: number) => void;
}

export interface Summary {
  rounds: number;
  seconds: number;
  counts: Counts;
  faults: Record<string, number>;
  /** Least and most variables in use between two rounds; 0 on the simulator. */
  variables: { least: number; most: number };
}

/** A round that did not go as it must. */
export class SoakFailure extends Error {
  constructor(plan: Plan, violations: string[], result?: RoundResult) {
    const evidence = result?.evidence.map(({ plan: _plan, ...seen }, index) => `${index}: ${JSON.stringify(seen)}`);
    super(
      [
        `Round ${plan.round} of seed ${plan.seed} failed:`,
        ...violations.map((violation) => `  ${violation}`),
        `The plan was: ${JSON.stringify(plan)}`,
        ...(result ? ["The client printed:", ...result.lines.slice(-200).map((line) => `  ${line}`)] : []),
        ...(evidence
          ? ["The other side saw, by connection:", ...evidence.map((line) => `  ${line.slice(0, 1000)}`)]
          : []),
      ].join("\n")
    );
  }
}

/** Slower interpreters get more time for everything. */
export function slownessOf(target: Target | undefined): number {
  return target ? 8 : 1;
}

/** Runs the soak. Rejects with a SoakFailure for the first round that fails. */
export async function soak(options: SoakOptions): Promise<Summary> {
  const { rounds, seed, from = 0, target, lanes } = options;
  const strength = { slowness: options.slowness ?? slownessOf(target), small: options.small ?? false };
  const begun = performance.now();
  const counts = noCounts();
  const faults: Record<string, number> = {};
  const variables = { least: Infinity, most: 0 };
  let done = 0;
  let failed = false;
  const runLane = async (number: number): Promise<void> => {
    const mine = [];
    for (let round = from; round < from + rounds; round++) if (round % lanes === number) mine.push(round);
    if (mine.length === 0) return;
    const lane = await Lane.open(target, { unicode: number % 2 === 1, seed: seed + number, ...strength });
    let plan = drawPlan(seed, mine[0], strength);
    try {
      for (const round of mine) {
        if (failed) break;
        plan = drawPlan(seed, round, strength);
        const result = await lane.run(plan);
        if (result.violations.length > 0) throw new SoakFailure(plan, result.violations, result);
        add(counts, result.counts);
        variables.least = Math.min(variables.least, result.variables);
        variables.most = Math.max(variables.most, result.variables);
        done++;
        options.onRound?.(done);
      }
      const leaked = await leakedClients(lane);
      if (leaked > 0) throw new SoakFailure(plan, [`${leaked} destroyed clients are still in memory`]);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      add(faults, lane.faults);
      const uncaught = await lane.close();
      // eslint-disable-next-line no-unsafe-finally -- an exception that nothing caught explains whatever came of it
      if (uncaught.length > 0 && !failed) throw new SoakFailure(plan, uncaught);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: lanes }, (_none, number) => runLane(number)));
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
  return { rounds: done, seconds: (performance.now() - begun) / 1000, counts, faults, variables };
}

/** Destroyed clients that the garbage collector does not get. */
async function leakedClients(lane: Lane): Promise<number> {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  for (let tries = 0; tries < 5 && lane.leaked() > 0; tries++) {
    // A WeakRef holds its object to the end of the turn in which it was asked.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return lane.leaked();
}

/** Adds up numbers, field by field. */
function add(sum: object, more: object): void {
  const into = sum as Record<string, unknown>;
  for (const [field, value] of Object.entries(more) as [string, unknown][]) {
    if (typeof value === "number") into[field] = ((into[field] as number | undefined) ?? 0) + value;
    else add((into[field] ??= {}) as object, value as object);
  }
}
