/**
 * What a client must do, as a small machine: states, events in order, return values and frames on the wire. It is the
 * documents in code, written apart from the client, for the hammer to compare the client with.
 *
 * Left out, since other tests look at them: PINGs of our own, and a transport that is slow (every message goes at once).
 */
import * as ws from "../../src/api/esp_websocket_client";
import type { Api, Step } from "./steps";

const RECONNECT = 10000;
const NETWORK_TIMEOUT = 10000;
const CLOSE_GRACE = 1000;
const REDIRECTS = 5;

type State = "idle" | "beginning" | "connecting" | "open" | "closing" | "waiting" | "destroyed";

export class Model {
  /** Everything that can be seen, in order: events, return values of calls, frames sent. */
  readonly seen: string[] = [];
  private state: State = "idle";
  private run = 0;
  private heard = 0;
  private emitting = false;
  private later: string[] = [];
  private now = 0;
  /** When the only timer is due: the next attempt, a time-out, or the end of a close. */
  private due: number | undefined;
  private inTick = false;
  private reconnect = RECONNECT;
  private destroyOnExit = false;
  private redirects = 0;
  /** The current connection; each has a number. */
  private connection = 0;
  private connections = 0;
  private opened = false;
  private broken = false;
  private sending = false;
  private closeSent = false;
  private closeCode = 0;
  private serverClosed = false;
  /** A close frame came: what follows it is not looked at. */
  private done = false;

  /** `plan[n]`: what handlers call at the n-th event. */
  constructor(
    private readonly plan: Api[][],
    private readonly autoReconnect: boolean
  ) {}

  /** True if it holds no timer any more. */
  get quiet(): boolean {
    return this.due === undefined;
  }

  /** True while there is a connection on which messages could be sent, and until it is gone. */
  get isLinked(): boolean {
    return this.state === "open" || this.state === "closing";
  }

  get isDestroyed(): boolean {
    return this.state === "destroyed";
  }

  step(step: Step): void {
    if (step.kind === "call") this.call(step.api);
    else if (step.kind === "pass") this.pass(step.milliseconds);
    else this.network(step.what);
  }

  call(api: Api): void {
    this.seen.push(`${api.name} begins`);
    this.seen.push(`${api.name} ${this.result(api)}`);
  }

  private result(api: Api): number | boolean {
    const { state } = this;
    const dead = state === "destroyed";
    switch (api.name) {
      case "is_connected":
        return state === "open";
      case "get_reconnect_timeout":
        return dead || !this.autoReconnect ? -1 : this.reconnect;
      case "get_ping_interval_sec":
        return dead ? 0 : 1000000;
      case "send_text":
      case "send_bin":
        return this.send(0x81 + +(api.name === "send_bin"), 1, () => !this.sending);
      case "send_text_partial":
        return this.send(0x01, 1, () => !this.sending, true);
      case "send_cont_msg":
        return this.send(0x00, 1, () => this.sending, true);
      case "send_fin":
        return this.send(0x80, 0, () => this.sending, false);
      case "send_ping":
        return this.send(0x89, 1, () => true, this.sending);
      case "send_bad":
        return -1;
    }
    if (dead) return ws.ESP_ERR_INVALID_ARG;
    switch (api.name) {
      case "start":
        if (state !== "idle") return ws.ESP_FAIL;
        this.run++;
        this.redirects = 0;
        this.begin();
        this.tell("BEGIN");
        return ws.ESP_OK;
      case "stop":
        if (state === "idle") return ws.ESP_FAIL;
        this.finish("");
        return ws.ESP_OK;
      case "destroy":
        this.disconnect();
        this.state = "destroyed";
        // FINISH is told, but nobody can start the client in it.
        if (state !== "idle") {
          this.run++;
          this.tell("FINISH");
        }
        return ws.ESP_OK;
      case "destroy_on_exit":
        this.destroyOnExit = true;
        return ws.ESP_OK;
      case "close":
      case "close_with_code":
        if (state === "idle") return ws.ESP_FAIL;
        if (state === "open") {
          this.state = "closing";
          this.due = this.now + (api.name === "close" ? 500 : NETWORK_TIMEOUT);
          this.write(api.name === "close" ? "88(0)" : "88(2)");
        } else if (state !== "closing") this.finish("");
        return ws.ESP_OK;
      case "close_badly":
        return ws.ESP_ERR_INVALID_ARG;
      case "set_uri":
      case "append_header":
        return ws.ESP_OK;
      case "set_uri_badly":
        return ws.ESP_FAIL;
      case "set_headers":
        return state === "open" ? ws.ESP_OK : ws.ESP_ERR_INVALID_ARG;
      case "set_ping_interval_sec":
        return ws.ESP_OK;
      case "set_reconnect_timeout":
        if (!this.autoReconnect) return ws.ESP_ERR_INVALID_STATE;
        this.reconnect = 3000;
        if (state === "waiting" && this.due !== undefined) this.due = this.now + this.reconnect;
        return ws.ESP_OK;
      case "register":
      case "unregister":
        return ws.ESP_OK;
    }
  }

  private send(first: number, length: number, allowed: () => boolean, sending = false): number {
    if (this.state !== "open" || !allowed()) return -1;
    if (!this.write(`${first.toString(16).padStart(2, "0")}(${length})`)) return -1;
    this.sending = sending;
    return length;
  }

