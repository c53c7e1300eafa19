import vm from "node:vm";

import { mergeColdFunctions } from "../../build/cold.cjs";

type Groups = Parameters<typeof mergeColdFunctions>[1];

/** What a bundle exports, as it is and with its functions merged; and the merged code. */
function both(code: string, groupOf: Groups = () => ({ group: "all" })) {
  const merged = mergeColdFunctions(code, groupOf);
  const run = (text: string) => {
    const exports: Record<string, unknown> = {};
    vm.runInNewContext(text, { exports, setTimeout: (call: Function, _: number, ...rest: unknown[]) => call(...rest) });
    return JSON.stringify(exports);
  };
  return { merged, plain: run(code), result: run(merged) };
}

const functionsOf = (code: string) => [...code.matchAll(/^function (\w+)/gm)].map((match) => match[1]);

describe("functions that run seldom become branches of one", () => {
  test.each([
    ["parameters", "function f(a, b) { return a - b; }\nexports.x = f(5, 2) + f(1, 1);"],
    ["missing arguments", "function f(a, b) { return b === undefined ? a : b; }\nexports.x = [f(1), f(1, 2)];"],
    ["no arguments", "function f() { return 7; }\nexports.x = f() + f();"],
    [
      "calls among them",
      "function f(a) { return a + 1; }\nfunction g(b) { return f(b) * f(b); }\nexports.x = g(2) + g(3);",
    ],
    ["a call in an argument", "function f(a) { return a + 1; }\nexports.x = f(f(f(1)));"],
    ["recursion", "function f(n) { return n < 2 ? 1 : n * f(n - 1); }\nexports.x = f(5) + f(3);"],
    [
      "a parameter that a closure keeps",
      "function f(a) { return [1, 2].map(function (b) { return a + b; }); }\nexports.x = [f(1), f(2)];",
    ],
    [
      "a closure's own name of a parameter",
      "function f(a) { return [a].map(function (a) { return a + 1; })[0] + a; }\nexports.x = f(1) + f(2);",
    ],
    [
      "a local variable of a merged function's name",
      "function f(a) { return a; }\nfunction g(f) { return f + 1; }\nexports.x = [f(1), f(2), g(1), g(2)];",
    ],
    ["a caught exception", "function f(a) { try { throw a; } catch (a) { return a + 1; } }\nexports.x = f(1) + f(2);"],
    [
      "the same local names",
      "function f(a) { var n = a; return n; }\nfunction g(a) { var n = a + 1; return n; }\nexports.x = f(1) + f(2) + g(1) + g(2);",
    ],
    ["a timer", "function f(a, b) { exports.x = a + b; }\nsetTimeout(f, 1, 2, 3);\nsetTimeout(f, 1, 4, 5);"],
    [
      "a timer without arguments",
      "function f() { exports.x = (exports.x || 0) + 1; }\nsetTimeout(f, 1);\nsetTimeout(f, 1);",
    ],
    [
      "a branch without return",
      "function f(a) { if (a) exports.x = a; }\nfunction g() { exports.y = 1; }\nf(1); f(0); g(); g();",
    ],
  ])("%s", (_, code) => {
    const { merged, plain, result } = both(code);
    expect(functionsOf(merged)).toEqual(["run_all"]);
    expect(result).toBe(plain);
  });

  test.each([
    ["one that is handed on", "function f(a) { return a; }\nexports.x = [1].map(f)[0] + f(1);"],
    ["one that is exported", "function f(a) { return a; }\nexports.x = f(1) + f(1);\nexports.f = f;"],
    ["one that uses `this`", "function f() { return typeof this; }\nexports.x = f() + f();"],
    ["one that uses `arguments`", "function f() { return arguments.length; }\nexports.x = f(1) + f(1, 2);"],
    ["one that is called once", "function f() { return 1; }\nexports.x = f();"],
  ])("%s stays", (_, code) => {
    const { merged, plain, result } = both(code);
    expect(functionsOf(merged)).toEqual(["f"]);
    expect(result).toBe(plain);
  });

  test("one that is called once, where it is told to", () => {
    const { merged } = both("function f() { return 1; }\nexports.x = f();", () => ({
      group: "all",
      always: true,
    }));
    expect(functionsOf(merged)).toEqual(["run_all"]);
  });

  test("groups call one another; what belongs to none stays", () => {
    const code = `function f(a) { return a + 1; }
function g(a) { return f(a) + f(a); }
function hot(a) { return g(a); }
exports.x = hot(1) + g(1) + hot(2);`;
    const { merged, plain, result } = both(code, (name) => (name === "hot" ? undefined : { group: `the_${name}` }));
    expect(functionsOf(merged)).toEqual(["run_the_f", "run_the_g", "hot"]);
    expect(result).toBe(plain);
  });
});
