/**
 * A fault proxy between the client and a WebSocket server: it passes bytes on until the stream comes to a given place,
 * and there does what the plan says. It reads along in both directions, so that a place can be named by what it is:
 * the fifth byte of a frame's header, a byte of the close frame.
 */
import { createHash } from "node:crypto";
import net from "node:net";
import { LISTEN_HOST } from "../support/hosts";
import type { Action, Answer, Connection, Direction, Region } from "./plan";

/** Reads along one direction of a connection. */
export class Tracker {
  /** How many bytes of each region have passed; "frame": how many frames have begun. */
  readonly seen: Record<Region, number> = { handshake: 0, frame: 0, header: 0, payload: 0, close: 0 };
  /** The last bytes of the head, until it is complete. */
  private head = "";
  private inHead = true;
  /** Of the current frame's header: bytes so far, and how many it has; then the payload that is left. */
  private header: number[] = [];
  private headerLength = 2;
  private left = 0;
  private inClose = false;

  /** True before the first byte of a frame. */
  get atFrame(): boolean {
    return !this.inHead && this.left === 0 && this.header.length === 0;
  }

  /** Takes the next byte. Returns its regions. */
  take(byte: number): Region[] {
    if (this.inHead) {
      this.seen.handshake++;
      this.head = (this.head + String.fromCharCode(byte)).slice(-4);
      this.inHead = this.head !== "\r\n\r\n";
      return ["handshake"];
    }
    const regions: Region[] = [];
    if (this.left > 0) {
      this.left--;
      regions.push(this.inClose ? "close" : "payload");
    } else {
      if (this.header.length === 0) {
        this.inClose = (byte & 15) === 8;
        this.headerLength = 2;
        regions.push("frame");
      }
      this.header.push(byte);
      regions.push(this.inClose ? "close" : "header");
      this.readHeader();
    }
    for (const region of regions) this.seen[region]++;
    return regions;
  }

  private readHeader(): void {
    const { header } = this;
    if (header.length === 2) {
      const length = header[1] & 127;
      this.headerLength = 2 + (header[1] > 127 ? 4 : 0) + (length === 126 ? 2 : length === 127 ? 8 : 0);
    }
    if (header.length < this.headerLength) return;
    const length = header[1] & 127;
    const wide = length === 126 ? 2 : length === 127 ? 8 : 0;
    this.left = wide === 0 ? length : header.slice(2, 2 + wide).reduce((sum, byte) => sum * 256 + byte, 0);
    this.header = [];
  }
}

/** One direction: what was read on one side, and goes to the other. */
class Stream {
  readonly tracker = new Tracker();
  /** What is to be written, while it must wait. */
  private waiting: Buffer[] = [];
  private holding = false;
  private muted = false;
  private timer: NodeJS.Timeout | undefined;
  private dribble = 0;
  private lumps = 0;
  private duplicate = 0;
  private corrupt = 0;
  private mask = 0;

  constructor(
    private readonly direction: Direction,
    private readonly out: () => net.Socket | undefined,
    private readonly link: Link
  ) {}

  /** Takes bytes that came. */
  take(bytes: Buffer): void {
    const fault = this.link.plan.fault;
    const watch = fault?.place.direction === this.direction && !this.link.fired ? fault : undefined;
    let from = 0;
    if (watch) {
      for (let at = 0; at < bytes.length && !this.link.fired; at++) {
        const { region, index } = watch.place;
        const before = this.tracker.seen[region];
        if (!this.tracker.take(bytes[at]).includes(region) || before !== index) continue;
        this.pass(bytes.subarray(0, at));
        from = at;
        this.link.fire(watch.action, this);
      }
    }
    if (!this.link.over) this.pass(bytes.subarray(from));
  }

  /** Lets this direction stand still, or go in lumps. */
  hold(milliseconds: number, lumps: number): void {
    this.holding = true;
    this.lumps = lumps;
    this.timer = setTimeout(() => {
      this.holding = false;
      this.flush();
      if (this.lumps > 1) this.hold(milliseconds, this.lumps - 1);
    }, milliseconds);
  }

  mute(): void {
    this.muted = true;
  }

