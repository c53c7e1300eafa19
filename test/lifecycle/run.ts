/**
 * `npm run hammer -- [LIVES] [--messages N] [--seed S]`: the long form of the lifecycle tests. 200,000 random lives
 * against the model, and 100,000 messages through a slow peer on each target, unless told otherwise.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: "string", default: "100000" }, seed: { type: "string" } },
});
const lives = positionals[0] ?? "200000";
const numbers = [lives, values.messages, values.seed ?? "0"];
if (positionals.length > 1 || !numbers.every((number) => /^-?\d+$/.test(number))) {
  console.error("Usage: npm run hammer -- [LIVES] [--messages N] [--seed S]");
  process.exitCode = 2;
} else {
  const environment = {
    ...process.env,
    HAMMER_RUNS: lives,
    ORDER_MESSAGES: values.messages,
    ...(values.seed !== undefined && { HAMMER_SEED: values.seed }),
  };
  const jest = path.join(path.dirname(require.resolve("jest/package.json")), "bin/jest.js");
  const { status } = spawnSync(process.execPath, [jest, "--verbose", "test/lifecycle"], {
    cwd: path.join(__dirname, "../.."),
    env: environment,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
