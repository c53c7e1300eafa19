/**
 * The lifecycle hammer: random sequences of every call of the API, from outside and from inside of every handler, with
 * time and a network that do what they like, against the model. `npm run hammer` runs it for long.
 */
import fc from "fast-check";
import * as ws from "../../src/api/esp_websocket_client";
import { pass, Rig } from "../unit/rig";
import type { TestConnection } from "../unit/test_board";
import { Model } from "./model";
import { type Api, life, type Life, type Step } from "./steps";

/** Set by `npm run hammer`. */
const runs = +(process.env.HAMMER_RUNS ?? 1000);
const seed = process.env.HAMMER_SEED;

const { traceNames } = require("../traces/trace.js") as { traceNames: string[] };

const ignore = (): void => {};

const CALLS: Record<Api["name"], (client: ws.Client) => number | boolean> = {
  start: (client) => ws.esp_websocket_client_start(client),
  stop: (client) => ws.esp_websocket_client_stop(client),
  destroy: (client) => ws.esp_websocket_client_destroy(client),
  destroy_on_exit: (client) => ws.esp_websocket_client_destroy_on_exit(client),
  close: (client) => ws.esp_websocket_client_close(client, 50),
  close_with_code: (client) => ws.esp_websocket_client_close_with_code(client, 3000),
  close_badly: (client) => ws.esp_websocket_client_close_with_code(client, 1005),
  is_connected: (client) => ws.esp_websocket_client_is_connected(client),
  send_text: (client) => ws.esp_websocket_client_send_text(client, "a"),
  send_bin: (client) => ws.esp_websocket_client_send_bin(client, [1], 1, 0),
  send_text_partial: (client) => ws.esp_websocket_client_send_text_partial(client, "a", 1, 100),
  send_cont_msg: (client) => ws.esp_websocket_client_send_cont_msg(client, "a"),
  send_fin: (client) => ws.esp_websocket_client_send_fin(client, ws.portMAX_DELAY),
  send_ping: (client) => ws.esp_websocket_client_send_with_opcode(client, ws.WS_TRANSPORT_OPCODES_PING, "a"),
  send_bad: (client) => ws.esp_websocket_client_send_with_opcode(client, 11, "a"),
  set_uri: (client) => ws.esp_websocket_client_set_uri(client, "ws://other/"),
  set_uri_badly: (client) => ws.esp_websocket_client_set_uri(client, "no uri"),
  set_headers: (client) => ws.esp_websocket_client_set_headers(client, "A: 1\r\n"),
  append_header: (client) => ws.esp_websocket_client_append_header(client, "B", "2"),
  get_reconnect_timeout: (client) => ws.esp_websocket_client_get_reconnect_timeout(client),
  set_reconnect_timeout: (client) => ws.esp_websocket_client_set_reconnect_timeout(client, 3000),
  get_ping_interval_sec: (client) => ws.esp_websocket_client_get_ping_interval_sec(client),
  set_ping_interval_sec: (client) => ws.esp_websocket_client_set_ping_interval_sec(client, 1000000),
  register: (client) => ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, ignore),
  unregister: (client) => ws.esp_websocket_unregister_events(client, ws.WEBSOCKET_EVENT_ANY, ignore),
};

/** The client under the hammer, and all that can be seen of it, in the model's words. */
class Subject {
  readonly seen: string[] = [];
  readonly rig: Rig;
  private heard = 0;