  /** Sets what happens to the next bytes. */
  spoil(action: Action): void {
    if (action.kind === "dribble") this.dribble = action.count;
    else if (action.kind === "duplicate") this.duplicate = action.count;
    else if (action.kind === "corrupt") {
      this.corrupt = action.count;
      this.mask = action.mask;
    } else if (action.kind === "insert") this.push(Buffer.from(action.hex, "hex"));
  }

  stop(): void {
    this.muted = true;
    this.waiting = [];
    clearTimeout(this.timer);
  }

  private pass(bytes: Buffer): void {
    if (this.muted || bytes.length === 0) return;
    let changed = bytes;
    if (this.corrupt > 0) {
      changed = Buffer.from(bytes);
      for (let at = 0; at < changed.length && this.corrupt > 0; at++, this.corrupt--) changed[at] ^= this.mask;
    }
    this.push(changed);
    if (this.duplicate > 0) {
      const again = changed.subarray(0, this.duplicate);
      this.duplicate -= again.length;
      this.push(again);
    }
  }

  private push(bytes: Buffer): void {
    if (this.muted) return;
    if (this.dribble > 0) {
      const single = bytes.subarray(0, this.dribble);
      this.dribble -= single.length;
      for (let at = 0; at < single.length; at++) this.waiting.push(single.subarray(at, at + 1));
      if (single.length < bytes.length) this.waiting.push(bytes.subarray(single.length));
    } else this.waiting.push(bytes);
    if (!this.holding) this.flush();
  }

  /** Writes what waits; single bytes one per turn, so that each goes by itself. */
  private flush(): void {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      const socket = this.out();
      if (socket && !socket.destroyed && socket.writable) socket.write(next);
      if (next.length === 1 && this.waiting.length > 0) {
        this.holding = true;
        setImmediate(() => {
          this.holding = false;
          if (!this.muted) this.flush();
        });
        return;
      }
    }
  }
}

/** One connection of the client. */
export class Link {
  /** The fault has happened. */
  fired = false;
  /** The client has ended, or the proxy has cut the connection. */
  over = false;
  private server: net.Socket | undefined;
  private readonly down: Stream;
  private readonly up: Stream;
  private afterlife: NodeJS.Timeout | undefined;

  constructor(
    readonly plan: Connection,
    private readonly client: net.Socket,
    private readonly proxy: Proxy,
    readonly index: number
  ) {
    this.down = new Stream("down", () => this.client, this);
    this.up = new Stream("up", () => this.server, this);
    client.setNoDelay(true);
    client.on("error", () => this.end());
    client.on("close", () => this.end());
    if (plan.answer) this.answer(plan.answer);
    else this.connect();
  }

  /** The bytes of this direction are not what their sender meant. */
  garbled(direction: Direction): boolean {
    const fault = this.fired ? this.plan.fault : undefined;
    return (
      fault !== undefined &&
      fault.place.direction === direction &&
      ["duplicate", "corrupt", "insert"].includes(fault.action.kind)
    );
  }

  /** The connection has not been touched, or in a way that it must bear. */
  get sound(): boolean {
    if (this.plan.answer) return false;
    const action = this.fired ? this.plan.fault!.action : undefined;
    if (action?.kind === "stall") return action.milliseconds <= this.proxy.harmless;
    return action === undefined || action.kind === "dribble" || action.kind === "coalesce";
  }

  /** Does what the plan says, now. */
  fire(action: Action, stream: Stream): void {
    this.fired = true;
    this.proxy.onFault(action.kind);
    switch (action.kind) {
      case "fin":
        this.cut(false);
        break;
      case "reset":
        this.cut(true);
        break;
      case "silence":
        this.down.stop();
        this.up.stop();
        break;
      case "mute":
        stream.mute();
        break;
      case "half_open":
        this.down.stop();
        this.client.end();
        break;
      case "deaf":
        this.client.pause();
        break;
      case "stall":
        stream.hold(action.milliseconds, 1);
        break;
      case "coalesce":
        stream.hold(action.milliseconds, action.lumps);
        break;
      case "dribble":
        stream.spoil(action);
        break;
      default:
        stream.spoil(action);
        // What is garbled may look healthy for ever: a frame of 2^53-1 bytes, for one.
        this.afterlife = setTimeout(() => this.cut(true), this.proxy.afterlife);
    }
  }

  /** Ends the connection from the outside: FIN, or RST. */
  cut(reset: boolean): void {
    if (this.over) return;
    this.over = true;
    this.down.stop();
    this.up.stop();
    if (reset) this.client.resetAndDestroy();
    else this.client.end();
    this.server?.destroy();
  }

