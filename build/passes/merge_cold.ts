/**
 * Makes functions that run seldom cost no variables.
 *
 * On Espruino a function takes 5 variables and one per parameter for as long as the bundle is loaded. Those of a
 * bundle's top level that are only ever called, and are not hot, become the branches of one function per group. What a
 * call pays for it is the reading past the branches before its own.
 */
import type { CallExpression, FunctionDeclaration, Identifier, Program } from "acorn";
import MagicString from "magic-string";
import { allNames, freeName, isDeclared, parseBundle, Place, placesOf, visitAll } from "../syntax";
import type { Tags } from "../tags";
import type { Pass } from "./pass";

interface Cold {
  name: string;
  node: FunctionDeclaration;
  calls: CallExpression[];
}

/** `setTimeout(name, time, …)`: the function's number can go before its arguments. */
const isTimer = (node: CallExpression): boolean =>
  node.callee.type === "Identifier" && node.callee.name === "setTimeout";

/** The call at a place; undefined if a function is not called there, but handed on. */
function callAt({ node, around }: Place): CallExpression | undefined {
  const parent = around[around.length - 1];
  if (parent.type !== "CallExpression") return undefined;
  return parent.callee === node || (isTimer(parent) && parent.arguments[0] === node) ? parent : undefined;
}

/** Why a function cannot be a branch of another one; undefined if it can. */
function obstacle(node: FunctionDeclaration, places: Place[]): string | undefined {
  let found: string | undefined;
  visitAll(node.body, (child) => {
    if (child.type === "ThisExpression") found = "it uses `this`";
    if (child.type === "Identifier" && child.name === "arguments") found = "it uses `arguments`";
    if (child.type === "FunctionDeclaration") found = "it declares a function of its own";
  });
  if (places.some((place) => !callAt(place))) found = "it is handed on or changed, and not only called";
  return found;
}

/** The functions that become branches, by their groups. */
function coldFunctions(program: Program, tags: Tags): Map<string, Cold[]> {
  const declared = new Map<string, FunctionDeclaration>();
  for (const node of program.body) if (node.type === "FunctionDeclaration") declared.set(node.id.name, node);
  const uses = placesOf(program, declared).filter((place) => !isDeclared(place));
  const groups = new Map<string, Cold[]>();
  for (const [name, node] of declared) {
    const { heat, group } = tags.get(name) ?? {};
    if (heat === "hot" || !group) continue;
    const places = uses.filter((place) => place.node.name === name);
    const reason = obstacle(node, places);
    if (heat === "cold" && reason) throw new Error(`${name} is tagged @cold, but cannot be a branch: ${reason}.`);
    // One that is used once is best put where it is used.
    if (reason || (places.length < 2 && heat !== "cold")) continue;
    const calls = places.map((place) => callAt(place)!);
    groups.set(group, [...(groups.get(group) ?? []), { name, node, calls }]);
  }
  return groups;
}

/** Makes the calls of branch `number` calls of the function that it has gone to. */
function redirect(text: MagicString, calls: CallExpression[], merged: string, number: number): void {
  for (const call of calls) {
    const timer = isTimer(call);
    const name = timer ? call.arguments[0] : call.callee;
    const first = call.arguments[timer ? 2 : 0];
    text.overwrite(name.start, name.end, merged);
    if (first) text.appendLeft(first.start, `${number}, `);
    else text.appendLeft(call.end - 1, timer ? `, ${number}` : `${number}`);
  }
}

/** The bundle with one function for each group in the place of the group's functions. */
export function mergeCold(code: string, tags: Tags, note: (text: string) => void = () => {}): string {
  const program = parseBundle(code);
  const groups = coldFunctions(program, tags);
  if (groups.size === 0) return code;
  const taken = allNames(program);
  const branch = freeName("branch", taken);
  const argument = (i: number): string => freeName(`argument${i}`, taken);
  const text = new MagicString(code);
  const merged = new Map([...groups.keys()].map((group) => [group, freeName(`run_${group}`, taken)]));

  for (const [group, members] of groups) {
    members.forEach(({ node, calls }, number) => {
      redirect(text, calls, merged.get(group)!, number);
      const names = new Map(node.params.map((param, i) => [(param as Identifier).name, argument(i)]));
      for (const place of placesOf(node.body, names))
        text.overwrite(place.node.start, place.node.end, names.get(place.node.name)!);
    });
  }
  // All edits are made: what follows takes the edited bodies.
  const made = [...groups].map(([group, members]) => {
    const most = Math.max(...members.map(({ node }) => node.params.length));
    const parameters = [branch, ...Array.from({ length: most }, (_, i) => argument(i))];
    const branches = members.map(
      ({ node }, number) => `if (${branch} == ${number}) ${text.slice(node.body.start, node.body.end)}\n`
    );
    return `function ${merged.get(group)}(${parameters.join(", ")}) {\n${branches.join("")}}\n`;
  });
  const moved = [...groups.values()].flat();
  for (const { node } of moved) text.remove(node.start, node.end);
  text.appendLeft(Math.min(...moved.map(({ node }) => node.start)), `\n${made.join("")}`);
  note(`${moved.length} functions are ${groups.size}`);
  return text.toString();
}

export const mergeColdPass: Pass = { name: "cold functions merged", run: mergeCold };
