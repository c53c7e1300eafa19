/** `npm run conformance`, as a user runs it: a program against a server. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { close, startPeer, text } from "../support/peer";
import { Outcome, runProgram } from "../support/program";
import { interpreters } from "../support/targets";
import { CASES, FuzzingCase } from "./fuzzing/cases";
import { FuzzingServer, FuzzingServerOptions, startFuzzingServer } from "./fuzzing/server";

const PROGRAM = path.join(__dirname, "../../bin/esp-websocket-client.js");

const run = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [PROGRAM, "conformance", ...args]);

let server: FuzzingServer | undefined;
let folder: string;

async function serve(options?: FuzzingServerOptions): Promise<string> {
  server = await startFuzzingServer(options);
  return server.url;
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-conformance-"));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});

const wanted = (...prefixes: string[]): FuzzingCase[] =>
  CASES.filter(({ id }) => prefixes.some((prefix) => id === prefix || id.startsWith(`${prefix}.`)));

/** A case that no client can pass. */
const impossible: FuzzingCase = {
  id: "1.1.9",
  description: "A <case> that wants what nobody does & fails",
  steps: [{ send: text("hello") }],
  replies: [{ opcode: 1, payload: Buffer.from("goodbye") }],
};

interface Report {
  agent: string;
  passed: number;
  failed: number;
  cases: { number: number; id: string; behavior: string }[];
}

async function passes(url: string, expected: FuzzingCase[], ...args: string[]): Promise<void> {
  const file = path.join(folder, "report.json");
  const { status, stdout, stderr } = await run(url, "--report", file, ...args);
  const bad = [...server!.results.values()].flatMap((results) =>
    [...results].filter(([, { behavior }]) => behavior === "FAILED")
  );
  expect(bad).toEqual([]);
  expect(stdout).toContain(`${expected.length} passed, 0 failed`);
  expect(stderr).not.toContain("Error");
  expect(status).toBe(0);
  const report = JSON.parse(fs.readFileSync(file, "utf8")) as Report;
  expect(report).toMatchObject({ passed: expected.length, failed: 0 });
  expect(report.cases.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  expect(server!.reported).toEqual([report.agent]);
}

test("the simulator passes sections 1 to 7 and 10, and a long message", async () => {
  const url = await serve();
  const selection = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.3", "9.8.2", "10.*"];
  const expected = wanted("1", "2", "3", "4", "5", "6", "7", "9.1.3", "9.8.2", "10");
  expect(expected).toHaveLength(249);
  await passes(url, expected, "--cases", selection.join());
}, 600000);

for (const { name } of interpreters().slice(0, 1)) {
  test(`${name} passes what makes each section`, async () => {
    const sections = ["1.1", "2", "3", "4.1", "5", "6.2", "6.4", "7.1", "7.3", "9.1.1", "10"];
    const expected = wanted(...sections);
    await passes(await serve({ cases: expected }), expected, "--espruino");
  }, 1800000);
}
if (interpreters().length === 0) test.skip("on a real Espruino: set ESPRUINO to its file to run this", () => {});

test("a case that fails is named, told in the JUnit report, and makes the exit code 1", async () => {
  const file = path.join(folder, "report.xml");
  const url = await serve({ cases: [...wanted("1.1.1", "2.1"), impossible] });
  const { status, stdout } = await run(url, "--report", file);
  expect(status).toBe(1);
  expect(stdout).toContain("Section 1: 1 OK, 1 FAILED");
  expect(stdout).toContain("Section 2: 1 OK");
  expect(stdout).toContain(`  1.1.9 FAILED. ${impossible.description}`);
  expect(stdout).toContain("2 passed, 1 failed");
  const xml = fs.readFileSync(file, "utf8");
  expect(xml).toContain('<testsuite name="section 1" tests="2" failures="1"');
  expect(xml).toContain('<failure message="FAILED">A &lt;case&gt; that wants what nobody does &amp; fails</failure>');
  expect(xml.match(/<testcase /g)).toHaveLength(3);
}, 600000);

test("cases are chosen by number and by name", async () => {
  const url = await serve({ cases: wanted("1", "2") });
  const { stdout, status } = await run(url, "--cases", "1-2,5,26-,2.1,1.2.3");
  expect(status).toBe(0);
  const ids = [...server!.results.values()].flatMap((results) => [...results.keys()]);
  expect(ids).toEqual(["1.1.1", "1.1.2", "1.1.5", "1.2.3", "2.1", "2.10", "2.11"]);
  expect(stdout).toContain("Running 7 of 27 cases");
}, 600000);

test("a server that has no names for its cases is asked by number", async () => {
  const url = await serve({ cases: wanted("1.1"), infos: false });
  const { stdout, status } = await run(url);
  expect(status).toBe(0);
  expect(stdout).toContain("Cases: 8 OK");
}, 600000);

test("a server that has no result yet is asked again", async () => {
  const url = await serve({ cases: wanted("2.1", "2.2"), late: 2 });
  const { stdout, status } = await run(url);
  expect(stdout).toContain("Section 2: 2 OK");
  expect(status).toBe(0);
}, 600000);

test("a result that the server never has is told as missing", async () => {
  const url = await serve({ cases: wanted("2.1"), late: Infinity });
  const { stdout, status } = await run(url);
  expect(stdout).toContain("2.1 MISSING");
  expect(status).toBe(1);
}, 600000);

test("a case that does not end is given up, and the next one is run", async () => {
  // Nothing is sent, and the close never comes.
  const silent: FuzzingCase = { id: "1.1.9", description: "Silence", steps: [{ await: 1 }], replies: [] };
  const url = await serve({ cases: [silent, ...wanted("2.1")] });
  const { stdout, status } = await run(url, "--timeout", "1");
  expect(status).toBe(1);
  expect(stdout).toMatch(/1\.1\.9 .*nothing came or went any more/);
  expect(stdout).toContain("Section 2: 1 OK");
}, 600000);

test.each([
  [["http://127.0.0.1:9001"], "must begin with ws:// or wss://"],
  [["ws://127.0.0.1:1", "ws://127.0.0.1:2"], "Give one server only."],
  [["--cases", "5-2"], "--cases: 5-2 is not a range."],
  [["--cases", "0"], "--cases: 0 is not a range."],
  [["--cases", "1,,2"], "an empty part is neither a number"],
  [["--cases", "1.x"], "--cases: 1.x is neither a number"],
  [["--report", "report.txt"], "must end in .xml (JUnit) or .json"],
  [["--report", "/nonexistent/report.xml"], "the folder /nonexistent does not exist"],
  [["--timeout", "soon"], "--timeout: soon is not a number of seconds."],
  [["--verbose"], "--help lists what there is."],
  [["ws://127.0.0.1:1"], "No WebSocket server answers at ws://127.0.0.1:1."],
])("%j is refused with what to do", async (args, sentence) => {
  const { status, stderr } = await run(...args);
  expect(stderr).toContain(sentence);
  expect(status).toBe(2);
});

test("a server that speaks something else is told apart", async () => {
  const peer = await startPeer(async (connection) => {
    await connection.handshake();
    connection.send(text("welcome"), close(1000));
    await connection.nextFrame();
    connection.fin();
  });
  const { status, stderr } = await run(peer.url);
  await peer.close();
  expect(stderr).toContain("does not speak the fuzzing protocol");
  expect(status).toBe(2);
});

test("--help tells the options", async () => {
  const { status, stdout } = await run("--help");
  expect(status).toBe(0);
  for (const option of ["--espruino", "--cases", "--report", "--timeout"]) expect(stdout).toContain(option);
});