  /** Ends and forgets everything. */
  destroy(): void {
    this.end();
    this.client.destroy();
  }

  private end(): void {
    clearTimeout(this.afterlife);
    this.over = true;
    this.down.stop();
    this.up.stop();
    this.server?.destroy();
  }

  private connect(): void {
    const server = net.connect({ host: LISTEN_HOST, port: this.proxy.serverPort });
    this.server = server;
    server.setNoDelay(true);
    server.on("connect", () => this.proxy.onServerConnection(server.localPort!, this));
    server.on("data", (bytes: Buffer) => this.down.take(bytes));
    server.on("end", () => this.fromServer());
    server.on("error", () => this.fromServer());
    this.client.on("data", (bytes: Buffer) => this.up.take(bytes));
    this.client.on("end", () => {
      if (!this.over && server.writable) server.end();
      this.client.end();
    });
  }

  /** The server has ended its side: the client hears so, unless it hears nothing any more. */
  private fromServer(): void {
    if (this.over || (this.fired && ["silence", "mute", "half_open"].includes(this.plan.fault!.action.kind))) return;
    this.client.end();
  }

  private answer(answer: Answer): void {
    this.fired = true;
    this.proxy.onFault(answer.kind);
    let head = "";
    const onData = (bytes: Buffer): void => {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      this.client.off("data", onData);
      // The rest is read and forgotten, or the client's FIN would never be seen.
      this.client.resume();
      if (answer.kind === "endless_head") {
        this.client.write("HTTP/1.1 101 Switching Protocols\r\n");
        this.pourOut(answer.line.repeat(64));
      } else this.client.end(this.response(answer, head));
    };
    this.client.on("data", onData);
    this.client.on("end", () => this.client.end());
  }

  private response(answer: Exclude<Answer, { kind: "endless_head" }>, head: string): string {
    if (answer.kind === "no_http") return "SSH-2.0-OpenSSH_9.6\r\n";
    if (answer.kind === "redirect")
      return `HTTP/1.1 ${answer.status} Elsewhere\r\nLocation: /hop${this.index}\r\nContent-Length: 0\r\n\r\n`;
    if (answer.kind === "status")
      return [
        `HTTP/1.1 ${answer.status} No`,
        ...answer.headers,
        `Content-Length: ${answer.body.length}`,
        "",
        answer.body,
      ].join("\r\n");
    // The right answer to another key.
    const key = /^sec-websocket-key: *(\S+)/im.exec(head)![1];
    const accept = createHash("sha1").update(`${key}!`).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    return [...lines, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n");
  }

  private pourOut(text: string): void {
    if (this.over || this.client.destroyed || !this.client.writable) return;
    if (this.client.write(text)) setImmediate(() => this.pourOut(text));
    else this.client.once("drain", () => this.pourOut(text));
  }
}

/** The proxy itself: one client at a time, whose connections follow a list of plans. */
export class Proxy {
  port = 0;
  links: Link[] = [];
  /** Milliseconds after which a connection with garbled bytes is cut. */
  afterlife = 150;
  /** Milliseconds that a connection must be able to stand still. */
  harmless = 30;
  onFault: (kind: string) => void = () => {};
  /** A connection was made to the server: from that port of this machine, for that link. */
  onServerConnection: (port: number, link: Link) => void = () => {};
  private readonly listener: net.Server;
  private plans: (index: number) => Connection = () => ({ client: [], server: [], gap: 0, end: "client" });

  constructor(readonly serverPort: number) {
    // Half open: a client that hears FIN may still be sending.
    this.listener = net.createServer({ allowHalfOpen: true }, (socket) => {
      const index = this.links.length;
      this.links.push(new Link(this.plans(index), socket, this, index));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once("error", reject);
      this.listener.listen(this.port, LISTEN_HOST, resolve);
    });
    this.port = (this.listener.address() as net.AddressInfo).port;
  }

  /** Forgets the old connections; those to come follow `plans`. */
  begin(plans: (index: number) => Connection): void {
    for (const link of this.links) link.destroy();
    this.links = [];
    this.plans = plans;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.listener.close(() => resolve()));
    this.begin(this.plans);
    await closed;
  }
}
