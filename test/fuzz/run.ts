/** `npm run fuzz -- [--runs N] [--seed S]`: 100,000 streams for each property, unless told otherwise. */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { prepare, PROPERTIES } from "./properties";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "100000" }, seed: { type: "string" } },
});
const numRuns = Number(values.runs);
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
if (!(numRuns > 0) || !Number.isInteger(seed)) {
  console.error("--runs is a number above 0, --seed a whole number.");
  process.exit(2);
}

prepare();
console.log(`${numRuns} runs for each property, seed ${seed}.`);
for (const { name, property } of PROPERTIES) {
  const began = Date.now();
  const result = fc.check(property, { numRuns, seed });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${result.failed ? "FAILED" : "ok"}  ${name} (${result.numRuns} runs, ${seconds} s)`);
  if (result.failed) {
    console.log(fc.defaultReportMessage(result));
    process.exitCode = 1;
  }
}
