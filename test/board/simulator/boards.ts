import { createBoard, type Board, type BoardOptions } from "../../../board/simulator";

/** A board that notes what it prints. */
export interface NotedBoard extends Board {
  printed: string[];
}

const open: Board[] = [];

/** Makes a board for one test. */
export function board(options: BoardOptions = {}): NotedBoard {
  const printed: string[] = [];
  const made = createBoard({ print: (text) => printed.push(text), ...options });
  open.push(made);
  return Object.assign(made, { printed });
}

/** Runs a script to its end; gives what it printed. */
export async function run(script: string, options: BoardOptions = {}): Promise<string[]> {
  const made = board(options);
  made.run(script);
  await made.idle();
  return made.printed;
}

/** Switches off what the test has left on. */
export async function closeBoards(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.close()));
}

/** Longest that a test waits for something, in milliseconds; it then fails. */
const PATIENCE = 20000;

/** Resolves when a condition holds; looks after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`This did not come true: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
