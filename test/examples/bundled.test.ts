/** A script that is bundled with the client by rollup: only what it uses gets in, and it runs by itself. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { findHostile } from "../../board/simulator/source/syntax";
import { describeTargets, interpreters, simulators } from "../support/targets";
import { startEcho } from "./server";

const root = path.join(__dirname, "../..");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bundled-"));
let bundle = "";

beforeAll(() => {
  // A project of its own, as a user has it, with what it depends on installed.
  fs.cpSync(path.join(root, "examples/bundled"), folder, { recursive: true });
  fs.mkdirSync(path.join(folder, "node_modules"));
  fs.symlinkSync(root, path.join(folder, "node_modules/esp-websocket-client"));
  fs.symlinkSync(path.join(root, "node_modules/terser"), path.join(folder, "node_modules/terser"));
  const rollup = path.join(root, "node_modules/.bin/rollup");
  const { status, stderr } = spawnSync(rollup, ["--silent", "--config"], { cwd: folder, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  bundle = fs.readFileSync(path.join(folder, "app.js"), "utf8");
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

test("the bundle holds what the script uses, and nothing else", () => {
  const whole = fs.readFileSync(path.join(root, "dist/esp_websocket_client.min.js"), "utf8");
  expect(bundle.length).toBeLessThan(whole.length * 0.95);
  // What is used, and what belongs to functions that are not.
  expect(bundle).toContain("Sec-WebSocket-Key");
  const unused = ["UNKNOWN ERROR", "ESP_ERR_", "WEBSOCKET_EVENT_", "WS_TRANSPORT_", "esp_websocket_client_", "exports"];
  expect(unused.filter((name) => bundle.replace("esp_websocket_client: ", "").includes(name))).toEqual([]);
  expect(unused.filter((name) => !whole.includes(name))).toEqual([]);
});

test("the bundle is ES5 that Espruino runs", () => {
  expect(findHostile(bundle)).toEqual([]);
  expect(bundle).toMatch(/^[\x00-\x7f]*$/);
});

describeTargets(
  "the bundle runs without the module",
  (target) => {
    test("and echoes", async () => {
      const echo = await startEcho();
      // From Storage, as on a board: a script's code would lie in memory here.
      const result = await target.run('require("app");', {
        preset: { WS_URL: echo.url },
        storage: { app: bundle, esp_websocket_client: 'throw "not to be used";' },
      });
      await echo.close();
      expect(result).toEqual({ lines: ["data: Hello from one file", "finish"], uncaught: [], done: false });
    });
  },
  [...simulators(), ...interpreters()]
);
