/** docs/troubleshooting.md quotes messages as they are, and leaves none of the client's out. */
import fs from "node:fs";
import path from "node:path";
import { read, root } from "./blocks";

const guide = read("docs/troubleshooting.md");

/** All sources that print something, comments left out. */
function sources(...folders: string[]): string {
  const files = folders.flatMap((folder) => {
    const name = path.join(root, folder);
    if (!fs.statSync(name).isDirectory()) return [name];
    return (fs.readdirSync(name, { recursive: true }) as string[])
      .filter((file) => /\.(ts|mjs|cjs)$/.test(file))
      .map((file) => path.join(name, file));
  });
  return files
    .map((file) => fs.readFileSync(file, "utf8"))
    .join("\n")
    .replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** What comes from firmware, or is put together from parts. */
const NOT_IN_ONE_PIECE = /^(LOW_MEMORY,MEMORY|ECONNREFUSED|40[13]|426|(Upgrade|Connection|Sec-\S+) is missing|…)$/;

test("every quoted message is one that can be printed", () => {
  const printed = sources("src", "board", "scripts", "flash.sh").replace(/\\"/g, '"');
  const cells = [...guide.matchAll(/^\| (.*?[^\\]) +\|/gm)].map((match) => match[1]);
  const quoted = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]));
  // Sentences only: names of functions, fields and values are checked elsewhere.
  const messages = quoted.filter((text) => / |…/.test(text) && !/^[\w.]+\(|\.length/.test(text));
  expect(messages.length).toBeGreaterThan(70);
  const unknown = messages.filter((message) => {
    if (NOT_IN_ONE_PIECE.test(message)) return false;
    // Dots, numbers and names stand for what is put in.
    const parts = message.split(
      /…|\d+ s\b|-0x\d+|status \d+|"websocket"|\.bootrst|^warning: |^Module .* not found$|Uncaught/
    );
    return parts.map((part) => part.trim()).some((part) => part.length > 2 && !printed.includes(part));
  });
  expect(unknown).toEqual([]);
});

test("every sentence of the client is quoted", () => {
  const code = sources("src", "board/espruino.ts", "board/jerryscript.ts");
  const literals = [...code.matchAll(/"((?:[A-Z][a-z]+(?:-[A-Z]\w+)*|1002|1007|1009|TLS|wss:) [^"\\]{4,})"/g)];
  const sentences = literals
    .map((match) => match[1])
    // The request's lines, the names that are split, and what jest cannot reach.
    .filter(
      (text) =>
        !/^(ESP32 Websocket|Wait for|Bad subprotocol|Bad close|Reason over|No server|Socket closed|No subprotocol|Over max)/.test(
          text
        )
    );
  expect(sentences.length).toBeGreaterThan(20);
  const broken = sentences.filter((text) => /^100[279] /.test(text));
  expect(broken.length).toBeGreaterThan(5);
  const missing = sentences
    .filter((text) => !/^100[279] /.test(text))
    .filter((text) => !guide.includes(text.split(/[:;] /)[0].trim()));
  expect(missing).toEqual([]);
});
