/** A variable for `exports`, which the minifier can give a shorter name than a global's. */
import MagicString from "magic-string";
import { allNames, freeName, parseBundle, placesOf } from "../syntax";
import type { Pass } from "./pass";

export function localExports(code: string): string {
  const program = parseBundle(code);
  const places = placesOf(program, new Set(["exports"]));
  if (places.length === 0) return code;
  const text = new MagicString(code);
  const name = freeName("exported", allNames(program));
  for (const { node } of places) text.overwrite(node.start, node.end, name);
  return text.prepend(`var ${name} = exports;\n`).toString();
}

export const localExportsPass: Pass = { name: "a variable for `exports`", run: localExports };
