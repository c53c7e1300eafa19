/**
 * Long names that are exported, put together from their parts: the numbers, and the functions of the C client. What was
 * `exports.WEBSOCKET_EVENT_ERROR = 0` and so on becomes a text that a loop reads when the module is loaded.
 */
import type { Identifier, Program, Statement } from "acorn";
import MagicString from "magic-string";
import { isAssigned, isDeclared, parseBundle, placesOf } from "../syntax";
import type { Pass } from "./pass";

/** Exported numbers begin with one of these. */
const PREFIXES = [
  "port",
  "ESP_ERR_",
  "ESP_",
  "WEBSOCKET_EVENT_",
  "WEBSOCKET_ERROR_TYPE_",
  "WEBSOCKET_TRANSPORT_",
  "WS_TRANSPORT_OPCODES_",
];

/** Exported functions begin with this. */
const CLIENT = "esp_websocket_client_";
/** So many functions are needed to pay for the loop. */
const LEAST_FUNCTIONS = 3;

interface Export {
  statement: Statement;
  name: string;
  local: string;
}

/** `exports.name = local;` */
function exportOf(statement: Statement): Export | undefined {
  if (statement.type !== "ExpressionStatement" || statement.expression.type !== "AssignmentExpression")
    return undefined;
  const { left, right, operator } = statement.expression;
  if (operator !== "=" || right.type !== "Identifier" || left.type !== "MemberExpression" || left.computed)
    return undefined;
  if (left.object.type !== "Identifier" || left.object.name !== "exports") return undefined;
  return { statement, name: (left.property as Identifier).name, local: right.name };
}

/** The variables of the top level that are numbers and never change. */
function numbers(program: Program, code: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const node of program.body) {
    if (node.type !== "VariableDeclaration") continue;
    for (const { id, init } of node.declarations)
      if (init && /^-?(0x[0-9a-f]+|[0-9]+)$/i.test(code.slice(init.start, init.end)))
        found.set(
          (id as Identifier).name,
          Number(code.slice(init.start, init.end).replace("-", "")) * (code[init.start] === "-" ? -1 : 1)
        );
  }
  const declared = new Set<string>();
  for (const place of placesOf(program, found)) {
    const { name } = place.node;
    if (isAssigned(place) || (isDeclared(place) && declared.has(name))) found.delete(name);
    if (isDeclared(place)) declared.add(name);
  }
  return found;
}

/** In each group its prefix, and the numbers that are not one more than the last before the names that they are for. */
function wordsOf(members: { name: string; value: number }[]): (string | number)[] {
  const words: (string | number)[] = [];
  for (const prefix of PREFIXES) {
    const group = members.filter(({ name }) => PREFIXES.find((one) => name.startsWith(one)) === prefix);
    if (group.length > 0) words.push(prefix);
    let next = NaN;
    for (const { name, value } of group.sort((one, other) => one.value - other.value)) {
      if (value !== next) words.push(value);
      words.push(name.slice(prefix.length));
      next = value + 1;
    }
  }
  return words;
}

export function packExports(code: string, note: (text: string) => void = () => {}): string {
  const program = parseBundle(code);
  const values = numbers(program, code);
  const exported = program.body.map((node) => exportOf(node as Statement)).filter((one) => one !== undefined);
  const constants = exported.filter(
    ({ name, local }) => values.has(local) && PREFIXES.some((prefix) => name.startsWith(prefix))
  );
  const functions = exported.filter(({ name, local }) => name.startsWith(CLIENT) && !values.has(local));
  const text = new MagicString(code);
  const remove = ({ statement }: Export) => text.remove(statement.start, statement.end);

  if (functions.length >= LEAST_FUNCTIONS) {
    functions.forEach(remove);
    const entries = functions.map(({ name, local }) => `${name.slice(CLIENT.length)}: ${local}`);
    text.append(`
      (function (functions) {
        for (var name in functions) exports["${CLIENT}" + name] = functions[name];
      })({ ${entries} });`);
  }
  if (constants.length > 0) {
    constants.forEach(remove);
    const words = wordsOf(constants.map(({ name, local }) => ({ name, value: values.get(local)! })));
    // Prefix and number are kept with the list: a variable would stay.
    text.append(`
      "${words.join(" ")}".split(" ").forEach(function (word, index, words) {
        if (/[_t]$/.test(word)) words._prefix = word;
        else if (+word == word) words._value = +word;
        else exports[words._prefix + word] = words._value++;
      });`);
  }
  note(`${functions.length >= LEAST_FUNCTIONS ? functions.length : 0} functions, ${constants.length} numbers`);
  return text.toString();
}

export const packExportsPass: Pass = { name: "exports packed", run: (code, _tags, note) => packExports(code, note) };
