// @ts-check
/**
 * The first words of `npm test`: how long it takes. Jest's reporter keeps the time of the last whole run on this computer.
 */
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const FILE = path.join(root, "node_modules/.cache/esp-websocket-client/test_time.json");

/** Allowed for a first run on two cores, in minutes: nothing has been measured yet. */
const FIRST_RUN = 15;

/** Keeps the time of a run of all tests. @param {number} milliseconds */
function keepTestTime(milliseconds, file = FILE) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ milliseconds }));
}

/** What is printed first. */
function testTimeLine(file = FILE) {
  const part = "`npx jest test/unit` runs a part of it.";
  if (!fs.existsSync(file)) {
    return `Builds what has changed, then runs all tests: allow ${FIRST_RUN} minutes or more. ${part}`;
  }
  const { milliseconds } = JSON.parse(fs.readFileSync(file, "utf8"));
  const minutes = Math.max(1, Math.round(milliseconds / 60000));
  const time = minutes === 1 ? "a minute" : `${minutes} minutes`;
  return `Builds what has changed, then runs all tests: the last whole run took ${time} here. ${part}`;
}

module.exports = { keepTestTime, testTimeLine };

if (require.main === module) console.log(`${testTimeLine()}\n`);
