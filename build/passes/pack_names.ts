/**
 * Puts into variables the names of properties that occur so often, or are so long, that this makes minified code
 * smaller; names with a common prefix share it. Each use then costs a look-up: not for code that runs per byte. Not
 * for names that a string or a number may lack, either: Espruino throws where one is asked for such a name in brackets.
 */
import type { Identifier } from "acorn";
import MagicString from "magic-string";
import { allNames, parseBundle, visitAll } from "../syntax";
import type { Pass } from "./pass";

/** The other module's name, which begins the names of its functions too. */
const PREFIX = "esp_websocket_client";
/** So many names are needed to pay for a variable of the prefix. */
const LEAST_NAMES = 3;
const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"];

export function packNames(code: string, note: (text: string) => void = () => {}): string {
  const program = parseBundle(code);
  const places = new Map<string, Identifier[]>();
  visitAll(program, (node) => {
    if (node.type !== "MemberExpression" || node.computed) return;
    const property = node.property as Identifier;
    places.set(property.name, [...(places.get(property.name) ?? []), property]);
  });
  const taken = allNames(program);
  const free = LETTERS.filter((letter) => !taken.has(letter));
  const text = new MagicString(code);
  const declared: string[] = [];

  const prefixed = [...places.keys()].filter((name) => name.startsWith(PREFIX));
  const share = prefixed.length >= LEAST_NAMES ? free.shift() : undefined;
  if (share) {
    declared.push(`${share}="${PREFIX}"`);
    visitAll(program, (node) => {
      if (node.type === "Literal" && node.value === PREFIX) text.overwrite(node.start, node.end, share);
    });
  }
  for (const [name, nodes] of places) {
    const shared = share && name.startsWith(PREFIX);
    const written = shared ? `${share}+"${name.slice(PREFIX.length)}"` : `"${name}"`;
    // The dot and the name, or brackets around what is written; a variable takes three, and is declared once.
    const plain = shared ? written.length + 2 : name.length + 1;
    const saved = nodes.length * (plain - 3) - written.length - 3;
    const variable = saved > 0 ? free.shift() : undefined;
    if (variable) declared.push(`${variable}=${written}`);
    if (variable || shared)
      for (const { start, end } of nodes) text.overwrite(start - 1, end, `[${variable ?? written}]`);
  }
  if (declared.length === 0) return code;
  note(`${declared.length} names`);
  if (code.startsWith("var ")) text.overwrite(0, "var ".length, `var ${declared.join(",")},`);
  else text.prepend(`var ${declared.join(",")};`);
  return text.toString();
}

export const packNamesPass: Pass = { name: "names packed", run: (code, _tags, note) => packNames(code, note) };
