/** Fails the build if a bundle is too big, is not ES5, or holds what Espruino cannot run. Prints the sizes. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findHostile } from "./hostile_syntax.cjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const budgets = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")).sizeBudget;
const bundles = [
  "dist/esp_websocket_client.js",
  "dist/esp_websocket_client.min.js",
  "dist/websocket.js",
  "dist/websocket.min.js",
  "dist/jerryscript/esp_websocket_client.js",
  "dist/jerryscript/esp_websocket_client.min.js",
];

const problems = [];

function checkSyntax(name, code) {
  try {
    problems.push(...findHostile(code).map((finding) => `${name}, ${finding}.`));
  } catch (error) {
    problems.push(`${name} is not ES5: ${error.message}.`);
  }
}

for (const name of bundles) {
  const file = path.join(root, name);
  if (!fs.existsSync(file)) {
    problems.push(`${name} has not been built.`);
    continue;
  }
  const code = fs.readFileSync(file, "utf8");
  checkSyntax(name, code);
  if (name.endsWith(".min.js") && /[^\x00-\x7f]/.test(code)) problems.push(`${name} is not pure ASCII.`);
  const bytes = Buffer.byteLength(code);
  const budget = budgets[name];
  console.log(`${name}: ${bytes} bytes${budget ? ` of ${budget}` : ""}`);
  if (budget && bytes > budget) problems.push(`${name} has ${bytes} bytes, ${bytes - budget} over its budget.`);
}

// The ES modules are ES5 but for their import and export lines, which a bundler takes away.
for (const entry of fs.readdirSync(path.join(root, "dist/esm"), { recursive: true })) {
  if (!entry.endsWith(".js")) continue;
  const code = fs.readFileSync(path.join(root, "dist/esm", entry), "utf8");
  checkSyntax(`dist/esm/${entry}`, code.replace(/^(import|export) .*;$/gm, ""));
}

if (problems.length > 0) {
  console.error(`\nThe build failed:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  process.exitCode = 1;
}
