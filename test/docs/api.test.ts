/** docs/api.md names everything that there is, and tells numbers as they are. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { createBoard } from "../../board/simulator";
import { read, root } from "./blocks";

const api = read("docs/api.md");

/** What a script gets from `require`. */
function load(name: string): Record<string, unknown> {
  const storage = { esp_websocket_client: fs.readFileSync(path.join(root, `dist/${name}.min.js`), "utf8") };
  const board = createBoard({ storage, print: () => {} });
  board.run('var ws = require("esp_websocket_client");');
  const module = board.globals.ws as Record<string, unknown>;
  void board.close();
  return module;
}

const library = load("esp_websocket_client");
const names = Object.keys(library);
const functions = names.filter((name) => typeof library[name] === "function");
const numbers = names.filter((name) => typeof library[name] === "number");

/** First cells of the tables' rows, and headings, that are code; of one part of the text. */
const entriesOf = (part: string) =>
  [...part.matchAll(/^(?:\| |#{3,4} )((?:`[^`]+`(?:, )?)+)/gm)].flatMap((match) =>
    [...match[1].matchAll(/`([^`]+)`/g)].map(([, code]) => code)
  );
const entries = entriesOf(api);

test("there are functions and constants to look for", () => {
  expect(functions.length).toBeGreaterThan(25);
  expect(numbers.length).toBeGreaterThan(30);
});

test("every function has one entry, with its parameters", () => {
  for (const name of functions) {
    const found = entries.filter((entry) => entry.startsWith(`${name}(`));
    expect([name, found.length]).toEqual([name, 1]);
  }
});

test("functions are called as they are declared", () => {
  const declared = new Map<string, string>();
  const source = fs.readFileSync(path.join(root, "dist/esp_websocket_client.d.ts"), "utf8");
  ts.createSourceFile("types.d.ts", source, ts.ScriptTarget.ES2022, true).forEachChild((node) => {
    if (!ts.isFunctionDeclaration(node) || !node.name) return;
    declared.set(node.name.text, node.parameters.map((parameter) => parameter.name.getText()).join(", "));
  });
  expect([...declared.keys()].sort()).toEqual([...functions].sort());
  const told = entries.filter((entry) => entry.endsWith(")") && /^esp_/.test(entry));
  const signatures = told.map((entry) => /^(\w+)\((.*)\)$/.exec(entry)!);
  expect(Object.fromEntries(signatures.map(([, name, parameters]) => [name, parameters]))).toEqual(
    Object.fromEntries(declared)
  );
});

test("every constant has its value", () => {
  const told = [...api.matchAll(/^\| `(\w+)` *\| (-?(?:0x)?[\da-f]+) *\|/gm)]
    .filter(([, name]) => /^(ESP_|WEBSOCKET_|WS_|port)/.test(name))
    .map(([, name, value]) => [name, Number(value)]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(numbers.map((name) => [name, library[name]])));
});

/** The members of an interface of the types. */
function members(name: string, file = "dist/esp_websocket_client.d.ts"): string[] {
  const source = ts.createSourceFile(
    file,
    fs.readFileSync(path.join(root, file), "utf8"),
    ts.ScriptTarget.ES2022,
    true
  );
  const found: string[] = [];
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name)
      node.members.forEach((member) => member.name && found.push(member.name.getText()));
  });
  return found;
}

test.each([
  ["Config", "## Configuration", "## The handle"],
  ["EventData", "### `event_data`", "### `error_handle`"],
  ["ErrorHandle", "### `error_handle`", "## Configuration"],
])("every field of %s has one entry, and there are no others", (name, from, to) => {
  const told = entriesOf(api.slice(api.indexOf(`\n${from}\n`) + from.length + 2, api.indexOf(`\n${to}\n`)));
  expect(told.sort()).toEqual(members(name).sort());
});

test("every event has an entry", () => {
  const events = numbers
    .filter((name) => /^WEBSOCKET_EVENT_(?!MAX)/.test(name))
    .map((name) => name.replace("WEBSOCKET_EVENT_", ""));
  expect(events).toHaveLength(10);
  for (const event of events) {
    expect(api).toMatch(new RegExp(`^\\| \`${event}\` +\\| \`"${event.toLowerCase()}"\``, "m"));
  }
});

test("every member of the browser's WebSocket is named", () => {
  const section = api.slice(api.indexOf("## The module websocket"));
  for (const member of members("WebSocket", "dist/websocket.d.ts")) expect(section).toContain(member);
});
