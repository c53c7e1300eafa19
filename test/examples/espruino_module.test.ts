/** dist/espruino_module/: Espruino's house style, and that its files run: required, through the IDE's tools, and pasted. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describeTargets, hasSmallHeap, interpreters, simulators } from "../support/targets";
import { startEcho, type Echo } from "./server";

const root = path.join(__dirname, "../..");
const folder = "dist/espruino_module";
const read = (name: string): string => fs.readFileSync(path.join(root, folder, name), "utf8");

const ADDRESS = "ws://192.168.1.10:8080/";
const modules = ["esp_websocket_client", "websocket"];

/** The usage in a module's header. */
const usage = (name: string): string => /^```\n([^]*?)^```$/m.exec(read(`${name}.js`))![1];

describe.each(modules)("%s", (name) => {
  test("has licence, usage and keywords, as Espruino's modules have them", () => {
    const source = read(`${name}.js`);
    expect(source).toMatch(/^\/\* Copyright \(c\) \d{4} .* MIT license: see the file LICENSE for copying permission/);
    expect(read("LICENSE")).toContain("MIT License");
    const page = read(`${name}.md`);
    expect(page).toMatch(
      /^<!--- Copyright \(c\) \d{4} .* See the file LICENSE for copying permission\. -->\n[^\n]+\n=+\n/
    );
    const keywords = /^ ?\* KEYWORDS: (Module,WebSocket,\S+)$/m;
    expect(keywords.exec(source)![1]).toBe(keywords.exec(page)![1]);
    expect(page).toContain(usage(name));
    expect(source + page).not.toMatch(/@[a-z]{5,}@/);
  });

  test("is the bundle below its header", () => {
    const bundle = fs.readFileSync(path.join(root, "dist", `${name}.min.js`), "utf8").trimEnd();
    expect(read(`${name}.js`).endsWith(`*/\n${bundle}\n`)).toBe(true);
    expect(read(`${name}.min.js`)).toBe(`${bundle}\n`);
  });
});

/** A Wi-Fi that lets one in, as a module in Storage. */
const WIFI = `exports.connect = function (name, options, callback) {
  setTimeout(callback, 1, name === "my network" && options.password === "my password" ? null : "refused");
};`;

describeTargets(
  "espruino_module",
  (target) => {
    let echo: Echo;
    beforeEach(async () => void (echo = await startEcho()));
    afterEach(() => echo.close());

    test.each(modules)("%s.js runs as a required module, and its usage prints what it should", async (name) => {
      const result = await target.run(usage(name).replace(ADDRESS, echo.url), {
        bundle: `${folder}/esp_websocket_client.js`,
        storage: { websocket: read("websocket.js") },
      });
      const end = name === "websocket" ? "closed: code 1000" : "finished";
      expect(result).toEqual({ lines: ["received: Hello", end], uncaught: [], done: false });
      expect(echo.messages).toEqual(["Hello"]);
    });

    // What is pasted is in memory while it runs, as text: 32 kB of it.
    if (hasSmallHeap(target)) return;
    const pasted = () => read("paste_me.js").replace(ADDRESS, echo.url);
    const counted = `${read("paste_me.js").match(/storage\.write/g)!.length} pieces`;

    test.each([
      ["on a board without the client", undefined],
      ["in place of another version", "throw new Error('old');"],
    ])(`paste_me.js stores the client in ${counted} and exchanges a message, %s`, async (_, old) => {
      const library = old === undefined ? "" : old;
      const storage = { esp_websocket_client: library || "exports = 1;", Wifi: WIFI };
      const check = 'print(require("Storage").read("esp_websocket_client").length);';
      const result = await target.run(`${pasted()}\n${check}`, { storage });
      const size = fs.statSync(path.join(root, "dist/esp_websocket_client.min.js")).size;
      expect(result).toEqual({ lines: [String(size), "received: Hello", "finished"], uncaught: [], done: false });
    });

    test("paste_me.js writes nothing where the client is already", async () => {
      const spy = `var writes = 0, real = require("Storage").write;
        require("Storage").write = function () { writes++; return real.apply(this, arguments); };`;
      const { lines, uncaught } = await target.run(`${spy}\n${pasted()}\nprint("writes: " + writes);`, {
        storage: { Wifi: WIFI },
      });
      expect([lines, uncaught]).toEqual([["writes: 0", "received: Hello", "finished"], []]);
    });

    // The simulated ESP32 has a Wi-Fi of its own, which lets everybody in.
    if (!target.real && target.byteStrings) return;
    test("paste_me.js says that it cannot join the Wi-Fi", async () => {
      const { lines } = await target.run(pasted().replace("my password", "wrong"), { storage: { Wifi: WIFI } });
      expect(lines).toEqual(["No Wi-Fi: refused"]);
    });
  },
  [...simulators(), ...interpreters()]
);

/** What Espruino's tools send for a script: they put the modules of the folder `modules` in front of it. */
const TOOLS = `
const fs = (global.fs = require("node:fs"));
const print = console.log;
console.log = () => {};
require(process.argv[1]).init(() => {
  Object.assign(Espruino.Config, {
    MODULE_URL: "", MODULE_EXTENSIONS: "", MODULE_MINIFICATION_LEVEL: "", MINIFICATION_LEVEL: "", SET_TIME_ON_WRITE: false,
  });
  Espruino.callProcessor("transformForEspruino", fs.readFileSync(0, "utf8"), (code) => {
    print(code);
    process.exit();
  });
});`;

const tools = path.join(root, "node_modules/espruino/index.js");
const isHere = fs.existsSync(tools);

describe("sent along by Espruino's tools", () => {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "espruino-modules-"));
  afterAll(() => fs.rmSync(project, { recursive: true }));

  const send = (script: string): string => {
    for (const name of modules) {
      fs.mkdirSync(path.join(project, "modules"), { recursive: true });
      fs.copyFileSync(path.join(root, folder, `${name}.js`), path.join(project, "modules", `${name}.js`));
    }
    return execFileSync(process.execPath, ["-e", TOOLS, tools], { cwd: project, input: script, encoding: "utf8" });
  };

  for (const target of [...simulators(), ...interpreters()].filter((one) => !hasSmallHeap(one))) {
    (isHere ? test : test.skip)(`both modules run (${target.name}; needs the optional package espruino)`, async () => {
      const echo = await startEcho();
      const script = send(`require("esp_websocket_client");\n${usage("websocket").replace(ADDRESS, echo.url)}`);
      expect(script.match(/^Modules\.addCached\("\w+",function/gm)).toHaveLength(2);
      // Storage has nothing that could take their place.
      const storage = { esp_websocket_client: "throw 1;", websocket: "throw 1;" };
      const result = await target.run(script, { storage });
      await echo.close();
      expect(result).toEqual({ lines: ["received: Hello", "closed: code 1000"], uncaught: [], done: false });
    });
  }
});
