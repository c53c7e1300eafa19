/** One variable that stays undefined is shorter than `void 0` everywhere. */
import MagicString from "magic-string";
import { allNames, freeName, parseBundle, visitAll } from "../syntax";
import type { Pass } from "./pass";

export function oneUndefined(code: string, note: (text: string) => void = () => {}): string {
  const program = parseBundle(code);
  const text = new MagicString(code);
  const name = freeName("nothing", allNames(program));
  let places = 0;
  visitAll(program, (node) => {
    if (node.type !== "UnaryExpression" || node.operator !== "void" || node.argument.type !== "Literal") return;
    text.overwrite(node.start, node.end, name);
    places++;
  });
  if (places === 0) return code;
  note(`${places} places`);
  return text.prepend(`var ${name};`).toString();
}

export const oneUndefinedPass: Pass = { name: "one undefined", run: (code, _tags, note) => oneUndefined(code, note) };
