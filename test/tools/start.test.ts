import { spawnSync } from "node:child_process";
import path from "node:path";

const script = path.join(__dirname, "../../tools/start.mjs");

/** Runs `npm start -- args` without npm. */
function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

test("--help tells how to use it", () => {
  const { status, stdout } = start(["--help"]);
  expect(stdout).toMatch(/^Usage: npm start -- /);
  expect(status).toBe(0);
});

test.each([
  [["--nonsense"], "Unknown option '--nonsense'. `npm start -- --help` lists what there is.\n"],
  [
    ["http://127.0.0.1/"],
    "http://127.0.0.1/ is not the address of a WebSocket server: it must begin with ws:// or wss://.\n",
  ],
  [["ws://127.0.0.1:1/", "ws://127.0.0.1:2/"], "Give one address only.\n"],
  [["a.js", "b.js"], "Give one script only.\n"],
  [["/nowhere/script.js"], "/nowhere/script.js does not exist.\n"],
  [["127.0.0.1:8080"], "127.0.0.1:8080 looks like the address of a server: write it as ws://127.0.0.1:8080\n"],
  [
    ["echo.example.com:80/path"],
    "echo.example.com:80/path looks like the address of a server: write it as ws://echo.example.com:80/path\n",
  ],
  [["localhost"], "localhost looks like the address of a server: write it as ws://localhost\n"],
  [["examples"], "examples is a folder: give a script, for example examples/echo.js.\n"],
  [["bin"], "bin is a folder: give a script, for example bin/esp-websocket-client.js.\n"],
  [["docs"], "docs is a folder: give a script.\n"],
])("%j is refused in one line", (args, message) => {
  expect(start(args)).toEqual({ status: 1, stdout: "", stderr: message });
});

test("--espruino without an interpreter says what to do", () => {
  expect(start(["--espruino"], { ESPRUINO: "/nowhere/espruino" })).toEqual({
    status: 1,
    stdout: "",
    stderr: "There is no Espruino here: put `espruino` on the PATH or its file name in ESPRUINO.\n",
  });
});
