import fs from "node:fs";
import path from "node:path";
import { Interpreter } from "./interpreter";
import { Peer } from "./peer";

/** Where counts are taken: the interpreter, and the modules in its Storage. */
export interface Counter {
  binary: string;
  modules: Record<string, string>;
}

const script = fs.readFileSync(path.join(__dirname, "scripts", "count.js"), "utf8");
/** Bytes that stream through a client. */
const STREAM = 1 << 20;
/** Bytes of a trial that may fail. */
const TRIAL = 1 << 15;

type Preset = Record<string, string | number>;

/** Runs bench/scripts/count.js against a server that echoes; `use` reads what it prints. */
async function count<Result>(
  { binary, modules }: Counter,
  preset: Preset,
  use: (interpreter: Interpreter, peer: Peer) => Promise<Result>
): Promise<Result> {
  const peer = new Peer(preset.WHAT === "bare");
  const port = await peer.listen();
  try {
    const defaults = { WHAT: "ours", CLIENTS: 1, ROUNDS: 0, BALLAST: 0, BYTES: 0, PORT: port };
    const interpreter = await Interpreter.start({
      binary,
      modules,
      place: "flash",
      script,
      preset: { ...defaults, ...preset },
    });
    try {
      return await use(interpreter, peer);
    } finally {
      await interpreter.stop();
    }
  } finally {
    await peer.close();
  }
}

/** Variables that `require(name)` takes from Storage. */
export function variablesOfRequire(counter: Counter, name: string): Promise<number> {
  return count(counter, { COUNT: "require", WHAT: name }, async (it) => Number(await it.next("require")));
}

/** Variables of each further open, idle client, its socket included. */
export async function variablesOfClient(counter: Counter, what: "ours" | "ws" | "bare"): Promise<number> {
  const of = (clients: number) =>
    count(counter, { COUNT: "idle", WHAT: what, CLIENTS: clients }, async (it) => Number(await it.next("idle")));
  const few = 1;
  const many = 4;
  return ((await of(many)) - (await of(few))) / (many - few);
}

/** Variables that are left after `rounds` times connect, echo and destroy. */
export function variablesLeft(counter: Counter, rounds: number): Promise<number> {
  return count(counter, { COUNT: "rounds", ROUNDS: rounds }, async (it, peer) => {
    const echo = async () => {
      for (;;) {
        const link = await peer.link();
        link.onPayload = (payload) => link.send(payload, true);
      }
    };
    void echo();
    // Two seconds each, on however slow a machine.
    return Number(await it.next("left", 10_000 + rounds * 2000));
  });
}

/**
 * How many free variables it takes that 1 MB streams through an open client, `buffer_size` 1024: the smallest number
 * with which it works. That counts what lives only for a moment, too.
 */
export async function variablesToStream(counter: Counter, direction: "send" | "receive"): Promise<number> {
  let enough = 1024;
  let tooFew = 0;
  if (!(await streams(counter, direction, enough, TRIAL))) return NaN;
  while (enough - tooFew > 4) {
    const middle = (enough + tooFew) >> 1;
    if (await streams(counter, direction, middle, TRIAL)) enough = middle;
    else tooFew = middle;
  }
  while (!(await streams(counter, direction, enough, STREAM))) enough += 4;
  return enough;
}

/** True if so many bytes stream through a client where no more than `free` variables are free. */
export async function streams(
  counter: Counter,
  direction: "send" | "receive",
  free: number,
  bytes: number
): Promise<boolean> {
  const preset = { COUNT: "stream", WHAT: direction, BALLAST: free, BYTES: bytes };
  return count(counter, preset, async (it, peer) => {
    const link = await peer.link();
    const received = direction === "send" ? link.receive(bytes) : Promise.resolve("");
    try {
      await it.next("free");
      if (direction === "receive") link.send(Buffer.alloc(bytes, "0123456789abcdef"), true);
      if ((await it.next("ended")) !== "well") return false;
    } catch {
      // It said that memory ran out, or died of it.
      return false;
    }
    await received;
    return true;
  });
}
