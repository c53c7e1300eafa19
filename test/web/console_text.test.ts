/** What a board prints, as a reader sees it: the same wherever it is cut. As it was recorded from Espruino. */
import path from "node:path";
import { runProgram } from "../support/program";

const root = path.join(__dirname, "../..");

test.each([
  [
    "an answer before what a program prints",
    "begin\r\n><#143 1 143#>\r\n@ws 7 1 before_connect {}\r\n>",
    "begin\n@ws 7 1 before_connect {}\n",
  ],
  ["a prompt that is wiped", "one\r\n>\r\x1b[J@ws 7 1 data {}\r\n>\r\x1b[Jtwo\r\n>", "one\n@ws 7 1 data {}\ntwo\n"],
  ["no prompt to be wiped", "\r\x1b[J@ws 7 1 data {}\r\n", "@ws 7 1 data {}\n"],
  ["answers alone", '<#1 "a\\"b" 1#>\r\n><#2 {"value":1} 2#>\r\n>\r\n __\r\n', "\n __\n"],
])("%s", async (_, printed, shown) => {
  const args = ["tools/run_typescript.cjs", path.join(__dirname, "console_text.ts"), printed];
  const { stdout, stderr } = await runProgram(process.execPath, args, { cwd: root });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([shown]);
});
