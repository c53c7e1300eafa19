/** `npx esp-websocket-client serve`: the echo server for boards in the network. */
import { spawn, spawnSync } from "node:child_process";
import net from "node:net";
import path from "node:path";
import WebSocket from "ws";

const program = path.join(__dirname, "../../bin/esp-websocket-client.js");

test("it prints its addresses, sends messages back, shows them, and ends with Ctrl-C", async () => {
  const server = spawn(process.execPath, [program, "serve", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let change = (): void => {};
  server.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    change();
  });
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output);
      if (found) return found;
      await new Promise<void>((resolve) => (change = resolve));
    }
  };
  const [, port] = await until(/^ {2}ws:\/\/[\d.]+:(\d+)\/$/m);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const answers: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.on("open", () => {
      socket.send("Hello");
      socket.send(Buffer.alloc(1));
    });
    socket.on("message", (data, isBinary) => {
      answers.push(`${isBinary} ${String(data)}`);
      if (answers.length === 2) socket.close();
    });
  });
  expect(answers).toEqual(["false Hello", "true \0"]);
  await until(/^data: 1 byte\n/m);
  expect(output.split("\n\n")[1]).toBe('127.0.0.1 has connected\ntext: "Hello"\ndata: 1 byte\n');
  const ended = new Promise((resolve) => server.on("close", (...end) => resolve(end)));
  server.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
});

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "serve", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
};

test.each([
  [["--port", "x"], "x is not a port. `npx esp-websocket-client serve --help` lists what there is.\n"],
  [["--nonsense"], "Unknown option '--nonsense'. `npx esp-websocket-client serve --help` lists what there is.\n"],
])("%j is refused in one line", (args, message) => {
  expect(run(...args)).toEqual({ status: 2, stdout: "", stderr: message });
});

test("a port in use is an error with advice", async () => {
  const other = net.createServer().listen(0, "0.0.0.0");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as net.AddressInfo;
  expect(run("--port", String(port))).toEqual({
    status: 1,
    stdout: "",
    stderr: `Port ${port} is in use: choose another with --port.\n`,
  });
  await new Promise((resolve) => other.close(resolve));
});
