/**
 * Makes functions that run seldom cost no variables.
 *
 * On Espruino a function takes 5 variables and one per parameter for as long as the bundle is loaded. Those of a
 * bundle's top level that are only ever called, and are not hot, become the branches of one function per group. What a
 * call pays for it is the reading past the branches before its own.
 */
const { parse } = require("acorn");
const { full, fullAncestor } = require("acorn-walk");

const isFunction = (node) => node.type === "FunctionDeclaration" || node.type === "FunctionExpression";

/** The names that a function declares: a name among them hides one from outside. */
function declaredIn(node) {
  const names = new Set(node.params.map((param) => param.name));
  if (node.id && node.type === "FunctionExpression") names.add(node.id.name);
  fullAncestor(node.body, (child, _, ancestors) => {
    if (ancestors.slice(0, -1).some(isFunction)) return;
    if (child.type === "VariableDeclarator" || child.type === "FunctionDeclaration") names.add(child.id.name);
  });
  return names;
}

/** Every place inside `root` that means a name of the scope around it, with the nodes around, the innermost last. */
function placesOf(root, names) {
  const places = [];
  const declared = new Map();
  fullAncestor(root, (node, _, ancestors) => {
    if (node.type !== "Identifier" || !names.has(node.name)) return;
    const around = ancestors.slice(0, -1);
    const hidden = around.some((parent) => {
      if (parent.type === "CatchClause") return parent.param.name === node.name;
      if (!isFunction(parent)) return false;
      if (!declared.has(parent)) declared.set(parent, declaredIn(parent));
      return declared.get(parent).has(node.name);
    });
    if (!hidden) places.push({ node, around });
  });
  return places;
}

/** True for `setTimeout(name, time, …)`: the function's number can go before its arguments. */
const isTimer = (parent, node) =>
  parent.type === "CallExpression" && parent.callee.name === "setTimeout" && parent.arguments[0] === node;

/** Functions of the top level that are called by their name only, with their calls; `groupOf` says which may move. */
function coldFunctions(program, groupOf) {
  const cold = new Map();
  for (const node of program.body) {
    if (node.type !== "FunctionDeclaration" || !groupOf(node.id.name)) continue;
    let movable = true;
    full(node, (child) => {
      if (child.type === "ThisExpression" || child.name === "arguments") movable = false;
    });
    if (movable) cold.set(node.id.name, { node, calls: [] });
  }
  for (const { node, around } of placesOf(program, cold)) {
    const parent = around[around.length - 1];
    if (parent.type === "CallExpression" && parent.callee === node) cold.get(node.name)?.calls.push(parent);
    else if (isTimer(parent, node)) cold.get(node.name)?.calls.push(parent);
    else if (parent.type !== "FunctionDeclaration" || parent.id !== node) cold.delete(node.name);
  }
  // One that is used once is best put where it is used.
  for (const [name, { calls }] of cold) if (calls.length < 2 && !groupOf(name).always) cold.delete(name);
  return cold;
}

/**
 * @param {string} code a bundle, not yet minified
 * @param {(name: string) => { group: string } | undefined} groupOf the group of a function that may move
 * @returns {string} the bundle with one function for each group in the place of the group's functions
 */
function mergeColdFunctions(code, groupOf) {
  const program = parse(code, { ecmaVersion: 5 });
  const cold = coldFunctions(program, groupOf);
  const groups = new Map();
  for (const [name, it] of cold) {
    const { group } = groupOf(name);
    groups.set(group, [...(groups.get(group) ?? []), it]);
  }
  // Text that takes another's place: from, to, text.
  const edits = [];
  const headers = new Map();
  for (const [group, members] of groups) {
    const most = Math.max(...members.map(({ node }) => node.params.length));
    const parameters = Array.from({ length: most }, (_, i) => `argument${i}`);
    headers.set(group, `function run_${group}(${["branch", ...parameters].join(", ")}) {\n`);
    members.forEach(({ node, calls }, number) => {
      for (const call of calls) {
        const timer = call.callee.name === "setTimeout";
        const name = timer ? call.arguments[0] : call.callee;
        const first = call.arguments[timer ? 2 : 0];
        edits.push([name.start, name.end, `run_${group}`]);
        if (first) edits.push([first.start, first.start, `${number}, `]);
        else edits.push([call.end - 1, call.end - 1, timer ? `, ${number}` : `${number}`]);
      }
      const names = new Map(node.params.map((param, i) => [param.name, parameters[i]]));
      for (const place of placesOf(node.body, names))
        edits.push([place.node.start, place.node.end, names.get(place.node.name)]);
    });
  }
  edits.sort((one, other) => other[0] - one[0] || other[1] - one[1]);
  const edited = (start, end) => {
    let text = code.slice(start, end);
    for (const [from, to, by] of edits)
      if (from >= start && to <= end) text = text.slice(0, from - start) + by + text.slice(to - start);
    return text;
  };
  const merged = [...groups].map(([group, members]) => {
    const branches = members.map(({ node }, i) => `if (branch == ${i}) ${edited(node.body.start, node.body.end)}\n`);
    return `${headers.get(group)}${branches.join("")}}\n`;
  });
  const moved = new Set([...cold.values()].map(({ node }) => node));
  const first = program.body.findIndex((node) => moved.has(node));
  const rest = program.body.map((node) => (moved.has(node) ? "" : edited(node.start, node.end)));
  return [...rest.slice(0, first), ...merged, ...rest.slice(first)].join("\n");
}

module.exports = { mergeColdFunctions };
