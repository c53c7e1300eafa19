/** `npm start`, from the command to its exit status. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { read } from "../docs/blocks";
import { runProgram } from "../support/program";
import { startEcho } from "./server";

const root = path.join(__dirname, "../..");

/** `npm start -- args`; `from` is the folder in which the user stands. */
async function npmStart(
  args: string[],
  from = root,
  env: NodeJS.ProcessEnv = {}
): Promise<{ status: number | null; lines: string[]; errors: string[] }> {
  const { status, stdout, stderr } = await runProgram("npm", ["start", "--silent", "--prefix", root, "--", ...args], {
    cwd: from,
    env: { ...process.env, INIT_CWD: from, npm_config_loglevel: "silent", ...env },
  });
  const [lines, errors] = [stdout, stderr].map((text) => text.trimEnd().split("\n"));
  return { status, lines: lines.filter((line) => !line.startsWith("Building ")), errors };
}

/** Ports and keys differ from run to run. */
const normal = (lines: string[]) =>
  lines.map((line) => line.replace(/(127\.0\.0\.1):\d+/, "$1:PORT").replace(/(Accept: ).{28}$/, "$1KEY"));

test("without arguments it prints what the README shows", async () => {
  const { status, lines, errors } = await npmStart([]);
  const shown = /```text(?: start)?\n([^]*?)\n```/.exec(read("README.md"))![1].split("\n");
  expect(errors).toEqual([""]);
  expect(normal(lines)).toEqual(normal(shown));
  expect(status).toBe(0);
});

describe("with a script of the user's", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "start-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const write = (name: string, script: string) => fs.writeFileSync(path.join(folder, name), script);

  test("and a server of the user's, the script talks to that", async () => {
    const echo = await startEcho();
    write(
      "mine.js",
      `var ws = require("esp_websocket_client"), client = ws.esp_websocket_client_init({ uri: WS_URL });
      client.on("connected", function () { ws.esp_websocket_client_send_text(client, "mine"); });
      client.on("data", function (event) { if (event.op_code === 1) ws.esp_websocket_client_close(client); });
      client.on("finish", function () { print("over"); ws.esp_websocket_client_destroy(client); });
      ws.esp_websocket_client_start(client);`
    );
    const { status, lines } = await npmStart([echo.url, "mine.js"], folder);
    await echo.close();
    expect(echo.messages).toEqual(["mine"]);
    expect(lines.at(-1)).toBe("over");
    expect(status).toBe(0);
  });

  test("that uses the browser's WebSocket, it finds that module too", async () => {
    write(
      "browser.js",
      `var WebSocket = require("websocket"), socket = new WebSocket(WS_URL);
      socket.onopen = function () { socket.send("hi"); };
      socket.onmessage = function (event) { print(event.data); socket.close(); };`
    );
    const { status, lines } = await npmStart(["browser.js"], folder);
    expect(lines.at(-1)).toBe("hi");
    expect(status).toBe(0);
  });

  test("that talks to another address, it says so before the script runs", async () => {
    write("other.js", 'var url = "ws://192.0.2.1:8080/"; print("I would talk to " + url);');
    const { status, lines } = await npmStart(["other.js"], folder);
    expect(normal(lines).slice(3)).toEqual([
      "Note: the script talks to ws://192.0.2.1:8080/, and not to ws://127.0.0.1:PORT/: it does not use the variable WS_URL.",
      "",
      "I would talk to ws://192.0.2.1:8080/",
    ]);
    expect(status).toBe(0);
  });

  test("that names an address for the board only, it says nothing of it", async () => {
    const echo = await startEcho();
    write("both.js", 'print(typeof WS_URL === "undefined" ? "ws://192.0.2.1:8080/" : WS_URL);');
    write("same.js", `print("${echo.url}");`);
    for (const name of ["both.js", "same.js"]) {
      const { lines } = await npmStart([echo.url, name], folder);
      expect(lines.slice(3)).toEqual([echo.url]);
    }
    await echo.close();
  });

  test("that does not connect, it says where the server is", async () => {
    write("idle.js", 'print("nothing to do");');
    const { status, lines } = await npmStart(["idle.js"], folder);
    expect(lines.at(-1)).toBe(
      "The script ended without connecting to the echo server: its address is in the variable WS_URL."
    );
    expect(status).toBe(0);
  });

  test("that throws, it says so and ends with 1", async () => {
    write("broken.js", `function late() { throw new Error("Oh no"); }\nsetTimeout(late, 1);`);
    const { status, errors } = await npmStart(["broken.js"], folder);
    expect(errors).toEqual(["The script failed: Uncaught Error: Oh no"]);
    expect(status).toBe(1);
  });
});

test("a reader that stops early ends the run, quietly", async () => {
  const child = spawn(process.execPath, [path.join(root, "tools/start.mjs"), "examples/telemetry.js"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise((resolve) => child.on("close", (status, signal) => resolve([status, signal])));
  // telemetry.js would go on for ever.
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended).toEqual([0, null]);
  expect(errors).toBe("");
});

const real = findEspruino();
(real ? test : test.skip)("--espruino cuts what is blank out of a trace (set ESPRUINO)", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "start-"));
  const script = path.join(folder, "throws.js");
  // An empty line that the script prints stays.
  fs.writeFileSync(
    script,
    `var ws = require("esp_websocket_client"), client = ws.esp_websocket_client_init({ uri: WS_URL });
    client.on("connected", function () {
      ws.esp_websocket_client_destroy(client);
      print("a"); print(""); print("^");
      throw new Error("Oh no");
    });
    ws.esp_websocket_client_start(client);`
  );
  const { lines } = await npmStart(["--espruino", script], root, { ESPRUINO: real });
  fs.rmSync(folder, { recursive: true });
  const trace = lines.slice(lines.indexOf("a"));
  expect(trace.slice(0, 4)).toEqual(["a", "", "^", "Uncaught Error: Oh no"]);
  expect(trace.filter((line) => /^ +at .*esp_websocket_client:/.test(line)).length).toBeGreaterThan(0);
  expect(trace.slice(4).filter((line) => /^ *\^?$/.test(line))).toEqual([]);
});

const espruinos = {
  ESPRUINO: { heap: "with a large heap", espruino: findEspruino() },
  ESPRUINO_SMALL: { heap: "with a small heap", espruino: process.env.ESPRUINO_SMALL },
  ESPRUINO_ESP32: { heap: "with an ESP32's heap", espruino: process.env.ESPRUINO_ESP32 },
};
for (const [variable, { heap, espruino }] of Object.entries(espruinos)) {
  const name = `--espruino runs the example on the real interpreter ${heap} (set ${variable})`;
  (espruino ? test : test.skip)(name, async () => {
    const { status, lines } = await npmStart(["--espruino"], root, { ESPRUINO: espruino });
    expect(normal(lines)[0]).toBe(`Running examples/echo.js on ${espruino},`);
    expect(lines.slice(-2)).toEqual(["closed: without a code", "finish"]);
    expect(status).toBe(0);
  });
}
