import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const reporter = path.join(__dirname, "../../scripts/jest_reporter.cjs");

test.each([
  ["passed, failed, and skipped tests", [3, 1, 2, 1, 0], "3 passed, 1 failed, 3 skipped\n"],
  ["a test file that could not run as a failure", [3, 0, 0, 0, 1], "3 passed, 1 failed, 0 skipped\n"],
])("counts %s", (_name, numbers, line) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "jest-reporter-"));
  try {
    const [numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites] = numbers;
    const file = path.join(folder, "result.json");
    const result = { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites };
    fs.writeFileSync(file, JSON.stringify(result));
    expect(execFileSync(process.execPath, [reporter, file], { encoding: "utf8" })).toBe(line);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
