/** A list of words as one text that is split: two bytes less for each. */
import type { Literal } from "acorn";
import MagicString from "magic-string";
import { parseBundle, visitAll } from "../syntax";
import type { Pass } from "./pass";

/** So many words are needed to pay for `.split(" ")`. */
const LEAST_WORDS = 6;

export function packWords(code: string, note: (text: string) => void = () => {}): string {
  const text = new MagicString(code);
  let lists = 0;
  visitAll(parseBundle(code), (node) => {
    if (node.type !== "ArrayExpression" || node.elements.length < LEAST_WORDS) return;
    const words = node.elements.map((element) => element && (element as Literal).value);
    if (!words.every((word) => typeof word === "string" && /^\w+$/.test(word))) return;
    text.overwrite(node.start, node.end, `"${words.join(" ")}".split(" ")`);
    lists++;
  });
  if (lists > 0) note(`${lists} ${lists === 1 ? "list" : "lists"}`);
  return text.toString();
}

export const packWordsPass: Pass = { name: "lists of words packed", run: (code, _tags, note) => packWords(code, note) };
