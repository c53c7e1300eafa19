/** One board, its fault proxy, and a WebSocket server behind that: runs rounds, one after the other. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import type { Target } from "../support/targets";
import { LISTEN_HOST } from "../support/hosts";
import { judge, type Evidence, type Seen, type Verdict } from "./judge";
import { connectionOf, type Message, type Plan } from "./plan";
import { Proxy, type Link } from "./proxy";

const root = path.join(__dirname, "../..");
const SCRIPT = fs.readFileSync(path.join(__dirname, "client.js"), "utf8");

/** Connections beyond the planned ones, on which nothing goes wrong: after so many the client will never recover. */
const MOST_EXTRA = 100;
/** A round that has not printed anything for so long is stuck; far beyond every time-out. */
const STUCK = 30000;

/** A script's board, as the soak needs it. */
interface Device {
  /** How many timers and sockets there are on the board, where that can be seen from outside. */
  timers(): number | undefined;
  sockets(): number | undefined;
  /** Clients that were made, and are still held by somebody. */
  leaked(): number;
  /** Switches it off. Resolves with exceptions that nothing has caught. */
  stop(): Promise<string[]>;
}

/** What the board tells between two rounds. */
interface Rest {
  variables: number;
  timers: number;
  flags: string;
}

/** What the server side knows of a link. */
interface ServerSide {
  socket?: WebSocket;
  sent: Seen[];
  received: Seen[];
  /** All messages of the server are sent. */
  said: boolean;
  /** The payload of the last PING, until its PONG has come. */
  ping?: string;
  complete: boolean;
  complaint?: string;
}

export interface RoundResult extends Verdict {
  lines: string[];
  evidence: Evidence[];
  variables: number;
}

export class Lane {
  /** How often each kind of fault has happened. */
  readonly faults: Record<string, number> = {};
  private readonly server = new WebSocketServer({ host: LISTEN_HOST, port: 0, perMessageDeflate: false });
  private readonly control = net.createServer();
  private readonly sides = new Map<Link, ServerSide>();
  private readonly links = new Map<number, Link>();
  private proxy!: Proxy;
  private device!: Device;
  private orders!: net.Socket;
  private plan!: Plan;
  private lines: string[] = [];
  private heard: () => void = () => {};
  private broken: Error | undefined;
  /** Variables and timers between rounds, when all is warm. */
  private baseline: Rest | undefined;
  private rounds = 0;

  private constructor(private readonly slowness: number) {}

  /** Starts a board of that kind. `seed` makes the simulator's hardware repeatable. */
  static async open(target: Target | undefined, options: { unicode: boolean; seed: number; slowness: number }) {
    const lane = new Lane(options.slowness);
    await lane.start(target, options);
    return lane;
  }

  /** Runs one round, and judges it. */
  async run(plan: Plan): Promise<RoundResult> {
    this.plan = plan;
    this.lines = [];
    this.sides.clear();
    this.links.clear();
    this.proxy.afterlife = 150 * this.slowness;
    this.proxy.harmless = 30 * this.slowness;
    this.proxy.begin((index) => connectionOf(plan, index));
    this.order({
      id: plan.round,
      config: { ...plan.config, uri: `ws://127.0.0.1:${this.proxy.port}/` },
      sendTimeout: plan.sendTimeout,
      closeTimeout: plan.closeTimeout,
      closeCode: plan.closeCode,
      talks: plan.connections.map(({ client }) => client),
      gap: plan.connections.map(({ gap }) => gap),
    });
    const violations: string[] = [];
    try {
      await this.line("F ");
    } catch (error) {
      violations.push((error as Error).message);
    }
    const lines = [...this.lines];
    const evidence = this.proxy.links.map((link) => this.evidence(link));
    const verdict = judge(lines, evidence);
    verdict.violations.unshift(...violations);
    this.proxy.begin(() => connectionOf(plan, 0));
    for (const socket of this.server.clients) socket.terminate();
    let variables = 0;
    if (verdict.violations.length === 0) {
      this.order({});
      const [, usage, timers, flags] = (await this.line("Z ")).split(" ");
      variables = Number(usage);
      verdict.violations.push(...(await this.leaks({ variables, timers: Number(timers), flags })));
    }
    this.rounds++;
    return { ...verdict, lines, evidence, variables };
  }

  /** Clients that were destroyed and are still in memory. */
  leaked(): number {
    return this.device.leaked();
  }

  /** Ends all. Resolves with exceptions that nothing has caught. */
  async close(): Promise<string[]> {
    const uncaught = await this.device.stop();
    this.orders.destroy();
    await this.proxy.close();
    for (const socket of this.server.clients) socket.terminate();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await new Promise<void>((resolve) => this.control.close(() => resolve()));
    return uncaught;
  }

