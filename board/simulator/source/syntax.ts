/**
 * Finds what JavaScript allows and Espruino cannot run, before it runs. Espruino executes source text from top to
 * bottom, so
 *
 * - a function declaration exists only once it has been reached: a call further up fails;
 * - a `var` exists only once it has been reached: reading it earlier, or after a branch that was not taken, throws
 *   a ReferenceError, and writing it then makes a global variable;
 * - a regular expression at a statement's start, behind a block that was passed over, is taken for a division;
 * - labels, `with`, `in` in a `for` initialiser, much of what JavaScript has got since 2015, and a few forms of
 *   regular expression are misread or unknown. Asked was Espruino 2v29, which does know `let`, `const`, arrow functions,
 *   classes, template literals, `for … of`, getters and `??`.
 */
import { lacksSupport } from "../text";
import { checkOrder, type Report, type Severity } from "./order";
import { parseScript, walk, type Tree } from "./tree";

/** Something that Espruino cannot run. */
export interface Finding {
  /** Counted from 1, as the column is. */
  line: number;
  column: number;
  /** What is wrong, as part of a sentence. */
  text: string;
  severity: Severity;
}

/** What Espruino's parser stops at, by the kind of the syntax tree's node. */
const UNKNOWN: Record<string, string> = {
  AwaitExpression: "`await`",
  ArrayPattern: "destructuring",
  AssignmentPattern: "default values of parameters",
  ImportExpression: "`import`",
  MetaProperty: "`new.target`",
  ObjectPattern: "destructuring",
  PrivateIdentifier: "private fields (#)",
  RestElement: "rest parameters (...)",
  SpreadElement: "spread (...)",
  StaticBlock: "static blocks of classes",
  WithStatement: "`with`",
  YieldExpression: "generators",
};

/** Flags of regular expressions that Espruino reads. */
const KNOWN_FLAGS = /^[gim]*$/;

/**
 * What Espruino cannot run in a script or module, in the order of the text. Throws a SyntaxError if it is no
 * JavaScript of the year `ecmaVersion`.
 */
export function findFaults(code: string, ecmaVersion: 5 | "latest" = "latest"): Finding[] {
  return faultsOf(code, parseScript(code, { ecmaVersion, allowReturnOutsideFunction: ecmaVersion !== 5 }));
}

/** The same for a script that has been parsed. */
export function faultsOf(code: string, program: Tree): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (node, text, severity) => {
    const { line, column } = node.loc!.start;
    findings.push({ line, column: column + 1, text, severity });
  };
  checkSyntax(code, program, report);
  checkOrder(program, report);
  return findings.sort((one, other) => one.line - other.line || one.column - other.column);
}

/** The findings of an ES5 bundle, one sentence each. */
export function findHostile(code: string): string[] {
  return findFaults(code, 5).map(({ line, column, text }) => `line ${line}, column ${column}: ${text}`);
}

function checkSyntax(code: string, program: Tree, report: Report): void {
  walk(program, (node, above) => {
    const lacks = (what: string, at = node): void => report(at, `Espruino has no ${what}`, "fails");
    const unknown = UNKNOWN[node.type];
    // In front of a default value stands a pattern that is reported by itself.
    if (unknown) lacks(unknown);
    switch (node.type) {
      case "LabeledStatement":
        return lacks("labels");
      case "ArrowFunctionExpression":
      case "FunctionDeclaration":
      case "FunctionExpression":
        if (node.async) lacks("`async`");
        if (node.generator) lacks("generators");
        return;
      case "CallExpression":
      case "MemberExpression":
        if (node.optional) lacks("`?.`", operatorBehind(code, node, "?."));
        return;
      case "AssignmentExpression":
        if (/^(\*\*|&&|\|\||\?\?)=$/.test(String(node.operator)))
          lacks(`\`${String(node.operator)}\``, operatorBehind(code, node, String(node.operator)));
        return;
      case "BinaryExpression":
        if (node.operator === "**") lacks("`**`", operatorBehind(code, node, "**"));
        return;
      case "TaggedTemplateExpression":
        return report(node, "Espruino gives a template's function one string, and no values", "differs");
      case "Property":
        if (above.at(-1)?.type !== "ObjectExpression") return;
        if (node.computed) lacks("computed property names");
        if (node.kind !== "init") report(node, "getters and setters are not to be relied on", "doubtful");
        return;
      case "MethodDefinition":
      case "PropertyDefinition":
        if (node.computed) lacks("computed property names");
        return;
      case "ForOfStatement":
        if (node.await) lacks("`for await`");
        return;
      case "Identifier":
        if (/[^\x00-\x7f]/.test(String(node.name))) lacks("letters beyond ASCII in names");
        return;
      case "ExpressionStatement":
        if (/\}\s*$/.test(code.slice(0, node.start)) && /^\/[^/*]/.test(code.slice(node.start)))
          report(node, "Espruino may take a / behind a } for a division", "doubtful");
        return;
      case "ForStatement":
        return checkForStatement(node, report);
      case "Literal":
        return checkLiteral(node, report);
    }
  });
}

function checkForStatement(node: Tree, report: Report): void {
  if (!node.init) return;
  walk(node.init as Tree, (inner) => {
    if (inner.type === "BinaryExpression" && inner.operator === "in")
      report(inner, "Espruino takes `in` in a `for` initialiser for a for-in loop", "fails");
  });
}

function checkLiteral(node: Tree, report: Report): void {
  const raw = String(node.raw);
  if (typeof node.value === "string" && /(?:^|[^\\])(?:\\\\)*\\u\{/.test(raw))
    report(node, "Espruino has no \\u{…} in strings", "fails");
  if (typeof node.bigint === "string") report(node, "Espruino has no BigInt", "fails");
  const regex = node.regex as { pattern: string; flags: string } | undefined;
  if (!regex) return;
  if (!KNOWN_FLAGS.test(regex.flags))
    report(node, "Espruino's regular expressions have no flag but g, i and m", "fails");
  if (/\(\?/.test(regex.pattern.replace(/\\./g, "")))
    report(node, "Espruino's regular expressions have no (?…) groups: this one never matches", "differs");
  else if (lacksSupport(regex.pattern))
    report(node, "Espruino's regular expressions lack something in this one: it never matches", "differs");
  if (/\[[^\]]*\//.test(regex.pattern.replace(/\\./g, "")))
    report(node, "Espruino ends a regular expression at a / inside [ ]: escape it", "fails");
}

/** A place to report: where the operator stands behind the first part of a node. */
function operatorBehind(code: string, node: Tree, operator: string): Tree {
  const first = (node.object ?? node.callee ?? node.left) as Tree;
  const end = first.end;
  const at = code.indexOf(operator, end);
  const between = code.slice(end, at);
  const lines = between.split("\n");
  const { line, column } = first.loc!.end;
  const start =
    lines.length === 1
      ? { line, column: column + between.length }
      : { line: line + lines.length - 1, column: lines.at(-1)!.length };
  return { ...node, loc: { ...node.loc!, start } };
}
