// @ts-check
/**
 * Jest's last words: which tests were skipped and why, then one line `N passed, N failed, N skipped`.
 *
 * As a program, `node tools/jest_reporter.cjs RESULT.json` prints that line for what `jest --json` wrote.
 */
const fs = require("node:fs");
const path = require("node:path");
const { findChromium } = require("./find_chromium.cjs");
const { findEspruino } = require("./find_espruino.cjs");
const { keepTestTime } = require("./test_time.cjs");

/**
 * What is read here of Jest's results: of those that it hands to a reporter, and of those that `jest --json` writes.
 *
 * @typedef {Pick<import("@jest/reporters").AggregatedResult, "numPassedTests" | "numFailedTests"
 *   | "numRuntimeErrorTestSuites" | "numPendingTests" | "numTodoTests" | "testResults">} Results
 */

/**
 * A test file that could not run at all counts as one failure, or a broken import would look like success.
 *
 * @param {Results} results
 */
function countLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
}

/** Programs that a computer may lack: the names of the tests that want them, and what to do. */
const WANTED = [
  {
    tests: /set CHROMIUM\b/,
    isHere: () => Boolean(findChromium()),
    sentence: "a Chromium, which is not here: put `chromium` on the PATH or its file name in CHROMIUM",
  },
  {
    tests: /set IOTJS\b/,
    isHere: () => false, // Or there would be no such test
    sentence: "an IoT.js that is not here: put `iotjs` on the PATH or its file name in IOTJS (small heap: IOTJS_SMALL)",
  },
  {
    tests: /set ESP32_CONSOLE\b/,
    isHere: () => Boolean(process.env.ESP32_CONSOLE),
    sentence: "a board: name its console in ESP32_CONSOLE and run `npm run test:board`",
  },
  {
    tests: /set ESPRUINO_ESP32\b/,
    isHere: () => Boolean(process.env.ESPRUINO_ESP32),
    sentence: "an Espruino like an ESP32's, of 32 bits: put the file name of one in ESPRUINO_ESP32",
  },
  {
    tests: /set ESPRUINO_SMALL\b|with (2500|1800) variables/,
    isHere: () => Boolean(process.env.ESPRUINO_SMALL),
    sentence: "an Espruino with a small heap: put the file name of one in ESPRUINO_SMALL",
  },
  {
    tests: /Espruino|real interpreter/,
    isHere: () => Boolean(findEspruino()),
    sentence: "Espruino for Linux, which is not here: put `espruino` on the PATH or its file name in ESPRUINO",
  },
];

/**
 * What was skipped and why, as lines. Where a program is missing, one test stands for all that were to run on it.
 *
 * @param {Results} results
 * @returns {string[]}
 */
function skipLines(results) {
  const skipped = results.testResults.flatMap((file) =>
    file.testResults
      .filter(({ status }) => status === "pending" || status === "todo")
      .map(({ fullName }) => ({ file: path.relative(process.cwd(), file.testFilePath), fullName }))
  );
  if (skipped.length === 0) return [];
  /** @type {Map<string, number>} */
  const reasons = new Map();
  for (const { file, fullName } of skipped) {
    const wanted = WANTED.find(({ tests, isHere }) => tests.test(fullName) && !isHere());
    const reason = wanted ? `want ${wanted.sentence}.` : `in ${file}: ${fullName}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const lines = [...reasons].map(
    ([reason, count]) => `  ${count} ${count === 1 ? reason.replace(/^want/, "wants") : reason}`
  );
  return ["", "Skipped tests:", ...lines.sort((one, other) => parseInt(other, 10) - parseInt(one, 10))];
}

/** How many test files there are. */
const countFiles = () =>
  fs
    .readdirSync(path.join(__dirname, "../test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts")).length;

class SkipReporter {
  /**
   * @param {unknown} _contexts
   * @param {Results & Pick<import("@jest/reporters").AggregatedResult, "startTime">} results
   */
  onRunComplete(_contexts, results) {
    if (results.testResults.length === countFiles()) keepTestTime(Date.now() - results.startTime);
    const lines = [...skipLines(results), "", countLine(results), ""];
    // Jest's own summary comes after every reporter's word: this one waits for the very end.
    process.once("exit", () => process.stdout.write(lines.join("\n")));
  }
}

module.exports = SkipReporter;
module.exports.skipLines = skipLines;

if (require.main === module) {
  console.log(countLine(JSON.parse(fs.readFileSync(process.argv[2], "utf8"))));
}
