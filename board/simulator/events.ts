import type { Interpreter } from "./interpreter";
import type { Callable, Plain } from "./realm";
import { plain } from "./source/instrument";

/** Prefix of the properties in which Espruino keeps an object's listeners. */
const PREFIX = "#on";

/** More arguments than these cannot be emitted. */
const MAX_ARGUMENTS = 4;

interface QueuedEvent {
  target: unknown;
  /** A function, source text, or an array of these, as it was when the event was queued. */
  listeners: unknown;
  args: unknown[];
}

/**
 * The interpreter's event queue, and `on`, `emit` and their like on every object. An emitted event
 * waits until the script returns; its listeners are those of the moment of `emit`.
 */
export class EventQueue {
  private queue: QueuedEvent[] = [];

  constructor(private readonly board: Interpreter) {}

  /** Are there events that wait to be run? */
  get pending(): boolean {
    return this.queue.length > 0;
  }

  /** Forgets all that waits. */
  clear(): void {
    this.queue = [];
  }

  /** The listeners of an event, as the property that scripts can see. */
  listeners(target: object, event: string): unknown {
    return (target as Plain)[PREFIX + event];
  }

  /** Puts an event of the board's own into the queue, if anybody listens. */
  emit(target: object, event: string, ...args: unknown[]): void {
    const listeners = this.listeners(target, event);
    if (listeners !== undefined) this.enqueue(target, listeners, args);
  }

  enqueue(target: unknown, listeners: unknown, args: unknown[]): void {
    this.queue.push({ target, listeners, args });
    this.board.wake();
  }

  /** Runs what waits, and what gets queued by that. */
  run(): void {
    for (let event = this.queue.shift(); event; event = this.queue.shift())
      this.call(event.target, event.listeners, event.args);
  }

  /** Calls listeners now; each may throw without hindering the next. Tells whether none did. */
  call(target: unknown, listeners: unknown, args: unknown[]): boolean {
    if (Array.isArray(listeners)) {
      let fine = true;
      for (const listener of present(listeners)) {
        if (listener === undefined) {
          this.board.print("Execution Interrupted during event processing.");
          return false;
        }
        fine = this.call(target, listener, args) && fine;
      }
      return fine;
    }
    if (typeof listeners === "function") return this.board.guard(() => (listeners as Callable).apply(target, args));
    if (typeof listeners === "string") return this.board.guard(() => this.board.realm.evaluate(listeners, "event"));
    return true;
  }

  /** Gives every object of the realm its `on`, `emit`, `removeListener` and so on. */
  install(onListener: (target: object, event: string) => void): void {
    const { realm } = this.board;
    const add = (first: boolean) =>
      function (this: unknown, event: unknown, listener: unknown): void {
        const target = subject(this);
        const name = eventName(event, "First argument must be String");
        if (typeof listener !== "function" && typeof listener !== "string")
          throw realm.error("TypeError", "Second argument must be a function or a String");
        const old = target[PREFIX + name];
        const list = old === undefined ? [] : Array.isArray(old) ? present(old) : torn(old);
        // A new array each time: an event that is under way does not see the change.
        target[PREFIX + name] = realm.array(first ? [listener, ...list] : [...list, listener]);
        onListener(target, name);
      };
    const subject = (target: unknown): Plain => {
      if ((typeof target === "object" && target !== null) || typeof target === "function") return target as Plain;
      throw realm.error("TypeError", "Parent must be an object - not a String, Integer, etc");
    };
    const eventName = (event: unknown, message: string): string => {
      if (typeof event === "string") return event;
      throw realm.error("TypeError", message);
    };
    const emit = (target: unknown, event: unknown, args: unknown[]): void => {
      const listeners = this.listeners(subject(target), eventName(event, "First argument must be String"));
      if (args.length > MAX_ARGUMENTS) throw realm.error("TypeError", `Too many arguments (>${MAX_ARGUMENTS})`);
      if (listeners !== undefined) this.enqueue(target, listeners, args);
    };
    const on = add(false);
    realm.putAll((realm.globals.Object as { prototype: Plain }).prototype, {
      on,
      addListener: on,
      prependListener: add(true),
      emit: function (this: unknown, event: unknown, ...args: unknown[]): void {
        emit(this, event, args);
      },
      removeListener: function (this: unknown, event: unknown, listener: unknown): void {
        const target = subject(this);
        const list = target[PREFIX + eventName(event, "First argument must be String")];
        if (!Array.isArray(list)) return;
        const at = list.indexOf(listener);
        // The place stays empty; empty ones at the array's end are no longer counted.
        if (at >= 0) delete list[at];
        while (list.length && !(list.length - 1 in list)) list.length--;
      },
      removeAllListeners: function (this: unknown, event: unknown): void {
        const target = subject(this);
        if (event !== undefined) {
          delete target[PREFIX + eventName(event, "First argument must be String or undefined")];
          return;
        }
        for (const name of Object.keys(target)) if (name.startsWith(PREFIX)) delete target[name];
      },
    });
  }
}

/** What is in an array, without the places that are empty. */
function present(list: unknown[]): unknown[] {
  return list.filter(() => true);
}

/**
 * Firmware bug, kept: where a single function is the listener (the callback of `connect`) and another is added, the
 * function is taken for a list. Its parts become the listeners: for each parameter nothing, which stops the event,
 * and its body, which then runs as text of its own, without the variables around it.
 */
function torn(listener: unknown): unknown[] {
  const source = plain(Function.prototype.toString.call(listener));
  if (source.includes("[native code]")) return [];
  const parameters = Array.from({ length: (listener as Callable).length }, () => undefined);
  return [...parameters, source.slice(source.indexOf("{") + 1, source.lastIndexOf("}"))];
}
