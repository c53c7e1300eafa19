/**
 * Finds what ES5 allows and Espruino cannot run. Espruino executes source text from top to bottom, so
 *
 * - a function declaration exists only once it has been reached: a call further up fails;
 * - a `var` exists only once it has been reached: reading it earlier, or after a branch that was not taken, throws
 *   a ReferenceError, and writing it then makes a global variable;
 * - a regular expression at a statement's start, behind a block that was passed over, is taken for a division;
 * - labels, `with`, getters and setters, `in` in a `for` initialiser, and a few forms of regular expression are
 *   misread or unknown.
 */
import {
  AnyNode,
  CallExpression,
  FunctionDeclaration,
  Identifier,
  ModuleDeclaration,
  Node,
  parse,
  Program,
  Statement,
} from "acorn";
import { simple } from "acorn-walk";
import { FunctionNode, isFunction } from "./syntax";

type Report = (node: Node, text: string) => void;
/** Names that have been reached on every way to a place; null where no way leads. */
type Reached = Set<string> | null;
/** Whatever a field of a node may be. */
type Field = Node | Field[] | string | number | boolean | object | null | undefined;

const isNode = (field: Field): field is AnyNode => typeof (field as Node | null | undefined)?.type === "string";
/** What is in a node, but not where it stands. */
const fieldsOf = (node: AnyNode): Field[] =>
  Object.entries(node).flatMap(([key, field]) => (key === "loc" || key === "regex" ? [] : [field as Field]));

/** One sentence for each finding in a script or CommonJS module, with its place. */
export function findHostile(code: string): string[] {
  const program = parse(code, { ecmaVersion: 5, sourceType: "script", locations: true });
  const findings: string[] = [];
  const report: Report = (node, text) => {
    const { line, column } = node.loc!.start;
    findings.push(`line ${line}, column ${column + 1}: ${text}`);
  };
  checkSyntax(code, program, report);
  checkOrder(program, report);
  return findings;
}

