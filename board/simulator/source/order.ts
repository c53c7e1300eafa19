import { boundNames, children, isFunction, isTree, type Tree } from "./tree";

/**
 * fails: the board throws when it comes to that place. differs: it goes on, and does something else than is meant.
 * doubtful: it depends on the way that is taken, or on the firmware.
 */
export type Severity = "fails" | "differs" | "doubtful";

export type Report = (node: Tree, text: string, severity: Severity) => void;

/** The names that have been reached, or null where nothing comes any more. */
type Reached = Set<string> | null;

/** The names that a function's own code declares anywhere, as ES5 sees it. `let`, `const` and classes have rules of their own. */
function declaredNames(body: unknown): Set<string> {
  const names = new Set<string>();
  const blockNames = new Set<string>();
  const visit = (node: Tree): void => {
    if (node.type === "FunctionDeclaration") names.add(String((node.id as Tree).name));
    if (node.type === "ClassDeclaration") blockNames.add(String((node.id as Tree).name));
    if (node.type === "VariableDeclaration") {
      const target = node.kind === "var" ? names : blockNames;
      for (const declarator of node.declarations as Tree[])
        boundNames(declarator.id as Tree).forEach((name) => target.add(name));
    }
    if (!isFunction(node)) children(node).forEach(visit);
  };
  [body].flat().filter(isTree).forEach(visit);
  for (const name of blockNames) names.delete(name);
  return names;
}

const parametersOf = (one: Tree): string[] => (one.params as Tree[]).flatMap(boundNames);

const both = (a: Reached, b: Reached): Reached => {
  if (!a || !b) return a ?? b;
  return new Set([...a].filter((name) => b.has(name)));
};

const copy = (reached: Reached): Reached => reached && new Set(reached);

/** One function, or the script itself, in the order in which Espruino comes upon its parts. */
class Scope {
  private readonly called = new Set<Tree>();
  /** Names whose declaration stands further up, on whatever way. */
  private readonly seen = new Set<string>();
  /** How many conditions the present place depends on. */
  private conditions = 0;

  constructor(
    private readonly ownNames: Set<string>,
    private readonly functionsOfScope: Map<string, Tree>,
    private readonly report: Report,
    private readonly found: (inner: Tree) => void
  ) {}

  /** Evaluates an expression, or anything that is no statement. */
  evaluate(value: unknown, reached: Reached): void {
    if (Array.isArray(value)) return value.forEach((child) => this.evaluate(child, reached));
    if (!isTree(value)) return;
    const node = value;
    if (isFunction(node)) return this.found(node);
    switch (node.type) {
      case "Identifier":
        return this.use(node, reached, true);
      case "MemberExpression":
        this.evaluate(node.object, reached);
        if (node.computed) this.evaluate(node.property, reached);
        return;
      case "Property":
        return this.evaluate(node.value, reached);
      case "MethodDefinition":
        return this.evaluate(node.value, reached);
      // A field's value is made with the object.
      case "PropertyDefinition":
        return;
      case "UnaryExpression":
        if (node.operator === "typeof" && (node.argument as Tree).type === "Identifier")
          return this.use(node.argument as Tree, reached, false);
        return this.evaluate(node.argument, reached);
      case "AssignmentExpression":
        if (node.operator === "=" && (node.left as Tree).type === "Identifier")
          this.use(node.left as Tree, reached, false);
        else this.evaluate(node.left, reached);
        return this.evaluate(node.right, reached);
      case "LogicalExpression":
        this.evaluate(node.left, reached);
        return this.perhaps(() => this.evaluate(node.right, reached));
      case "ConditionalExpression":
        this.evaluate(node.test, reached);
        return this.perhaps(() => {
          this.evaluate(node.consequent, reached);
          this.evaluate(node.alternate, reached);
        });
      case "CallExpression":
      case "NewExpression":
        this.evaluate(node.callee, reached);
        this.evaluate(node.arguments, reached);
        return this.callNow(node.callee as Tree, reached);
      default:
        return children(node).forEach((child) => this.evaluate(child, reached));
    }
  }

  private use(node: Tree, reached: Reached, reads: boolean): void {
    const name = String(node.name);
    if (!this.ownNames.has(name) || !reached || reached.has(name)) return;
    const certain = reads && this.conditions === 0 && !this.seen.has(name);
    const text = certain
      ? `\`${name}\` is used above its declaration, and does not exist yet`
      : `\`${name}\` is used where it may not have been declared yet`;
    this.report(node, text, certain ? "fails" : "doubtful");
  }

  private perhaps<T>(run: () => T): T {
    this.conditions++;
    try {
      return run();
    } finally {
      this.conditions--;
    }
  }

  private reach(name: string, reached: Reached): void {
    this.seen.add(name);
    reached?.add(name);
  }

