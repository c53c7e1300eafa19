/** `prepare`, which npm runs where the package is packed and where it is installed from git: the package is whole. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const root = path.join(__dirname, "../..");

let folder: string;
let checkout: string;
beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-prepare-")));
  checkout = path.join(folder, "checkout");
  // What git has: neither dist/ nor node_modules/.
  const tracked = [
    "src",
    "board",
    "build",
    "tools",
    "bin",
    "examples",
    "docs",
    "bench",
    "web",
    "flash.sh",
    "package.json",
  ];
  const files = fs
    .readdirSync(root)
    .filter((name) => /^(tsconfig.*\.json|.*\.md|LICENSE|rollup.*|\.npmrc)$/.test(name));
  for (const name of [...tracked, ...files]) {
    const to = path.join(checkout, name);
    fs.cpSync(path.join(root, name), to, { recursive: true, filter: (file) => !/node_modules|dist$/.test(file) });
  }
  fs.mkdirSync(path.join(checkout, "node_modules"));
  for (const name of fs.readdirSync(path.join(root, "node_modules")).filter((one) => one !== ".cache")) {
    fs.symlinkSync(path.join(root, "node_modules", name), path.join(checkout, "node_modules", name));
  }
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Packs the checkout as npm does it for git, and gives the names of the files. */
function pack(cwd: string, ...args: string[]): string[] {
  // npm hands its settings down to what it runs, and so to these tests: .npmrc is to be read anew.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const text = execFileSync("npm", ["pack", ...args, "--json", "--dry-run", "--loglevel", "silent"], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  return files.map((file) => file.path);
}

const bundle = () => path.join(checkout, "dist/esp_websocket_client.min.js");

test("a checkout without dist/ is built before it is packed, and not again", () => {
  expect(fs.existsSync(path.join(checkout, "dist"))).toBe(false);
  const files = pack(folder, checkout);
  const built = (name: string) => files.filter((file) => file.startsWith(name)).length;
  expect(files).toEqual(expect.arrayContaining(["dist/esp_websocket_client.min.js", "dist/websocket.d.ts"]));
  expect(built("dist/simulator/")).toBeGreaterThan(30);
  // The web page is not for those who install the package.
  const page = path.join(root, "dist/web");
  expect(built("dist/web/")).toBe(0);
  expect(built("dist/")).toBe(
    fs
      .readdirSync(path.join(root, "dist"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath !== page).length
  );
  const before = fs.statSync(bundle()).mtimeMs;
  // In the folder itself, .npmrc keeps the scripts of what is installed from running: this is `npm run pack`.
  expect(pack(checkout, "--ignore-scripts=false").sort()).toEqual(files.sort());
  expect(fs.statSync(bundle()).mtimeMs).toBe(before);
});

test("a published file that is missing is built again; a build that fails packs nothing", () => {
  fs.rmSync(path.join(checkout, "dist/tls_psk.d.ts"));
  fs.appendFileSync(path.join(checkout, "src/protocol/utf8.ts"), "\nvar = 1;\n");
  const run = () => execFileSync(process.execPath, ["build/prepare.mjs"], { cwd: checkout, stdio: "ignore" });
  expect(run).toThrow(/Command failed/);
  expect(() => pack(folder, checkout)).toThrow(/Command failed/);
});
