/** The minifier for interpreters that run from source text, as a rollup plugin: the passes, in their order. */
import type { Plugin } from "rollup";
import { endReturnsPass } from "./passes/end_returns";
import { inlineAliasesPass } from "./passes/inline_aliases";
import { localExportsPass } from "./passes/local_exports";
import { mergeColdPass } from "./passes/merge_cold";
import { oneUndefinedPass } from "./passes/one_undefined";
import { packExportsPass } from "./passes/pack_exports";
import { packNamesPass } from "./passes/pack_names";
import { packWordsPass } from "./passes/pack_words";
import type { Pass } from "./passes/pass";
import { shortFieldsPass } from "./passes/short_fields";
import { compressPass, manglePass } from "./passes/terser";
import { Groups, Tags, tagsOf } from "./tags";

/** Groups of cold functions, by the folders of their sources. */
export const GROUPS: Groups = [
  ["life", "/src/client/"],
  ["setup", "/"],
];

/** For a bundle that is fast first: what runs for each message costs no look-up more than in the source. */
const FAST: Pass[] = [
  packExportsPass,
  inlineAliasesPass,
  localExportsPass,
  compressPass,
  mergeColdPass,
  oneUndefinedPass,
  shortFieldsPass,
  manglePass,
  packWordsPass,
  endReturnsPass,
];

/** For one that is small first. */
const SMALL: Pass[] = [compressPass, manglePass, endReturnsPass, packNamesPass];

export interface MinifierOptions {
  /** Smaller, and a little slower. */
  small?: boolean;
  /** A user's bundle: not all that the library has is used, and little is left of each group. */
  partial?: boolean;
  /** Is told of what each pass saves, a line each. */
  report?: (lines: string[]) => void;
}

/** What each pass begins with, and, last, what the last one ends with. */
async function runPasses(code: string, tags: Tags, passes: Pass[], notes?: Map<Pass, string>): Promise<string[]> {
  const stages = [code];
  for (const pass of passes)
    stages.push(await pass.run(stages[stages.length - 1], tags, (note) => notes?.set(pass, note)));
  return stages;
}

/** A line for each pass: how many bytes the bundle has less than it would have without it. */
async function savings(stages: string[], tags: Tags, passes: Pass[], notes: Map<Pass, string>): Promise<string[]> {
  const bytes = stages[passes.length].length;
  const lines: string[] = [];
  for (const [i, pass] of passes.entries()) {
    const without = await runPasses(stages[i], tags, passes.slice(i + 1));
    const more = bytes - without[without.length - 1].length;
    const note = notes.has(pass) ? ` (${notes.get(pass)})` : "";
    lines.push(`  ${pass.name}: ${more > 0 ? "+" : ""}${more} bytes${note}`);
  }
  return lines;
}

/** A rollup plugin for an output that a board runs. */
export function minifyForBoard({ small = false, partial = false, report }: MinifierOptions = {}): Plugin {
  const passes = small ? SMALL : FAST;
  const merge = partial ? "all" : "groups";
  return {
    name: "minify-for-board",
    async renderChunk(bundle, chunk) {
      const tags = tagsOf(chunk, { groups: GROUPS, merge, whole: !partial });
      const notes = new Map<Pass, string>();
      const stages = await runPasses(bundle, tags, passes, notes);
      report?.(await savings(stages, tags, passes, notes));
      return { code: stages[passes.length], map: null };
    },
  };
}
