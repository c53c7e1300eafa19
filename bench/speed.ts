import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Interpreter, Place } from "./interpreter";
import { Link, Peer } from "./peer";

/** A client that is measured. */
export interface Contender {
  name: string;
  /** The script under bench/scripts that does the works with it. */
  script: string;
  modules: Record<string, string>;
  bare: boolean;
  /** Longest message in bytes. */
  limit: number;
  /** True: text only. */
  textOnly: boolean;
}

export function contender(name: string, modules: Record<string, string>, more: Partial<Contender> = {}): Contender {
  return { name, script: `${name}.js`, modules, bare: false, limit: Infinity, textOnly: false, ...more };
}

export type WorkName = "receive" | "send" | "echo" | "ping" | "pong";

/** What is measured: messages of one size, one way or both; PINGs with their PONGs; PONGs. */
export interface Work {
  work: WorkName;
  text: boolean;
  size: number;
  clients: number;
  /** Echo: messages that are on their way at once, per client. */
  window: number;
}

/** Per message, in milliseconds. */
export interface Sample {
  /** Where instructions are counted, millions of them instead. */
  cpu: number;
  wall: number;
}

/**
 * A measurement goes on for at least this much CPU time, in milliseconds, so that the clock's grain does not show; or for so
 * many millions of instructions, so that what happens once for many messages is spread over them.
 */
const ENOUGH = 200;
/** A measurement has at most this many messages. */
const MOST_MESSAGES = 4096;

const readScript = (name: string): string => fs.readFileSync(path.join(__dirname, "scripts", name), "utf8");

/** One contender, connected, ready to do one work again and again. */
class Stand {
  #peer: Peer;
  #interpreter!: Interpreter;
  #links: Link[] = [];
  #payload: Buffer;
  #count = 1;
  readonly samples: Sample[] = [];

  constructor(
    readonly contender: Contender,
    readonly work: Work,
    private readonly counted: boolean
  ) {
    this.#peer = new Peer(contender.bare);
    this.#payload = Buffer.from("0123456789abcdef".repeat(work.size / 16 + 1)).subarray(0, work.size);
  }

  async open(binary: string, place: Place): Promise<void> {
    const { work, text, size, clients } = this.work;
    const port = await this.#peer.listen();
    this.#interpreter = await Interpreter.start({
      binary,
      place,
      modules: this.contender.modules,
      script: readScript("common.js") + readScript(this.contender.script),
      preset: { WORK: work, TEXT: text, SIZE: size, CLIENTS: clients, PORT: port },
      counted: this.counted,
    });
    for (let i = 0; i < clients; i++) {
      this.#links.push(await this.#peer.link());
      // The ws module does not look at a frame that comes together with the end of the opening handshake.
      await this.#interpreter.next("open");
    }
    // What is measured are as many messages as take long enough; the runs that find out how many also warm up.
    for (;;) {
      const spent = (await this.#run()).cpu * this.#count;
      if (spent >= ENOUGH / 2 || this.#count >= MOST_MESSAGES) break;
      this.#count = Math.min(MOST_MESSAGES, Math.ceil(this.#count * Math.min(16, ENOUGH / Math.max(spent, 1))));
    }
  }

  async measure(): Promise<void> {
    this.samples.push(await this.#run());
  }

  async #run(): Promise<Sample> {
    const count = this.#count;
    const { work, text, size, window } = this.work;
    const payload = this.#payload;
    const [link] = this.#links;
    let cpu: number;
    let wall: number;
    if (work === "receive" || work === "ping" || work === "pong") {
      const opcode = { receive: text ? 1 : 2, ping: 9, pong: 10 }[work];
      link.send(Buffer.from(String(count * size)), true);
      await this.#interpreter.next("ready");
      cpu = this.#interpreter.spent();
      wall = performance.now();
      for (let i = 0; i < count; i++) link.sendFrame(opcode, payload);
      await this.#interpreter.next("done");
    } else if (work === "send") {
      const received = link.receive(count * size);
      cpu = this.#interpreter.spent();
      wall = performance.now();
      link.send(Buffer.from(String(count)), true);
      check(await received, payload, count);
    } else {
      cpu = this.#interpreter.spent();
      wall = performance.now();
      await Promise.all(
        this.#links.map(async (each) => {
          const received = each.receive(count * size);
          let unsent = count;
          const sendOne = () => {
            if (unsent-- > 0) each.send(payload, text);
          };
          let whole = 0;
          each.onPayload = (bytes) => {
            for (whole += bytes.length; whole >= size; whole -= size) sendOne();
          };
          for (let i = 0; i < window; i++) sendOne();
          check(await received, payload, count);
        })
      );
    }
    const messages = count * this.#links.length;
    const spent = this.#interpreter.spent() - (this.counted ? 0 : cpu);
    return {
      cpu: spent / messages,
      wall: (performance.now() - wall) / messages,
    };
  }

  /** The share of each of the interpreter's functions in the last measurement, as callgrind_annotate shows it. */
  profile(): string {
    const options = ["--threshold=100", "--auto=no", this.#interpreter.profile()];
    return execFileSync("callgrind_annotate", options, { encoding: "utf8", maxBuffer: 1e8 });
  }

  async close(): Promise<void> {
    await this.#interpreter?.stop();
    await this.#peer.close();
  }
}

/** Fails the benchmark if a contender did not send what it was to send. */
function check(digest: string, payload: Buffer, count: number): void {
  const hash = createHash("sha1");
  for (let i = 0; i < count; i++) hash.update(payload);
  if (digest !== hash.digest("hex")) throw new Error("The payload that came is not the one that was sent.");
}

/** Lets contenders work in turns, each at its own work. Returns the samples of each, in the order of `pairs`. */
export async function compare(
  pairs: [Contender, Work][],
  rounds: number,
  binary: string,
  place: Place
): Promise<Sample[][]> {
  const stands = pairs.map(([contender, work]) => new Stand(contender, work, false));
  try {
    for (const stand of stands) await stand.open(binary, place);
    for (let round = 0; round < rounds; round++) for (const stand of stands) await stand.measure();
  } finally {
    for (const stand of stands) await stand.close();
  }
  return stands.map((stand) => stand.samples);
}

/** Instructions of the interpreter, in thousands for each message, and what they went into. Valgrind counts them. */
export async function count(
  contender: Contender,
  work: Work,
  binary: string
): Promise<{ kI: number; profile: string }> {
  const stand = new Stand(contender, work, true);
  try {
    await stand.open(binary, "ram");
    await stand.measure();
    return { kI: stand.samples[0].cpu * 1000, profile: stand.profile() };
  } finally {
    await stand.close();
  }
}
