/** Whether what was built is small enough, ES5, and nothing that Espruino cannot run. */
import fs from "node:fs";
import path from "node:path";
import { Linter } from "eslint";

const root = path.join(__dirname, "..");
const settings = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
const budgets: Record<string, number> = settings.sizeBudget;
const bundles = [
  "esp_websocket_client.js",
  "esp_websocket_client.min.js",
  "websocket.js",
  "websocket.min.js",
  "tls_psk.js",
  "tls_psk.min.js",
  "jerryscript/esp_websocket_client.js",
  "jerryscript/esp_websocket_client.min.js",
];

/** What a bundle may take from its host, beside ES5. */
const HOST =
  "require exports module setTimeout clearTimeout process console ArrayBuffer Uint8Array Uint16Array Uint32Array Int32Array".split(
    " "
  );
const ESPRUINO = "E Graphics atob btoa peek32 print".split(" ");
const JERRYSCRIPT = "Buffer console".split(" ");

/** What finds syntax that Espruino cannot run, with line and column. */
interface Syntax {
  findHostile(code: string): string[];
}

/** Checks what lies in `folder`, and is to be dist/. Prints the sizes and what is wrong; true if nothing is. */
export function checkBundles(folder: string): boolean {
  const problems: string[] = [];
  // The simulator, which has just been built, refuses the same things in users' scripts.
  const { findHostile } = require(path.resolve(folder, "simulator/source/syntax.js")) as Syntax;
  const wrongSyntax = (name: string, code: string): string[] => {
    try {
      // JerryScript's regular expressions are whole.
      const forEspruino = !name.includes("/jerryscript/");
      return findHostile(code)
        .filter((finding) => forEspruino || !finding.includes("regular expressions lack"))
        .map((finding) => `${name}, ${finding}.`);
    } catch (error) {
      return [`${name} is not ES5: ${(error as Error).message}.`];
    }
  };
  for (const bundle of bundles) {
    const name = `dist/${bundle}`;
    const code = fs.readFileSync(path.join(folder, bundle), "utf8");
    problems.push(...wrongSyntax(name, code), ...unknownNames(name, code));
    if (name.endsWith(".min.js") && /[^\x00-\x7f]/.test(code)) problems.push(`${name} is not pure ASCII.`);
    const bytes = Buffer.byteLength(code);
    const budget = budgets[name];
    console.log(`${name}: ${bytes} bytes${budget ? ` of ${budget}` : ""}`);
    if (budget && bytes > budget)
      problems.push(
        `${name} has ${bytes} bytes, ${bytes - budget} over its budget: make it smaller, or raise sizeBudget in package.json.`
      );
  }

  // The ES modules are ES5 but for their import and export lines, which a bundler takes away.
  for (const entry of fs.readdirSync(path.join(folder, "esm"), { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".js")) continue;
    const code = fs.readFileSync(path.join(folder, "esm", entry), "utf8");
    problems.push(...wrongSyntax(`dist/esm/${entry}`, code.replace(/^(import|export) .*;$/gm, "")));
  }

  if (problems.length > 0)
    console.error(`\nThe build failed:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  return problems.length === 0;
}

/** Names that neither the bundle declares nor its host has: a mistake of ours or of the minifier, or a global variable. */
function unknownNames(name: string, code: string): string[] {
  const known = [...HOST, ...(name.includes("/jerryscript/") ? JERRYSCRIPT : ESPRUINO)];
  const globals = Object.fromEntries(known.map((one) => [one, "writable" as const]));
  const config: Linter.Config = {
    languageOptions: { ecmaVersion: 5, sourceType: "script", globals },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    rules: { "no-undef": "error" },
  };
  const messages = new Linter().verify(code, config, { allowInlineConfig: false });
  return [...new Set(messages.map(({ message }) => `${name}: ${message}`))];
}
