import { findHostile } from "../../build/hostile_syntax";

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
      "line 2, column 3: `f` is used where it may not have been declared yet",
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
