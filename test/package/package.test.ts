/** The npm package: packed, installed in an empty project, and used from there in each way that users have. */
import fs from "node:fs";
import path from "node:path";
import { startFuzzingServer } from "../conformance/fuzzing/server";
import { close, startPeer, text } from "../support/peer";
import { findHostile } from "../../board/simulator/source/syntax";
import { interpreters, simulators } from "../support/targets";
import { createProject, root, type Project } from "./project";

let project: Project;
beforeAll(() => (project = createProject()));
afterAll(() => project?.remove());

const bin = (name: string): string => path.join("node_modules", ".bin", name);
const installed = "node_modules/esp-websocket-client";

describe("what is in it", () => {
  test("what is built, what is run from it, and nothing that only the checkout needs", () => {
    expect(project.packed).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "package.json",
        "flash.sh",
        "bin/esp-websocket-client.js",
        "dist/esp_websocket_client.min.js",
        "dist/websocket.min.js",
        "dist/jerryscript/esp_websocket_client.min.js",
        "dist/esp_websocket_client.d.ts",
        "dist/websocket.d.ts",
        "dist/simulator/index.js",
        "dist/simulator/index.d.ts",
        "examples/echo.js",
      ])
    );
    // The simulator's parser comes along, with its licence.
    const own = project.packed.filter((name) => !name.startsWith("node_modules/acorn/"));
    expect(project.packed).toEqual(
      expect.arrayContaining(["node_modules/acorn/dist/acorn.js", "node_modules/acorn/LICENSE"])
    );
    const strange = own.filter(
      (name) =>
        !/^(dist|bin|examples|docs|tools)\/|^bench\/(README\.md|chart\.svg)$|^([A-Z]+(\.md)?|package\.json|flash\.sh)$/.test(
          name
        )
    );
    expect(strange).toEqual([]);
    expect(own.filter((name) => /test|node_modules|\.flash$|tsbuildinfo/.test(name))).toEqual([]);
  });

  test("every file that package.json names", () => {
    const {
      main,
      types,
      exports,
      bin: programs,
    } = JSON.parse(project.read(`${installed}/package.json`)) as {
      main: string;
      types: string;
      exports: Record<string, string | Record<string, string>>;
      bin: Record<string, string>;
    };
    const named = [
      main,
      types,
      ...Object.values(programs),
      ...Object.values(exports).flatMap((one) => Object.values(one)),
    ]
      .filter((name) => typeof name === "string" && name.length > 1 && !name.includes("*"))
      .map((name) => path.join(project.folder, installed, name));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !fs.existsSync(name))).toEqual([]);
  });

  test("nothing but what is packed was installed with it, and no script of its runs", () => {
    const modules = fs.readdirSync(path.join(project.folder, "node_modules")).filter((name) => !name.startsWith("."));
    expect(modules).toEqual(["esp-websocket-client"]);
    // npm runs `prepare` for git and for packing alone. What it calls is not in the package.
    const { scripts } = JSON.parse(project.read(`${installed}/package.json`)) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /install|prepublish/.test(name))).toEqual([]);
  });

  test("what README shows and links to", () => {
    const links = [...project.read(`${installed}/README.md`).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
      ([, link]) => link
    );
    const own = links.filter((link) => !/^https:/.test(link));
    expect(own.filter((link) => /\.svg$/.test(link)).length).toBeGreaterThan(0);
    expect(own.filter((link) => !fs.existsSync(path.join(project.folder, installed, link)))).toEqual([]);
  });

  test("where it comes from", () => {
    const { repository, bugs, homepage } = JSON.parse(project.read(`${installed}/package.json`)) as Record<
      string,
      unknown
    >;
    const page = "https://github.com/esp-websocket-client/esp-websocket-client";
    expect({ repository, bugs, homepage }).toEqual({
      repository: { type: "git", url: `git+${page}.git` },
      bugs: { url: `${page}/issues` },
      homepage: `${page}#readme`,
    });
  });
});

