/** The documents' C programs compile, and what they use of the C client is here too. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { blocks, root } from "./blocks";

const found = blocks(({ language }) => language === "c").map((block) => [block.place, block] as const);
const compiler = ["cc", "gcc", "clang"].find((name) => !spawnSync(name, ["--version"]).error);

(compiler ? test : test.skip).each(found)("%s compiles (needs a C compiler)", (_, { code }) => {
  const { status, stderr } = spawnSync(
    compiler!,
    ["-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-switch", "-Werror", "-fsyntax-only"].concat([
      "-include",
      path.join(__dirname, "esp_idf.h"),
      "-x",
      "c",
      "-",
    ]),
    { input: code, encoding: "utf8" }
  );
  expect([status, stderr]).toEqual([0, ""]);
});

test.each(found)("%s names what JavaScript has too", (_, { code }) => {
  const types = fs.readFileSync(path.join(root, "dist/esp_websocket_client.d.ts"), "utf8");
  const names = code.match(/\b(esp_websocket_\w+|WEBSOCKET_\w+|WS_TRANSPORT_\w+)\b/g)!;
  const fields = [...code.matchAll(/(?:->|[^\w\d"]\.)(\w+)/g)].map(([, field]) => field);
  expect(names.length).toBeGreaterThan(0);
  const missing = [...names, ...fields].filter((name) => !new RegExp(`\\b${name}\\b`).test(types));
  expect(missing).toEqual([]);
});