function checkSyntax(code: string, program: Program, report: Report): void {
  simple(program, {
    LabeledStatement: (node) => report(node, "Espruino knows no labels"),
    WithStatement: (node) => report(node, "Espruino knows no `with`"),
    Property: (node) => {
      if (node.kind !== "init") report(node, "getters and setters are not to be relied on");
    },
    ExpressionStatement: (node) => {
      if (/\}\s*$/.test(code.slice(0, node.start)) && /^\/[^/*]/.test(code.slice(node.start)))
        report(node, "Espruino may take a / behind a } for a division");
    },
    ForStatement: (node) => {
      if (node.init) {
        simple(node.init, {
          BinaryExpression: (inner) => {
            if (inner.operator === "in") report(inner, "Espruino takes `in` in a `for` initialiser for a for-in loop");
          },
        });
      }
    },
    Literal: (node) => {
      if (!node.regex) return;
      const { pattern } = node.regex;
      if (/\(\?/.test(pattern)) report(node, "Espruino's regular expressions have no (?…) groups");
      if (/\[[^\]]*\//.test(pattern.replace(/\\./g, ""))) {
        report(node, "Espruino ends a regular expression at a / inside [ ]: escape it");
      }
    },
  });
}

/** The names that a function's own code declares anywhere, as ES5 sees it. */
function declaredNames(body: Field): Set<string> {
  const names = new Set<string>();
  const visit = (node: Field): void => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (isNode(node)) {
      if (node.type === "FunctionDeclaration") names.add(node.id!.name);
      if (node.type === "VariableDeclarator" && node.id.type === "Identifier") names.add(node.id.name);
      if (!isFunction(node)) fieldsOf(node).forEach(visit);
    }
  };
  visit(body);
  return names;
}

/**
 * Walks each function in the order in which it runs and keeps the set of names that have been reached on every way
 * to the present place. A way that returns, throws, breaks or continues is `null`: nothing comes after it.
 */
function checkOrder(program: Program, report: Report): void {
  const functions: FunctionNode[] = [];

  function walkScope(
    body: Program["body"],
    ownNames: Set<string>,
    functionsOfScope: Map<string, FunctionDeclaration>
  ): void {
    const called = new Set<FunctionNode>();

    /** Evaluates the expression (or anything that is no statement) `node`. */
    function evaluate(node: Field, reached: Reached): void {
      if (Array.isArray(node)) return node.forEach((child: Field) => evaluate(child, reached));
      if (!isNode(node)) return;
      if (isFunction(node)) {
        functions.push(node);
        return;
      }
      if (node.type === "Identifier") {
        if (ownNames.has(node.name) && reached && !reached.has(node.name)) {
          report(node, `\`${node.name}\` is used where it may not have been declared yet`);
        }
        return;
      }
      if (node.type === "MemberExpression") {
        evaluate(node.object, reached);
        if (node.computed) evaluate(node.property, reached);
        return;
      }
      if (node.type === "Property") return evaluate(node.value, reached);
      if (node.type === "CallExpression" || node.type === "NewExpression") {
        evaluate(node.callee, reached);
        evaluate(node.arguments, reached);
        callNow(node.callee, reached);
        return;
      }
      fieldsOf(node).forEach((child) => evaluate(child, reached));
    }

    /** A function of this scope that is called now may use only what has been reached by now, itself or through others. */
    function callNow(callee: CallExpression["callee"], reached: Reached): void {
      const inPlace = isFunction(callee) ? callee : undefined;
      const target = callee.type === "Identifier" ? functionsOfScope.get(callee.name) : inPlace;
      if (!target || !reached || called.has(target)) return;
      called.add(target);
      const hidden = declaredNames(target.body);
      target.params.forEach((parameter) => hidden.add((parameter as Identifier).name));
      const visit = (node: Field): void => {
        if (Array.isArray(node)) return node.forEach(visit);
        if (!isNode(node) || isFunction(node)) return;
        if (
          node.type === "Identifier" &&
          ownNames.has(node.name) &&
          !hidden.has(node.name) &&
          !reached.has(node.name)
        ) {
          report(callee, `this call uses \`${node.name}\`, which may not have been declared yet`);
        }
        if (node.type === "MemberExpression" && !node.computed) return visit(node.object);
        if (node.type === "Property") return visit(node.value);
        if (node.type === "CallExpression" || node.type === "NewExpression") {
          const isOwn = node.callee.type === "Identifier" && hidden.has(node.callee.name);
          if (!isOwn) callNow(node.callee, reached);
        }
        fieldsOf(node).forEach(visit);
      };
      visit(target.body);
    }

    const both = (a: Reached, b: Reached): Reached => {
      if (!a) return b;
      if (!b) return a;
      return new Set([...a].filter((name) => b.has(name)));
    };
    const copy = (reached: Reached): Reached => reached && new Set(reached);

    /** Runs one statement; returns what has been reached behind it. */
    function run(node: Statement | Program | ModuleDeclaration | null | undefined, reached: Reached): Reached {
      if (!node) return reached;
      switch (node.type) {
        case "BlockStatement":
        case "Program":
          return runAll(node.body, reached);
        case "FunctionDeclaration":
          functions.push(node);
          if (reached) reached.add(node.id.name);
          return reached;
        case "VariableDeclaration":
          for (const declarator of node.declarations) {
            evaluate(declarator.init, reached);
            reached?.add((declarator.id as Identifier).name);
          }
          return reached;
        case "IfStatement":
          evaluate(node.test, reached);
          return both(run(node.consequent, copy(reached)), run(node.alternate, copy(reached)));
        case "ForStatement":
          if (node.init && node.init.type === "VariableDeclaration") run(node.init, reached);
          else evaluate(node.init, reached);
          evaluate(node.test, reached);
          evaluate(node.update, run(node.body, copy(reached)));
          return reached;
        case "ForInStatement":
          evaluate(node.right, reached);
          if (node.left.type === "VariableDeclaration") run(node.left, reached);
          else evaluate(node.left, reached);
          run(node.body, copy(reached));
          return reached;
        case "WhileStatement":
          evaluate(node.test, reached);
          run(node.body, copy(reached));
          return reached;
        case "DoWhileStatement": {
          const start = copy(reached);
          const behind = run(node.body, reached) || start;
          evaluate(node.test, behind);
          return behind;
        }
        case "SwitchStatement": {
          evaluate(node.discriminant, reached);
          let before: Reached = null;
          for (const one of node.cases) {
            evaluate(one.test, reached);
            before = runAll(one.consequent, both(before, copy(reached)));
          }
          return reached;
        }
        case "TryStatement": {
          const tried = run(node.block, copy(reached));
          let caught: Reached = null;
          if (node.handler) {
            const start = copy(reached);
            start?.add((node.handler.param as Identifier).name);
            caught = run(node.handler.body, start);
          }
          run(node.finalizer, copy(reached));
          return both(tried, caught);
        }
        case "LabeledStatement":
          return run(node.body, reached);
        case "ReturnStatement":
        case "ThrowStatement":
          evaluate(node.argument, reached);
          return null;
        case "BreakStatement":
        case "ContinueStatement":
          return null;
        default:
          evaluate(node, reached);
          return reached;
      }
    }

    function runAll(statements: Program["body"], reached: Reached): Reached {
      let now = reached;
      for (const statement of statements) now = run(statement, now);
      return now;
    }

    runAll(body, new Set());
  }

  const namedFunctions = (statements: Program["body"]) =>
    new Map(statements.filter((node) => node.type === "FunctionDeclaration").map((node) => [node.id.name, node]));

  walkScope(program.body, declaredNames(program.body), namedFunctions(program.body));
  while (functions.length > 0) {
    const one = functions.shift()!;
    const names = declaredNames(one.body);
    // A parameter exists from the start, also when a `var` repeats it.
    one.params.forEach((parameter) => names.delete((parameter as Identifier).name));
    walkScope(one.body.body, names, namedFunctions(one.body.body));
  }
}
