import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";

const { ESPRUINO, PATH } = process.env;
let folder: string;

/** Makes a folder with a program `espruino` in it and returns the program's path. */
function program(name: string, content: string): string {
  const file = path.join(folder, name, "espruino");
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, content, { mode: 0o755 });
  return file;
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "find-espruino-"));
  delete process.env["ESPRUINO"];
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
  process.env["PATH"] = PATH;
  if (ESPRUINO === undefined) delete process.env["ESPRUINO"];
  else process.env["ESPRUINO"] = ESPRUINO;
});

test("the uploading tool of the same name, earlier on the PATH, is passed over", () => {
  const tool = program("tool", "#!/usr/bin/env node\n");
  const interpreter = program("interpreter", "\x7fELF");
  process.env["PATH"] = [tool, interpreter].map((file) => path.dirname(file)).join(path.delimiter);
  expect(findEspruino()).toBe(interpreter);
});

test("$ESPRUINO comes before the PATH", () => {
  process.env["PATH"] = path.dirname(program("path", "\x7fELF"));
  const interpreter = program("variable", "\x7fELF");
  process.env["ESPRUINO"] = interpreter;
  expect(findEspruino()).toBe(interpreter);
});

test("without one there is none", () => {
  process.env["PATH"] = folder;
  expect(findEspruino()).toBeUndefined();
  process.env["ESPRUINO"] = path.join(folder, "nothing");
  expect(findEspruino()).toBeUndefined();
});