  /** A frame goes to the transport; a broken one fails the connection. */
  private write(frame: string): boolean {
    if (frame.startsWith("88")) this.closeSent = true;
    if (!this.broken) {
      this.seen.push("wire " + frame);
      return true;
    }
    if (this.state === "open" || this.state === "closing") this.fail(1, 101);
    return false;
  }

  /** The first attempt, or a redirected one, comes from the idle loop. */
  private begin(): void {
    this.state = "beginning";
    this.soon();
  }

  private soon(): void {
    // Fake timers put what is set without delay while they run one millisecond off.
    this.due = this.now + (this.inTick ? 1 : 0);
  }

  private disconnect(): void {
    if (this.connection) this.seen.push(`connection ${this.connection} closed`);
    this.connection = 0;
    this.due = undefined;
    this.opened = this.sending = this.closeSent = this.serverClosed = this.done = this.broken = false;
  }

  private finish(fields: string): void {
    this.disconnect();
    this.state = "idle";
    this.run++;
    this.tell("FINISH" + fields);
  }

  private fail(type: number, status: number, closeCode = 0): void {
    const fields = ` et=${type}${status ? " hs=" + status : ""}`;
    const closing = this.state === "closing";
    const { serverClosed } = this;
    this.state = "waiting";
    if (closeCode && !this.closeSent) this.write("88(2)");
    this.redirects = 0;
    this.disconnect();
    this.due = this.now + this.reconnect;
    if (!this.tell("ERROR" + fields)) return;
    if (closing) this.closed(serverClosed);
    else if (this.tell("DISCONNECTED" + fields) && !this.autoReconnect) this.finish(fields);
  }

  private closed(serverClosed = this.serverClosed): void {
    const fields = `${serverClosed ? " et=4" : ""} hs=101${this.closeCode ? " cc=" + this.closeCode : ""}`;
    this.disconnect();
    this.state = "waiting";
    this.due = this.now + this.reconnect;
    if (this.tell("CLOSED" + fields)) this.finish(fields);
  }

  /** Handlers hear of an event; what arises meanwhile waits. False if they ended the run. */
  private tell(line: string): boolean {
    const { run } = this;
    this.later.push(line);
    if (this.emitting) return true;
    this.emitting = true;
    for (let next = this.later.shift(); next !== undefined; next = this.later.shift()) {
      this.seen.push(next);
      for (const api of this.plan[this.heard++] ?? []) this.call(api);
    }
    this.emitting = false;
    // What is told last to a client that has finished is FINISH.
    if (this.destroyOnExit && this.state === "idle") this.state = "destroyed";
    return this.run === run && !this.isDestroyed;
  }

  private pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.due !== undefined && this.due <= end) {
      this.now = this.due;
      this.due = undefined;
      this.inTick = true;
      this.onTimer();
      this.inTick = false;
    }
    this.now = end;
  }

  private onTimer(): void {
    if (this.state === "closing") this.closed();
    else if (this.state === "connecting") this.fail(1, 0);
    else if (this.tell("BEFORE_CONNECT")) {
      this.state = "connecting";
      this.closeCode = 1006;
      this.due = this.now + NETWORK_TIMEOUT;
      this.connection = ++this.connections;
      this.seen.push(`connection ${this.connection} opens`);
    }
  }

  private network(what: Extract<Step, { kind: "network" }>["what"]): void {
    if (!this.connection) return;
    const { connection } = this;
    switch (what) {
      case "opened":
        // The request is the first thing that is written.
        if (this.state === "connecting" && !this.opened && this.broken) this.fail(1, 0);
        else this.opened = true;
        return;
      case "broken":
        this.broken = true;
        return;
      case "drop":
        if (this.state === "closing") this.closed();
        else this.fail(1, this.state === "open" ? 101 : 0);
        return;
    }
    if (this.state === "connecting" && this.opened) this.respond(what, connection);
    else if (this.state !== "connecting" && !this.done) this.frame(what, connection);
  }

  private respond(what: string, connection: number): void {
    const status = { accept: 101, refuse: 404, redirect: 302 }[what];
    if (!status) return;
    for (let header = status === 101 ? 3 : 1; header > 0; header--)
      if (this.connection === connection) this.tell(`HEADER_RECEIVED hs=${status}`);
    if (this.connection !== connection) return;
    if (status === 404) this.fail(3, 404);
    else if (status === 302) {
      if (++this.redirects > REDIRECTS) return this.fail(3, 302);
      this.disconnect();
      this.begin();
    } else {
      this.redirects = 0;
      this.state = "open";
      this.due = undefined;
      this.tell("CONNECTED hs=101");
    }
  }

  private frame(what: string, connection: number): void {
    const data = { text: "DATA(1)", ping: "DATA(9)", close: "DATA(8)" }[what];
    if (what === "bad") return this.fail(1, 101, 1002);
    if (!data) return;
    if (what === "close") this.done = true;
    this.tell(data);
    if (this.connection !== connection) return;
    if (what === "ping" && !this.closeSent) this.write("8a(1)");
    if (what === "close") {
      this.closeCode = 1000;
      this.serverClosed ||= this.state === "open";
      this.state = "closing";
      this.due = this.now + CLOSE_GRACE;
      if (!this.closeSent) this.write("88(2)");
    }
  }
}
