/** What is published as types: no private names, and nothing that only those need. */
import type { Plugin } from "rollup";
import ts from "typescript";
import { BUILD_TAGS } from "./tags";

type Declared = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/**
 * A rollup plugin for bundled declarations. Private members begin with an underscore; they are left out, and so are
 * declarations that nothing published refers to.
 *
 * `exportEquals` is the default export's name, where the module is that value.
 */
export function publicTypes({ exportEquals }: { exportEquals?: string } = {}): Plugin {
  return {
    name: "public-types",
    renderChunk(code) {
      let source = withoutBuildTags(code);
      for (let previous: string | undefined; previous !== source;) {
        previous = source;
        source = withoutUnused(withoutPrivate(source));
      }
      return { code: exportEquals ? withExportEquals(source, exportEquals) : source, map: null };
    },
  };
}

const parse = (source: string): ts.SourceFile =>
  ts.createSourceFile("types.d.ts", source, ts.ScriptTarget.Latest, true);

/** Cuts nodes out of a source, each with its comment. */
function cut(source: string, nodes: ts.Node[]): string {
  return [...nodes]
    .sort((one, other) => other.pos - one.pos)
    .reduce((text, node) => text.slice(0, node.pos) + text.slice(node.end), source);
}

/** Leaves out what doc comments tell the build alone. */
function withoutBuildTags(source: string): string {
  const file = parse(source);
  return file.statements
    .flatMap((node) => ts.getJSDocTags(node))
    .filter(({ tagName }) => BUILD_TAGS.includes(tagName.text))
    .sort((one, other) => other.pos - one.pos)
    .reduce((text, tag) => {
      // The whole line, where there is nothing else in it.
      const line = text.lastIndexOf("\n", tag.pos);
      const start = /^\s*\*\s*$/.test(text.slice(line, tag.pos)) ? line : tag.pos;
      return text.slice(0, start) + text.slice(tag.pos).replace(/^@.*?(?=\s*(\n|\*\/))/, "");
    }, source);
}

function withoutPrivate(source: string): string {
  const file = parse(source);
  const members = file.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap(({ members }) => [...members])
    .filter(({ name }) => name && /^_/.test(name.getText(file)));
  return cut(source, members);
}

/** Leaves out what is neither exported nor named by anything else, and empty interfaces that others extend. */
function withoutUnused(source: string): string {
  const file = parse(source);
  const empty = file.statements
    .filter(ts.isInterfaceDeclaration)
    .filter((node) => node.members.length === 0 && !node.heritageClauses)
    .map(({ name }) => name.text);
  const heirs = file.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap(({ heritageClauses }) => [...(heritageClauses ?? [])])
    .filter(({ types }) => types.some((type) => empty.includes(type.getText(file))));
  if (heirs.length > 0) {
    const { pos, end, types } = heirs[0];
    const kept = types.map((type) => type.getText(file)).filter((name) => !empty.includes(name));
    return source.slice(0, pos) + (kept.length ? ` extends ${kept.join(", ")}` : "") + source.slice(end);
  }
  const uses = new Map<string, number>();
  const count = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
    ts.forEachChild(node, count);
  };
  count(file);
  // What is exported is named once more, at the end.
  const named = (node: ts.Node): node is Declared | ts.FunctionDeclaration =>
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isFunctionDeclaration(node);
  return cut(
    source,
    file.statements.filter((node) => named(node) && uses.get(node.name!.text) === 1)
  );
}

/** `export =`: what `require` gives is the value itself. The types are beside it, in a namespace of the same name. */
function withExportEquals(source: string, name: string): string {
  const file = parse(source);
  const imports = file.statements.filter(ts.isImportDeclaration);
  const declared = file.statements.filter(
    (node): node is Declared => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
  );
  const value = file.statements.find(ts.isVariableStatement)!.declarationList.declarations[0];
  const text = (nodes: readonly ts.Node[]) => nodes.map((node) => node.getFullText(file).trim());
  const inner = `${name}Types`;
  const alias = ({ name, typeParameters }: Declared): string => {
    const parameters = (typeParameters ?? []).map((parameter) => parameter.getText(file)).join(", ");
    const type = `${name.text}${parameters && `<${parameters}>`}`;
    return `type ${type} = ${inner}.${type};`;
  };
  const indent = (lines: string[]) => lines.join("\n").replace(/^(?=.)/gm, "    ");
  return [
    ...text(imports),
    `declare namespace ${inner} {`,
    indent(text(declared)),
    "}",
    ...declared.filter((node) => node.name.text === name).map(alias),
    `declare const ${name}: ${inner}.${value.type!.getText(file)};`,
    `declare namespace ${name} {`,
    indent(declared.filter((node) => node.name.text !== name).map(alias)),
    "}",
    `export = ${name};`,
    "",
  ].join("\n");
}
