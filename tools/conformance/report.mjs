/** The results as a file for machines, and as a summary for people. */
import fs from "node:fs";
import path from "node:path";
import { sectionOf, UserError } from "./select.mjs";

/** What the server may say of a case without its being a failure. */
const GOOD = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"];

/**
 * @typedef {object} Result of one case
 * @property {number} number
 * @property {string} id
 * @property {string} description
 * @property {string} behavior what the server says: OK, NON-STRICT, FAILED …; MISSING where it said nothing
 * @property {string[]} problems what was seen on the board
 * @property {number} milliseconds
 */

/** @param {Result} result */
export function isGood(result) {
  return GOOD.includes(result.behavior) && result.problems.length === 0;
}

/**
 * One line for each section and each case that failed.
 * @param {Result[]} results
 * @returns {string[]}
 */
export function summary(results) {
  const lines = [];
  for (const [section, cases] of grouped(results)) {
    const counts = new Map();
    for (const { behavior } of cases) counts.set(behavior, (counts.get(behavior) ?? 0) + 1);
    const parts = [...counts].map(([behavior, count]) => `${count} ${behavior}`);
    lines.push(`${section ? `Section ${section}` : "Cases"}: ${parts.join(", ")}`);
  }
  for (const one of results) {
    if (!isGood(one))
      lines.push(`  ${one.id} ${[one.behavior, ...one.problems].join("; ")}. ${one.description}`.trimEnd());
  }
  const good = results.filter(isGood).length;
  lines.push(`${good} passed, ${results.length - good} failed`);
  return lines;
}

function grouped(results) {
  const groups = new Map();
  for (const one of results) {
    const section = sectionOf(one.id);
    groups.set(section, [...(groups.get(section) ?? []), one]);
  }
  return groups;
}

/** @param {string} file */
export function checkReportFile(file) {
  if (!/\.(xml|json)$/i.test(file)) throw new UserError(`--report: ${file} must end in .xml (JUnit) or .json.`);
  const folder = path.dirname(path.resolve(file));
  if (!fs.existsSync(folder)) throw new UserError(`--report: the folder ${folder} does not exist.`);
}

/**
 * @param {string} file ends in `.xml` or `.json`
 * @param {string} agent
 * @param {Result[]} results
 */
export function writeReport(file, agent, results) {
  fs.writeFileSync(file, /\.xml$/i.test(file) ? junit(agent, results) : json(agent, results));
}

function json(agent, results) {
  const passed = results.filter(isGood).length;
  return `${JSON.stringify({ agent, passed, failed: results.length - passed, cases: results }, null, 2)}\n`;
}

function junit(agent, results) {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="${xml(agent)}">`];
  for (const [section, cases] of grouped(results)) {
    const failures = cases.filter((one) => !isGood(one)).length;
    const time = cases.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
    const name = section ? `section ${section}` : "cases";
    lines.push(`  <testsuite name="${name}" tests="${cases.length}" failures="${failures}" time="${time}">`);
    for (const one of cases) {
      const test = `    <testcase name="${xml(one.id)}" classname="conformance" time="${one.milliseconds / 1000}"`;
      if (isGood(one)) lines.push(`${test}/>`);
      else {
        const message = xml([one.behavior, ...one.problems].join("; "));
        lines.push(
          `${test}>`,
          `      <failure message="${message}">${xml(one.description)}</failure>`,
          "    </testcase>"
        );
      }
    }
    lines.push("  </testsuite>");
  }
  return `${lines.join("\n")}\n</testsuites>\n`;
}

function xml(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // XML 1.0 has no way to write most control characters.
  return text.replace(/[\x00-\x08\x0b-\x1f]/g, "\ufffd").replace(/[&<>"]/g, (character) => entities[character]);
}
