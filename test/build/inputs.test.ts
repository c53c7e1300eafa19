/** build/inputs.mjs names all that a build reads: files that are changed make it run again. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const inputsModule = pathToFileURL(path.join(__dirname, "../../build/inputs.mjs")).href;
let project: string;

const { inputs, outputs } = ask("{ inputs, outputs }") as { inputs: string[]; outputs: string[] };

/** The value of an expression in which the module's exports are known. */
function ask(expression: string): unknown {
  const script = `import * as it from ${JSON.stringify(inputsModule)};
    const { inputs, outputs, isOutOfDate } = it;
    console.log(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

const isOutOfDate = (files?: string[]): unknown => ask(`isOutOfDate(${JSON.stringify({ root: project, files })})`);

function put(name: string, hoursAgo: number): void {
  const file = path.join(project, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, "");
  const time = new Date(Date.now() - hoursAgo * 3600_000);
  fs.utimesSync(file, time, time);
}

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "inputs-"));
  for (const name of inputs) put(/\.\w+$/.test(name) ? name : `${name}/deep/file`, 2);
  for (const name of outputs) put(name, 1);
});
afterEach(() => fs.rmSync(project, { recursive: true, force: true }));

test("a build that is newer than all it reads is up to date", () => {
  expect(isOutOfDate()).toBe(false);
});

test.each(inputs)("%s is read", (name) => {
  put(/\.\w+$/.test(name) ? name : `${name}/deep/file`, 0);
  expect(isOutOfDate()).toBe(true);
});

test.each(outputs)("%s is made", (name) => {
  fs.rmSync(path.join(project, name));
  expect(isOutOfDate()).toBe(true);
  expect(isOutOfDate(outputs.filter((one) => one !== name))).toBe(false);
});