  private async start(target: Target | undefined, options: { unicode: boolean; seed: number }): Promise<void> {
    await new Promise((resolve) => this.server.once("listening", resolve));
    this.proxy = new Proxy((this.server.address() as net.AddressInfo).port);
    this.proxy.onFault = (kind) => (this.faults[kind] = (this.faults[kind] ?? 0) + 1);
    this.proxy.onServerConnection = (port, link) => this.links.set(port, link);
    this.server.on("connection", (socket, request) => this.onConnection(socket, request.socket.remotePort!));
    await this.proxy.listen();
    await new Promise<void>((resolve) => this.control.listen(0, LISTEN_HOST, resolve));
    const connected = new Promise<net.Socket>((resolve) => this.control.once("connection", resolve));
    const { port } = this.control.address() as net.AddressInfo;
    const onLine = (line: string): void => this.onLine(line);
    this.device = target ? await startTarget(target, port, onLine, this.fail) : startSimulator(port, onLine, options);
    this.orders = await Promise.race([
      connected,
      new Promise<never>((_resolve, reject) => (this.heard = () => this.broken && reject(this.broken))),
    ]);
    this.orders.on("error", () => {});
  }

  private readonly fail = (error: Error): void => {
    this.broken = error;
    this.heard();
  };

  private order(order: object): void {
    this.orders.write(`${JSON.stringify(order)}\n`);
  }

  private onLine(line: string): void {
    this.lines.push(line);
    this.heard();
  }

  /** Waits for a line that begins so. */
  private async line(start: string): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        this.heard = () => {
          clearTimeout(timer);
          if (this.broken) return reject(this.broken);
          const last = this.lines.at(-1);
          if (last?.startsWith(start)) return resolve(last);
          if (this.proxy.links.length > this.plan.connections.length + MOST_EXTRA)
            return reject(new Error("the client does not recover, although nothing is wrong any more"));
          timer = setTimeout(() => reject(new Error("the client does nothing any more")), STUCK);
        };
        this.heard();
      });
    } finally {
      clearTimeout(timer);
      this.heard = () => {};
    }
  }

  /** Is everything that the round has used given back? */
  private async leaks(rest: Rest): Promise<string[]> {
    const complaints: string[] = [];
    // A socket is closed in the interpreter's idle time.
    for (let tries = 0; tries < 400 && (this.device.sockets() ?? 1) > 1; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const sockets = this.device.sockets() ?? 1;
    const timers = this.device.timers() ?? 0;
    if (sockets !== 1) complaints.push(`${sockets - 1} sockets are left`);
    if (timers !== 0) complaints.push(`${timers} timers are left`);
    // LOW_MEMORY only tells that the garbage collector ran, or, on Linux, that the heap grew.
    const flags = rest.flags.split(",").filter((flag) => flag && flag !== "LOW_MEMORY");
    if (flags.length > 0) complaints.push(`error flags are set: ${flags.join(", ")}`);
    // What is loaded or made once is there after a few rounds; a pool of random bytes comes and goes.
    if (this.rounds < 3 || !this.baseline || rest.variables < this.baseline.variables) this.baseline = rest;
    if (rest.variables > this.baseline.variables + 12)
      complaints.push(`${rest.variables} variables are in use, not ${this.baseline.variables}`);
    if (rest.timers !== this.baseline.timers)
      complaints.push(`${rest.timers} timers are left on the board, not ${this.baseline.timers}`);
    return complaints;
  }

  private side(link: Link): ServerSide {
    let side = this.sides.get(link);
    if (!side) this.sides.set(link, (side = { sent: [], received: [], said: false, complete: false }));
    return side;
  }

  private evidence(link: Link): Evidence {
    const { sent, received, complete, complaint } = this.side(link);
    const garbled = { down: link.garbled("down"), up: link.garbled("up") };
    return { plan: link.plan, fired: link.fired, garbled, sound: link.sound, complete, complaint, sent, received };
  }

  private onConnection(socket: WebSocket, port: number): void {
    const link = this.links.get(port);
    if (!link) return socket.terminate();
    const side = this.side(link);
    side.socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith("WS_ERR")) side.complaint = error.message;
    });
    socket.on("message", (data: Buffer, isBinary) => {
      side.received.push(seen(isBinary, data));
      this.check(link);
    });
    socket.on("pong", (data: Buffer) => {
      if (data.toString() === side.ping) side.ping = undefined;
      this.check(link);
    });
    this.speak(link, side, 0);
  }

  /** The server's next message. */
  private speak(link: Link, side: ServerSide, number: number): void {
    const { server, gap } = link.plan;
    const socket = side.socket!;
    if (socket.readyState !== WebSocket.OPEN) return;
    if (number >= server.length) {
      side.said = true;
      return this.check(link);
    }
    say(socket, server[number], `${this.plan.round}/${link.index}/${number}`, side);
    if (gap > 0) setTimeout(() => this.speak(link, side, number + 1), gap);
    else this.speak(link, side, number + 1);
  }

  /** Has everything been said? Then the connection ends as planned. */
  private check(link: Link): void {
    const side = this.side(link);
    const { client, end } = link.plan;
    if (side.complete || !side.said || side.ping !== undefined || side.received.length < client.length) return;
    // A connection that has a fault ends by that.
    if (link.fired && !link.sound) return;
    side.complete = true;
    if (end === "fin") link.cut(false);
    else if (end === "reset") link.cut(true);
    else if (end === "close") side.socket!.close(1001, "going away");
    else {
      side.sent.push(seen(false, Buffer.from("bye")));
      side.socket!.send("bye");
    }
  }
}

