/** Passes that give names to properties. */
import { packNames } from "../../../build/passes/pack_names";
import { shortFields } from "../../../build/passes/short_fields";
import type { Tag } from "../../../build/tags";
import { exportsOf } from "./exports_of";

describe("names of properties that occur often go into variables", () => {
  test.each([
    [
      "one that is long",
      "var q=exports;q.longName=1;q.longName+=q.longName;q.longName++",
      'var a="longName",q=exports;q[a]=1;q[a]+=q[a];q[a]++',
    ],
    ["a script that begins with no variable", "x.longName=x.longName+x.longName", 'var a="longName";x[a]=x[a]+x[a]'],
    ["one that is too short", "exports.x=exports.x+exports.x", "exports.x=exports.x+exports.x"],
    ["names in an object stay", "x={longName:1,longName2:2}", "x={longName:1,longName2:2}"],
    [
      "names that begin alike",
      'var m=require("esp_websocket_client");m.esp_websocket_client_a();m.esp_websocket_client_b();m.esp_websocket_client_c()',
      'var a="esp_websocket_client",m=require(a);m[a+"_a"]();m[a+"_b"]();m[a+"_c"]()',
    ],
  ])("%s", (_, code, expected) => {
    expect(packNames(code)).toBe(expected);
  });

  test("the meaning is the same", () => {
    const code = "var a=exports;a.something=1;a.something+=a.something;a.other={something:a.something}";
    expect(packNames(code)).not.toBe(code);
    expect(exportsOf(packNames(code))).toBe(exportsOf(code));
  });
});

describe("private fields that are used most get names of one letter", () => {
  const hot = new Map<string, Tag>([["hot", { heat: "hot" }]]);

  test("those of hot functions before those that are used more", () => {
    const code = "function hot(o) { return o._hot; }\nx._cold = x._cold + x._cold;\nx._hot = 1;";
    expect(shortFields(code, hot)).toBe("function hot(o) { return o.a; }\nx.b = x.b + x.b;\nx.a = 1;");
  });

  test.each([
    ["no private field", "x.state = x.__proto__;", "x.state = x.__proto__;"],
    ["a letter that another field has", "x._state = x.a;", "x.b = x.a;"],
    ["a name in an object", "x = { _state: 1 };", "x = { a: 1 };"],
    ["a variable of that name", "x._state = _state;", "x.a = _state;"],
    ["a name in brackets", "x[_state] = x._state;", "x[_state] = x.a;"],
    ["a name that is a text somewhere", 'x._state = x["_state"];', 'x._state = x["_state"];'],
  ])("%s", (_, code, expected) => expect(shortFields(code, new Map())).toBe(expected));

  test("more fields than letters: the others keep their names", () => {
    const code = Array.from({ length: 60 }, (_, i) => `x._field${i} = 1;`).join("");
    const fields = shortFields(code, new Map()).match(/x\.\w+|x\.\$/g)!;
    expect(new Set(fields).size).toBe(60);
    expect(fields.filter((field) => field.length > 3)).toHaveLength(6);
  });
});
