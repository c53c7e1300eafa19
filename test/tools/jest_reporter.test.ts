import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const reporter = path.join(__dirname, "../../tools/jest_reporter.cjs");

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

describe("skipped tests are counted by what they want", () => {
  const { ESPRUINO, ESPRUINO_SMALL, ESPRUINO_ESP32 } = process.env;
  const restore = (name: string, value?: string) =>
    value === undefined ? delete process.env[name] : (process.env[name] = value);
  afterEach(() => {
    restore("ESPRUINO", ESPRUINO);
    restore("ESPRUINO_SMALL", ESPRUINO_SMALL);
    restore("ESPRUINO_ESP32", ESPRUINO_ESP32);
  });

  const { skipLines } = require(reporter) as { skipLines: (results: object) => string[] };
  const test_ = (fullName: string, status = "pending") => ({ fullName, status });
  const IOTJS = "close codes on the real IoT.js: set IOTJS (with a small heap: IOTJS_SMALL) to its file to run this";
  const results = {
    testResults: [
      {
        testFilePath: path.resolve("test/a.test.ts"),
        testResults: [
          test_("close codes (simulator) 1000", "passed"),
          test_("close codes on a real Espruino: set ESPRUINO to its file to run this"),
          test_(IOTJS),
        ],
      },
      {
        testFilePath: path.resolve("test/b.test.ts"),
        testResults: [
          test_("Espruino for Linux takes the module"),
          test_("Espruino for Linux says that Storage is full"),
          test_("Espruino with 2500 variables takes a message of 64 kB"),
          test_("close codes on an Espruino like an ESP32's, of 32 bits: set ESPRUINO_ESP32 to its file to run this"),
          test_("a C program compiles (needs a C compiler)"),
        ],
      },
    ],
  };

  test("where nothing is here", () => {
    process.env["ESPRUINO"] = "/nowhere/espruino";
    delete process.env["ESPRUINO_SMALL"];
    delete process.env["ESPRUINO_ESP32"];
    expect(skipLines(results)).toEqual([
      "",
      "Skipped tests:",
      "  3 want Espruino for Linux, which is not here: put `espruino` on the PATH or its file name in ESPRUINO.",
      "  1 wants an IoT.js that is not here: put `iotjs` on the PATH or its file name in IOTJS (small heap: IOTJS_SMALL).",
      "  1 wants an Espruino with a small heap: put the file name of one in ESPRUINO_SMALL.",
      "  1 wants an Espruino like an ESP32's, of 32 bits: put the file name of one in ESPRUINO_ESP32.",
      "  1 in test/b.test.ts: a C program compiles (needs a C compiler)",
    ]);
  });

  test("where a program is here, that is not the reason", () => {
    for (const name of ["ESPRUINO", "ESPRUINO_SMALL", "ESPRUINO_ESP32"])
      process.env[name] = path.join(__dirname, "../../flash.sh");
    expect(skipLines(results).filter((line) => /\bwants?\b/.test(line))).toEqual([
      "  1 wants an IoT.js that is not here: put `iotjs` on the PATH or its file name in IOTJS (small heap: IOTJS_SMALL).",
    ]);
  });

  test("without any there is nothing to say", () => {
    expect(skipLines({ testResults: [] })).toEqual([]);
  });
});

test.each(["set ESPRUINO to its file", "set ESPRUINO_ESP32 to its file", "set IOTJS (with a small heap"])(
  "test/support/targets.ts names its skipped tests as the reporter knows them: %s",
  (words) => {
    expect(fs.readFileSync(path.join(__dirname, "../support/targets.ts"), "utf8")).toContain(words);
  }
);
