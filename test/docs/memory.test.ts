/** The figures in docs/boards.md, on an interpreter with a small heap. */
import { interpreters } from "../support/targets";
import { read } from "./blocks";
import { startEcho } from "./echo";

const SCRIPT = `
var before = process.memory().usage;
var ws = require("esp_websocket_client");
print("module " + (process.memory().usage - before));
before = process.memory().usage;
var client = ws.esp_websocket_client_init({ uri: WS_URL });
client.on("connected", function () {
  setTimeout(function () {
    print("client " + (process.memory().usage - before));
    ws.esp_websocket_client_destroy(client);
  }, 1);
});
ws.esp_websocket_client_start(client);`;

const small = interpreters().find(({ name }) => name === "espruino with a small heap");

(small ? test : test.skip)("variables, on a small heap (set ESPRUINO_SMALL)", async () => {
  const told = [...read("docs/boards.md").matchAll(/^\| (?:the|one) (module|client)\b.*\| about ([\d,]+) +\|$/gm)];
  expect(told.map((match) => match[1])).toEqual(["module", "client"]);
  const server = await startEcho();
  const { lines, uncaught } = await small!.run(SCRIPT, { preset: { WS_URL: server.url } });
  await server.close();
  expect(uncaught).toEqual([]);
  const measured = Object.fromEntries(lines.map((line) => line.split(" ")));
  for (const [, name, figure] of told) {
    // They may be a fifth off before they must be corrected: the text says "about".
    const ratio = Number(measured[name]) / Number(figure.replace(",", ""));
    expect([name, ratio > 0.8 && ratio < 1.2, measured[name]]).toEqual([name, true, measured[name]]);
  }
});

test("boards.md names as many free variables as the board asks for", () => {
  const least = /const RESERVE = (\d+);/.exec(read("board/espruino/memory.ts"))![1];
  expect(read("docs/boards.md")).toContain(`fewer than ${least} variables`);
  expect(read("docs/troubleshooting.md")).toContain(`fewer than ${least} variables`);
});
