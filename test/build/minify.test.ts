/** build/minify.ts: all passes together leave a bundle's meaning as it is. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { minifyForBoard, MinifierOptions } from "../../build/minify";
import type { Chunk } from "../../build/tags";
import { exportsOf } from "./passes/exports_of";

type Rendered = Promise<{ code: string }>;

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "minify-"))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A bundle that is made of one module, after the minifier. */
async function minified(source: string, options: MinifierOptions = {}): Promise<string> {
  const file = path.join(folder, "module.js");
  fs.writeFileSync(file, source);
  const renderChunk = minifyForBoard(options).renderChunk as unknown as (code: string, chunk: Chunk) => Rendered;
  const { code } = await renderChunk(source, { modules: { [file]: { code: source } } });
  return code;
}

const SOURCE = `
var parse = JSON.parse;
var _bytes = parse;
/** @hot */
function made(text, two) {
  var object = { _bytes: _bytes(text), _other: 1, _words: two ? _bytes : 0 };
  object._bytes += object._other;
  return object;
}
/** @cold */
function seldom(value) { return value === undefined ? [] : [value]; }
function twice(value) { return seldom(value).concat(seldom()); }
exports.result = [made("41", true)._bytes, made("1", true)._words("7"), made("1", false)._words, twice(1), twice()];
`;

test.each<[string, MinifierOptions]>([
  ["fast", {}],
  ["small", { small: true }],
  ["a user's", { partial: true }],
])("%s: what is exported is the same", async (_, options) => {
  const code = await minified(SOURCE, options);
  expect(code.length).toBeLessThan(SOURCE.length);
  expect(exportsOf(code)).toBe(exportsOf(SOURCE));
  expect(exportsOf(code)).toBe('{"result":[42,7,0,[1],[]]}');
});

test("what each pass saves is told", async () => {
  const lines: string[] = [];
  await minified(SOURCE, { report: (told) => lines.push(...told) });
  expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^ {2}names shortened: -\d+ bytes$/)]));
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {2}cold functions merged: [+-]?\d+ bytes \(\d functions are 1\)$/)
  );
});

test.each([
  ["/** @hott */\nfunction f() {}", "module.js:1: @hott is a tag that the build does not know."],
  ["/** @cold */\nfunction f() {}\nexports.f = [f];", "f is tagged @cold, but cannot be a branch"],
])("a tag that cannot be carried out fails: %j", async (source, message) => {
  await expect(minified(source)).rejects.toThrow(message);
});
