/** What the build's passes ask of a bundle's syntax tree. Bundles are ES5, so that a scope is a function. */
import {
  AnonymousFunctionDeclaration,
  AnyNode,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  Node,
  parse,
  Program,
} from "acorn";
import { full, fullAncestor } from "acorn-walk";

export type FunctionNode = FunctionDeclaration | AnonymousFunctionDeclaration | FunctionExpression;

/** A name where it is used or declared, and the nodes around it, the innermost last. */
export interface Place {
  node: Identifier;
  around: AnyNode[];
}

/** The names of fields that are nobody's but the library's: they begin with one underscore, and may become any. */
export const PRIVATE = /^_(?!_)/;

/** The syntax tree of a bundle, which is a script. */
export const parseBundle = (code: string): Program => parse(code, { ecmaVersion: 5 });

export function isFunction(node: Node): node is FunctionNode {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression";
}

/** Calls `visit` for every node in `root`, `root` itself among them. */
export const visitAll = (root: Node, visit: (node: AnyNode) => void): void =>
  full(root, (node) => visit(node as AnyNode));

/** All names that are used or declared anywhere in `root`; those of properties do not count. */
export function allNames(root: Node): Set<string> {
  const names = new Set<string>();
  visitAll(root, (node) => {
    if (node.type === "Identifier") names.add(node.name);
  });
  return names;
}

/** `wanted`, or, if that is taken, the first of `wanted1`, `wanted2` … that is not. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = wanted + i;
  return name;
}

/** The names that a function declares for its body: one of these hides the same name from outside. */
export function declaredIn(node: FunctionNode): Set<string> {
  const names = new Set(node.params.map((param) => (param as Identifier).name));
  if (node.id && node.type === "FunctionExpression") names.add(node.id.name);
  fullAncestor(node.body, (child, _state, ancestors) => {
    if (ancestors.slice(0, -1).some(isFunction)) return;
    const { type, id } = child as Node & { id?: Identifier };
    if (type === "VariableDeclarator" || type === "FunctionDeclaration") names.add(id!.name);
  });
  return names;
}

/** Every place in `root` that means one of `names` as they are known around `root`. */
export function placesOf(root: Node, names: { has(name: string): boolean }): Place[] {
  const places: Place[] = [];
  const declared = new Map<Node, Set<string>>();
  const hides = (parent: AnyNode, name: string): boolean => {
    if (parent.type === "CatchClause") return (parent.param as Identifier).name === name;
    if (!isFunction(parent)) return false;
    if (!declared.has(parent)) declared.set(parent, declaredIn(parent));
    return declared.get(parent)!.has(name);
  };
  fullAncestor(root, (node, _state, ancestors) => {
    const { type, name } = node as Identifier;
    if (type !== "Identifier" || !names.has(name)) return;
    const around = ancestors.slice(0, -1) as AnyNode[];
    // A declared function's own name is known outside of it.
    const scopes = around.filter((parent) => !(parent.type === "FunctionDeclaration" && parent.id === node));
    if (!scopes.some((parent) => hides(parent, name))) places.push({ node: node as Identifier, around });
  });
  return places;
}

/** True where a name gets a value after its declaration. */
export function isAssigned({ node, around }: Place): boolean {
  const parent = around[around.length - 1];
  return (
    (parent.type === "AssignmentExpression" && parent.left === node) ||
    (parent.type === "ForInStatement" && parent.left === node) ||
    parent.type === "UpdateExpression"
  );
}

/** True where a name is declared. */
export function isDeclared({ node, around }: Place): boolean {
  const parent = around[around.length - 1];
  return (parent.type === "VariableDeclarator" || parent.type === "FunctionDeclaration") && parent.id === node;
}
