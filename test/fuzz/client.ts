/** One whole client on a mocked board, fed with a stream: what it sends, and what its handlers hear. */
import { install } from "../../src/board";
import * as ws from "../../src/api/esp_websocket_client";
import { decodeFrames, ReceivedFrame, switching } from "../support/peer";
import { TestBoard } from "../unit/test_board";

export interface ClientRun {
  /** Frames that the client sent, and what stands behind the last whole one. */
  frames: ReceivedFrame[];
  rest: Buffer;
  /** Events behind CONNECTED. */
  events: { id: number; data: ws.EventData }[];
  /** Exceptions and complaints. */
  reported: unknown[];
  /** Timers that are left at the end. */
  timers: number;
}

/** Timers that run when they are told to: a hundred thousand runs cannot wait, and no timer may be forgotten. */
class Timers {
  private readonly real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  private readonly waiting = new Map<number, { callback: () => void; delay: number }>();
  private next = 1;

  constructor() {
    const setTimeout = (callback: (...args: unknown[]) => void, delay: number, ...args: unknown[]): number => {
      this.waiting.set(this.next, { callback: () => callback(...args), delay });
      return this.next++;
    };
    const clearTimeout = (id: number): boolean => this.waiting.delete(id);
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }

  get count(): number {
    return this.waiting.size;
  }

  /** What the idle loop does next. */
  idle(): void {
    for (const [id, { callback, delay }] of this.waiting) {
      if (delay > 0) continue;
      this.waiting.delete(id);
      callback();
    }
  }

  restore(): void {
    Object.assign(globalThis, this.real);
  }
}

/** Connects a client, hands it the pieces, and ends the connection. */
export function runClient(pieces: Iterable<Uint8Array>): ClientRun {
  const board = new TestBoard();
  const timers = new Timers();
  try {
    install(board);
    const client = ws.esp_websocket_client_init({ uri: "ws://server/", disable_auto_reconnect: true })!;
    const events: ClientRun["events"] = [];
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, (_arg, _base, id, data) =>
      events.push({ id, data })
    );
    ws.esp_websocket_client_start(client);
    timers.idle();
    const [connection] = board.connections;
    const { listener } = connection;
    listener.opened();
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(connection.take().toString("latin1"))![1];
    listener.received(new Uint8Array(Buffer.from(switching(key))));
    if (events.splice(0).pop()?.id !== ws.WEBSOCKET_EVENT_CONNECTED) throw new Error("The client did not connect.");
    for (const piece of pieces) {
      listener.received(piece);
      listener.drained();
      timers.idle();
    }
    listener.closed();
    timers.idle();
    const { frames, rest } = decodeFrames(connection.take());
    return { frames, rest, events, reported: [...board.reported, ...board.logged], timers: timers.count };
  } finally {
    timers.restore();
  }
}
