import type { Interpreter } from "./interpreter";
import type { Callable } from "./realm";

/** Shortest time that a timer waits, in milliseconds. */
const SHORTEST = 0.1;
/** Espruino counts whole microseconds: what is left below one is the rounding of fractions here. */
const MICROSECOND = 0.001;
/** Longest time that a timer may wait, in milliseconds: 100 years. */
const LONGEST = 3153600000000;

interface Timer {
  /** Milliseconds left, counted from the last idle pass. */
  left: number;
  /** Milliseconds between calls; undefined for a timer that runs once. */
  interval: number | undefined;
  callback: unknown;
  args: unknown[];
}

/**
 * `setTimeout` and its like. Timers count down by the time that passes between idle passes, so that
 * setting the date does not move them; those that are due in one pass run in the order in which
 * they were made, not in the order of their times.
 */
export class Timers {
  private readonly timers = new Map<number, Timer>();
  private lastPass: number;
  private changed = false;

  constructor(private readonly board: Interpreter) {
    this.lastPass = board.clock.now();
  }

  get count(): number {
    return this.timers.size;
  }

  /** Milliseconds until the first timer is due; undefined if there is none. */
  get untilNext(): number | undefined {
    let next: number | undefined;
    for (const timer of this.timers.values()) if (next === undefined || timer.left < next) next = timer.left;
    return next === undefined ? undefined : Math.max(0, next - (this.board.clock.now() - this.lastPass));
  }

  clear(): void {
    this.timers.clear();
    this.changed = true;
  }

  /** The system clock was set from outside (SNTP): the next pass takes the step for passed time. */
  step(milliseconds: number): void {
    this.lastPass -= milliseconds;
  }

  /** Runs what is due. Returns whether anything was. */
  run(): boolean {
    const now = this.board.clock.now();
    const passed = now - this.lastPass;
    this.lastPass = now;
    for (const timer of this.timers.values()) timer.left -= passed;
    let ran = false;
    do {
      this.changed = false;
      for (const [id, timer] of [...this.timers]) {
        if (timer.left < MICROSECOND) {
          ran = true;
          this.fire(id, timer);
        }
        if (this.changed) break;
      }
    } while (this.changed);
    return ran;
  }

  private fire(id: number, timer: Timer): void {
    const before = this.board.interrupted;
    const fine = this.board.guard(() => {
      if (typeof timer.callback === "string") this.board.realm.evaluate(timer.callback, "timer");
      else (timer.callback as Callable).call(undefined, ...timer.args);
    });
    if (!fine && !before && this.board.interrupted && timer.interval !== undefined) {
      this.board.print("ERROR: Ctrl-C while processing interval - removing it.");
      this.board.flag("CALLBACK");
      this.timers.delete(id);
      return;
    }
    // The interval is read after the call: the callback may have changed it.
    if (timer.interval !== undefined) timer.left += timer.interval;
    else if (this.timers.get(id) === timer) this.timers.delete(id);
  }

  private add(callback: unknown, delay: unknown, args: unknown[], repeat: boolean): number {
    const { realm } = this.board;
    if (typeof callback !== "function" && typeof callback !== "string")
      throw realm.error("Error", "Function or String not supplied!");
    const interval = milliseconds(delay);
    if (interval > LONGEST) throw realm.error("Error", "Interval is too long (>100 years)");
    let id = 1;
    for (const used of this.timers.keys()) id = Math.max(id, used + 1);
    this.timers.set(id, { left: this.fromLastPass(interval), interval: repeat ? interval : undefined, callback, args });
    this.touched();
    return id;
  }

  private fromLastPass(delay: number): number {
    return this.board.clock.now() - this.lastPass + delay;
  }

  private touched(): void {
    this.changed = true;
    this.board.wake();
  }

  private remove(ids: unknown[], name: string): void {
    if (!ids.length) {
      this.timers.clear();
    } else if (ids[0] === undefined) {
      throw this.board.realm.error("Error", `${name}(undefined) not allowed. Use ${name}() instead`);
    } else {
      this.timers.delete(Number(ids[0]));
    }
    this.touched();
  }

  /** Gives the realm its timer functions. */
  install(): void {
    const { realm } = this.board;
    realm.putAll(realm.globals, {
      setTimeout: (callback: unknown, delay: unknown, ...args: unknown[]) => this.add(callback, delay, args, false),
      setInterval: (callback: unknown, delay: unknown, ...args: unknown[]) => this.add(callback, delay, args, true),
      clearTimeout: (...ids: unknown[]) => this.remove(ids, "clearTimeout"),
      clearInterval: (...ids: unknown[]) => this.remove(ids, "clearInterval"),
      changeInterval: (id: unknown, delay: unknown) => {
        const timer = this.timers.get(Number(id));
        if (!timer) throw realm.error("Error", "Unknown Interval");
        timer.interval = milliseconds(delay);
        timer.left = this.fromLastPass(timer.interval);
        this.touched();
      },
    });
  }
}

function milliseconds(delay: unknown): number {
  const value = Number(delay);
  return value >= SHORTEST ? value : SHORTEST;
}
