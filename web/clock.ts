/**
 * The time for an upload. In a tab that is not in front, browsers let a page's timers run once a second only, and an
 * upload sends a thousand pieces: its timers are those of a worker.
 */
import type { Clock } from "../tools/flash/board.mjs";

export function workerClock(): Clock {
  const worker = new Worker(new URL("timer_worker.js", document.baseURI));
  const waiting = new Map<number, () => void>();
  let last = 0;
  worker.onmessage = ({ data: id }: MessageEvent<number>) => {
    const done = waiting.get(id);
    waiting.delete(id);
    done?.();
  };
  return {
    now: () => performance.now(),
    after(ms, done) {
      const id = ++last;
      waiting.set(id, done);
      worker.postMessage({ id, ms });
      return () => waiting.delete(id);
    },
  };
}
