/**
 * Which functions are hot and which are cold. A function says so itself, at the end of its doc comment:
 *
 * - `@hot`: it runs for each message or piece, and stays a function. Calling it by name takes 0.6 of the time of making
 *   it anew, which is what putting it where it is used comes to on Espruino.
 * - `@cold`, or `@cold group`: it runs seldom, and would make a hot function longer if it were put there. It becomes a
 *   branch of its group's function. The group is the one that is named, or that of the folder.
 *
 * Without a tag the minifier puts a function that is used once where it is used; of the others, those that are only ever
 * called become branches.
 */
import fs from "node:fs";
import { Identifier, parse } from "acorn";
import ts from "typescript";

export type Heat = "hot" | "cold";

/** What is known of a function of a bundle's top level. */
export interface Tag {
  heat?: Heat;
  /** The cold functions that it may be a branch with; undefined if it is to stay by itself. */
  group?: string;
}

/** By the names that functions have in the bundle. */
export type Tags = ReadonlyMap<string, Tag>;

/**
 * The groups of cold functions: those that are needed at the same time. A function belongs to the first one whose
 * folder is part of its module's path.
 */
export type Groups = readonly (readonly [group: string, folder: string])[];

/** The part of rollup's `RenderedChunk` that is read here: the modules in it by their paths, as they are in the bundle. */
export interface Chunk {
  modules: Record<string, { code: string | null }>;
}

export interface TagOptions {
  groups: Groups;
  /** Which functions may become branches of one: those of a group, all of them, or none. */
  merge?: "groups" | "all" | "none";
  /** The bundle has all that its modules have; in a user's, what the user does not use is left out. */
  whole?: boolean;
  /** Gives a module's source, as it was written. */
  read?: (id: string) => string;
}

/** What a doc comment may tell the build. */
export const BUILD_TAGS: readonly string[] = ["hot", "cold"] satisfies Heat[];

/** Tags of doc comments that mean nothing to the build. Any other word is a mistake. */
const OTHER_TAGS = ["param", "returns", "throws", "see", "example", "deprecated", "template", "type", "typedef"];

function fail(file: ts.SourceFile, position: number, message: string): never {
  const { line } = file.getLineAndCharacterOfPosition(position);
  throw new Error(`${file.fileName}:${line + 1}: ${message}`);
}

/** Every comment of a source file: where it begins, and its text. */
function commentsOf(file: ts.SourceFile): { at: number; text: string }[] {
  const comments = new Map<number, string>();
  const add = ({ pos, end }: ts.CommentRange) => comments.set(pos, file.text.slice(pos, end));
  const visit = (node: ts.Node): void => {
    ts.getLeadingCommentRanges(file.text, node.getFullStart())?.forEach(add);
    ts.getTrailingCommentRanges(file.text, node.getEnd())?.forEach(add);
    node.getChildren(file).forEach((child) => {
      if (!ts.isJSDoc(child)) visit(child);
    });
  };
  visit(file);
  return [...comments].map(([at, text]) => ({ at, text }));
}

/** What looks like a tag, wherever it stands. */
const TAG = /(?<=^|[\s/*])@([\w-]+)/g;

/**
 * The tagged functions of a module, by their names there.
 * @throws with file and line, for a tag that is unknown, or stands where it means nothing
 */
export function readTags(fileName: string, source: string, groups: Groups): Map<string, Tag & { heat: Heat }> {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const tags = new Map<string, Tag & { heat: Heat }>();
  const meant = new Set<number>();
  for (const node of file.statements) {
    if (!ts.isFunctionDeclaration(node) || !node.body || !node.name) continue;
    const own = ts.getJSDocTags(node).filter(({ tagName }) => BUILD_TAGS.includes(tagName.text));
    own.forEach((tag) => meant.add(tag.getStart(file)));
    if (own.length > 1) fail(file, own[1].getStart(file), `${node.name.text} has two tags: one of them is to go.`);
    if (own.length === 0) continue;
    const at = own[0].getStart(file);
    const heat = own[0].tagName.text as Heat;
    const group = ts.getTextOfJSDocComment(own[0].comment)?.trim() || undefined;
    if (heat === "hot" && group) fail(file, at, `@hot is the last word of a comment: \`${group}\` stands behind it.`);
    if (group && !groups.some(([name]) => name === group))
      fail(file, at, `@cold ${group}: there is no such group of cold functions.`);
    tags.set(node.name.text, { heat, group });
  }
  for (const { at, text } of commentsOf(file)) {
    for (const { index, 1: word } of text.matchAll(TAG)) {
      if (BUILD_TAGS.includes(word)) {
        if (!meant.has(at + index))
          fail(file, at + index, `@${word} belongs in the doc comment of a function of the module's top level.`);
      } else if (text.startsWith("/**") && !OTHER_TAGS.includes(word))
        fail(file, at + index, `@${word} is a tag that the build does not know.`);
    }
  }
  return tags;
}

/** The names of the functions that a module declares, as they are in the bundle. */
function functionsOf(code: string): string[] {
  const { body } = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  return body.flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    return declaration?.type === "FunctionDeclaration" ? [(declaration.id as Identifier).name] : [];
  });
}

/** A function's name in the bundle: rollup puts `$1`, `$2` … behind one that another module has too. */
function nameInBundle(id: string, name: string, functions: string[]): string | undefined {
  const found = functions.filter((one) => one.replace(/\$\d+$/, "") === name || one === name);
  if (found.length > 1)
    throw new Error(`${id}: the tag of ${name} may mean ${found.join(" or ")}: give them names that differ more.`);
  return found[0];
}

/**
 * Tells which of a bundle's functions are hot, which are cold, and which may be merged with which.
 * @throws for a tag that cannot be carried out
 */
export function tagsOf(chunk: Chunk, { groups, merge = "groups", whole = true, read = readSource }: TagOptions): Tags {
  const tags = new Map<string, Tag>();
  const merged = (group: string | undefined): string | undefined => {
    if (merge === "none" || !group) return undefined;
    return merge === "all" ? "cold" : group;
  };
  for (const [id, { code }] of Object.entries(chunk.modules)) {
    const functions = functionsOf(code ?? "");
    const group = groups.find(([, folder]) => id.replace(/\\/g, "/").includes(folder))?.[0];
    for (const name of functions) tags.set(name, { group: merged(group) });
    for (const [name, tag] of readTags(id, read(id), groups)) {
      const known = nameInBundle(id, name, functions);
      const isHot = tag.heat === "hot";
      if (known) tags.set(known, { heat: tag.heat, group: isHot ? undefined : merged(tag.group ?? group) });
      else if (whole) throw new Error(`${id}: ${name} is tagged @${tag.heat}, but is not in the bundle.`);
    }
  }
  return tags;
}

const readSource = (id: string): string => (fs.existsSync(id) ? fs.readFileSync(id, "utf8") : "");