describe("npx esp-websocket-client", () => {
  const command = (...args: string[]) => project.run(bin("esp-websocket-client"), args);

  test("lists its commands, and each explains itself", async () => {
    const { status, stdout } = await command("--help");
    expect(status).toBe(0);
    const commands = stdout.match(/^ {2}\w+/gm)!.map((line) => line.trim());
    expect(commands).toEqual(["flash", "run", "serve", "conformance"]);
    for (const name of commands) {
      const help = await command(name, "--help");
      expect({ name, ...help }).toMatchObject({
        name,
        status: 0,
        stderr: "",
        stdout: expect.stringMatching(new RegExp(`^Usage: npx esp-websocket-client ${name} \\[`)),
      });
    }
  });

  test("refuses an unknown command", async () => {
    const { status, stdout, stderr } = await command("explode");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^There is no command explode\.\n\nUsage: /);
  });

  test("run: the echo example against an echo server, all from the package", async () => {
    const { status, stdout, stderr } = await command("run");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("data, text: Hello from the board\ndata, binary: 1,2,3,254,255\n");
    expect(stdout.trimEnd().endsWith("finish")).toBe(true);
  });

  test("run: the user's script, with the browser's API, long messages and fragments", async () => {
    project.write(
      "mine.js",
      `var WebSocket = require("websocket");
      var socket = new WebSocket(WS_URL, [], { buffer_size: 1000, max_message_size: 100000 });
      var long = "0123456789";
      while (long.length < 70000) long += long;
      socket.onopen = function () { socket.send(long); socket.send("short"); };
      socket.onmessage = function (event) {
        print(event.data.length, event.data.substr(-5));
        if (event.data === "short") socket.close(1000);
      };
      socket.onclose = function (event) { print(event.code, event.wasClean); };`
    );
    const { status, stdout, stderr } = await command("run", "mine.js");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.trimEnd().split("\n").slice(3)).toEqual(["81920 56789", "5 short", "1000 true"]);
  });

  test("conformance: runs cases, and says so where there is no server", async () => {
    const server = await startFuzzingServer();
    try {
      const { status, stdout } = await command("conformance", server.url, "--cases", "1.1.1,1.1.2");
      expect(status).toBe(0);
      expect(stdout).toContain("2 passed, 0 failed");
    } finally {
      await server.close();
    }
    expect(await command("conformance", server.url)).toMatchObject({
      status: 2,
      stderr: `No WebSocket server answers at ${server.url}.\n`,
    });
  });

  test("flash: says what is wrong, and looks for the bundles in the package", async () => {
    const wrong = await command("flash", "--nonsense");
    expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toBe("flash: unknown option --nonsense; see npx esp-websocket-client flash --help\n");
    // The bundles are found, and nothing listens there. Optional dependencies were left out.
    const absent = await command("flash", "--port", "tcp://127.0.0.1:1", "--dry-run");
    expect(absent).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("nothing listens at tcp://127.0.0.1:1"),
    });
  });
});

test("require.resolve finds the file to flash, and the board runs it", async () => {
  project.write(
    "flash.js",
    `const fs = require("node:fs");
    const names = ["esp-websocket-client", "esp-websocket-client/dist/esp_websocket_client.min.js",
      "esp-websocket-client/websocket", "esp-websocket-client/dist/websocket.min.js"];
    console.log(JSON.stringify(names.map((name) => fs.readFileSync(require.resolve(name), "utf8").length)));`
  );
  const { stdout } = await project.run(process.execPath, ["flash.js"]);
  const sizes = JSON.parse(stdout) as number[];
  const here = ["esp_websocket_client.js", "esp_websocket_client.min.js", "websocket.js", "websocket.min.js"];
  expect(sizes).toEqual(here.map((name) => fs.readFileSync(path.join(root, "dist", name), "utf8").length));
});

test("types: tsc checks a script against the installed package", async () => {
  project.link("typescript");
  project.write(
    "typed.ts",
    `import * as ws from "esp-websocket-client";
    import WebSocket = require("esp-websocket-client/websocket");
    import { createBoard } from "esp-websocket-client/simulator";
    const client = ws.esp_websocket_client_init({ uri: "ws://host/" });
    if (client) client.on("data", (event) => { const text: string | Uint8Array = event.data_ptr; });
    new WebSocket("ws://host/").onclose = (event) => { const code: number = event.code; };
    const board = createBoard();
    // @ts-expect-error
    ws.esp_websocket_client_init({ url: "" });
    // @ts-expect-error
    board.explode();`
  );
  const options = ["--noEmit", "--strict", "--module", "node16", "--target", "es2022", "--lib", "es2022,dom"];
  const { status, stdout } = await project.run(process.execPath, [
    "node_modules/typescript/bin/tsc",
    ...options,
    "typed.ts",
  ]);
  expect([status, stdout]).toEqual([0, ""]);
});

