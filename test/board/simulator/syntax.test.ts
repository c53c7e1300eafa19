import { findFaults, findHostile } from "../../../board/simulator/source/syntax";
import { closeBoards, run } from "./boards";

describe("what Espruino cannot run is found", () => {
  test.each([
    ["a call above the function's declaration", "f(); function f() {}", "`f`"],
    ["the same inside a function", "function g() { return f(); function f() {} }", "`f`"],
    ["a variable read above its declaration", "exports.a = a; var a = 1;", "`a`"],
    ["a variable written above its declaration", "function f() { a = 1; var a; }", "`a`"],
    ["a variable declared in one branch", "function f(x) { if (x) { var a = 1; } return a; }", "`a`"],
    ["a variable declared in a loop", "function f(x) { while (x--) { var a = x; } return a; }", "`a`"],
    ["a variable declared in a switch", "function f(x) { switch (x) { case 1: var a = 1; } return a; }", "`a`"],
    ["a variable declared in a try block", "function f() { try { var a = g(); } catch (e) {} return a; }", "`a`"],
    ["a call that needs what comes later", "function f() { return a; } f(); var a = 1;", "this call uses `a`"],
    ["the same through a second function", "function f() { g(); } function g() { h(); } f(); function h() {}", "`h`"],
    ["a module-level IIFE that needs what comes later", "(function () { return a; })(); var a = 1;", "`a`"],
    ["a label", "a: for (;;) break a;", "labels"],
    ["with", "with (x) y();", "with"],
    ["a getter", "x = { get a() { return 1; } };", "getters"],
    ["`in` in a for initialiser", 'for (var i = ("a" in x) ? 1 : 0; i; i--);', "`in`"],
    ["a group that captures nothing", "x = /(?:a|b)c/;", "(?…)"],
    ["a regular expression at a statement's start", "if (x) { y(); } /a/.test(x) && y();", "division"],
    ["a slash in a character class", "x = /[/?]/;", "/ inside [ ]"],
  ])("%s", (_name, code, expected) => {
    const findings = findHostile(code);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(expected);
  });

  test("the place is told", () => {
    expect(findHostile("var a;\n  f();\nfunction f() {}")).toEqual([
      "line 2, column 3: `f` is used above its declaration, and does not exist yet",
    ]);
  });

  test("what is no ES5 throws", () => {
    expect(() => findHostile("const a = 1;")).toThrow(SyntaxError);
  });
});

test.each([
  ["a function used by one that is called later", "function f() { return g(); } function g() {} exports.f = f;"],
  ["a declaration above its use", "var a = 1; function f() { return a; } exports.b = f();"],
  ["a variable declared in both branches", "function f(x) { if (x) { var a = 1; } else { var a = 2; } return a; }"],
  ["a branch that returns", "function f(x) { if (x) { var a = 1; } else return; return a; }"],
  ["a catch that throws", "function f() { try { var a = g(); } catch (e) { throw e; } return a; }"],
  [
    "loop variables, after their loops",
    "function f(o) { for (var i = 0; i < 3; i++); for (var k in o); return i + k; }",
  ],
  ["a do loop's body", "function f() { do { var a = g(); } while (a); return a; }"],
  ["a parameter declared again", "function f(a) { b(a); var a; }"],
  ["a property of the same name", "x.a = { a: 1 }; var a;"],
  ["`in` elsewhere", "for (var k in x) if (k in y) z();"],
  ["an escaped slash in a character class", "x = /[\\/?]/;"],
])("%s is taken", (_name, code) => {
  expect(findHostile(code)).toEqual([]);
});

/** What a script may hold, and where Espruino stops. Each was tried on Espruino 2v29; see `contract_syntax.js`. */
describe("what Espruino cannot run is reported before the script runs", () => {
  afterEach(closeBoards);

  test.each([
    ["print(1);\nvar a = x?.y;", "no `?.`", "2:10"],
    ["f\n  ?.();", "no `?.`", "2:3"],
    ["x ??= 1;", "`??=`", "1:3"],
    ["x = 2 ** 3;", "`**`", "1:7"],
    ["x = [...y];", "spread", "1:6"],
    ["f(...y);", "spread", "1:3"],
    ["x = {...y};", "spread", "1:6"],
    ["function f(...a) {}", "rest", "1:12"],
    ["var { a } = x;", "destructuring", "1:5"],
    ["let [a] = x;", "destructuring", "1:5"],
    ["[a] = x;", "destructuring", "1:1"],
    ["x.forEach(({ a }) => a);", "destructuring", "1:12"],
    ["function f(a = 1) {}", "default values", "1:12"],
    ["async function f() {}", "`async`", "1:1"],
    ["x = async () => 1;", "`async`", "1:5"],
    ["function* f() {}", "generators", "1:1"],
    ["x = { [y]: 1 };", "computed", "1:7"],
    ["class A { #x = 1; }", "private", "1:11"],
    ["x = '\\u{41}';", "\\u{…}", "1:5"],
    ["x = /a/s;", "no flag", "1:5"],
    ["x = 5n;", "BigInt", "1:5"],
    ["begin();\nfunction begin() {}", "`begin` is used above its declaration", "1:1"],
    ["function f() { return g(); function g() {} }", "`g` is used above its declaration", "1:23"],
    ["print(later); var later = 1;", "`later` is used above its declaration", "1:7"],
  ])("%s", async (script, words, place) => {
    const printed = await run(script, { unicode: true });
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^Uncaught SyntaxError: /);
    expect(printed[0]).toContain(words);
    expect(printed[0]).toContain(`(script.js:${place})`);
    const [first] = findFaults(script);
    expect(first).toMatchObject({ severity: "fails" });
  });

  test("several at once, and only what is certain", async () => {
    const many = "a?.b;\n".repeat(7);
    expect((await run(many))[0]).toMatch(/script\.js:5:2\); and 2 more$/);
    expect(await run("if (true) { var a = 1; } print(a);")).toEqual(["1"]);
    expect(await run("var o = { get a() { return 1; } }; print(o.a);")).toEqual(["1"]);
  });

  test("a regular expression that never matches is a warning", async () => {
    expect(await run("print(/(?:a)/.exec('a'))")).toEqual([
      "WARNING: Espruino's regular expressions have no (?…) groups: this one never matches (script.js:1:7)",
      "null",
    ]);
  });

  test("a module is checked when it is required, and names the module", async () => {
    const storage = { mine: "exports.a = 1;\nexports.b = exports?.a;" };
    expect(await run('try { require("mine"); } catch (e) { print(e.toString()); }', { storage })).toEqual([
      "SyntaxError: Espruino has no `?.` (mine:2:20)",
    ]);
  });

  test("the check can be left out", async () => {
    expect(await run("print([...[1, 2]].length)", { checkSyntax: false })).toEqual(["2"]);
  });

  test.each([
    "let a = 1; const b = 2; print(a + b)",
    "print(((a, b) => a + b)(1, 2))",
    "class A { constructor() { this.x = 3 } } print(new A().x)",
    "print(`${1 + 2}`)",
    "var s = 0; for (let x of [1, 2]) s += x; print(s)",
    "print(null ?? 3)",
    "var a = 3, o = { a, m() { return this.a } }; print(o.m())",
    "try { null.x } catch { print(3) }",
    "print(0b11 + 1_000 - 1000)",
    "function f() { return g(); } function g() { return 3; } print(f())",
    "{ let later = 3; print(later) } function f() { return typeof later; }",
  ])("what Espruino knows runs: %s", async (script) => {
    expect(await run(script)).toEqual(["3"]);
  });
});
