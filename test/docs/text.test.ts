/** What else the documents say can be checked: links, figures, languages of blocks. */
import fs from "node:fs";
import path from "node:path";
import ts from "typescript";
import { blocks, documents, read, root, TESTED_ELSEWHERE } from "./blocks";

/** A heading's anchor, as GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replace(/ /g, "-");
}

function anchors(document: string): Set<string> {
  const headings = withoutBlocks(read(document)).match(/^#+ .*$/gm) ?? [];
  return new Set(headings.map((line) => anchor(line.replace(/^#+ /, ""))));
}

function withoutBlocks(text: string): string {
  return text.replace(/^( *)```[^]*?^\1```$/gm, "");
}

/** Words that a technical writer of today does not use, and what to write. CONTRIBUTING.md asks for usual words. */
const STIFF: [RegExp, string][] = [
  [/\bforetold\b/i, "predicted"],
  [/\bmend(s|ed|ing)?\b/i, "fix, correct"],
  [/\b(not|hardly) legible\b/i, "garbled"],
  [/\bhand(s|ed|ing)? (it |them )?on\b/i, "pass on"],
  [/\btells?\b(?! (\w+ )?apart)/i, "report, say"],
  [/\b(is|are|was|were|be) told\b/i, "report, get"],
  [/\bbe it ever\b/i, "however"],
  [/\blest\b/i, "so that … not"],
  [/\bbesides *[.;:)]/i, "also"],
  [/\b(himself|herself|his)\b/i, "their, them"],
  [/\bcomes? back by itself\b/i, "reconnects"],
  [/\bin good order\b/i, "cleanly"],
];

/** The lines of a text with such words, and the words to take. */
const stiffLines = (text: string): string[] =>
  text
    .split("\n")
    .flatMap((line) =>
      STIFF.filter(([words]) => words.test(line)).map(
        ([words, better]) => `${words.exec(line)![0]} (${better}): ${line.trim()}`
      )
    );

const examplePages = fs
  .readdirSync(path.join(root, "examples"))
  .map((name) => `examples/${name}/README.md`)
  .filter((name) => fs.existsSync(path.join(root, name)));

const types = ["esp_websocket_client", "websocket", "tls_psk", "board", "board_modules"].map(
  (name) => `dist/${name}.d.ts`
);

test.each([...documents(), "bench/README.md", ...examplePages, ...types])("%s uses usual words", (name) => {
  expect(stiffLines(read(name))).toEqual([]);
});

test("messages use usual words", () => {
  const files = ["src", "board", "tools", "bin"].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.([cm]?js|ts)$/.test(name))
      .map((name) => path.join(folder, name))
  );
  const messages = files.flatMap((file) => {
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if ((ts.isStringLiteralLike(node) || ts.isTemplateMiddleOrTemplateTail(node)) && node.text.includes(" "))
        found.push(node.text);
      if (ts.isTemplateHead(node)) found.push(node.text);
      node.forEachChild(visit);
    };
    visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true));
    return found;
  });
  expect(messages.length).toBeGreaterThan(300);
  expect(messages.flatMap(stiffLines)).toEqual([]);
});

test("stiff words are found", () => {
  const found = stiffLines("It was mended, lest\nhe hands it on himself; CLOSED tells that.\nThis tells them apart.");
  expect(found.map((line) => line.split(" (")[0])).toEqual(["mended", "lest", "hands it on", "tells", "himself"]);
});

describe.each(documents())("%s", (document) => {
  const text = withoutBlocks(read(document));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);

  test("links lead somewhere", () => {
    const broken = links.filter((link) => {
      if (/^https:\/\//.test(link)) return false;
      const [name, hash] = link.split("#");
      const target = name ? path.join(path.dirname(document), name) : document;
      if (!fs.existsSync(path.join(root, target))) return true;
      return hash !== undefined && !anchors(target).has(hash);
    });
    expect(broken).toEqual([]);
  });

  // A document on how to write a file names one that is not there.
  if (TESTED_ELSEWHERE[document]) return;
  test("names of files are right", () => {
    const names = [...text.matchAll(/`((?:src|board|test|examples|docs|build|tools|bench)\/[\w./-]*\w)`/g)].map(
      (m) => m[1]
    );
    expect(names.filter((name) => !fs.existsSync(path.join(root, name)))).toEqual([]);
  });
});

test("every block is of a language that is tested", () => {
  const tested = ["js", "ts", "json", "sh", "c", "ini", ""];
  const others = blocks(
    ({ language, words }) => !tested.includes(language) && !words.some((word) => /^(start$|picture$|from=)/.test(word))
  );
  expect(others.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
});

test.each(Object.entries(TESTED_ELSEWHERE))("the blocks of %s have a test of their own", (document, file) => {
  expect(read(file)).toContain(path.basename(document));
});

// A figure may be a tenth off before it must be corrected: the documents say "about".
test.each([...read("README.md").matchAll(/`(dist\/\S+\.js)` *\| about ([\d.]+) kB/g)].map((m) => [m[1], Number(m[2])]))(
  "README: %s has about %f kB",
  (name, kilobytes) => {
    const bytes = fs.statSync(path.join(root, name as string)).size;
    expect(Math.abs(bytes / 1000 / (kilobytes as number) - 1)).toBeLessThan(0.1);
  }
);

test("README lists every document", () => {
  const text = read("README.md");
  expect(documents().filter((name) => name !== "README.md" && !text.includes(`](${name})`))).toEqual([]);
});

test("README has the sizes of three bundles", () => {
  expect(read("README.md").match(/\| about [\d.]+ kB/g)).toHaveLength(3);
});
