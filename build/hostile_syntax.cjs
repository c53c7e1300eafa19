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
const { parse } = require("acorn");
const { simple } = require("acorn-walk");

/**
 * @param {string} code a script or CommonJS module
 * @returns {string[]} one sentence for each finding, with its place
 */
function findHostile(code) {
  const program = parse(code, { ecmaVersion: 5, sourceType: "script", locations: true });
  const findings = [];
  const report = (node, text) => {
    const { line, column } = node.loc.start;
    findings.push(`line ${line}, column ${column + 1}: ${text}`);
  };
  checkSyntax(code, program, report);
  checkOrder(program, report);
  return findings;
}

function checkSyntax(code, program, report) {
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
function declaredNames(body) {
  const names = new Set();
  const visit = (node) => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (node && typeof node.type === "string") {
      if (node.type === "FunctionDeclaration") names.add(node.id.name);
      if (node.type === "VariableDeclarator") names.add(node.id.name);
      if (!isFunction(node)) Object.values(node).forEach(visit);
    }
  };
  visit(body);
  return names;
}

function isFunction(node) {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression";
}

/**
 * Walks each function in the order in which it runs and keeps the set of names that have been reached on every way
 * to the present place. A way that returns, throws, breaks or continues is `null`: nothing comes after it.
 */
function checkOrder(program, report) {
  const functions = [];

  function walkScope(body, ownNames, functionsOfScope) {
    const called = new Set();

    /** Evaluates the expression (or anything that is no statement) `node`. */
    function evaluate(node, reached) {
      if (Array.isArray(node)) return node.forEach((child) => evaluate(child, reached));
      if (!node || typeof node.type !== "string") return;
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
      for (const [key, child] of Object.entries(node)) {
        if (child && typeof child === "object" && key !== "loc" && key !== "regex") evaluate(child, reached);
      }
    }

    /** A function of this scope that is called now may use only what has been reached by now, itself or through others. */
    function callNow(callee, reached) {
      const target = callee.type === "Identifier" ? functionsOfScope.get(callee.name) : isFunction(callee) && callee;
      if (!target || !reached || called.has(target)) return;
      called.add(target);
      const hidden = declaredNames(target.body);
      for (const parameter of target.params) hidden.add(parameter.name);
      const visit = (node) => {
        if (Array.isArray(node)) return node.forEach(visit);
        if (!node || typeof node.type !== "string" || isFunction(node)) return;
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
        if ((node.type === "CallExpression" || node.type === "NewExpression") && !hidden.has(node.callee.name)) {
          callNow(node.callee, reached);
        }
        for (const [key, child] of Object.entries(node)) {
          if (child && typeof child === "object" && key !== "loc" && key !== "regex") visit(child);
        }
      };
      visit(target.body);
    }

    const both = (a, b) => {
      if (!a) return b;
      if (!b) return a;
      return new Set([...a].filter((name) => b.has(name)));
    };
    const copy = (reached) => reached && new Set(reached);

    /** Runs one statement; returns what has been reached behind it. */
    function run(node, reached) {
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
            if (reached) reached.add(declarator.id.name);
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
          let before = null;
          for (const one of node.cases) {
            evaluate(one.test, reached);
            before = runAll(one.consequent, both(before, copy(reached)));
          }
          return reached;
        }
        case "TryStatement": {
          const tried = run(node.block, copy(reached));
          let caught = null;
          if (node.handler) {
            const start = copy(reached);
            if (start) start.add(node.handler.param.name);
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

    function runAll(statements, reached) {
      let now = reached;
      for (const statement of statements) now = run(statement, now);
      return now;
    }

    runAll(body, new Set());
  }

  const namedFunctions = (statements) =>
    new Map(statements.filter((node) => node.type === "FunctionDeclaration").map((node) => [node.id.name, node]));

  walkScope(program.body, declaredNames(program.body), namedFunctions(program.body));
  while (functions.length > 0) {
    const one = functions.shift();
    const names = declaredNames(one.body);
    // A parameter exists from the start, also when a `var` repeats it.
    for (const parameter of one.params) names.delete(parameter.name);
    walkScope(one.body.body, names, namedFunctions(one.body.body));
  }
}

module.exports = { findHostile };
