/** `npm run web`: serves the web page on localhost, after building what is not up to date. */
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { parseArgs } from "node:util";
import { isOutOfDate, webInputs } from "../build/inputs.mjs";
import { buildWeb } from "../web/build.mjs";
import { makeBundles, projectRoot } from "./flash/bundles.mjs";

const DEFAULT_PORT = 8021;
const HELP = `Usage: npm run web -- [--port N]

Serves the page that puts the client on a board on http://localhost:${DEFAULT_PORT}/, for this computer alone.

  --port N    another port; 0 takes a free one
  -h, --help  this text

The page is dist/web/: any static host with https:// can serve it as well.`;

const MODULES = ["esp_websocket_client", "websocket", "tls_psk"];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".txt": "text/plain" };

const dist = path.join(projectRoot, "dist");
const page = path.join(dist, "web");

async function build() {
  await makeBundles(MODULES, { dryRun: false, print: console.log });
  const madeOf = [...webInputs, ...MODULES.map((name) => `dist/${name}.min.js`)];
  if (isOutOfDate({ files: ["dist/web/main.js"], madeOf })) await buildWeb({ bundles: dist, to: page });
}

function serve(port) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    // The page has one folder: whatever else is asked for is not there.
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const file = /^[\w.-]+$/.test(name) && path.join(page, name);
    if (!file || !fs.existsSync(file)) {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such page.\n");
      return;
    }
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-cache" });
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server.address().port));
  });
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const wanted = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) throw new Error(`${values.port} is not a port`);
  await build();
  const port = await serve(wanted);
  console.log(`The page is at http://localhost:${port}/. Ctrl-C ends this.`);
}

main().catch((error) => {
  const taken = error.code === "EADDRINUSE";
  console.error(taken ? `The port ${error.port} is taken: choose another one with --port.` : `web: ${error.message}`);
  process.exitCode = 1;
});
