/** @hot and @cold in doc comments: what they mean for a bundle, and which mistakes fail the build. */
import { Groups, readTags, Tags, tagsOf } from "../../build/tags";

const GROUPS: Groups = [
  ["life", "/src/client/"],
  ["setup", "/"],
];

const HOT = "/**\n * Does something.\n *\n * @hot\n */\nexport function f(): void {}\n";

describe("a function's own doc comment says what it is", () => {
  test.each([
    ["hot", HOT, { heat: "hot" }],
    ["cold", "/** @cold */\nfunction f() {}", { heat: "cold" }],
    [
      "cold, in a group",
      "/**\n * Text.\n * @param a more\n * @cold life\n */\nfunction f(a: number) {}",
      { heat: "cold", group: "life" },
    ],
    ["behind a sentence", "/** Text. @hot */\nfunction f() {}", { heat: "hot" }],
    ["in JavaScript", "/** @hot */\nfunction f(a) {}", { heat: "hot" }],
    ["the one with a body", "function f(a: string): void;\n/** @hot */\nfunction f(a: unknown) {}", { heat: "hot" }],
  ])("%s", (_, source, expected) => {
    expect(readTags("a.ts", source, GROUPS)).toEqual(new Map([["f", { group: undefined, ...expected }]]));
  });

  test("no tag is none", () => {
    expect(
      readTags("a.ts", "/** Text. @ home, me@hot.example\n * @returns a number */\nfunction f() {}", GROUPS).size
    ).toBe(0);
  });
});

describe("a mistake fails, with its place", () => {
  const misplaced = (tag: string) => `@${tag} belongs in the doc comment of a function of the module's top level.`;
  test.each([
    ["a misspelt tag", "\n/** @hto */\nfunction f() {}", "a.ts:2: @hto is a tag that the build does not know."],
    ["another case", "/** @Cold */\nfunction f() {}", "a.ts:1: @Cold is a tag that the build does not know."],
    ["in a plain comment", "// @hot\nfunction f() {}", `a.ts:1: ${misplaced("hot")}`],
    ["at a variable", "/** @hot */\nvar f = function () {};", `a.ts:1: ${misplaced("hot")}`],
    ["at a type", "/** @cold */\ninterface F {}", `a.ts:1: ${misplaced("cold")}`],
    ["at a declaration without body", "/** @hot */\ndeclare function f(): void;", `a.ts:1: ${misplaced("hot")}`],
    ["at an inner function", "function g() {\n  /** @hot */\n  function f() {}\n}", `a.ts:2: ${misplaced("hot")}`],
    ["at the end of a file", "function g() {}\n/** @hot */\n", `a.ts:2: ${misplaced("hot")}`],
    ["two tags", "/**\n * @hot\n * @cold\n */\nfunction f() {}", "a.ts:3: f has two tags: one of them is to go."],
    [
      "words behind",
      "/** @hot loop */\nfunction f() {}",
      "a.ts:1: @hot is the last word of a comment: `loop` stands behind it.",
    ],
    [
      "an unknown group",
      "/** @cold lief */\nfunction f() {}",
      "a.ts:1: @cold lief: there is no such group of cold functions.",
    ],
  ])("%s", (_, source, message) => {
    expect(() => readTags("a.ts", source, GROUPS)).toThrow(new Error(message));
  });
});

describe("the functions of a bundle", () => {
  /** What rollup tells of a bundle: the modules' code as it is in there; and what was written. */
  function tags(modules: Record<string, { source: string; code: string | null }>, options = {}): Tags {
    const read = (id: string) => modules[id].source;
    return tagsOf({ modules }, { groups: GROUPS, read, ...options });
  }

  const CODE = "function f() {}\nfunction g() {}";

  test("belong to their folder's group, if their tag names none; hot ones to none", () => {
    const source = "/** @cold setup */\nfunction f() {}\n/** @hot */\nfunction g() {}\nfunction h() {}";
    const code = `${CODE}\nfunction h() {}`;
    expect(Object.fromEntries(tags({ "/src/client/a.ts": { source, code } }))).toEqual({
      f: { heat: "cold", group: "setup" },
      g: { heat: "hot", group: undefined },
      h: { group: "life" },
    });
    expect(tags({ "/src/b.ts": { source: "", code } }).get("h")).toEqual({ group: "setup" });
    expect(tags({ "C:\\src\\client\\b.ts": { source: "", code } }).get("h")).toEqual({ group: "life" });
  });

  test("of which all, or none, may be merged", () => {
    const source = "/** @cold life */\nfunction f() {}";
    const module = { "/src/b.ts": { source, code: CODE } };
    expect([...tags(module, { merge: "all" }).values()].map(({ group }) => group)).toEqual(["cold", "cold"]);
    expect([...tags(module, { merge: "none" }).values()].map(({ group }) => group)).toEqual([undefined, undefined]);
    expect(tags(module, { merge: "none" }).get("f")!.heat).toBe("cold");
  });

  test("may have got other names, where two modules have the same", () => {
    const one = { source: HOT, code: "function f() {}" };
    const other = { source: HOT.replace("@hot", "@cold"), code: "function f$1() {}" };
    const result = tags({ "/a.ts": one, "/b.ts": other });
    expect([result.get("f")!.heat, result.get("f$1")!.heat]).toEqual(["hot", "cold"]);
  });

  test("that may be either fail the build", () => {
    const module = { source: HOT, code: "function f() {}\nfunction f$1() {}" };
    expect(() => tags({ "/a.ts": module })).toThrow(
      "/a.ts: the tag of f may mean f or f$1: give them names that differ more."
    );
  });

  test.each([["function g() {}"], ["var f = 1;"], [null]])(
    "one that is tagged and has gone (%j) fails it, too",
    (code) => {
      const module = { "/a.ts": { source: HOT, code } };
      expect(() => tags(module)).toThrow("/a.ts: f is tagged @hot, but is not in the bundle.");
      expect(tags(module, { whole: false }).has("f")).toBe(false);
    }
  );
});
