/**
 * The code blocks of README.md and docs/. The first word behind the fence is the language; others tell the tests what
 * to do with the block:
 *
 *     js               a script for the board: it is run, and ends by itself
 *     js stays         the same, but it stays connected: it is ended once the server has heard from it
 *     js node          a script for Node
 *     js node-server   a server for boards: test/tls_psk/interop.test.ts, as ini
 *     js file=NAME     is what the file NAME holds
 *     ts, c            is compiled
 *     ts board         a script for the board in TypeScript: test/package/typescript.test.ts compiles and runs it
 *     json             is JSON
 *     sh               names commands, files and options that exist
 *     text             behind a block that is run: what that prints
 *     text start       what `npm start` prints
 *     text picture     a drawing
 *     text from=NAME   lines that the file NAME can print
 */
import fs from "node:fs";
import path from "node:path";

export const root = path.join(__dirname, "../..");

/** Documents with JavaScript and TypeScript that are not a user's script, and the tests that see to them. */
export const TESTED_ELSEWHERE: Record<string, string> = {
  "docs/adding-a-board.md": "test/board/jerryscript/adding_a_board.test.ts",
};

export interface Block {
  /** Where it stands: "docs/api.md:12". */
  place: string;
  /** The document's folder and name, below the project's root. */
  document: string;
  language: string;
  /** The other words behind the fence. */
  words: string[];
  code: string;
  /** The text block right behind it, if there is one. */
  output?: string;
}

/** The pages in the project's folder, and those in docs/. */
export function documents(): string[] {
  const docs = fs.readdirSync(path.join(root, "docs")).map((name) => `docs/${name}`);
  const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md"];
  return [...pages, ...docs.filter((name) => name.endsWith(".md")).sort()];
}

export function read(document: string): string {
  return fs.readFileSync(path.join(root, document), "utf8");
}

/** All blocks of a document, in order. */
export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  let block: Block | undefined;
  let fence = "";
  let indent = 0;
  let last = -1;
  read(document)
    .split("\n")
    .forEach((line, number) => {
      const mark = /^( *)(`{3,})(.*)$/.exec(line);
      if (!block && mark) {
        const [language = "", ...words] = mark[3].trim().split(/\s+/);
        fence = mark[2];
        indent = mark[1].length;
        block = { place: `${document}:${number + 1}`, document, language, words, code: "" };
      } else if (block && line.trim() === fence) {
        const before = blocks.at(-1);
        const between = read(document)
          .split("\n")
          .slice(last + 1, Number(block.place.split(":")[1]) - 1);
        // A short sentence may introduce the output.
        const follows = between.filter((text) => text.trim()).length < 2;
        if (block.language === "text" && !block.words.length && before && !before.output && follows)
          before.output = block.code.trimEnd();
        else blocks.push(block);
        block = undefined;
        last = number;
      } else if (block) block.code += `${line.slice(indent)}\n`;
    });
  if (block) throw new Error(`${block.place}: the block has no end`);
  return blocks;
}

/** All blocks of all documents that `wanted` picks. */
export function blocks(wanted: (block: Block) => boolean): Block[] {
  return documents().flatMap(blocksOf).filter(wanted);
}
