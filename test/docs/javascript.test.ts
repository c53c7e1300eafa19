/** The documents' scripts run, and print what the documents say. */
import fs from "node:fs";
import path from "node:path";
import { parse } from "acorn";
import { runProgram } from "../support/program";
import { describeTargets, interpreters, simulators, type Target } from "../support/targets";
import { authority, signed } from "../tls/certificates";
import { startTls } from "../tls/server";
import { startNode } from "../tls_psk/servers";
import { blocks, root, TESTED_ELSEWHERE } from "./blocks";
import { startEcho } from "./echo";

/** What a board's firmware has and neither the simulator nor Espruino for Linux: a Wi-Fi that is always there. */
const WIFI = `
exports.connect = function (name, options, callback) {
  if (typeof name !== "string" || typeof options.password !== "string") throw new Error("Wifi.connect");
  setTimeout(callback, 1, null);
};
exports.save = exports.on = exports.setHostname = function () {};`;

/** The port of TLS servers in the documents. */
const TLS_PORT = /\b8443\b/g;

const forBoard = blocks(
  ({ document, language, words }) =>
    language === "js" && !TESTED_ELSEWHERE[document] && !words.some((word) => /^(node|file=)/.test(word))
);

describeTargets(
  "the documents' scripts for the board",
  (target) => {
    test.each(forBoard.map((block) => [block.place, block] as const))("%s", async (place, block) => {
      // Boards parse ES5 only.
      parse(block.code, { ecmaVersion: 5 });
      const server = await startEcho();
      const startSecure = async () =>
        block.code.includes("tls_psk") ? startNode() : startTls(await signed("localhost"));
      const secure = block.code.search(TLS_PORT) < 0 ? undefined : await startSecure();
      try {
        const redirected = server.redirect(block.code).replace(TLS_PORT, String(secure?.port));
        const script = `${(await certificates(redirected)) ?? redirected}`;
        await runBlock(target, script, block, server.heard);
        // A script that shows nothing must have talked to the server, if it means to.
        const silent = block.output === undefined && /_start\(|new WebSocket\(/.test(block.code);
        if (silent) expect([place, server.connections + (secure?.sessions.length ?? 0)]).not.toEqual([place, 0]);
      } finally {
        await server.close();
        await secure?.close();
      }
    });
  },
  [simulators()[0], ...interpreters()]
);

/** Documents show certificates with dots in them: a real one takes their place. */
async function certificates(script: string): Promise<string | undefined> {
  const begin = '"-----BEGIN CERTIFICATE-----\\n…\\n-----END CERTIFICATE-----"';
  return script.includes(begin) ? script.replaceAll(begin, JSON.stringify((await authority()).cert)) : undefined;
}

async function runBlock(
  target: Target,
  script: string,
  block: { words: string[]; output?: string },
  heard: Promise<void>
): Promise<void> {
  const library = (name: string) => fs.readFileSync(path.join(root, "dist", `${name}.min.js`), "utf8");
  const running = target.start(script, {
    storage: { websocket: library("websocket"), tls_psk: library("tls_psk"), Wifi: WIFI },
  });
  if (block.words.includes("stays")) {
    await Promise.race([heard, running.result]);
    await running.stop();
  }
  const result = await running.result;
  // The interpreter's own word on a refused connection.
  const [lines, uncaught] = [result.lines, result.uncaught].map((list) =>
    list.filter((line) => !line.startsWith("ERROR: Connect failed"))
  );
  expect(uncaught).toEqual([]);
  if (block.output !== undefined) expect(lines.join("\n")).toBe(block.output);
  else expect(lines.filter((line) => /^esp_websocket_client|error/.test(line))).toEqual([]);
}

const forNode = blocks(({ language, words }) => language === "js" && words.includes("node"));

test.each(forNode.map((block) => [block.place, block] as const))("%s runs on Node", async (_, block) => {
  const server = await startEcho();
  try {
    // In the project's folder, the package finds itself by its name.
    const outcome = await runProgram(process.execPath, ["-e", server.redirect(block.code)], { cwd: root });
    expect(outcome).toEqual({ status: 0, stdout: `${block.output}\n`, stderr: "" });
  } finally {
    await server.close();
  }
});

const copies = blocks(({ words }) => words.some((word) => word.startsWith("file=")));

test.each(copies.map((block) => [block.place, block] as const))("%s is the file that it names", (_, block) => {
  const name = block.words.find((word) => word.startsWith("file="))!.slice(5);
  expect(fs.readFileSync(path.join(root, name), "utf8")).toBe(block.code);
});
