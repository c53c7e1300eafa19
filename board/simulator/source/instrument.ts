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
  /** A value that is compared: of shared memory, what is there now. */
  v(value: unknown): unknown;
  /** A value that is a condition: of shared memory that is gone, null. */
  e(value: unknown): unknown;
}

/** What is to be rewritten beside what always is. */
export interface Rewriting {
  /** Each function counts itself. */
  countCalls?: boolean;
  /** Strings may be memory that changes: they are looked at each time. */
  sharedStrings?: boolean;
}

const CLOSE = `/*${HELPER}*/`;
/** A blank that no script has. */
const SPACE = "\u2009";
const CLOSE_BOTH = `/*${HELPER}${HELPER}*/))`;
const MARKS = new RegExp(
  [
    `${HELPER}\\.t\\(\\);`,
    `${HELPER}\\.i\\(\\);try\\{`,
    `if\\(!${HELPER}\\.s\\(\\)\\)\\{`,
    `\\(${HELPER}e\\)`,
    `${HELPER}\\.c\\([^)]*\\);`,
    `\\(typeof [\\w$]+==="undefined"\\?void 0:${HELPER}\\.v\\(`,
    `${SPACE}?${HELPER}\\.[nve]\\(`,
    `\\}finally\\{${HELPER}\\.o\\(\\)\\}`,
    `${CLOSE_BOTH.replace(/[*/)]/g, "\\$&")}`,
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

/** Rewrites a script that has been parsed. */
export function instrument(code: string, program: Tree, { countCalls, sharedStrings }: Rewriting): string {
  const insertions: Insertion[] = [];
  const insert = (at: number, text: string): void => void insertions.push({ at, text });
  const wrap = (node: Tree, method: "n" | "v" | "e"): void => {
    if (node.type === "SequenceExpression") return;
    // A keyword may stand right in front: return"text".length
    const space = /[\w$]/.test(code[node.start - 1] ?? "") ? SPACE : "";
    insert(node.start, `${space}${HELPER}.${method}(`);
    insert(node.end, `${CLOSE})`);
  };
  walk(program, (node) => {
    if (node.type === "TryStatement") instrumentTry(node, insert);
    else if (node.type === "UnaryExpression" && isConversion(node)) wrap(node.argument as Tree, "n");
    else if (node.type === "BinaryExpression" && isIdentityOperation(node)) wrap(node.left as Tree, "n");
    else if (countCalls && isFunction(node)) countCall(node, insert);
    if (sharedStrings) watchStrings(node, wrap, insert);
  });
  // Of what stands at one place, what closes comes first, the innermost before all; a sort keeps the order of the rest.
  const closing = insertions.filter(closes).reverse();
  const opening = insertions.filter((one) => !closes(one));
  const ordered = [...closing, ...opening].sort((one, other) => one.at - other.at);
  let result = "";
  let done = 0;
  for (const { at, text } of ordered) {
    result += code.slice(done, at) + text;
    done = at;
  }
  return result + code.slice(done);
}

const closes = ({ text }: Insertion): boolean => text.startsWith("/*") || text.startsWith("}");

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

/** Kinds of expressions that are no string, or one that is new. */
const NO_STRING =
  /^(Literal|TemplateLiteral|UnaryExpression|UpdateExpression|BinaryExpression|ObjectExpression|ArrayExpression|(Arrow)?FunctionExpression|NewExpression|ThisExpression)$/;

/** Wraps what decides over the way that a script takes: comparisons, conditions, `typeof`. */
function watchStrings(
  node: Tree,
  wrap: (node: Tree, method: "v" | "e") => void,
  insert: (at: number, text: string) => void
): void {
  const value = (part: unknown): void => {
    if (part && !NO_STRING.test((part as Tree).type)) wrap(part as Tree, "v");
  };
  const condition = (part: unknown): void => {
    if (part && !NO_STRING.test((part as Tree).type)) wrap(part as Tree, "e");
  };
  switch (node.type) {
    case "IfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ForStatement":
    case "ConditionalExpression":
      return condition(node.test);
    case "LogicalExpression":
      return condition(node.left);
    case "SwitchStatement":
      return value(node.discriminant);
    case "BinaryExpression":
      if (/^[!=]==?$/.test(String(node.operator))) [node.left, node.right].forEach(value);
      return;
    case "CallExpression":
      if ((node.callee as Tree).name === "eval") value((node.arguments as Tree[])[0]);
      return;
    case "UnaryExpression": {
      const argument = node.argument as Tree;
      if (node.operator === "!") condition(argument);
      if (node.operator !== "typeof") return;
      if (argument.type !== "Identifier") return value(argument);
      // A name that does not exist has a type, too.
      const name = String(argument.name);
      insert(argument.start, `(typeof ${name}==="undefined"?void 0:${HELPER}.v(`);
      insert(argument.end, CLOSE_BOTH);
    }
  }
}