  /** A function of this scope that is called now may use only what has been reached by now, itself or through others. */
  private callNow(callee: Tree, reached: Reached): void {
    const target = callee.type === "Identifier" ? this.functionsOfScope.get(String(callee.name)) : callee;
    if (!target || !isFunction(target) || !reached || this.called.has(target)) return;
    this.called.add(target);
    const hidden = declaredNames(target.body);
    parametersOf(target).forEach((name) => hidden.add(name));
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) return value.forEach(visit);
      if (!isTree(value) || isFunction(value)) return;
      const name = String(value.name);
      if (value.type === "Identifier" && this.ownNames.has(name) && !hidden.has(name) && !reached.has(name))
        this.report(callee, `this call uses \`${name}\`, which may not have been declared yet`, "doubtful");
      if (value.type === "MemberExpression" && !value.computed) return visit(value.object);
      if (value.type === "Property") return visit(value.value);
      if (value.type === "CallExpression" || value.type === "NewExpression") {
        const inner = value.callee as Tree;
        if (!hidden.has(String(inner.name))) this.callNow(inner, reached);
      }
      children(value).forEach(visit);
    };
    visit(target.body);
  }

  /** Runs statements one after another; returns what has been reached behind them. */
  runAll(statements: readonly Tree[], reached: Reached): Reached {
    return statements.reduce((now, statement) => this.run(statement, now), reached);
  }

  /** Runs one statement; returns what has been reached behind it. */
  private run(node: Tree | null | undefined, reached: Reached): Reached {
    if (!node) return reached;
    const part = (key: string): Tree => node[key] as Tree;
    switch (node.type) {
      case "BlockStatement":
      case "Program":
        return this.runAll(node.body as Tree[], reached);
      case "FunctionDeclaration":
        this.found(node);
        this.reach(String(part("id").name), reached);
        return reached;
      case "VariableDeclaration":
        for (const declarator of node.declarations as Tree[]) {
          this.evaluate(declarator.init, reached);
          boundNames(declarator.id as Tree).forEach((name) => this.reach(name, reached));
        }
        return reached;
      case "IfStatement":
        this.evaluate(part("test"), reached);
        return this.perhaps(() =>
          both(this.run(part("consequent"), copy(reached)), this.run(part("alternate"), copy(reached)))
        );
      case "ForStatement":
        if (part("init")?.type === "VariableDeclaration") this.run(part("init"), reached);
        else this.evaluate(part("init"), reached);
        this.evaluate(part("test"), reached);
        this.perhaps(() => this.evaluate(part("update"), this.run(part("body"), copy(reached))));
        return reached;
      case "ForInStatement":
      case "ForOfStatement":
        this.evaluate(part("right"), reached);
        if (part("left").type === "VariableDeclaration") this.run(part("left"), reached);
        else this.evaluate(part("left"), reached);
        this.perhaps(() => this.run(part("body"), copy(reached)));
        return reached;
      case "WhileStatement":
        this.evaluate(part("test"), reached);
        this.perhaps(() => this.run(part("body"), copy(reached)));
        return reached;
      case "DoWhileStatement": {
        const start = copy(reached);
        const behind = this.run(part("body"), reached) ?? start;
        this.evaluate(part("test"), behind);
        return behind;
      }
      case "SwitchStatement":
        this.evaluate(part("discriminant"), reached);
        return this.perhaps(() => {
          let before: Reached = null;
          for (const one of node.cases as Tree[]) {
            this.evaluate(one.test, reached);
            before = this.runAll(one.consequent as Tree[], both(before, copy(reached)));
          }
          return reached;
        });
      case "TryStatement":
        return this.perhaps(() => this.runTry(node, reached));
      case "LabeledStatement":
        return this.run(part("body"), reached);
      case "ReturnStatement":
      case "ThrowStatement":
        this.evaluate(part("argument"), reached);
        return null;
      case "BreakStatement":
      case "ContinueStatement":
        return null;
      default:
        this.evaluate(node, reached);
        return reached;
    }
  }

  private runTry(node: Tree, reached: Reached): Reached {
    const tried = this.run(node.block as Tree, copy(reached));
    const handler = node.handler as Tree | null;
    let caught: Reached = null;
    if (handler) {
      const start = copy(reached);
      boundNames(handler.param as Tree | null).forEach((name) => start?.add(name));
      caught = this.run(handler.body as Tree, start);
    }
    this.run(node.finalizer as Tree | null, copy(reached));
    return both(tried, caught);
  }
}

/**
 * Walks each function in the order in which it runs and keeps the set of names that have been reached on every way to
 * the present place. On a way that returns, throws, breaks or continues, nothing comes any more.
 */
export function checkOrder(program: Tree, report: Report): void {
  const functions: Tree[] = [];
  const walkScope = (body: readonly Tree[], ownNames: Set<string>): void => {
    const named = body.filter((node) => node.type === "FunctionDeclaration");
    const byName = new Map(named.map((node) => [String((node.id as Tree).name), node]));
    new Scope(ownNames, byName, report, (inner) => void functions.push(inner)).runAll(body, new Set());
  };
  walkScope(program.body as Tree[], declaredNames(program.body));
  for (let one = functions.shift(); one; one = functions.shift()) {
    const names = declaredNames(one.body);
    // A parameter exists from the start, also when a `var` repeats it.
    parametersOf(one).forEach((name) => names.delete(name));
    const body = one.body as Tree;
    walkScope(body.type === "BlockStatement" ? (body.body as Tree[]) : [body], names);
  }
}
