import { install } from "../../src/board";
import * as ws from "../../src/api/esp_websocket_client";
import { acceptFor, close, frame } from "../support/peer";
import { TestBoard, TestConnection, TestTransport } from "./test_board";

const { traceLine } = require("../traces/trace.js") as { traceLine(data: ws.EventData, id: number): string };

/** A frame as a server sends it, by its first byte: FIN bit and opcode. */
export function serverFrame(first: number, payload: string | Uint8Array = ""): Buffer {
  return frame({ fin: first > 127, rsv: (first >> 4) & 7, opcode: first & 15, payload });
}

/** One client on a mocked board, with everything that its handlers heard. Needs jest's fake timers. */
export class Rig {
  readonly board: TestBoard;
  /** What plays the network: the board, or the `ext_transport`. */
  readonly network: TestTransport;
  readonly client: ws.Client;
  /** Events heard since the last `take`, as lines (test/traces/trace.js), and as they are. */
  private lines: string[] = [];
  readonly events: { id: number; data: ws.EventData }[] = [];

  constructor(config: ws.Config = {}, board = new TestBoard()) {
    this.board = board;
    this.network = config.ext_transport instanceof TestTransport ? config.ext_transport : board;
    install(board);
    const client = ws.esp_websocket_client_init(
      config.uri === undefined && config.host === undefined ? { uri: "ws://server:8080/path", ...config } : config
    );
    if (!client) throw new Error(board.logged.join("\n"));
    this.client = client;
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, (_arg, base, id, data) => {
      if (base !== ws.WEBSOCKET_EVENTS || data.client !== client) throw new Error("A handler got a wrong argument.");
      this.lines.push(traceLine(data, id));
      this.events.push({ id, data });
    });
  }

  /** The connection of the latest attempt. */
  get connection(): TestConnection {
    return this.network.connections[this.network.connections.length - 1];
  }

  /** The events since the last call, as lines. */
  take(): string[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }

  /** The data of the last event with this id. */
  last(id: number): ws.EventData {
    const found = this.events.filter((event) => event.id === id).pop();
    if (!found) throw new Error("There was no such event.");
    return found.data;
  }

  /** Starts the client and lets the idle loop begin the first attempt. */
  start(): this {
    expect(ws.esp_websocket_client_start(this.client)).toBe(ws.ESP_OK);
    idle();
    return this;
  }

  /** Completes TCP and the opening handshake of the latest attempt. */
  accept(headers: string[] = [], behind: Uint8Array = Buffer.alloc(0)): this {
    this.connection.listener.opened();
    this.respond("101 Switching Protocols", [...this.upgrade(), ...headers], behind);
    return this;
  }

  /** The header lines of a good answer to the latest request. */
  upgrade(): string[] {
    return ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + acceptFor(this.key())];
  }

  /** The request that went out last, as text. */
  request(): string {
    return Buffer.from(this.connection.written[0] ?? []).toString("latin1");
  }

  key(): string {
    return /\r\nSec-WebSocket-Key: (.*)\r\n/.exec(this.request())![1];
  }

  /** Answers with a head, and with bytes right behind it. */
  respond(status: string, headers: string[] = [], behind: Uint8Array = Buffer.alloc(0)): void {
    this.receive(Buffer.concat([Buffer.from(["HTTP/1.1 " + status, ...headers, "", ""].join("\r\n")), behind]));
  }

  receive(bytes: Uint8Array | string): void {
    this.connection.listener.received(Uint8Array.from(Buffer.from(bytes as string)));
  }

  /** The server sends a frame. */
  frame(first: number, payload: string | Uint8Array = ""): void {
    this.receive(serverFrame(first, payload));
  }

  /** A client that is connected, its trace and its wire empty. */
  static connected(config: ws.Config = {}, board?: TestBoard): Rig {
    const rig = new Rig(config, board).start().accept();
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
    rig.take();
    rig.drain();
    rig.connection.take();
    return rig;
  }

  drain(): void {
    this.connection.listener.drained();
  }

  /** The connection is gone. */
  drop(error?: { code?: number; message: string }): void {
    this.connection.listener.closed(error);
  }
}

/** A close frame's payload. */
export function closeBody(code: number, reason = ""): Buffer {
  return close(code, reason).subarray(2);
}

/** Lets the interpreter's idle loop run what is due now. */
export function idle(): void {
  jest.advanceTimersByTime(0);
}

/** Lets time pass. */
export function pass(milliseconds: number): void {
  jest.advanceTimersByTime(milliseconds);
}
