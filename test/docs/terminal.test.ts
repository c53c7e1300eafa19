/** docs/terminal.svg shows what `npm start` prints today. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { read, root } from "./blocks";

const terminal = pathToFileURL(path.join(root, "tools/terminal.mjs")).href;

/** What an expression gives, in which the module's exports are known. */
function ask(expression: string): string {
  const script = `import * as it from ${JSON.stringify(terminal)}; const { draw, runLines } = it;
    process.stdout.write(${expression});`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: root, encoding: "utf8" });
}

test("the picture is that of a run (`npm run terminal` draws it again)", () => {
  expect(ask("draw(runLines())")).toBe(fs.readFileSync(path.join(root, "docs/terminal.svg"), "utf8"));
});

test("it has the command, each line once, in order, and a title", () => {
  const picture = ask('draw(["begin", "a < b & c"])');
  const lines = [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(lines).toEqual(["$ npm start", "begin", "a &lt; b &amp; c"]);
  expect(picture).toMatch(/<title>npm start[^<]{20,}<\/title>/);
});

test("README shows it", () => {
  expect(read("README.md")).toMatch(/!\[[^\]]{30,}\]\(docs\/terminal\.svg\)/);
});
