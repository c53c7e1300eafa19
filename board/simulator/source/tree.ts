import { parse, type Node, type Options } from "acorn";

/** A node of the syntax tree, with whatever its kind has. */
export type Tree = Node & { [key: string]: unknown };

/** Reads a script, or the body of a module. Throws a SyntaxError with `loc` where there is one. */
export function parseScript(code: string, options: Partial<Options> = {}): Tree {
  return parse(code, {
    ecmaVersion: "latest",
    sourceType: "script",
    locations: true,
    allowReturnOutsideFunction: true,
    ...options,
  }) as unknown as Tree;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && typeof (value as Tree).type === "string";
}

export function isFunction(node: Tree): boolean {
  return /^(Arrow)?Function(Declaration|Expression)?/.test(node.type);
}

/** The nodes right below a node, in the order of the text. */
export function children(node: Tree): Tree[] {
  const found: Tree[] = [];
  for (const key of Object.keys(node)) {
    if (key === "loc" || key === "regex") continue;
    const value = node[key];
    if (Array.isArray(value)) found.push(...value.filter(isTree));
    else if (isTree(value)) found.push(value);
  }
  return found;
}

/** Calls `visit` with each node and the nodes above it, outermost first. */
export function walk(root: Tree, visit: (node: Tree, above: readonly Tree[]) => void): void {
  const above: Tree[] = [];
  const go = (node: Tree): void => {
    visit(node, above);
    above.push(node);
    children(node).forEach(go);
    above.pop();
  };
  go(root);
}

/** The names that a pattern of a declaration or parameter binds. */
export function boundNames(pattern: Tree | null | undefined): string[] {
  if (!pattern) return [];
  if (pattern.type === "Identifier") return [String(pattern.name)];
  if (pattern.type === "Property") return boundNames(pattern.value as Tree);
  if (pattern.type === "AssignmentPattern") return boundNames(pattern.left as Tree);
  return children(pattern).flatMap(boundNames);
}