test("a user's own jest test runs a script in the simulator", async () => {
  project.write(
    "blink.js",
    `var ws = require("esp_websocket_client");
    var client = ws.esp_websocket_client_init({ uri: SERVER, disable_auto_reconnect: true });
    client.on("connected", function () { ws.esp_websocket_client_send_text(client, "blink"); });
    client.on("data", function (event) { if (event.op_code === 1) { print("got " + event.data_ptr); ws.esp_websocket_client_close(client); } });
    ws.esp_websocket_client_start(client);`
  );
  project.write(
    "blink.test.js",
    `const fs = require("node:fs");
    const { createBoard } = require("esp-websocket-client/simulator");
    test("blinks", async () => {
      const lines = [];
      const library = fs.readFileSync(require.resolve("esp-websocket-client"), "utf8");
      const board = createBoard({ storage: { esp_websocket_client: library }, print: (text) => lines.push(text) });
      board.globals.SERVER = process.env.SERVER;
      board.run(fs.readFileSync("blink.js", "utf8"), "blink.js");
      await board.idle();
      await board.close();
      expect(lines).toEqual(["got on"]);
      expect(board.uncaught).toEqual([]);
    });`
  );
  const peer = await startPeer(async (connection) => {
    await connection.handshake();
    expect((await connection.nextFrame()).payload.toString()).toBe("blink");
    connection.send(text("on"));
    await connection.nextFrame();
    connection.send(close());
    connection.fin();
  });
  const jest = path.join(root, "node_modules/jest/bin/jest.js");
  const outcome = await project.run(process.execPath, [jest, "--rootDir", project.folder, "--reporters", "default"], {
    SERVER: peer.url,
  });
  await peer.close();
  expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("1 passed") });
});

describe("examples/typescript, from the package", () => {
  let bundle = "";

  beforeAll(async () => {
    project.link("rollup", "@rollup/plugin-typescript", "@rollup/pluginutils", "terser", "tslib");
    if (!fs.existsSync(path.join(project.folder, "node_modules/typescript"))) project.link("typescript");
    const from = path.join(project.folder, installed, "examples/typescript");
    const to = path.join(project.folder, "my-board");
    fs.cpSync(from, to, { recursive: true });
    const rollup = path.join(root, "node_modules/rollup/dist/bin/rollup");
    const outcome = await project.run("sh", [
      "-c",
      `cd my-board && "${process.execPath}" "${rollup}" --config --silent --failAfterWarnings`,
    ]);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    bundle = project.read("my-board/dist/app.js");
  });

  test("tsc has nothing to say of it", async () => {
    const outcome = await project.run(process.execPath, [
      "node_modules/typescript/bin/tsc",
      "--noEmit",
      "-p",
      "my-board",
    ]);
    expect([outcome.status, outcome.stdout]).toEqual([0, ""]);
  });

  test("what comes out is ES5 that Espruino runs", () => {
    expect(findHostile(bundle)).toEqual([]);
  });

  test.each([...simulators(), ...interpreters()])("it runs: $name", async (target) => {
    const reports: unknown[] = [];
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      for (const unit of ["variables", "percent"]) {
        connection.send(text(JSON.stringify({ do: "report", unit })));
        reports.push(JSON.parse((await connection.nextFrame()).payload.toString()));
      }
      connection.send(text("{"), text(JSON.stringify({ do: "stop", because: "of the test" })));
      expect((await connection.nextFrame()).payload.toString("latin1")).toBe("\x03\xe8as told");
      connection.send(close(1000));
      connection.fin();
    });
    const result = await target.run('require("app");', { preset: { WS_URL: peer.url }, storage: { app: bundle } });
    await peer.close();
    expect(reports).toEqual([
      { free: expect.any(Number), unit: "variables" },
      { free: expect.any(Number), unit: "percent" },
    ]);
    expect(result).toEqual({
      lines: ["Connected", "Not a command: {", "Stopped because of the test", "Finished with 1000"],
      uncaught: [],
      done: false,
    });
  });
});
