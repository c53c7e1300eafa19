/**
 * A variable that is another name for a global, or for another variable, is written as that where it is used, and so is
 * a text that is used twice at most: a variable takes three of the board's.
 */
import type { Identifier, Literal, Program, VariableDeclarator } from "acorn";
import MagicString from "magic-string";
import { declaredIn, isAssigned, isDeclared, isFunction, parseBundle, Place, placesOf } from "../syntax";
import type { Pass } from "./pass";

const MOST_TEXTS = 2;

/** The variables of the top level that are declared one a statement, with that statement. */
function declarators(program: Program): { declarator: VariableDeclarator; start: number; end: number }[] {
  return program.body.flatMap((node) =>
    node.type === "VariableDeclaration" && node.declarations.length === 1
      ? [{ declarator: node.declarations[0], start: node.start, end: node.end }]
      : []
  );
}

/** True if a function around one of the places has a variable of its own of that name. */
const isHidden = (name: string, places: Place[]): boolean =>
  places.some(({ around }) => around.some((node) => isFunction(node) && declaredIn(node).has(name)));

/** What stands for the variable wherever it is used; undefined if it must stay. */
function substitute(program: Program, init: Literal | Identifier, uses: Place[]): string | undefined {
  if (uses.some(isAssigned)) return undefined;
  if (init.type === "Literal")
    return typeof init.value === "string" && uses.length <= MOST_TEXTS ? init.raw : undefined;
  const { name } = init;
  const isChanged = placesOf(program, new Set([name])).some(isAssigned);
  return isChanged || isHidden(name, uses) ? undefined : name;
}

/** Replaces the first variable that can be replaced; undefined if there is none. */
function inlineOne(code: string): string | undefined {
  const program = parseBundle(code);
  for (const { declarator, start, end } of declarators(program)) {
    const { id, init } = declarator;
    if (init?.type !== "Literal" && init?.type !== "Identifier") continue;
    const { name } = id as Identifier;
    const places = placesOf(program, new Set([name]));
    const uses = places.filter((place) => !isDeclared(place));
    // Declared twice, it has two values.
    if (places.length !== uses.length + 1) continue;
    const value = substitute(program, init, uses);
    if (value === undefined) continue;
    const text = new MagicString(code).remove(start, end);
    for (const { node } of uses) text.overwrite(node.start, node.end, value);
    return text.toString();
  }
  return undefined;
}

export function inlineAliases(code: string, note: (text: string) => void = () => {}): string {
  let count = 0;
  let result = code;
  // One after the other: an alias of an alias is one of what that stands for.
  for (let next: string | undefined = code; next !== undefined; next = inlineOne(result)) {
    if (next !== result) count++;
    result = next;
  }
  note(`${count} variables`);
  return result;
}

export const inlineAliasesPass: Pass = {
  name: "aliases written out",
  run: (code, _tags, note) => inlineAliases(code, note),
};
