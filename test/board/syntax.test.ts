/**
 * What the simulator refuses before it runs, the real interpreters refuse, and nothing else: each piece of source text
 * is evaluated there, and its faults are looked for here.
 */
import { findFaults } from "../../board/simulator/source/syntax";
import { interpreters } from "../support/targets";

/** Each throws nothing and ends in a value if the interpreter knows what is in it. */
const pieces = [
  "var o={a:{b:1}}; o?.a",
  "var o={a:function(){return 2}}; o.a?.()",
  "var o={a:2}; o?.['a']",
  "null ?? 5",
  "var a=null; a ??= 5; a",
  "var a=0; a ||= 5; a",
  "var a=1; a &&= 5; a",
  "[...[1,2],3]",
  "Math.max(...[1,2,3])",
  "({...{a:1},b:2})",
  "(function(a,...b){return b})(1,2,3)",
  "var [d1,d2]=[1,2]; d1+d2",
  "var {d3}={d3:1}; d3",
  "let {d5}={d5:1}; d5",
  "(function({a}){return a})({a:1})",
  "var x1,x2; [x1,x2]=[1,2]; x1",
  "(({da})=>da)({da:1})",
  "async function af(){ return 1 }; typeof af",
  "var aa=async ()=>1; typeof aa",
  "(function* (){ yield 1 })()",
  "(()=>1)()",
  "(x=>x*2)(4)",
  "((a,b)=>{return a+b})(4,5)",
  "let l=1; l",
  "const c=1; c",
  "`a${1+1}b`",
  "class A { constructor(x){this.x=x} m(){return this.x} static s(){return 9} }; new A(3).m()+A.s()",
  "class B0 { m(){return 1} }; class B1 extends B0 { m(){return super.m()+1} }; new B1().m()",
  "class F { x=5; }; new F().x",
  "class F3 { #x=5; get(){return this.#x} }; new F3().get()",
  "({get a(){return 5}}).a",
  "var sh=1; ({sh}).sh",
  "({m(){return 4}}).m()",
  "({['a'+'b']:4}).ab",
  "(function(a=5){return a})()",
  "var s=0; for (var v of [1,2]) s+=v; s",
  "var s=0; for (let v of [1,2]) s+=v; s",
  "var s=''; for (const v of 'ab') s+=v; s",
  "2**3",
  "var e=2; e**=3; e",
  "0b101",
  "0o17",
  "1_000",
  "lb: for (;;) { break lb; } 1",
  "with({wa:1}) wa",
  "try { throw 1 } catch { 2 }",
  "'\\u{41}'",
  "Math.max(1,2,)",
  "(function(a,b,){return a})(1)",
  "(function(){return new.target})()",
  "(function(){ return ih(); function ih(){return 3} })()",
  "(function(){ return vh2; var vh2=1 })()",
  "(function(){ return typeof vh3; var vh3=1 })()",
  "(function(){ if (1) { var vh4=1 } return vh4 })()",
  "/[/]/.exec('/')",
  "/a/s.test('a')",
  "/a|b/gi.test('b')",
  "var \u00e4=1; \u00e4",
  "for (var i=('a' in {})?1:0;i;i--); 1",
  "({async m(){}})",
  "(function(){ for (var f1=0;f1<2;f1++); return f1 })()",
  "switch(2){case 1: 5; break; default: 7}",
  "var z=-1; z>>>=28; z",
  "(function(){return arguments.length})(1,2)",
];

const SCRIPT = `
PIECES.forEach(function (piece) {
  var verdict = "runs";
  try { eval(piece); } catch (error) { verdict = "fails"; }
  print(verdict + " " + piece);
});`;

describe.each(interpreters())("$name", (target) => {
  test("runs what the simulator takes, and nothing that it refuses", async () => {
    const expected = pieces.map((piece) => {
      const fails = findFaults(piece).some(({ severity }) => severity === "fails");
      return `${fails ? "fails" : "runs"} ${piece}`;
    });
    const { lines } = await target.run(SCRIPT, { preset: { PIECES: pieces }, bundle: "package.json" });
    expect(lines).toEqual(expected);
  });
});

if (interpreters().length === 0) {
  console.warn("What the simulator refuses was not compared with a real Espruino: set ESPRUINO to its file.");
  test.skip("the simulator refuses what a real Espruino refuses", () => undefined);
}
