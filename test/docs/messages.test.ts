/** docs/troubleshooting.md quotes messages as they are, and leaves none of the client's out. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
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
const NOT_IN_ONE_PIECE =
  /^(1009 out of memory|LOW_MEMORY,MEMORY|ReferenceError: E is not defined|… ECONNREFUSED|EAI_NONAME, …|40[13]|426|Missing or wrong [a-z-]+|.* must be .*|No .* in time|…)$/;

test("every quoted message is one that can be printed", () => {
  const printed = sources("src", "board", "tools", "flash.sh").replace(/\\"/g, '"');
  const cells = [...guide.matchAll(/^\| (.*?[^\\]) +\|/gm)].map((match) => match[1]);
  const quoted = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]));
  // Sentences only: names of functions, fields and values are checked elsewhere.
  const messages = quoted.filter((text) => / |…/.test(text) && !/^[\w.]+\(|\.length/.test(text));
  expect(messages.length).toBeGreaterThan(60);
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

/** Strings of two words and more in a source that are no messages: what is sent, or split. */
const NO_MESSAGE =
  /\r\n|HTTP\/1\.1|-----|^(ESP32 Websocket Client|handshake failed|RSA |PRIVATE KEY|UNKNOWN ERROR|NO_MEM |error connected |answer,,sign of life,|upgrade connection |Connection: |CONNECTING | suri | sif_name | n\w+ | f\w+ | a\w+ |identity key max_| \d+:|extended master secret|master secret|key expansion)/;

/** The messages in a source, or the parts that they are put together from. */
function messagesIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && /[a-z0-9_] +[a-z0-9_]/i.test(node.text)) found.push(node.text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true));
  return found.filter((text) => !NO_MESSAGE.test(text));
}

test("every message of the client is quoted", () => {
  const files = fs
    .readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${name}`);
  const messages = [
    ...files,
    "board/espruino/sockets.ts",
    "board/espruino/psk_platform.ts",
    "board/jerryscript/index.ts",
  ].flatMap(messagesIn);
  // These sentences stand behind a close code and say which rule the server broke: the guide has one line for all of them.
  const broken = messagesIn("src/protocol/frame_reader.ts");
  expect(broken.length).toBeGreaterThan(5);
  const others = messages.filter((text) => !broken.includes(text));
  expect(others.length).toBeGreaterThan(30);
  expect(others.filter((text) => !guide.includes(text.split(/[:;] /)[0].trim()))).toEqual([]);
});
