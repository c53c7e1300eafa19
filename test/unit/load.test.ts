/** A simulation: a thousand clients come back at once after their server was away. Backoff and jitter spread the load. */
import * as ws from "../../src/api/esp_websocket_client";
import { Rig } from "./rig";
import { TestBoard } from "./test_board";

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

const CLIENTS = 1000;
/** How fine the load is looked at, in milliseconds. */
const BUCKET = 100;

/** A server for many clients: counts their attempts to connect, and refuses what is above its capacity. */
class Server {
  readonly board = new TestBoard();
  /** Attempts in each bucket of time since the clients were lost. */
  readonly load: number[] = [];
  /** Clients that are connected. */
  connected = 0;

  /** `capacity`: connections that it takes in one bucket. */
  constructor(capacity: number, config: ws.Config) {
    const rigs = Array.from({ length: CLIENTS }, () => Rig.connected(config, this.board));
    expect(rigs).toHaveLength(CLIENTS);
    const connections = this.board.connections.slice();
    this.board.onOpen = () => {
      const bucket = Math.floor(Date.now() / BUCKET);
      this.load[bucket] = (this.load[bucket] ?? 0) + 1;
      if (this.load[bucket] > capacity) throw new Error("Connection refused");
      this.connected++;
    };
    jest.setSystemTime(0);
    for (const { listener } of connections) listener.closed();
  }

  /** The most attempts in one bucket from this time on, in milliseconds. */
  peak(from = 0): number {
    return this.load.slice(from / BUCKET).reduce((most, count) => Math.max(most, count ?? 0), 0);
  }
}

test("without jitter all clients come at the same moment, again and again: this is what the others are compared to", () => {
  const server = new Server(0, { reconnect_timeout_ms: 1000 });
  jest.advanceTimersByTime(3500);
  expect(server.load.filter((count) => count > 0)).toEqual([CLIENTS, CLIENTS, CLIENTS]);
});

test.each([
  [1, 10],
  [0.5, 5],
])("jitter %d spreads the attempts evenly over %d buckets", (jitter, buckets) => {
  const server = new Server(CLIENTS, { reconnect_timeout_ms: 1000, reconnect_jitter: jitter });
  jest.advanceTimersByTime(1000);
  expect(server.connected).toBe(CLIENTS);
  // The longest delay falls on the very edge.
  const counts = Array.from({ length: 10 }, (_, bucket) => server.load[bucket] ?? 0);
  expect(counts.slice(0, 10 - buckets).every((count) => count === 0)).toBe(true);
  const even = CLIENTS / buckets;
  // Five standard deviations of an even spread.
  const margin = 5 * Math.sqrt(even * (1 - 1 / buckets));
  for (const count of counts.slice(-buckets)) {
    expect(count).toBeGreaterThan(even - margin);
    expect(count).toBeLessThan(even + margin);
  }
});

test("backoff lowers the load while the server stays away", () => {
  const server = new Server(0, { reconnect_timeout_ms: 1000, reconnect_jitter: 1, reconnect_max_ms: 64000 });
  jest.advanceTimersByTime(400000);
  const perSecond = (from: number, to: number): number =>
    server.load.slice(from / BUCKET, to / BUCKET).reduce((sum, count) => sum + (count ?? 0), 0) / ((to - from) / 1000);
  const early = perSecond(0, 1000);
  const late = perSecond(200000, 400000);
  expect(early).toBeGreaterThan(CLIENTS / 2);
  // Each client tries once in 32 s on average.
  expect(late).toBeLessThan((CLIENTS / 32) * 1.2);
  expect(server.peak(200000)).toBeLessThan(CLIENTS / 20);
});

test("without backoff the load stays as it is", () => {
  const server = new Server(0, { reconnect_timeout_ms: 1000, reconnect_jitter: 1 });
  jest.advanceTimersByTime(20000);
  expect(server.peak(15000)).toBeGreaterThan(CLIENTS / 10);
});

test("a server that takes 20 clients in 100 ms has them all back soon; without jitter it has not", () => {
  const config = { reconnect_timeout_ms: 1000, reconnect_max_ms: 30000, network_timeout_ms: 100000000 };
  const spread = new Server(20, { ...config, reconnect_jitter: 1 });
  jest.advanceTimersByTime(60000);
  expect(spread.connected).toBe(CLIENTS);
  jest.clearAllTimers();
  const herd = new Server(20, config);
  jest.advanceTimersByTime(60000);
  expect(herd.connected).toBeLessThan(CLIENTS / 5);
});
