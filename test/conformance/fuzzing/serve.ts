/** `node tools/run_typescript.cjs test/conformance/fuzzing/serve.ts [port]`: serves until it is ended. */
import { CASES } from "./cases";
import { startFuzzingServer } from "./server";

async function main(): Promise<void> {
  const server = await startFuzzingServer({ port: Number(process.argv[2] ?? 9001) });
  console.log(`${CASES.length} cases at ${server.url}. Ctrl-C ends it, and tells what failed.`);
  process.once("SIGINT", () => {
    for (const [agent, cases] of server.results) {
      for (const [id, { behavior, reason }] of cases) if (reason) console.log(`${agent} ${id} ${behavior}: ${reason}`);
    }
    void server.close();
  });
}

void main();
