/**
 * `node tools/run_typescript.cjs bench/psk.ts [interpreter]`: what TLS with a pre-shared key costs, next to plain TCP and
 * to the firmware's own TLS: times on the clock, since the server's part is the same in all of them, and variables.
 */
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import tls from "node:tls";
import { WebSocketServer } from "ws";
import { Interpreter } from "./interpreter";
import { short, table } from "./statistics";
import { variablesOfRequire } from "./variables";
import { findEspruino } from "../tools/find_espruino.cjs";
import { signed } from "../test/tls/certificates";

const root = path.join(__dirname, "..");
const OPTIONS = { identity: "board-7", key: "00112233445566778899aabbccddeeff" };
const KINDS = ["plain", "psk", "native"] as const;

/** An echo server for one of the kinds. */
async function serve(kind: (typeof KINDS)[number]): Promise<net.Server> {
  const web = http.createServer();
  const sockets = new WebSocketServer({ server: web, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  const take = (socket: net.Socket): void => {
    socket.setNoDelay(true);
    web.emit(
      "connection",
      socket.on("error", () => {})
    );
  };
  const { key, cert } = await signed("localhost");
  const psk = { ciphers: "PSK", pskCallback: () => Buffer.from(OPTIONS.key, "hex") };
  const options = { maxVersion: "TLSv1.2" as const, ...(kind === "psk" ? psk : { key, cert }) };
  const server = kind === "plain" ? net.createServer(take) : tls.createServer(options, take);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function main(): Promise<void> {
  const binary = process.argv[2] ?? findEspruino();
  if (!binary) throw new Error("There is no Espruino: name the interpreter in ESPRUINO, or put it on the PATH.");
  const file = (name: string) => fs.readFileSync(path.join(root, "dist", `${name}.min.js`), "latin1");
  const modules = { esp_websocket_client: file("esp_websocket_client"), tls_psk: file("tls_psk") };
  const script = fs.readFileSync(path.join(__dirname, "scripts", "psk.js"), "utf8");
  const rows: string[][] = [];
  for (const size of [1000, 4096]) {
    const times: Record<string, number[]> = { connect: [], echo: [] };
    for (const kind of KINDS) {
      const server = await serve(kind);
      const preset = { KIND: kind, OPTIONS, SIZE: size, ROUNDS: 20, MESSAGES: 100 };
      const { port } = server.address() as net.AddressInfo;
      const it = await Interpreter.start({
        binary,
        modules,
        place: "flash",
        script,
        preset: { ...preset, PORT: port },
      });
      try {
        for (const what of ["connect", "echo"]) times[what].push(Number(await it.next(what)));
      } catch (error) {
        console.error(`${kind}: ${String(error)}`);
        times.connect.push(NaN);
        times.echo.push(NaN);
      } finally {
        await it.stop();
        server.close();
      }
    }
    const cells = (what: string) => [...times[what].map(short), short(times[what][1] / times[what][0])];
    if (rows.length === 0) rows.push(["connect, opening handshake and all", ...cells("connect")]);
    rows.push([`echo ${size} B`, ...cells("echo")]);
  }
  console.log("Milliseconds on the clock, medians:\n");
  console.log(`${table(["work", "plain", "pre-shared key", "firmware's TLS", "key / plain"], rows)}\n`);
  const counter = { binary: process.env.ESPRUINO_SMALL || binary, modules };
  console.log(`Variables of require("tls_psk"): ${await variablesOfRequire(counter, "tls_psk")}`);
  console.log(`Bytes of the bundle: ${Buffer.byteLength(modules.tls_psk, "latin1")}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
