import { inlineAliases } from "../../../build/passes/inline_aliases";
import { exportsOf } from "./exports_of";

describe("a variable that is another name is written as what it stands for", () => {
  test.each([
    ["a global", "var parse = parseInt;\nexports.x = parse('7');", "exports.x = parseInt('7');"],
    [
      "an alias of an alias",
      "var a = parseInt;\nvar b = a;\nexports.x = b('7') + a('1');",
      "exports.x = parseInt('7') + parseInt('1');",
    ],
    ["another variable", "var a = [1];\nvar b = a;\nexports.x = b;", "var a = [1];\n\nexports.x = a;"],
    ["a text", "var a = 'text';\nexports.x = [a, a];", "exports.x = ['text', 'text'];"],
    [
      "a place where a local variable has the alias's name",
      "var a = parseInt;\nexports.x = (function (a) { return a + 1; })(1) + a('1');",
      "exports.x = (function (a) { return a + 1; })(1) + parseInt('1');",
    ],
    [
      "fields of that name stay what they are",
      "var a = parseInt;\nvar o = { a: a };\nexports.x = o.a('7') + { a: 1 }.a;",
      "var o = { a: parseInt };\nexports.x = o.a('7') + { a: 1 }.a;",
    ],
  ])("%s", (_, code, expected) => {
    expect(inlineAliases(code).trim()).toBe(expected);
    expect(exportsOf(inlineAliases(code))).toBe(exportsOf(code));
  });

  test.each([
    ["it is changed", "var a = parseInt;\na = Number;\nexports.x = a('7');"],
    ["it counts", "var a = 'text';\na++;\nexports.x = a;"],
    ["a loop changes it", "var a = 'text';\nfor (a in { b: 1 });\nexports.x = a;"],
    ["what it stands for is changed", "var a = [1];\nvar b = a;\na = [2];\nexports.x = b;"],
    [
      "a local variable hides what it stands for",
      "var a = parseInt;\nexports.x = (function (parseInt) { return a('7') + parseInt; })(1);",
    ],
    ["it is declared twice", "var a = parseInt;\nvar a = Number;\nexports.x = a('7');"],
    ["a text that is used three times", "var a = 'text';\nexports.x = [a, a, a];"],
    ["a number", "var a = 1;\nexports.x = a;"],
  ])("but not where %s", (_, code) => {
    expect(inlineAliases(code)).toBe(code);
  });
});
