import type { Interpreter } from "./interpreter";
import type { Callable, Plain } from "./realm";

interface Reaction {
  next: State;
  fulfilled: unknown;
  rejected: unknown;
}

interface State {
  promise: Plain;
  settled: "pending" | "fulfilled" | "rejected";
  /** Settled, or bound to another promise's fate. */
  resolved: boolean;
  value: unknown;
  reactions: Reaction[];
}

/**
 * Espruino's `Promise`: its callbacks wait in the interpreter's event queue, among the other events,
 * and a rejection that nobody handles is an uncaught exception.
 */
export function installPromise(board: Interpreter): void {
  const { realm, events } = board;
  const states = new WeakMap<object, State>();

  const queue = (run: () => void): void => events.enqueue(undefined, run, []);

  const settle = (state: State, settled: "fulfilled" | "rejected", value: unknown): void => {
    state.settled = settled;
    state.value = value;
    if (settled === "rejected" && !state.reactions.length) {
      board.raise(realm.error("Error", `Unhandled promise rejection: ${describe(value)}`));
      return;
    }
    for (const reaction of state.reactions.splice(0)) queue(() => react(state, reaction));
  };

  const react = (state: State, reaction: Reaction): void => {
    const fine = state.settled === "fulfilled";
    const callback = fine ? reaction.fulfilled : reaction.rejected;
    if (typeof callback !== "function") return resolve(reaction.next, state.value, fine);
    let result: unknown;
    try {
      result = (callback as Callable).call(state.promise, state.value);
    } catch (error) {
      return resolve(reaction.next, error, false);
    }
    resolve(reaction.next, result, true);
  };

  const resolve = (state: State, value: unknown, fine: boolean): void => {
    if (state.resolved) return;
    state.resolved = true;
    const then = fine && typeof value === "object" && value !== null ? (value as Plain).then : undefined;
    if (typeof then !== "function") return settle(state, fine ? "fulfilled" : "rejected", value);
    const inner: State = { ...state, resolved: false };
    const pass = (wins: boolean) => (result: unknown) => {
      if (inner.resolved) return;
      inner.resolved = true;
      settle(state, wins ? "fulfilled" : "rejected", result);
    };
    try {
      (then as Callable).call(value, pass(true), pass(false));
    } catch (error) {
      pass(false)(error);
    }
  };

  const make = (promise: Plain): State => {
    const state: State = { promise, settled: "pending", resolved: false, value: undefined, reactions: [] };
    states.set(promise, state);
    return state;
  };

  const BoardPromise = realm.constructorOf("Promise", function (this: unknown, executor: unknown): void {
    if (typeof executor !== "function") throw realm.error("Error", "Function required in promise constructor");
    const state = make(this as Plain);
    const settleLater = (fine: boolean) => (value: unknown) => queue(() => resolve(state, value, fine));
    try {
      (executor as Callable).call(this, settleLater(true), settleLater(false));
    } catch (error) {
      settleLater(false)(error);
    }
  });
  const fresh = (): State => make(Object.create(BoardPromise.prototype) as Plain);

  const then = (promise: unknown, fulfilled: unknown, rejected: unknown): Plain => {
    const state = typeof promise === "object" && promise !== null ? states.get(promise) : undefined;
    if (!state) throw realm.error("Error", "Promise expected");
    const reaction = { next: fresh(), fulfilled, rejected };
    if (state.settled === "pending") state.reactions.push(reaction);
    else queue(() => react(state, reaction));
    return reaction.next.promise;
  };
  realm.putAll(BoardPromise.prototype, {
    then: function (this: unknown, fulfilled: unknown, rejected: unknown): Plain {
      return then(this, fulfilled, rejected);
    },
    catch: function (this: unknown, rejected: unknown): Plain {
      return then(this, undefined, rejected);
    },
  });

  const settled = (value: unknown, fine: boolean): Plain => {
    const state = fresh();
    queue(() => resolve(state, value, fine));
    return state.promise;
  };
  realm.putAll(BoardPromise, {
    resolve: (value: unknown) =>
      typeof value === "object" && value !== null && states.has(value) ? value : settled(value, true),
    reject: (value: unknown) => settled(value, false),
    all: (items: unknown[]) => {
      const state = fresh();
      const values = realm.array();
      let left = items.length;
      items.forEach((item, index) => {
        const done = (value: unknown): void => {
          values[index] = value;
          if (--left === 0) queue(() => resolve(state, values, true));
        };
        const isPromise = typeof item === "object" && item !== null && states.has(item);
        if (isPromise) then(item, done, (error: unknown) => resolve(state, error, false));
        else queue(() => done(item));
      });
      if (left === 0) queue(() => resolve(state, values, true));
      return state.promise;
    },
  });
}

function describe(value: unknown): string {
  return String(value as string);
}
