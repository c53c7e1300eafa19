/**
 * `npm run terminal`: draws docs/terminal.svg, a terminal in which `npm start` runs. The lines are those of a real run.
 * Port and keys, which differ from run to run, are always the same in the picture.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the picture is. */
export const FILE = path.join(root, "docs/terminal.svg");

const COLUMNS = 78;
const LINE = 19;
const CHARACTER = 8.4;
const PADDING = 16;
const BAR = 32;
/** Seconds between two lines, and those before the first, in which the command is read. */
const STEP = 0.25;
const START = 1;

/** The lines of a run of the echo example. */
export function runLines() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, "tools/start.mjs")], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm start failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .filter((line) => !line.startsWith("Building "))
    .map((line) =>
      line.replace(/(127\.0\.0\.1):\d+/, "$1:8080").replace(/(Accept: ).{28}$/, "$1s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
}

const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** What a line is about, for its color. */
function kind(line) {
  if (line.startsWith("$ ")) return "command";
  if (/^(connected|finish)$/.test(line)) return "good";
  return /^data/.test(line) ? "data" : "plain";
}

/** The picture of these lines, which appear one after the other. @param {string[]} output */
export function draw(output) {
  const lines = ["$ npm start", ...output];
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * PADDING);
  const height = BAR + lines.length * LINE + 2 * PADDING;
  const rows = lines.map((line, row) => {
    const y = BAR + PADDING + (row + 0.75) * LINE;
    const delay = row === 0 ? 0 : START + row * STEP;
    return `<text class="${kind(line)}" x="${PADDING}" y="${y}" style="animation-delay:${delay}s">${escape(line)}</text>`;
  });
  const dots = ["#ff5f56", "#ffbd2e", "#27c93f"].map(
    (color, i) => `<circle cx="${PADDING + 6 + i * 20}" cy="${BAR / 2}" r="6" fill="${color}"/>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>npm start: the echo example connects, sends two messages, receives them, and closes</title>`,
    "<style>",
    `text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;fill:#d0d7de;opacity:0;animation:show .01s forwards}`,
    ".command{fill:#ffffff}.good{fill:#7ee787}.data{fill:#79c0ff}",
    "@keyframes show{to{opacity:1}}",
    "@media (prefers-reduced-motion:reduce){text{animation:none;opacity:1}}",
    "</style>",
    `<rect width="${width}" height="${height}" rx="8" fill="#161b22"/>`,
    ...dots,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  fs.writeFileSync(FILE, draw(runLines()));
  console.log(`${path.relative(process.cwd(), FILE)} is drawn.`);
}
