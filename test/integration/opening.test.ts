import { readFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import { acceptFor } from "../support/peer";
import { LISTEN_HOST } from "../support/hosts";
import { describeTargets, targets, type Target } from "../support/targets";

// Strings, regular expressions, numbers and dates are the interpreter's: what the client makes of configurations and of
// the opening handshake is the same on each.

const script = readFileSync(path.join(__dirname, "opening.js"), "utf8");

const INTERIM = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\nUpgrade: h2c\r\n\r\n";

/** Two origins. What is asked of them is kept. */
class Origins {
  readonly requests: string[] = [];
  /** When the date of a `Retry-After` was, and when the next attempt came. */
  readonly waits: [number, number][] = [];
  private until = 0;
  private long = 0;
  private readonly sockets = new Set<net.Socket>();
  private readonly servers = [0, 1].map((index) => net.createServer((socket) => this.serve(socket, index)));

  async start(): Promise<number> {
    for (const server of this.servers)
      await new Promise<void>((resolve) => server.listen(0, LISTEN_HOST, () => resolve()));
    return this.port(0);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) await new Promise((resolve) => server.close(resolve));
  }

  private port(index: number): number {
    return (this.servers[index].address() as AddressInfo).port;
  }

  private serve(socket: net.Socket, index: number): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    let head = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      head += text;
      if (!head.endsWith("\r\n\r\n")) return;
      void this.answer(socket, Buffer.from(head, "latin1").toString("utf8"), index);
      head = "";
    });
  }

  private async answer(socket: net.Socket, request: string, index: number): Promise<void> {
    this.requests.push(
      request
        .replaceAll(String(this.port(index)), "PORT")
        .replace(/(Key: ).{22}==/, "$1KEY")
        .replaceAll("\r\n", "\n")
    );
    const key = /sec-websocket-key: *(.*)\r\n/i.exec(request)![1];
    const switching =
      "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + `Sec-WebSocket-Accept: ${acceptFor(key)}\r\n`;
    const where = request.split(" ")[1];
    if (where === "/interim") {
      // A cut in each place that matters, and most others.
      for (const piece of (INTERIM + switching + "\r\n").match(/[^]{1,3}/g)!) {
        socket.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } else if (where === "/protocol") socket.write(switching + "Sec-WebSocket-Protocol: y\r\n\r\n");
    else if (where === "/redirect")
      socket.write(`HTTP/1.1 302 X\r\nLocation: ws://127.0.0.1:${this.port(1)}/second\r\n\r\n`);
    else if (where === "/second") socket.write("HTTP/1.1 307 X\r\nLocation: third\r\n\r\n");
    else if (where === "/wait" && !this.until) {
      // In whole seconds, as the date is.
      this.until = Math.ceil(Date.now() / 1000) * 1000 + 1000;
      socket.write(`HTTP/1.1 503 X\r\nRetry-After: ${new Date(this.until).toUTCString()}\r\n\r\n`);
    } else if (where === "/wait") {
      this.waits.push([this.until, Date.now()]);
      socket.write(switching + "\r\n");
    } else if (where === "/long" && !this.long++) socket.write("HTTP/1.1 503 X\r\nRetry-After: 99999999999\r\n\r\n");
    else socket.write(switching + "\r\n");
  }
}

const REFUSED = [
  "host (string) must be a name or an address alone",
  "host (string) must be a name or an address alone",
  "host (string) must be a name or an address alone",
  "subprotocol (string) must be tokens and commas",
  "subprotocol (string) must be tokens and commas",
  "subprotocol (string) must be tokens and commas",
  "headers (string) must be lines like Name: value",
  "headers (string) must be lines like Name: value",
  "port (string) must be an integer from 0 to 65535",
  "port (number) must be an integer from 0 to 65535",
  "buffer_size (number) must be an integer from 0 to 2147483647",
  "buffer_size (number) must be an integer from 0 to 2147483647",
  "disable_auto_reconnect (string) must be true or false",
  "uri_provider (number) must be a function",
  "ext_transport (object) must be an object with open()",
  "uri must be like ws://host:80/path",
  "uri must be like ws://host:80/path",
  "uri must be like ws://host:80/path",
  "path (string) must be one line of text",
  "uri or uri_provider must give ws:// or wss:// with a host",
].map((sentence) => "esp_websocket_client: " + sentence);

const HEADERS = "Upgrade, Connection, Sec-WebSocket-Accept, ";
const HEARD = [
  "start: -1",
  `interim: ${HEADERS}connected `,
  `unicode: ${HEADERS}connected `,
  `unicode path: ${HEADERS}connected `,
  `leading zero: ${HEADERS}connected `,
  `no credentials: ${HEADERS}connected `,
  `header lines: ${HEADERS}connected `,
  `own key: ${HEADERS}connected `,
  `own subprotocol: ${HEADERS}Sec-WebSocket-Protocol, connected y`,
  `providers of nothing: ${HEADERS}connected `,
  "providers of numbers: uri or uri_provider must give ws:// or wss:// with a host",
  `redirect: Location, Location, ${HEADERS}connected `,
  `wait: Retry-After, Refused with status 503, ${HEADERS}connected `,
  `long wait: Retry-After, Refused with status 503, ${HEADERS}connected `,
];

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A request as it must be: its path, the lines that are others than usual, those behind the key. */
function request(where: string, behind: string[] = [], host = "127.0.0.1:PORT", key = "KEY"): string {
  return [
    `GET ${where} HTTP/1.1`,
    "Connection: Upgrade",
    (host.startsWith("host:") ? "" : "Host: ") + host,
    "User-Agent: ESP32 Websocket Client",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: " + key,
    ...behind,
    "",
    "",
  ].join("\n");
}

const REQUESTS = [
  request("/interim"),
  request("/p%c3%a4th/%7bid%7d%7c%3cx%3e?q=%7b%22%c3%a4%22:1%7d&r=100%25", ["Authorization: Basic " + base64("é:ü")]),
  request("/p%c3%a4th%5c%5e%60%5b%5d%41%25z%c3%a9"),
  request("/zero"),
  request("/"),
  request("/", ["authorization: Bearer é", "A: é", "B: ü"], "host: virtual"),
  request("/", ["Password: my_pass"], undefined, "my_key"),
  request("/protocol", ["sec-websocket-protocol: x, y"]),
  request("/"),
  request("/redirect", ["Authorization: Basic " + base64("u:p"), "Cookie: é", "X-Api-Key: b"]),
  request("/second"),
  request("/third"),
  request("/wait"),
  request("/wait"),
  request("/long"),
  request("/long"),
];

async function run(target: Target): Promise<void> {
  const origins = new Origins();
  try {
    const PORT = await origins.start();
    const options = { preset: { PORT, NOW: Date.now() / 1000 }, timeoutMs: 60000 };
    const { lines, uncaught } = target.jerryscript
      ? await target.run(script, options)
      : await target.run('require("app");', { ...options, storage: { app: script } });
    expect(uncaught).toEqual([]);
    // The console of Espruino for Linux tells of sockets by itself.
    expect(lines.filter((line) => !/^ERROR: /.test(line))).toEqual([...REFUSED, ...HEARD]);
    expect(origins.requests).toEqual(REQUESTS);
    for (const [date, came] of origins.waits) expect(came).toBeGreaterThanOrEqual(date);
    expect(origins.waits).toHaveLength(1);
  } finally {
    await origins.stop();
  }
}

describeTargets(
  "the opening handshake",
  (target) => {
    test("configurations, requests, interim responses, redirects, waits", () => run(target));
  },
  targets()
);
