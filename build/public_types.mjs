/** What is published as types: no private names, and nothing that only those need. */
import ts from "typescript";

/**
 * A rollup plugin for bundled declarations. Private members begin with an underscore; they are left out, and so are
 * declarations that nothing published refers to.
 *
 * @param {{ exportEquals?: string }} options exportEquals: the default export's name, where the module is that value
 */
export function publicTypes({ exportEquals } = {}) {
  return {
    name: "public-types",
    renderChunk(code) {
      let source = code;
      for (let previous; previous !== source;) {
        previous = source;
        source = withoutUnused(withoutPrivate(source));
      }
      return { code: exportEquals ? withExportEquals(source, exportEquals) : source, map: null };
    },
  };
}

const parse = (source) => ts.createSourceFile("types.d.ts", source, ts.ScriptTarget.Latest, true);

/** Cuts nodes out of a source, each with its comment. */
function cut(source, nodes) {
  return [...nodes]
    .sort((one, other) => other.pos - one.pos)
    .reduce((text, node) => text.slice(0, node.pos) + text.slice(node.end), source);
}

function withoutPrivate(source) {
  const file = parse(source);
  const members = file.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap(({ members }) => [...members])
    .filter(({ name }) => name && /^_/.test(name.getText(file)));
  return cut(source, members);
}

/** Leaves out what is neither exported nor named by anything else, and empty interfaces that others extend. */
function withoutUnused(source) {
  const file = parse(source);
  const empty = file.statements
    .filter((node) => ts.isInterfaceDeclaration(node) && node.members.length === 0 && !node.heritageClauses)
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
  const uses = new Map();
  const count = (node) => {
    if (ts.isIdentifier(node)) uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
    ts.forEachChild(node, count);
  };
  count(file);
  // What is exported is named once more, at the end.
  const named = (node) =>
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isFunctionDeclaration(node);
  return cut(
    source,
    file.statements.filter((node) => named(node) && uses.get(node.name.text) === 1)
  );
}

/** `export =`: what `require` gives is the value itself. The types are beside it, in a namespace of the same name. */
function withExportEquals(source, name) {
  const file = parse(source);
  const imports = file.statements.filter(ts.isImportDeclaration);
  const declared = file.statements.filter((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node));
  const value = file.statements.find(ts.isVariableStatement).declarationList.declarations[0];
  const text = (nodes) => nodes.map((node) => node.getFullText(file).trim());
  const inner = `${name}Types`;
  const alias = ({ name, typeParameters = [] }) => {
    const parameters = typeParameters.map((parameter) => parameter.getText(file)).join(", ");
    const type = `${name.text}${parameters && `<${parameters}>`}`;
    return `type ${type} = ${inner}.${type};`;
  };
  const indent = (lines) => lines.join("\n").replace(/^(?=.)/gm, "    ");
  return [
    ...text(imports),
    `declare namespace ${inner} {`,
    indent(text(declared)),
    "}",
    ...declared.filter((node) => node.name.text === name).map(alias),
    `declare const ${name}: ${inner}.${value.type.getText(file)};`,
    `declare namespace ${name} {`,
    indent(declared.filter((node) => node.name.text !== name).map(alias)),
    "}",
    `export = ${name};`,
    "",
  ].join("\n");
}
