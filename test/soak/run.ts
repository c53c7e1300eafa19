/**
 * `npm run soak -- [N] [--seed S] [--from R] [--espruino] [--lanes L]`: N rounds (default 10,000) of faults drawn at
 * random. Prints its seed first: the same seed draws the same faults again, and `--from` begins at a later round.
 */
import { parseArgs } from "node:util";
import { interpreters } from "../support/targets";
import { soak, SoakFailure, type Summary } from "./soak";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      from: { type: "string", default: "0" },
      lanes: { type: "string" },
      espruino: { type: "boolean", default: false },
    },
  });
  const seed = number("--seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 31)), 0);
  const from = number("--from", values.from, 0);
  const rounds = number("N", positionals[0] ?? "10000", 1);
  const lanes = number("--lanes", values.lanes ?? (values.espruino ? "2" : "8"), 1);
  const target = values.espruino ? interpreters().find(({ name }) => name === "espruino") : undefined;
  if (values.espruino && !target)
    throw new Error("There is no Espruino for Linux here: put `espruino` on the PATH or its file name in ESPRUINO.");
  const variables = target && Number((await target.run("print(process.memory().total);")).lines[0]);
  // The heap of Espruino for Linux begins with 4,096 variables, and grows. One that does not is said to be small.
  const small = variables !== undefined && variables < 4000;
  const where = target ? `${target.name}${small ? ` with ${variables} variables` : ""}` : "the simulator";
  const again = `npm run soak -- ${rounds} --seed ${seed} --lanes ${lanes}${target ? " --espruino" : ""}`;
  console.log(`${rounds} rounds on ${where}, seed ${seed}${from ? `, from round ${from}` : ""}`);
  const step = Math.max(1, Math.ceil(rounds / 20));
  try {
    const summary = await soak({
      rounds,
      seed,
      from,
      target,
      lanes,
      small,
      onRound: (done) => done % step === 0 && console.log(`  ${done} of ${rounds}`),
    });
    print(summary);
  } catch (error) {
    if (!(error instanceof SoakFailure)) throw error;
    console.error(error.message);
    console.error(`The same again: ${again}${from ? ` --from ${from}` : ""}`);
    process.exitCode = 1;
  }
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`${name} must be a whole number from ${least} on.`);
  return value;
}

function print({ rounds, seconds, counts, faults, variables }: Summary): void {
  const kinds = Object.entries(faults).sort(([, a], [, b]) => b - a);
  const errors = Object.entries(counts.errors).map(([type, count]) => `type ${type}: ${count}`);
  console.log(
    [
      `${rounds} rounds went well in ${Math.round(seconds)} s.`,
      `Connections: ${counts.attempts} attempts, ${counts.connected} connected, ${counts.closed} closed cleanly.`,
      `Errors reported: ${errors.join(", ")}; sound connections lost to a time-out: ${counts.late}.`,
      `The client's messages: ${counts.taken} taken, ${counts.delivered} delivered, ${counts.lost} reported as lost;` +
        ` ${counts.refused} calls refused. The server's: ${counts.received} received.`,
      `Faults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}.`,
      ...(variables.least === variables.most
        ? []
        : [`Variables between rounds: ${variables.least}…${variables.most}.`]),
    ].join("\n")
  );
}

void main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
