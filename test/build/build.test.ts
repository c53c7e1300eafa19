/** `npm run build`, in a copy of the project: what it leaves in dist/ when all is well, and when it is not. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { checkBundles } from "../../build/check_bundles";
import { Outcome, runProgram } from "../support/program";

const root = path.join(__dirname, "../..");

let project: string;
beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-build-"));
  const names = ["src", "board", "build", "tools", "examples", "web", "rollup.config.mjs", "package.json", "LICENSE"];
  names.push("tsconfig.json", "tsconfig.device.json", "tsconfig.simulator.json");
  for (const name of names) fs.cpSync(path.join(root, name), path.join(project, name), { recursive: true });
  fs.symlinkSync(path.join(root, "node_modules"), path.join(project, "node_modules"));
  // What a build has left, an hour ago.
  for (const name of ["esp_websocket_client.min.js", "websocket.min.js", "simulator/index.js", "esm/board/former.js"])
    put(`dist/${name}`, "former");
});
afterEach(() => fs.rmSync(project, { recursive: true, force: true }));

function put(name: string, content: string): void {
  const file = path.join(project, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  const past = new Date(Date.now() - 3600_000);
  fs.utimesSync(file, past, past);
}

const files = (folder: string): string[] =>
  (fs.readdirSync(path.join(folder, "dist"), { recursive: true }) as string[])
    .filter((name) => fs.statSync(path.join(folder, "dist", name)).isFile())
    .sort();

const build = (): Promise<Outcome> =>
  runProgram(process.execPath, ["tools/run_typescript.cjs", "build/build.ts"], { cwd: project });
const start = (): Promise<Outcome> => runProgram(process.execPath, ["tools/start.mjs"], { cwd: project });

test("npm run build takes away what a former build has left, and npm start runs what it has made", async () => {
  expect(await build()).toMatchObject({ status: 0, stderr: "" });
  expect(files(project)).toEqual(files(root));
  const { stdout } = await start();
  expect(stdout).toMatch(/^Running [^]*\nfinish\n$/);
  expect(fs.readdirSync(project).filter((name) => name.startsWith(".build"))).toEqual([]);
});

test("npm start builds what it runs beside dist/, once; the bundles are those of a whole build", async () => {
  const before = files(project);
  const first = await start();
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(first.stdout).toMatch(/^Building the client and the simulator[^\n]*\nRunning [^]*\nfinish\n$/);
  expect(files(project)).toEqual(before);
  expect(fs.readFileSync(path.join(project, "dist/websocket.min.js"), "utf8")).toBe("former");
  for (const name of ["esp_websocket_client.min.js", "websocket.min.js"]) {
    const made = fs.readFileSync(path.join(project, ".build-start", name), "utf8");
    expect(made).toBe(fs.readFileSync(path.join(root, "dist", name), "utf8"));
  }
  expect(fs.readdirSync(project).filter((name) => name.startsWith(".build"))).toEqual([".build-start"]);
  const second = await start();
  expect(second.stdout).toMatch(/^Running /);
  // A source that has changed since.
  const future = new Date(Date.now() + 3600_000);
  fs.utimesSync(path.join(project, "src/api/web_socket.ts"), future, future);
  expect((await start()).stdout).toMatch(/^Building /);
});

test("npm start says where a source cannot be compiled, and runs nothing", async () => {
  fs.appendFileSync(path.join(project, "src/api/web_socket.ts"), "\nvar = 1;\n");
  const { status, stdout, stderr } = await start();
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^Building [^\n]*\n$/)]);
  expect(stderr).toMatch(/^The build failed: [^\n]*src\/api\/web_socket\.ts:\d+:5: [^\n]*\n$/);
  expect(fs.readdirSync(project).filter((name) => name.startsWith(".build"))).toEqual([]);
});

test("a build that fails its size check leaves dist/ as it was", async () => {
  const file = path.join(project, "package.json");
  const settings = JSON.parse(fs.readFileSync(file, "utf8")) as { sizeBudget: Record<string, number> };
  settings.sizeBudget["dist/websocket.min.js"] = 100;
  fs.writeFileSync(file, JSON.stringify(settings));
  const before = files(project);
  const { status, stderr } = await build();
  expect(status).toBe(1);
  expect(stderr).toMatch(/dist\/websocket\.min\.js has \d+ bytes, \d+ over its budget[^]*dist\/ is as it was\.\n$/);
  expect(files(project)).toEqual(before);
  expect(fs.readFileSync(path.join(project, "dist/websocket.min.js"), "utf8")).toBe("former");
  expect(fs.readdirSync(project).filter((name) => name.startsWith(".build"))).toEqual([]);
});

test("a tag that means nothing fails the build, and dist/ is as it was", async () => {
  const file = path.join(project, "src/protocol/utf8.ts");
  fs.appendFileSync(file, "\n/** @hto */\nexport function unused(): void {}\n");
  const { status, stderr } = await start();
  expect(status).toBe(1);
  expect(stderr).toMatch(/src\/protocol\/utf8\.ts:\d+: @hto is a tag that the build does not know\./);
  expect(fs.readFileSync(path.join(project, "dist/websocket.min.js"), "utf8")).toBe("former");
});

test("a bundle that uses a name which nothing declares is refused", () => {
  const folder = path.join(project, "checked");
  fs.cpSync(path.join(root, "dist"), folder, { recursive: true });
  fs.appendFileSync(path.join(folder, "jerryscript/esp_websocket_client.min.js"), ";forgotten();leak=1;");
  const errors: string[] = [];
  jest.spyOn(console, "log").mockImplementation(() => {});
  jest.spyOn(console, "error").mockImplementation((text: string) => void errors.push(text));
  const passed = checkBundles(folder);
  jest.restoreAllMocks();
  const name = "  dist/jerryscript/esp_websocket_client.min.js: ";
  expect(errors).toEqual([`\nThe build failed:\n${name}'forgotten' is not defined.\n${name}'leak' is not defined.`]);
  expect(passed).toBe(false);
});
