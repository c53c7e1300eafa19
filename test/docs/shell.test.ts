/** The documents' commands exist, with the files and options that they name. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { blocks, root } from "./blocks";

const help = (file: string, args: string[]) => execFileSync(file, args, { cwd: root, encoding: "utf8" });
const flashHelp = help("./flash.sh", ["--help"]);
const startHelp = help(process.execPath, ["tools/start.mjs", "--help"]);
const { scripts, bin } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
};

/** What is wrong with one command, as a sentence; undefined if nothing is. */
function wrong(line: string): string | undefined {
  const words = line.replace(/^([A-Z_][A-Z_0-9]*=\S+ )+/, "").split(/\s+/);
  const [program, ...args] = words;
  switch (program) {
    case "npm": {
      if (["ci", "init", "install"].includes(args[0])) return undefined;
      const name = args[0] === "run" ? args[1] : args[0];
      if (!scripts[name]) return `npm has no script ${name}`;
      return name === "start" ? wrongOptions(args.slice(1), startHelp) : undefined;
    }
    case "npx":
      if (args[0] === "esp-websocket-client" && args[1] === "flash") return wrongOptions(args.slice(2), flashHelp);
      if (args[0] === "esp-websocket-client" && args[1] === "run") return wrongOptions(args.slice(2), startHelp);
      if (bin[args[0]]) return fs.existsSync(path.join(root, bin[args[0]])) ? undefined : `${args[0]} is not there`;
      return fs.existsSync(path.join(root, "node_modules/.bin", args[0])) ? undefined : `${args[0]} is not installed`;
    case "./flash.sh":
      return wrongOptions(args, flashHelp);
    case "node":
    case "bash":
      return wrongOptions(args, "");
    case "esptool":
      return /^esptool --port \S+ (erase_region 0x[0-9a-f]+ 0x[0-9a-f]+|erase_flash)$/.test(line)
        ? undefined
        : "esptool erases only";
    case "pip":
      return line === "pip install esptool" ? undefined : "pip installs esptool only";
    default:
      return `${program} is not known`;
  }
}

function wrongOptions(args: string[], text: string): string | undefined {
  for (const arg of args) {
    if (arg === "--") continue;
    if (arg.startsWith("-")) {
      if (!new RegExp(`(^|[ ,])${arg.split("=")[0]}\\b`, "m").test(text)) return `${arg} is no option`;
    } else if (/\.(js|mjs|sh|json|md)$|^\./.test(arg) && !/^my_|^wss?:/.test(arg)) {
      if (!fs.existsSync(path.join(root, arg))) return `${arg} is not there`;
    }
  }
  return undefined;
}

// A block without a language holds commands too.
const lines = blocks(({ language }) => language === "sh" || language === "").flatMap(({ place, code }) =>
  code
    .split("\n")
    .map((line) => line.replace(/(^|\s+)#.*/, "").trim())
    .filter((line) => line)
    .map((line) => [place, line] as const)
);

test.each(lines)("%s: %s", (_, line) => {
  expect(wrong(line)).toBeUndefined();
});

test.each([
  ["npm run nonsense", "npm has no script nonsense"],
  ["npm start -- --nonsense", "--nonsense is no option"],
  ["npm start -- examples/nonsense.js", "examples/nonsense.js is not there"],
  ["FLASH_TIMEOUT=20 ./flash.sh --nonsense", "--nonsense is no option"],
  ["rm -rf /", "rm is not known"],
])("%s is found to be wrong", (line, sentence) => {
  expect(wrong(line)).toBe(sentence);
});

test("environment variables of flash.sh are in its help", () => {
  const named = blocks(({ language }) => language === "sh").flatMap(
    ({ code }) => code.match(/^[A-Z_]+(?==.*flash\.sh)/gm) ?? []
  );
  for (const name of named) expect(flashHelp).toContain(name);
});
