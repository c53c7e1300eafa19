import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";

const root = path.join(__dirname, "../..");
const interpreter = findEspruino();

/** Most variables each may take. Times are no test: they are the machine's, not ours. */
const BUDGETS: Record<string, number> = {
  // The aim is 700: functions that each message needs stay apart, and cost variables.
  "variables require": 840,
  "variables require of a bundled echo": 460,
  "variables of a client": 200,
  "variables to send 1 MB": 500,
  "variables to receive 1 MB": 500,
  "variables left after 40 lives": 0,
};

(interpreter ? describe : describe.skip)("what the bundle takes of the memory of a real Espruino", () => {
  let counted: Record<string, number>;

  beforeAll(() => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "budgets-"));
    try {
      const json = path.join(folder, "bench.json");
      const program = [path.join(root, "tools/run_typescript.cjs"), path.join(root, "bench/index.ts")];
      execFileSync(process.execPath, [...program, "--only", "variables", "--lives", "40", "--json", json], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      counted = JSON.parse(fs.readFileSync(json, "utf8")).variables;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  for (const [what, most] of Object.entries(BUDGETS)) {
    test(`${what}: at most ${most}`, () => {
      expect(counted).toHaveProperty([what]);
      // Not NaN: a count that could not be taken is no success.
      expect(counted[what]).toBeLessThanOrEqual(most);
    });
  }
});
