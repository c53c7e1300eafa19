/** Runs C-client scenarios as a user script on one target, against a scripted peer on loopback. */
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Config } from "../../src/config/config";
import { type PeerConnection, type ReceivedFrame, startPeer, switching } from "../support/peer";
import { LISTEN_HOST } from "../support/hosts";
import { hasSmallHeap, type Target } from "../support/targets";

/** One situation that the C client was recorded in, or one on which this client does better. */
export interface Scenario {
  name: string;
  /** Without `uri`, the peer's. A function is given the peer's port, and the number with which the path must begin. */
  config?: Config | ((port: number, index: number) => Config);
  /** Behind the URI. */
  path?: string;
  /** ES5: body of `function (client, next, index)`, run before `start`. */
  script?: string;
  /** Milliseconds to wait for further events behind FINISH. */
  after?: number;
  /** The script says with `next()` when it is over, not FINISH. */
  again?: boolean;
  /** The client is not started; `next()` ends it. */
  idle?: boolean;
  /** What the server does with each connection (0 is the first) whose request has been read. */
  peer?: (connection: PeerConnection, index: number) => Promise<void> | void;
  /** The lines that must be printed: events and what the script prints. HEADER_RECEIVED is left out. */
  trace: string[] | ((lines: string[]) => void);
  /** Keep HEADER_RECEIVED in the trace. */
  headers?: boolean;
  /** Connections that the server must have seen. Default 1, or 0 for a client that is not started. */
  connections?: number;
}

/** What came of a scenario. */
export interface Outcome {
  lines: string[];
  connections: number;
  failure?: Error;
}

/** The script's own modules, without their comments. */
const MODULES = Object.fromEntries(
  ["trace", "harness"].map((name) => [
    name,
    fs.readFileSync(path.join(__dirname, name + ".js"), "utf8").replace(/\/\*[^]*?\*\//g, ""),
  ])
);

const PRELUDE = `
var ws = require("esp_websocket_client"), harness = require("harness");
var at = harness.at, stopAt = harness.stopAt, scripts = {};
`;

/** Answers the request with a good opening handshake. */
export function accept(connection: PeerConnection, extra: string[] = []): void {
  connection.send(switching(connection.header("Sec-WebSocket-Key") ?? "", extra));
}

/** A frame from the client: its first two bytes, and the unmasked payload in hex. It must be masked. */
export function wire(frame: ReceivedFrame): string {
  expect(frame.masked).toBe(true);
  return [frame.raw.toString("hex", 0, 2), frame.payload.toString("hex")].filter(Boolean).join(" ");
}

/** A port of this machine at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, LISTEN_HOST, resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Runs all scenarios in one run of the interpreter. */
export async function runScenarios(target: Target, scenarios: Scenario[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = scenarios.map(() => ({ lines: [], connections: 0 }));
  const peer = await startPeer(async (connection) => {
    await connection.readHead();
    const index = +/^\/\??(\d+)/.exec(connection.path)![1];
    const outcome = outcomes[index];
    try {
      await scenarios[index].peer?.(connection, outcome.connections++);
    } catch (error) {
      outcome.failure ??= error as Error;
      connection.reset();
    }
  });
  try {
    const deadUrl = `ws://127.0.0.1:${await deadPort()}/`;
    const list = scenarios.map(({ config = {}, path: behind, after, again, idle }, index) => ({
      ...{ index, path: behind, after, again, idle },
      config: typeof config === "function" ? config(peer.port, index) : config,
    }));
    // A small heap does not hold them all at once.
    const size = hasSmallHeap(target) ? 1 : list.length;
    for (let start = 0; start < list.length; start += size) {
      const some = list.slice(start, start + size);
      const scripts = some.map(({ index }) => {
        const { script } = scenarios[index];
        return script ? `scripts[${index}]=function(client,next,index){${script.replace(/\n\s+/g, "\n")}};` : "";
      });
      const program = [PRELUDE, ...scripts, "harness.run(SCENARIOS, scripts, URL, DEAD_URL);"].join("\n");
      const preset = { SCENARIOS: some, URL: peer.url, DEAD_URL: deadUrl };
      const result = await target.run(program, { preset, storage: MODULES });
      const uncaught = result.uncaught.filter((line) => !line.startsWith("ERROR: Connect failed"));
      if (uncaught.length) for (const { index } of some) outcomes[index].failure ??= new Error(uncaught.join("\n"));
      let current: Outcome | undefined;
      for (const line of result.lines) {
        const begin = /^== (\d+)$/.exec(line);
        if (begin) current = outcomes[+begin[1]];
        else current?.lines.push(line);
      }
    }
  } finally {
    await peer.close();
  }
  return outcomes;
}

/** The tests of a list of scenarios on one target. */
export function testScenarios(target: Target, scenarios: Scenario[]): void {
  let outcomes: Outcome[] = [];
  beforeAll(async () => {
    outcomes = await runScenarios(target, scenarios);
  });

  test.each(scenarios.map((scenario, index) => [scenario.name, scenario, index] as const))(
    "%s",
    (_name, scenario, index) => {
      const { lines, connections, failure } = outcomes[index];
      if (failure) throw failure;
      const trace = lines
        // The board's own code of a socket error, and an Accept that follows from a random key, differ from run to run.
        .map((line) => line.replace(/ (errno|tls)=-?\d+/g, "").replace(/(Sec-WebSocket-Accept: )[^ ]*/, "$1*"))
        // Espruino's console says so itself when a connect fails.
        .filter((line) => !line.startsWith("ERROR: Connect failed"))
        .filter((line) => scenario.headers || !line.startsWith("HEADER_RECEIVED"));
      if (typeof scenario.trace === "function") scenario.trace(trace);
      else expect(trace).toEqual(scenario.trace);
      expect(connections).toBe(scenario.connections ?? (scenario.idle ? 0 : 1));
    }
  );
}
