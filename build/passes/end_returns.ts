/** Ends a `return` without a value by a semicolon: Espruino would take what follows on the next line for its value. */
import MagicString from "magic-string";
import { parseBundle, visitAll } from "../syntax";
import type { Pass } from "./pass";

export function endReturns(code: string): string {
  const text = new MagicString(code);
  visitAll(parseBundle(code), (node) => {
    if (node.type === "ReturnStatement" && !node.argument && code[node.end] === "\n")
      text.overwrite(node.end, node.end + 1, ";");
  });
  return text.toString();
}

export const endReturnsPass: Pass = { name: "each bare return ended", run: endReturns };
