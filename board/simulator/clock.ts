import { clearTimeout as nodeClearTimeout, setTimeout as nodeSetTimeout } from "node:timers";
import { performance } from "node:perf_hooks";

/** Where the board's time comes from. Times are in milliseconds and never go backwards. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Calls `wake` once, `delay` milliseconds from now, unless cleared before. */
  setTimeout(wake: () => void, delay: number): unknown;
  /** Forgets a call that `setTimeout` promised. */
  clearTimeout(handle: unknown): void;
}

/** Longest delay that Node's own timers take; a longer wait is split by the caller waking early. */
const LONGEST_DELAY = 0x7fffffff;

/**
 * The machine's own clock. It uses Node's timers by module, not the globals, so that fake timers
 * installed by a test framework do not stop a board that was not given them.
 */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimeout: (wake, delay) => nodeSetTimeout(wake, Math.min(Math.ceil(delay), LONGEST_DELAY)),
  clearTimeout: (handle) => nodeClearTimeout(handle as NodeJS.Timeout),
};

interface Alarm {
  due: number;
  order: number;
  wake: () => void;
}

/**
 * A clock that stands still until it is told to go on. Give it to a board and call `advance`:
 * the board's timers then run at once, in order, without any real waiting.
 *
 * ```js
 * const clock = new VirtualClock();
 * const board = createBoard({ clock });
 * board.run("setTimeout(function () { print('a minute later') }, 60000)");
 * clock.advance(60000);
 * ```
 */
export class VirtualClock implements Clock {
  private time = 0;
  private order = 0;
  private readonly alarms = new Set<Alarm>();

  now(): number {
    return this.time;
  }

  setTimeout(wake: () => void, delay: number): unknown {
    const alarm = { due: this.time + Math.max(0, delay), order: this.order++, wake };
    this.alarms.add(alarm);
    return alarm;
  }

  clearTimeout(handle: unknown): void {
    this.alarms.delete(handle as Alarm);
  }

  /** Lets `milliseconds` pass, calling everything that falls due on the way at its own moment. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.alarms.delete(next);
      this.time = Math.max(this.time, next.due);
      next.wake();
    }
    this.time = end;
  }

  private next(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.due > end) continue;
      if (!first || alarm.due < first.due || (alarm.due === first.due && alarm.order < first.order)) first = alarm;
    }
    return first;
  }
}
