import { instrument, type Rewriting } from "./instrument";
import { faultsOf, type Finding } from "./syntax";
import { parseScript } from "./tree";

/** A script as the simulator runs it. */
export interface Prepared {
  /** What V8 gets. */
  text: string;
  /** What the board cannot run in it. */
  findings: readonly Finding[];
}

/** So many scripts are remembered: tests run the same library over and over. */
const REMEMBERED = 50;
const known = new Map<string, Prepared>();

/** Checks a script and rewrites it for V8. What is no JavaScript at all is left for V8 to complain about. */
export function prepare(source: string, rewriting: Rewriting): Prepared {
  const key = `${Number(rewriting.countCalls)}${Number(rewriting.sharedStrings)}${source}`;
  const before = known.get(key);
  if (before) return before;
  const prepared = make(source, rewriting);
  known.set(key, prepared);
  for (const oldest of known.keys()) {
    if (known.size <= REMEMBERED) break;
    known.delete(oldest);
  }
  return prepared;
}

function make(source: string, rewriting: Rewriting): Prepared {
  let program;
  try {
    program = parseScript(source);
  } catch {
    return { text: source, findings: [] };
  }
  return { text: instrument(source, program, rewriting), findings: faultsOf(source, program) };
}

/** What findings say, as one text: the first few with their places. */
export function describeFindings(findings: readonly Finding[], filename: string): string {
  const shown = findings.slice(0, 5).map(({ line, column, text }) => `${text} (${filename}:${line}:${column})`);
  const more = findings.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
