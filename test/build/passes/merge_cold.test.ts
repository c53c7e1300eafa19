import { mergeCold } from "../../../build/passes/merge_cold";
import type { Tag } from "../../../build/tags";
import { exportsOf } from "./exports_of";

/** The bundle with its functions merged, where all may be but for what `tags` says. */
function merge(code: string, tags: Record<string, Tag> = {}): string {
  const all = functionsOf(code).map((name): [string, Tag] => [name, { group: "all", ...tags[name] }]);
  return mergeCold(code, new Map(all));
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
    const merged = merge(code);
    expect(functionsOf(merged)).toEqual(["run_all"]);
    expect(exportsOf(merged)).toBe(exportsOf(code));
  });

  test.each([
    ["one that is handed on", "function f(a) { return a; }\nexports.x = [1].map(f)[0] + f(1);"],
    ["one that is exported", "function f(a) { return a; }\nexports.x = f(1) + f(1);\nexports.f = f;"],
    ["one that uses `this`", "function f() { return typeof this; }\nexports.x = f() + f();"],
    ["one that uses `arguments`", "function f() { return arguments.length; }\nexports.x = f(1) + f(1, 2);"],
    ["one that is called once", "function f() { return 1; }\nexports.x = f();"],
    [
      "one that declares a function",
      "function f() {\n  return g();\n  function g() { return 2; }\n}\nexports.x = f() + f();",
    ],
    ["one that is changed", "function f() { return 1; }\nf = function () { return 2; };\nexports.x = f() + f();"],
  ])("%s stays", (_, code) => {
    expect(merge(code)).toBe(code);
  });

  test("one that is hot stays", () => {
    const code = "function f() { return 1; }\nexports.x = f() + f();";
    expect(merge(code, { f: { heat: "hot", group: undefined } })).toBe(code);
  });

  test("one that is called once goes where it is tagged", () => {
    const code = "function f() { return 1; }\nexports.x = f();";
    const merged = merge(code, { f: { heat: "cold" } });
    expect(functionsOf(merged)).toEqual(["run_all"]);
    expect(exportsOf(merged)).toBe(exportsOf(code));
  });

  test.each([
    ["function f(a) { return a; }\nexports.x = [1].map(f);", "it is handed on or changed, and not only called"],
    ["function f() { return this; }\nf();", "it uses `this`"],
    ["function f() { return arguments.length; }\nf();", "it uses `arguments`"],
  ])("a tag that cannot be carried out fails: %s", (code, reason) => {
    expect(() => merge(code, { f: { heat: "cold" } })).toThrow(`f is tagged @cold, but cannot be a branch: ${reason}.`);
  });

  test("groups call one another; what belongs to none stays", () => {
    const code = `function f(a) { return a + 1; }
function g(a) { return f(a) + f(a); }
function hot(a) { return g(a); }
exports.x = hot(1) + g(1) + hot(2);`;
    const merged = merge(code, { f: { group: "one" }, g: { group: "two" }, hot: { group: undefined } });
    expect(functionsOf(merged)).toEqual(["run_one", "run_two", "hot"]);
    expect(exportsOf(merged)).toBe(exportsOf(code));
  });

  test("names that the code has already are not taken", () => {
    const code = `var branch = 1, argument0 = 2, run_all = 3;
function f(a) { return a + branch + argument0 + run_all; }
exports.x = f(1) + f(2);`;
    const merged = merge(code);
    expect(functionsOf(merged)).toEqual(["run_all1"]);
    expect(exportsOf(merged)).toBe(exportsOf(code));
  });

  test("it is told how many there were and are", () => {
    const notes: string[] = [];
    const tags = new Map([
      ["f", { group: "all" }],
      ["g", { group: "all" }],
    ]);
    mergeCold("function f() {}\nfunction g() {}\nf(); f(); g(); g();", tags, (note) => notes.push(note));
    expect(notes).toEqual(["2 functions are 1"]);
  });
});
