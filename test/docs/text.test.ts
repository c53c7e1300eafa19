/** What else the documents say can be checked: links, figures, languages of blocks. */
import fs from "node:fs";
import path from "node:path";
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
  const tested = ["js", "ts", "sh", "c", "ini", ""];
  const others = blocks(
    ({ language, words }) => !tested.includes(language) && !words.some((word) => /^(start$|from=)/.test(word))
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

test("README tells the sizes of three bundles", () => {
  expect(read("README.md").match(/\| about [\d.]+ kB/g)).toHaveLength(3);
});