  constructor({ plan, autoReconnect }: Life) {
    this.rig = new Rig({ uri: "ws://server/", ping_interval_sec: 1000000, disable_auto_reconnect: !autoReconnect });
    const { client, board } = this.rig;
    board.onOpen = (connection) => this.watch(connection, board.connections.length);
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, (_arg, _base, id, data) => {
      this.seen.push(describe(id, data));
      for (const api of plan[this.heard++] ?? []) this.call(api);
    });
  }

  step(step: Step): void {
    if (step.kind === "call") this.call(step.api);
    else if (step.kind === "pass") pass(step.milliseconds);
    else this.network(step.what);
    // The transport is a fast one.
    const { connection } = this.rig;
    if (connection && !connection.closes) connection.listener.drained();
  }

  call({ name }: Api): void {
    this.seen.push(`${name} begins`);
    this.seen.push(`${name} ${CALLS[name](this.rig.client)}`);
  }

  private watch(connection: TestConnection, number: number): void {
    this.seen.push(`connection ${number} opens`);
    connection.onClose = () => this.seen.push(`connection ${number} closed`);
    connection.onWrite = () => {
      const bytes = connection.take();
      if (bytes[0] < 0x20 || bytes[0] > 0x7f) {
        this.seen.push(`wire ${bytes.toString("hex", 0, 1)}(${bytes[1] & 0x7f})`);
      }
    };
  }

  private network(what: Extract<Step, { kind: "network" }>["what"]): void {
    const { rig } = this;
    if (!rig.connection || rig.connection.closes) return;
    const asked = rig.connection.written.length > 0;
    if (what === "opened") rig.connection.listener.opened();
    else if (what === "drop") rig.drop();
    else if (what === "broken") {
      rig.connection.onWrite = () => {
        throw new Error("This transport is broken");
      };
    } else if (!ws.esp_websocket_client_is_connected(rig.client) && !this.answered.has(rig.connection)) {
      // What a server says before it was asked, or frames before the answer, would be a failure of its own kind.
      if (!asked) return;
      if (what === "accept") rig.respond("101 X", rig.upgrade());
      else if (what === "refuse") rig.respond("404 X", ["A: 1"]);
      else if (what === "redirect") rig.respond("302 X", ["Location: /again"]);
      else return;
      this.answered.add(rig.connection);
    } else if (what === "text") rig.frame(0x81, "a");
    else if (what === "ping") rig.frame(0x89, "a");
    else if (what === "close") rig.frame(0x88, Buffer.from([3, 232]));
    else if (what === "bad") rig.frame(0x83);
  }

  private readonly answered = new WeakSet<TestConnection>();
}

function describe(id: number, data: ws.EventData): string {
  const { error_type, esp_ws_handshake_status_code } = data.error_handle;
  if (id === ws.WEBSOCKET_EVENT_DATA) return `DATA(${data.op_code})`;
  return [
    traceNames[id],
    error_type && `et=${error_type}`,
    esp_ws_handshake_status_code && `hs=${esp_ws_handshake_status_code}`,
    data.close_status_code && `cc=${data.close_status_code}`,
  ]
    .filter(Boolean)
    .join(" ");
}

function live(drawn: Life): void {
  jest.useFakeTimers();
  try {
    const subject = new Subject(drawn);
    const model = new Model(drawn.plan, drawn.autoReconnect);
    for (const step of drawn.steps) {
      subject.step(step);
      model.step(step);
      expect(subject.seen).toEqual(model.seen);
      // The one that the model knows; the next PING's, as long as there is a connection; the watch over handlers.
      const watch = subject.rig.client._watched ? 1 : 0;
      expect(jest.getTimerCount()).toBe((model.quiet ? 0 : 1) + +model.isLinked + watch);
    }
    // Nothing is left of it.
    ws.esp_websocket_client_destroy(subject.rig.client);
    expect(Object.keys(subject.rig.client)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    for (const { closes } of subject.rig.network.connections) expect(closes).toBe(1);
    expect(subject.rig.board.reported).toEqual([]);
  } finally {
    jest.useRealTimers();
  }
}

test(
  `${runs} random lives go as the model says: events, return values, frames, no leak, no throw`,
  () => {
    let done = 0;
    fc.assert(
      fc.property(life, (drawn) => {
        live(drawn);
        if (++done % 10000 === 0) process.stderr.write(`${done} of ${runs} lives\n`);
      }),
      { numRuns: runs, ...(seed !== undefined && { seed: +seed }) }
    );
  },
  Math.max(30000, runs * 20)
);
