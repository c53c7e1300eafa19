/** build/minify.mjs: what it makes of a bundle means the same. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { runProgram } from "../support/program";

const minifier = pathToFileURL(path.join(__dirname, "../../build/minify.mjs")).href;

/** What the bundle exports as `result`, after the minifier. */
async function minified(bundle: string): Promise<unknown> {
  const program = `
    import { minifyForBoard } from ${JSON.stringify(minifier)};
    const { code } = await minifyForBoard().renderChunk(${JSON.stringify(bundle)}, { modules: {} });
    const exports = {};
    new Function("exports", code)(exports);
    console.log(JSON.stringify(exports.result));`;
  const { stdout, stderr } = await runProgram(process.execPath, ["--input-type=module", "-e", program]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("a constant that is another name for a native function: fields of that name stay what they are", async () => {
  const bundle = `
var parse = JSON.parse;
var _bytes = parse;
function made(text, two) {
  var object = { _bytes: _bytes(text), _other: 1, _words: two ? _bytes : 0 };
  object._bytes += object._other;
  return object;
}
exports.result = [made("41", true)._bytes, made("1", true)._words("7"), made("1", false)._words];
`;
  expect(await minified(bundle)).toEqual([42, 7, 0]);
});
