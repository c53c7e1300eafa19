import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { keepTestTime, testTimeLine } from "../../tools/test_time.cjs";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-time-"));
const file = path.join(folder, "cache/time.json");
afterAll(() => fs.rmSync(folder, { recursive: true }));

test("before the first whole run it says what to allow", () => {
  expect(testTimeLine(file)).toMatch(/then runs all tests: allow \d+ minutes or more\. `npx jest test\/unit`/);
});

test.each([
  [20_000, "took a minute here"],
  [700_000, "took 12 minutes here"],
])("after a whole run of %d ms it says that it %s", (milliseconds, words) => {
  keepTestTime(milliseconds, file);
  expect(testTimeLine(file)).toContain(words);
});
