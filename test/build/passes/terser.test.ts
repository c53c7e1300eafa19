import { compress, mangle } from "../../../build/passes/terser";

const CODE =
  "function once(a) { return a.list.map(function (b) { return b + a._private; }); }\nexports.f = function (a) { return once(a); };";

test("a function that is used once goes where it is used, but stays if it is to", async () => {
  expect(await compress(CODE, [])).not.toContain("once");
  expect(await compress(CODE, ["once"])).toMatch(/^function once\(a\)[^]*once\(a\)/);
});

test("names get shorter, private fields too, public ones not; lines end where statements do", async () => {
  const code = await mangle(await compress(CODE, ["once"]));
  expect(code).not.toMatch(/once|_private|;/);
  expect(code).toMatch(/\.list\.map\(/);
  expect(code).toContain("\n");
});

test("what is not ASCII stays an escape", async () => {
  expect(await mangle('exports.x="\\x80-\\u20ac"')).toBe('exports.x="\\x80-\\u20ac"\n');
});