/** A message as it is compared: type, length, checksum. */
function seen(isBinary: boolean, data: Buffer): Seen {
  return `${isBinary ? "b" : "t"} ${data.length} ${createHash("sha1").update(data).digest("base64").slice(0, 12)}`;
}

/** Sends one message of the server, or a flood. */
function say(socket: WebSocket, [kind, length]: Message, name: string, side: ServerSide): void {
  if (kind === "pings") {
    for (let i = 0; i < length; i++) socket.ping((side.ping = `${name}/${i}`));
    return;
  }
  const unit = kind === "utf8" ? `${name}\u00e9\u20ac\u{1f600};` : `${name};`;
  let text = "";
  while (Buffer.byteLength(text + unit) <= length) text += unit;
  const body = Buffer.from(text + "-".repeat(length - Buffer.byteLength(text)));
  const binary = kind === "binary" || kind === "binary_parts";
  if (kind === "crumbs") {
    for (let at = 0; at < body.length; at++)
      socket.send(body.subarray(at, at + 1), { binary, fin: at === body.length - 1 });
  } else if (kind === "text_parts" || kind === "binary_parts") {
    const half = length >> 1;
    socket.send(body.subarray(0, half), { binary, fin: false });
    socket.send(body.subarray(half), { binary, fin: true });
  } else socket.send(body, { binary });
  side.sent.push(seen(binary, body));
}

function startSimulator(
  port: number,
  onLine: (line: string) => void,
  { unicode, seed }: { unicode: boolean; seed: number }
): Device {
  const { createBoard } = require("../../dist/simulator/index.js") as typeof import("../../board/simulator");
  const library = fs.readFileSync(path.join(root, "dist/esp_websocket_client.min.js"), "utf8");
  const clients: WeakRef<object>[] = [];
  const uncaught: string[] = [];
  const board = createBoard({
    storage: { esp_websocket_client: library },
    unicode,
    boardName: "ESP32",
    hardwareSeed: seed,
    print: (text) => text.split("\n").forEach(onLine),
    onUncaught: ({ message, fate }) => fate === "handled" || uncaught.push(message),
  });
  Object.assign(board.globals, { CONTROL: port, TRACK: (client: object) => void clients.push(new WeakRef(client)) });
  board.run(SCRIPT, "client.js");
  return {
    timers: () => board.timers(),
    sockets: () => board.sockets(),
    leaked: () => clients.filter((client) => client.deref() !== undefined).length,
    stop: async () => {
      await board.close();
      return uncaught;
    },
  };
}

async function startTarget(
  target: Target,
  port: number,
  onLine: (line: string) => void,
  fail: (error: Error) => void
): Promise<Device> {
  // As on a board whose memory is short: in Storage, where code takes no variables, and without what only people read.
  const { minify } = require("terser") as { minify: (code: string, options: object) => Promise<{ code: string }> };
  const { code } = await minify(SCRIPT, { ecma: 5, compress: false, mangle: { toplevel: true } });
  const running = target.start('require("soak_client");', {
    preset: { CONTROL: port },
    storage: { soak_client: code },
    timeoutMs: 0x7fffffff,
    onLine,
  });
  running.result.catch(fail);
  return {
    timers: () => undefined,
    sockets: () => undefined,
    leaked: () => 0,
    stop: async () => {
      await running.stop();
      return (await running.result).uncaught;
    },
  };
}
