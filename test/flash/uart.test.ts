// An upload over a serial line to a console that drops what overruns its buffer, in simulated time.

import * as path from "node:path";
import { runProgram } from "../support/program";
import type { Plan, Report } from "./upload_over_uart";

const root = path.resolve(__dirname, "..", "..");

async function run(plan: Plan): Promise<Report> {
  const args = ["tools/run_typescript.cjs", path.join(__dirname, "upload_over_uart.ts"), JSON.stringify(plan)];
  const { stdout, stderr } = await runProgram(process.execPath, args, { cwd: root });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

describe.each([9600, 115200])("at %i baud", (baud) => {
  /** A console of 256 bytes, behind which flash takes longer than it takes to fill that; a USB adapter in between. */
  const slowFlash = { buffer: 256, writeMs: 4000000 / baud, latencyMs: 4 };

  test("the console drops what is sent without waiting: the tests below mean something", async () => {
    const report = await run({ uart: { ...slowFlash, baud, flowControl: false }, sizes: [6000], careless: true });
    expect(report.dropped).toBeGreaterThan(0);
    expect(report.right).toEqual([false]);
  });

  test.each([
    ["an unknown board", "OTHER", { ...slowFlash, baud }],
    ["an ESP32, whose console holds more", "ESP32", { ...slowFlash, buffer: 1024, baud }],
    ["a board that sends no XOFF", "OTHER", { ...slowFlash, baud, flowControl: false }],
    ["a slow interpreter", "OTHER", { ...slowFlash, baud, characterMs: 1.2, writeMs: 6000000 / baud }],
  ])("%s loses nothing", async (_, name, uart) => {
    const report = await run({ uart, board: { name }, sizes: [6000, 777] });
    expect(report).toMatchObject({ right: [true, true], dropped: 0, resent: 0, warnings: [] });
    expect(report.error).toBeUndefined();
    expect(report.fullest).toBeLessThan(uart.buffer);
  });

  test("a board that is free in no time is sent to nearly as fast as the line carries", async () => {
    const report = await run({ uart: { buffer: 1024, baud }, board: { name: "ESP32" }, sizes: [20000] });
    expect(report.right).toEqual([true]);
    expect(report.slowness).toBeLessThan(1.5);
  });

  test("XOFF is obeyed: lines that are longer than the buffer get through whole", async () => {
    // It says that it is an ESP32, but has a smaller console, and takes characters more slowly than they come.
    const uart = { buffer: 160, baud, characterMs: 20000 / baud };
    const report = await run({ uart, board: { name: "ESP32" }, sizes: [3000] });
    expect(report.xoffs).toBeGreaterThan(0);
    expect(report).toMatchObject({ right: [true], dropped: 0, resent: 0 });
  });

  test("a console that drops all the same gets shorter lines", async () => {
    const uart = { buffer: 160, baud, characterMs: 20000 / baud, flowControl: false };
    const report = await run({ uart, board: { name: "ESP32" }, sizes: [3000] });
    expect(report.dropped).toBeGreaterThan(0);
    expect(report.resent).toBeGreaterThan(0);
    expect(report.right).toEqual([true]);
  });

  test.each([150, 500, 2000])("one byte of %i is lost: damaged lines are sent again", async (loseOneOf) => {
    const report = await run({ uart: { ...slowFlash, baud, loseOneOf }, sizes: [4000] });
    expect(report.error).toBeUndefined();
    expect(report.right).toEqual([true]);
    expect(report.resent).toBeGreaterThan(0);
    expect(report.warnings).toEqual([]);
  });

  describe("what went wrong is told apart:", () => {
    test("lost characters", async () => {
      const { error } = await run({ uart: { ...slowFlash, baud, loseOneOf: 25 }, sizes: [4000] });
      expect(error?.code).toBe("lost_characters");
    });

    test("a full Storage", async () => {
      const { error, resent } = await run({
        uart: { ...slowFlash, baud },
        board: { storageBytes: 4000 },
        sizes: [4000],
      });
      expect(error?.code).toBe("storage_full");
      expect(error?.message).toMatch(/Storage is too full: 4,000 bytes are free and [\d,]+ are needed/);
      expect(resent).toBe(0);
    });

    test.each([
      ["with XOFF", true],
      ["in silence", false],
    ])("a busy board, %s", async (_, flowControl) => {
      const uart = { ...slowFlash, buffer: flowControl ? 128 : 256, baud, flowControl, hangAt: 3000 };
      const { error, dropped } = await run({ uart, sizes: [4000] });
      expect(error?.code).toBe("busy");
      expect(error?.message).toMatch(/^the upload failed at \d+%: .*before is untouched$/);
      expect(/XOFF/.test(error!.message)).toBe(flowControl);
      // And what asks whether it is there does not run it over.
      if (!flowControl) expect(dropped).toBe(0);
    });
  });
});
