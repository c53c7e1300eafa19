// flash.sh against a real interpreter: Espruino for Linux with its telnet console.

import { ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { startEcho } from "../docs/echo";
import { FlashProject, expectFailure } from "./flash_project";

const espruino = findEspruino();
/** The console's port is fixed in the interpreter. */
const TELNET = 2323;
const MODULE = "esp_websocket_client";

/** Waits until no other process holds a name in Linux' abstract namespace, takes it, and gives what lets it go. */
async function takeTurn(): Promise<() => Promise<void>> {
  const name = "\0esp-websocket-client-telnet";
  for (;;) {
    const waiting = new Set<net.Socket>();
    const server = net.createServer((socket) => waiting.add(socket.on("error", () => {})));
    const free = await new Promise<boolean>((resolve, reject) => {
      server.once("listening", () => resolve(true));
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" ? resolve(false) : reject(error)
      );
      server.listen(name);
    });
    if (free) {
      return async () => {
        server.close();
        for (const socket of waiting) socket.destroy();
        await once(server, "close");
      };
    }
    // The connection ends with the turn of whoever holds the name.
    const holder = net.connect(name);
    holder.on("error", () => {});
    await once(holder, "close");
  }
}

(espruino ? describe : describe.skip)("Espruino for Linux", () => {
  let project: FlashProject;
  let directory: string;
  let interpreter: ChildProcess | undefined;
  let endTurn: () => Promise<void>;
  const port = ["-p", `tcp://127.0.0.1:${TELNET}`];

  // The console's port is one for the whole machine: others who run these tests at the same time wait for their turn.
  beforeAll(async () => {
    endTurn = await takeTurn();
  }, 600000);

  afterAll(() => endTurn());

  beforeEach(async () => {
    project = new FlashProject();
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "flash-espruino-"));
    await start();
  });

  afterEach(async () => {
    await stop();
    project.remove();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  /** Power on: Storage is a file in the working directory and survives stop(). */
  async function start(): Promise<void> {
    // The interpreter shares the port with any other that listens there, so that would go unnoticed.
    if (await isListening()) throw new Error(`port ${TELNET} is taken: end the Espruino that listens there`);
    interpreter = spawn(espruino!, ["--telnet"], { cwd: directory, stdio: ["pipe", "ignore", "ignore"] });
    while (!(await isListening())) {
      if (interpreter.exitCode !== null) throw new Error(`${espruino} ended with status ${interpreter.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function isListening(): Promise<boolean> {
    const socket = net.connect(TELNET, "127.0.0.1");
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    return connected;
  }

  async function stop(): Promise<void> {
    if (!interpreter) return; // It could not be started
    interpreter.kill("SIGKILL");
    if (interpreter.exitCode === null && interpreter.signalCode === null) await once(interpreter, "close");
  }

  /** The value of an expression on the board. */
  async function ask(expression: string): Promise<unknown> {
    const socket = net.connect(TELNET, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`\n\x10print("<"+"#",JSON.stringify({value:${expression}}),"#>")\n`);
    let printed = "";
    for await (const data of socket) {
      printed += data;
      const match = /<# (.*) #>/.exec(printed);
      if (match) return (JSON.parse(match[1] as string) as { value?: unknown }).value;
      // What an upload that was cut has left on the line is an error of its own, before the answer.
      if (printed.split("Uncaught").length > 2) break;
    }
    throw new Error(`no answer: ${printed}`);
  }

  test("takes the module, which then can be required", async () => {
    const result = await project.run([...port, "--websocket"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/Espruino \d+v\d+.* on LINUX/);
    expect(await ask(`require("${MODULE}").version`)).toBe(1);
    expect(await ask('require("websocket").WebSocket().version')).toBe(1);
    expect(await ask('require("Storage").list().sort()')).toEqual([MODULE, "websocket"]);
    expect(await ask(`E.toUint8Array(require("Storage").read("${MODULE}")).length`)).toBe(project.bundle.length);
  });

  test("takes the client as it is built, and an example that then talks to a server", async () => {
    const dist = path.join(__dirname, "../../dist");
    project.write("dist/esp_websocket_client.min.js", fs.readFileSync(path.join(dist, "esp_websocket_client.min.js")));
    const server = await startEcho();
    const example = fs.readFileSync(path.join(__dirname, "../../examples/echo.js"), "utf8");
    project.write("echo.js", example.replace('"ws://192.168.1.10:8080/"', JSON.stringify(server.url)));
    const heard = server.heard;
    const result = await project.run([...port, "--app", "echo.js", "--boot"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    await heard;
    await server.close();
  });

  test("runs an app saved with --boot after each start", async () => {
    project.write("app.js", `global.found = require("${MODULE}").version;`);
    const result = await project.run([...port, "--app", "app.js", "--boot"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(await ask("global.found")).toBe(1);
    await stop();
    await start();
    expect(await ask("global.found")).toBe(1);
  });

  test("runs an app saved without --boot now, not after a start", async () => {
    project.write("app.js", `global.found = require("${MODULE}").version;`);
    expect((await project.run([...port, "--app", "app.js"])).status).toBe(0);
    expect(await ask("global.found")).toBe(1);
    await stop();
    await start();
    expect(await ask("global.found === undefined")).toBe(true);
  });

  test.each([
    [
      "throws",
      "\n\n  nothing.here();",
      /Uncaught ReferenceError: "nothing" is not defined at app\.js \(app\.js:3:\d+\)$/,
    ],
    ["has a syntax error", "var a = ;", /Uncaught SyntaxError: Got ';' expected EOF at app\.js \(app\.js:1:9\)$/],
    ["throws in a timer, soon", 'setTimeout(function () { throw new Error("Oh no"); }, 5);', /Uncaught Error: Oh no/],
  ])("fails for an app that %s", async (_, source, message) => {
    project.write("app.js", source);
    expectFailure(await project.run([...port, "--app", "app.js"]), message);
  });

  test("fails for an app saved with --boot that throws, and --no-boot removes it", async () => {
    project.write("app.js", "nothing.here();");
    expectFailure(
      await project.run([...port, "--app", "app.js", "--boot"]),
      /the app failed when it started: Uncaught ReferenceError/
    );
    const result = await project.run([...port, "--no-boot"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(await ask('require("Storage").list()')).toEqual([MODULE]);
  });

  test("runs an app with the byte order mark that an editor has put in front", async () => {
    project.write("app.js", `\xef\xbb\xbfglobal.found = require("${MODULE}").version;`);
    const result = await project.run([...port, "--app", "app.js"]);
    expect(result.stderr).toBe("");
    expect(await ask("global.found")).toBe(1);
  });

  test("shows what an app prints with --monitor, and leaves it running", async () => {
    project.write("app.js", 'var n = 0;\nsetInterval(function () { print("tick " + ++n); }, 20);');
    const running = project.start([...port, "--app", "app.js", "--monitor"]);
    await running.until(/\ntick 1\ntick 2\n[^]*\ntick 99\n/);
    running.child.kill("SIGINT");
    const { status, stdout, stderr } = await running.outcome;
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/<#|\x1b|\x08/);
    const before = Number(await ask("n"));
    expect(before).toBeGreaterThanOrEqual(99);
    while (Number(await ask("n")) === before);
  });

  test("is flashed although a program prints all the time", async () => {
    await ask('setInterval(function(){print("still here")},5)');
    const result = await project.run(port);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(await ask(`require("${MODULE}").version`)).toBe(1);
  });

  test("keeps the old file when the upload is cut, and takes the next one", async () => {
    await ask(`require("Storage").write("${MODULE}","exports.version=0")`);
    // Lets through part of the upload only.
    const proxy = net.createServer((socket) => {
      const board = net.connect(TELNET, "127.0.0.1");
      let passed = 0;
      for (const end of [socket, board]) {
        end
          .on("error", () => {})
          .on("close", () => {
            socket.destroy();
            board.destroy();
          });
      }
      board.pipe(socket);
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        if (text.includes("_w(")) passed++;
        board.write(data);
        if (passed === 9) setImmediate(() => socket.destroy());
      });
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    project.write("dist/esp_websocket_client.min.js", `exports.version=2;/*${"x".repeat(20000)}*/`);
    const cut = await project.run(["-p", `tcp://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`]);
    proxy.close();
    expectFailure(cut, /was cut.*what was on the board before is untouched/);
    expect(await ask(`require("Storage").read("${MODULE}")`)).toBe("exports.version=0");
    const again = await project.run(port);
    expect(again.stderr).toBe("");
    expect(again.status).toBe(0);
    expect(await ask(`require("${MODULE}").version`)).toBe(2);
    expect(await ask('require("Storage").list()')).toEqual([MODULE]);
  });

  test("says that Storage is full", async () => {
    await ask(`require("Storage").write("${MODULE}","exports.version=0")`);
    await ask('require("Storage").write("big","x",0,260000)');
    expectFailure(await project.run(port), /Storage is too full/);
    expect(await ask(`require("${MODULE}").version`)).toBe(0);
  });

  test("uses the space of erased files", async () => {
    await ask(`require("Storage").write("${MODULE}","exports.version=0")`);
    await ask('require("Storage").write("big","x",0,260000)');
    await ask('require("Storage").erase("big")');
    const result = await project.run(port);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(await ask(`require("${MODULE}").version`)).toBe(1);
  });
});
