/** docs/adding-a-board.md is true: its example is built as it says, and works on a host such as it describes. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import ts from "typescript";
import { WebSocketServer } from "ws";
import { JerryScriptHost } from "./host";
import { HostEmitter } from "./host_emitter";

const root = path.join(__dirname, "../../..");
const page = fs.readFileSync(path.join(root, "docs/adding-a-board.md"), "utf8");
const example = /^```ts\n([^]*?)^```$/m.exec(page)![1];
const configLine = /^ *```js\n *(boardModule.*)\n *```$/m.exec(page)![1];

let project: string;
beforeAll(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-board-"));
  for (const name of [
    "src",
    "board",
    "build",
    "tools",
    "rollup.config.mjs",
    "tsconfig.json",
    "tsconfig.device.json",
    "package.json",
  ]) {
    fs.cpSync(path.join(root, name), path.join(project, name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"));
  putBoard("kaluma", example);
});
afterAll(() => fs.rmSync(project, { recursive: true, force: true }));

function putBoard(name: string, source: string): void {
  fs.mkdirSync(path.join(project, "board", name));
  fs.writeFileSync(path.join(project, "board", name, "index.ts"), source);
}

/** What the compiler says of a file that declares each board to be a `Board`. */
function complaints(boards: string[]): string[] {
  const file = path.join(project, "board/check.ts");
  const lines = boards.map(
    (board) => `import * as ${board} from "./${board}";\nexport const ${board}Board: Board = ${board};`
  );
  fs.writeFileSync(file, `import type { Board } from "../src/board";\n${lines.join("\n")}\n`);
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(project, "tsconfig.device.json"),
    { noEmit: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail(diagnostic.messageText as string) }
  )!;
  const program = ts.createProgram([file], config.options);
  fs.rmSync(file);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file: where }) => `${where?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}

function fail(reason: string): never {
  throw new Error(reason);
}

test("the example and the project's boards are what src/board.ts wants", () => {
  expect(complaints(["kaluma", "jerryscript", "espruino"])).toEqual([]);
});

test("a board that lacks something is found out", () => {
  putBoard("lacking", example.replace("export function _text", "function _text"));
  expect(complaints(["lacking"])).toEqual(
    expect.arrayContaining([expect.stringMatching(/check\.ts: Property '_text' is missing/)])
  );
  fs.rmSync(path.join(project, "board/lacking"), { recursive: true });
});

describe("the bundle of the example", () => {
  let bundle: string;
  let host: JerryScriptHost;
  let lines: string[];
  const sockets = new Set<net.Socket>();

  beforeAll(() => {
    const file = path.join(project, "rollup.config.mjs");
    const config = fs.readFileSync(file, "utf8");
    // The page's line among those that it is to stand among; the others would only take their time.
    const changed = config.replace(/^export default \[\n[^]*?^\]/m, `export default [\n  ${configLine}\n]`);
    expect(changed).not.toBe(config);
    fs.writeFileSync(file, changed);
    const rollup = path.join(root, "node_modules/rollup/dist/bin/rollup");
    execFileSync(process.execPath, [rollup, "--config", "rollup.config.mjs", "--silent"], {
      cwd: project,
      stdio: "pipe",
    });
    bundle = fs.readFileSync(path.join(project, "dist/kaluma/esp_websocket_client.min.js"), "utf8");
  });

  /** `data` is a Uint8Array, `write` takes a byte a character, failures are silent. */
  function connect(options: { host: string; port: number }, connected: () => void): HostEmitter {
    const inner = net.connect(options.port, options.host);
    sockets.add(inner);
    const socket = Object.assign(new HostEmitter(), {
      write: (bytes: string) => void inner.write(Buffer.from(bytes, "latin1")),
      end: () => void inner.end(),
    });
    let failed = false;
    inner.on("connect", () => host.enter(connected));
    inner.on("data", (bytes) => host.enter(() => void socket.emit("data", new Uint8Array(bytes))));
    inner.on("error", () => (failed = true));
    inner.on("close", () => {
      sockets.delete(inner);
      if (!failed) host.enter(() => void socket.emit("close"));
    });
    return socket;
  }

  class Emitter extends HostEmitter {
    listeners(event: string): unknown[] {
      return (this._events[event] ?? []).slice();
    }
  }

  async function run(script: string, preset: object): Promise<string[]> {
    const variables = Object.entries(preset).map(([name, value]) => `var ${name} = ${JSON.stringify(value)};`);
    lines = [];
    host = new JerryScriptHost({
      modules: { esp_websocket_client: bundle },
      natives: {
        net: { connect },
        events: { EventEmitter: Emitter },
        tls: undefined,
        fs: undefined,
        crypto: undefined,
      },
      onLine: (line) => lines.push(line),
    });
    host.run(`var print = console.log; ${variables.join(" ")} ${script}`);
    expect(await host.exited).toEqual({ code: 0 });
    return lines;
  }

  afterEach(() => {
    host.close();
    for (const socket of sockets) socket.destroy();
  });

  test("echoes text and binary messages", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
    const url = `ws://127.0.0.1:${(server.address() as net.AddressInfo).port}/`;
    const echo = fs.readFileSync(path.join(__dirname, "echo.js"), "utf8");
    const messages = ["", "plain", "é€😀\0", "x\ud83d", 0, 1, 2, 3, 125, 126, 1025, 65535, 65536];
    const printed = await run(echo, { URL: url, MESSAGES: messages });
    await new Promise((resolve) => server.close(resolve));
    expect(printed).toEqual([
      "text 0 ",
      "text 5 112,108,97,105,110",
      "text 10 233,8364,55357,56832,0",
      "text 4 120,65533",
      ...messages.filter((one) => typeof one === "number").map((length) => `binary ${length} right`),
      "closed 0",
      "finish",
    ]);
  });

  test("notices by a time-out what the host does not tell: a refused connection", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const script = `var ws = require("esp_websocket_client");
      var client = ws.esp_websocket_client_init({ uri: URL, network_timeout_ms: 50, reconnect_timeout_ms: 1 });
      var errors = 0;
      client.on("error", function (event) {
        print(event.data_ptr);
        if (++errors === 2) ws.esp_websocket_client_destroy(client);
      });
      ws.esp_websocket_client_start(client);`;
    const printed = await run(script, { URL: `ws://127.0.0.1:${port}/` });
    expect(printed).toEqual([
      expect.stringContaining("No answer in time"),
      expect.stringContaining("No answer in time"),
    ]);
  });
});
