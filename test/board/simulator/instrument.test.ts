/** Scripts are rewritten for V8, and nobody sees it. */
import { instrument, plain } from "../../../board/simulator/source/instrument";
import { parseScript } from "../../../board/simulator/source/tree";
import { board, closeBoards, run } from "./boards";

afterEach(closeBoards);

const scripts = [
  "try { a(); } catch (e) { b(e); } finally { c(); }",
  "try{try{a()}catch(e){b()}}finally{c()}",
  "try { a(); } catch { b(); }",
  "x = +y + +'010' + (+z) - (a, b | 0) * 1 - ~~c + (d - 0);",
  "function f(a) { 'use strict'; return a; } var g = function () { try { f() } catch (e) { return } };",
  "if (typeof x === 'string' || !y && (typeof z.a) == w) x = a || b ? c : (d === e);",
  "switch (x) { case 1: eval(y); } while (x) for (; y; ) { do { } while (z) }",
  'function f(a){return"b".c===a||typeof"d".e==a} function g(){return"1".b-0}',
  "class A { m() { return +this.x } } x = (a) => { return a }; y = a => +a;",
];

test.each(scripts)("what is put in comes out again: %s", (script) => {
  for (const countCalls of [false, true]) {
    const rewritten = instrument(script, parseScript(script), { countCalls, sharedStrings: countCalls });
    if (countCalls) expect(rewritten).not.toBe(script);
    expect(() => parseScript(rewritten)).not.toThrow();
    expect(plain(rewritten)).toBe(script);
  }
});

test("functions show their own text", async () => {
  const source = "function f(x) { try { return +x; } catch (e) { return 0; } }";
  expect(await run(`${source} print("" + f); print(f.toString().length)`, { maxCalls: 50 })).toEqual([
    source,
    String(source.length),
  ]);
});

test("stack traces have the script's own columns", async () => {
  const script = "function f(x) { try { x(); } catch (e) { } return +x - x.no.such; } f(5);";
  const [printed] = await run(script, { maxCalls: 50 });
  expect(printed).toContain(`script.js:1:${script.indexOf(".such") + 2})`);
});

describe("nested calls", () => {
  const deep = "var depth = 0; function f() { depth++; f(); }";

  test("have a bound, which no script can catch", async () => {
    const one = board({ maxCalls: 44 });
    one.run(`${deep} setTimeout(function () { try { f(); } catch (e) { print("caught") } finally { print("finally") } print("behind") }, 1);
      setTimeout(function () { print(depth); }, 500)`);
    await one.idle();
    expect(one.printed.map((line) => line.split("\n")[0])).toEqual([
      "Execution Interrupted during event processing.",
      "Uncaught Error: Too much recursion - the stack is about to overflow",
      "43",
    ]);
  });

  test("are counted anew after an exception, and one after the other", async () => {
    const script = `function g(n) { if (n) g(n - 1); else throw "end"; }
      for (var i = 0; i < 30; i++) { try { g(8) } catch (e) { if (e !== "end") throw e } } print("fine")`;
    expect(await run(script, { maxCalls: 10 })).toEqual(["fine"]);
  });

  test("without a bound of ours, V8's stack is the bound", async () => {
    const [first, second] = await run(
      `${deep} setTimeout(function () { try { f(); } catch (e) { print("caught") } }, 1)`
    );
    expect(first).toBe("Execution Interrupted during event processing.");
    expect(second).toMatch(/^Uncaught Error: Too much recursion/);
  });
});

describe("strings that are other memory", () => {
  const script = `var u = new Uint8Array([65, 66]), s = E.toString(u), list = [s]; u[0] = 67;
    var storage = require("Storage"); storage.write("f", "text"); var f = storage.read("f"); storage.erase("f");
    print(s, list, f === null);`;

  test("are strings for the test", async () => {
    const one = board();
    one.run(script);
    expect(one.printed).toEqual(['CB [ \n  "CB"\n ] true']);
    expect([one.globals.s, one.globals.f]).toEqual(["CB", null]);
  });

  test("can be copies", async () => {
    expect(await run(script, { sharedStrings: false })).toEqual(['AB [ \n  "AB"\n ] false']);
  });
});
