/**
 * Gives the private fields that are used most names of one letter, those that hot functions use before all others:
 * Espruino reads each name again whenever it comes to it, and the letter more costs time. The minifier, which names the
 * rest, goes by where a field is seen first.
 */
import type { AnyNode, Identifier } from "acorn";
import MagicString from "magic-string";
import { parseBundle, PRIVATE, visitAll } from "../syntax";
import type { Tags } from "../tags";
import type { Pass } from "./pass";

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"];

/** The name of a field, where a node has one that is not computed. */
function fieldOf(node: AnyNode): Identifier | undefined {
  if (node.type === "MemberExpression") return node.computed ? undefined : (node.property as Identifier);
  return node.type === "Property" && node.key.type === "Identifier" ? node.key : undefined;
}

export function shortFields(code: string, tags: Tags, note: (text: string) => void = () => {}): string {
  const program = parseBundle(code);
  const fields = new Map<string, { places: Identifier[]; hot: number }>();
  // Other fields have these names, or a text may be one.
  const taken = new Set<string>();
  for (const statement of program.body) {
    const isHot = statement.type === "FunctionDeclaration" && tags.get(statement.id.name)?.heat === "hot";
    visitAll(statement, (node) => {
      if (node.type === "Literal") taken.add(String(node.value));
      const field = fieldOf(node);
      if (!field) return;
      if (!PRIVATE.test(field.name)) {
        taken.add(field.name);
        return;
      }
      const known = fields.get(field.name) ?? { places: [], hot: 0 };
      fields.set(field.name, known);
      known.places.push(field);
      if (isHot) known.hot++;
    });
  }
  const busiest = [...fields]
    .filter(([name]) => !taken.has(name))
    .sort(([, one], [, other]) => other.hot - one.hot || other.places.length - one.places.length);
  const free = LETTERS.filter((letter) => !taken.has(letter));
  const text = new MagicString(code);
  const named = busiest.slice(0, free.length);
  named.forEach(([, { places }], i) => places.forEach(({ start, end }) => text.overwrite(start, end, free[i])));
  if (named.length > 0) note(`${named.length} of ${fields.size} fields`);
  return text.toString();
}

export const shortFieldsPass: Pass = { name: "fields of one letter", run: shortFields };
