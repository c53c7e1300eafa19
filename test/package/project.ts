/** An empty project in a folder of its own, with the package installed from its tarball, as users have it. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Outcome, runProgram } from "../support/program";

export const root = path.join(__dirname, "../..");

export interface Project {
  readonly folder: string;
  /** Names of the files in the tarball. */
  readonly packed: string[];
  write(name: string, content: string): void;
  read(name: string): string;
  /** Makes packages of this checkout's node_modules known, as if the user had installed them. */
  link(...names: string[]): void;
  /** Runs a program in the project's folder. */
  run(program: string, args: string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): void;
}

/** Packs the checkout as it is built, and installs that. Nothing is downloaded: what it depends on is packed with it. */
export function createProject(): Project {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "esp-websocket-client-user-")));
  const npm = (...args: string[]): string =>
    execFileSync("npm", args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      shell: process.platform === "win32",
    });
  const [tarball] = JSON.parse(npm("pack", root, "--json", "--ignore-scripts")) as [
    { filename: string; files: { path: string }[] },
  ];
  fs.writeFileSync(path.join(folder, "package.json"), '{ "name": "user", "private": true }\n');
  // With scripts: it has none that runs here. With a cache of its own: what others have downloaded is not found.
  const cache = path.join(folder, ".npm-cache");
  npm("install", "--no-audit", "--no-fund", "--omit=optional", "--offline", "--cache", cache, `./${tarball.filename}`);
  return {
    folder,
    packed: tarball.files.map((file) => file.path),
    write(name, content) {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    },
    read: (name) => fs.readFileSync(path.join(folder, name), "utf8"),
    link(...names) {
      for (const name of names) {
        const link = path.join(folder, "node_modules", name);
        fs.mkdirSync(path.dirname(link), { recursive: true });
        fs.symlinkSync(path.join(root, "node_modules", name), link, "junction");
      }
    },
    // As npm sets it for what it runs
    run: (program, args, env = {}) =>
      runProgram(program, args, { cwd: folder, env: { ...process.env, INIT_CWD: folder, ...env } }),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
