/** Passes of a few lines each, in tables: what goes in, what comes out. */
import { endReturns } from "../../../build/passes/end_returns";
import { localExports } from "../../../build/passes/local_exports";
import { oneUndefined } from "../../../build/passes/one_undefined";
import { packWords } from "../../../build/passes/pack_words";
import { exportsOf } from "./exports_of";

describe("a bare return is ended by a semicolon", () => {
  test.each([
    ["function f(a){if(a)return\nf()}", "function f(a){if(a)return;f()}"],
    ["function f(a){if(a)return;f()}", "function f(a){if(a)return;f()}"],
    ["function f(a){return a\n}", "function f(a){return a\n}"],
    ["function f(a){return}", "function f(a){return}"],
    ['var a="return\\n"', 'var a="return\\n"'],
  ])("%j", (code, expected) => expect(endReturns(code)).toBe(expected));
});

describe("`exports` gets a variable", () => {
  test.each([
    ["exports.x = 1;", "var exported = exports;\nexported.x = 1;"],
    ["exports.x = exports;", "var exported = exports;\nexported.x = exported;"],
    [
      "var exported = 1;\nexports.x = exported;",
      "var exported1 = exports;\nvar exported = 1;\nexported1.x = exported;",
    ],
    ["module.exports = 1;", "module.exports = 1;"],
    ["(function (exports) { exports.x = 1; })({});", "(function (exports) { exports.x = 1; })({});"],
    ["x = { exports: 'exports' };", "x = { exports: 'exports' };"],
  ])("%j", (code, expected) => expect(localExports(code)).toBe(expected));
});

describe("one variable is undefined", () => {
  test.each([
    ["exports.x = [void 0, void 0];", "var nothing;exports.x = [nothing, nothing];"],
    ["var nothing = 1;\nexports.x = void 0;", "var nothing1;var nothing = 1;\nexports.x = nothing1;"],
    [
      "(function (nothing) { exports.x = void 0; })(1);",
      "var nothing1;(function (nothing) { exports.x = nothing1; })(1);",
    ],
    ["function f() { return void(exports.x = 1); }\nf();", "function f() { return void(exports.x = 1); }\nf();"],
    ["exports.x = 'void 0';", "exports.x = 'void 0';"],
  ])("%j", (code, expected) => {
    expect(oneUndefined(code)).toBe(expected);
    expect(exportsOf(expected)).toBe(exportsOf(code));
  });
});

describe("a list of words becomes one text", () => {
  test.each([
    ['exports.x = ["a","b","c","d","e","f"];', 'exports.x = "a b c d e f".split(" ");'],
    ['exports.x = ["a","b","c","d","e"];', 'exports.x = ["a","b","c","d","e"];'],
    ['exports.x = ["a","b","c","d","e","f g"];', 'exports.x = ["a","b","c","d","e","f g"];'],
    ['exports.x = ["a","b","c","d","e",1];', 'exports.x = ["a","b","c","d","e",1];'],
    ['exports.x = ["a","b","c","d","e",,"f"];', 'exports.x = ["a","b","c","d","e",,"f"];'],
    ['exports.x = ["a","b","c","d","e",""];', 'exports.x = ["a","b","c","d","e",""];'],
  ])("%j", (code, expected) => {
    expect(packWords(code)).toBe(expected);
    expect(exportsOf(expected)).toBe(exportsOf(code));
  });
});
