/**
 * Jest's last words: which tests were skipped and why, then one line `N passed, N failed, N skipped`.
 *
 * As a program, `node scripts/jest_reporter.cjs RESULT.json` prints that line for what `jest --json` wrote.
 */
const fs = require("node:fs");
const path = require("node:path");
const { findEspruino } = require("./find_espruino.cjs");

/** A test file that could not run at all counts as one failure, or a broken import would look like success. */
function countLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`;
}

class SkipReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults
      .map((file) => ({ name: path.relative(process.cwd(), file.testFilePath), count: file.numPendingTests }))
      .filter((file) => file.count > 0);
    const lines = [];
    if (skipped.length > 0) {
      lines.push("", "Skipped tests:", ...skipped.map((file) => `  ${file.count} in ${file.name}`));
    }
    if (!findEspruino()) {
      lines.push(
        "",
        "The tests on the real interpreter were skipped: there is no Espruino for Linux here.",
        "Put `espruino` on the PATH or its file name in ESPRUINO to run them."
      );
    }
    lines.push("", countLine(results), "");
    // Jest's own summary comes after every reporter's word: this one waits for the very end.
    process.once("exit", () => process.stdout.write(lines.join("\n")));
  }
}

module.exports = SkipReporter;

if (require.main === module) {
  console.log(countLine(JSON.parse(fs.readFileSync(process.argv[2], "utf8"))));
}
