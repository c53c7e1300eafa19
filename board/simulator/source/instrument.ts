/**
 * Rewrites a script so that V8 does what Espruino does where the two read the same text differently. What is put in
 * is marked, so that it can be taken out again: scripts, and people who read stack traces, see their own text.
 */
import { isFunction, walk, type Tree } from "./tree";

/** The script's way to the board: a name that no script has. */
export const HELPER = "\u0282";

/** What the board offers to rewritten scripts under that name. */
export interface Helper {
  /** A `try` begins. */
  t(): void;
  /** A `catch` begins: what no script can catch is thrown again. */
  c(error: unknown): void;
  /** Is the script being cut off? Then no `finally` runs. */
  s(): boolean;
  /** Text that is about to become a number. */
  n(value: unknown): unknown;
  /** A function is entered. */
  i(): void;
  /** A function is left. */
  o(): void;
}

const CLOSE = `/*${HELPER}*/`;
const MARKS = new RegExp(
  [
    `${HELPER}\\.t\\(\\);`,
    `${HELPER}\\.i\\(\\);try\\{`,
    `if\\(!${HELPER}\\.s\\(\\)\\)\\{`,
    `\\(${HELPER}e\\)`,
    `${HELPER}\\.c\\([^)]*\\);`,
    `${HELPER}\\.n\\(`,
    `\\}finally\\{${HELPER}\\.o\\(\\)\\}`,
    `${CLOSE.replace(/[*/]/g, "\\$&")}[)}]`,
  ].join("|"),
  "g"
);

/** Takes out what `instrument` has put in. */
export function plain(text: string): string {
  return text.includes(HELPER) ? text.replace(MARKS, "") : text;
}

/** The column in the script, counted from 1, of a column in a line of what `instrument` made of it. */
export function plainColumn(line: string, column: number): number {
  return plain(line.slice(0, column - 1)).length + 1;
}

interface Insertion {
  at: number;
  text: string;
}

/** Rewrites a script that has been parsed. With `countCalls`, each function counts itself. */
export function instrument(code: string, program: Tree, countCalls: boolean): string {
  const insertions: Insertion[] = [];
  const insert = (at: number, text: string): void => void insertions.push({ at, text });
  const wrap = (node: Tree): void => {
    if (node.type === "SequenceExpression") return;
    insert(node.start, `${HELPER}.n(`);
    insert(node.end, `${CLOSE})`);
  };
  walk(program, (node) => {
    if (node.type === "TryStatement") instrumentTry(node, insert);
    else if (node.type === "UnaryExpression" && isConversion(node)) wrap(node.argument as Tree);
    else if (node.type === "BinaryExpression" && isIdentityOperation(node)) wrap(node.left as Tree);
    else if (countCalls && isFunction(node)) countCall(node, insert);
  });
  // Of what stands at one place, what closes comes first; a sort keeps the order of the rest.
  insertions.sort((one, other) => one.at - other.at || Number(closes(other)) - Number(closes(one)));
  let result = "";
  let done = 0;
  for (const { at, text } of insertions) {
    result += code.slice(done, at) + text;
    done = at;
  }
  return result + code.slice(done);
}

const closes = ({ text }: Insertion): boolean => text.startsWith(CLOSE) || text.startsWith("}");

function instrumentTry(node: Tree, insert: (at: number, text: string) => void): void {
  insert((node.block as Tree).start + 1, `${HELPER}.t();`);
  const handler = node.handler as Tree | null;
  const finalizer = node.finalizer as Tree | null;
  if (handler) {
    const parameter = handler.param as Tree | null;
    const body = handler.body as Tree;
    if (!parameter) insert(body.start, `(${HELPER}e)`);
    if (!parameter || parameter.type === "Identifier")
      insert(body.start + 1, `${HELPER}.c(${parameter ? String(parameter.name) : `${HELPER}e`});`);
  }
  if (finalizer) {
    insert(finalizer.start + 1, `if(!${HELPER}.s()){`);
    insert(finalizer.end - 1, `${CLOSE}}`);
  }
}

/** `+text`, or half of `~~text`. */
function isConversion({ operator, argument }: Tree): boolean {
  return (operator === "+" || operator === "~") && typeof (argument as Tree).value !== "number";
}

/** `text - 0`, `text * 1`, `text | 0` and their like, which are written to make a number of a text. */
function isIdentityOperation({ operator, left, right }: Tree): boolean {
  if (typeof (left as Tree).value === "number" || (right as Tree).type !== "Literal") return false;
  const { value } = right as Tree;
  return value === 0
    ? ["-", "|", ">>", ">>>"].includes(String(operator))
    : value === 1 && /^[*/]$/.test(String(operator));
}

function countCall(node: Tree, insert: (at: number, text: string) => void): void {
  const body = node.body as Tree;
  if (body.type !== "BlockStatement") return;
  // A directive ("use strict") must stay the first thing in the body.
  const directives = (body.body as Tree[]).filter((statement) => typeof statement.directive === "string");
  insert(directives.at(-1)?.end ?? body.start + 1, `${HELPER}.i();try{`);
  insert(body.end - 1, `}finally{${HELPER}.o()}`);
}
