/** The defaults that docs/api.md tells are what a client does that was configured with nothing but an address. */
import type { Config } from "../../src/config/config";
import * as ws from "../../src/api/esp_websocket_client";
import { decodeFrames } from "../support/peer";
import { idle, pass, Rig } from "../unit/rig";
import { read } from "./blocks";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const api = read("docs/api.md");
const configuration = api.slice(api.indexOf("\n## Configuration\n"), api.indexOf("\n## The handle\n"));
/** Second cells by first ones, where there is something in both. */
const told = Object.fromEntries(
  [...configuration.matchAll(/^\| `(\w+)` +\| ([^|\n]*[^|\s]) +\| .*\|.*$/gm)].map(([, name, value]) => [name, value])
);

/** Milliseconds until `happened`. */
function time(happened: () => boolean): number {
  for (let passed = 0; passed < 1e6; passed += 100) {
    if (happened()) return passed;
    pass(100);
  }
  throw new Error("It never happened.");
}

const failed = (rig: Rig): boolean => rig.events.some(({ id }) => id === ws.WEBSOCKET_EVENT_ERROR);

/** How many PINGs a client has sent. */
const pings = (rig: Rig): number =>
  decodeFrames(Buffer.concat(rig.connection.written.slice(1))).frames.filter(({ opcode }) => opcode === 9).length;

/** A client that answers nothing, and whose own probes alone are told. */
const probing = (): Rig => Rig.connected({ keep_alive_enable: true, ping_interval_sec: 9999 });

/** Redirects that are followed. */
function redirects(): number {
  const rig = new Rig().start();
  while (!failed(rig)) {
    rig.connection.listener.opened();
    rig.respond("302 Found", ["Location: /elsewhere"]);
    idle();
  }
  return rig.network.connections.length - 1;
}

function tillConnect(disturb: (rig: Rig) => void, config: Config = {}): number {
  const rig = new Rig(config).start();
  disturb(rig);
  return time(() => rig.network.connections.length > 1);
}

const request = (config: Config = {}): string => {
  const rig = new Rig(config).start();
  rig.connection.listener.opened();
  return rig.request();
};

/** What a client does, by field; in words where the document has words. */
const measured: Record<string, () => string | number> = {
  port: () =>
    ["ws://h/", "wss://h/"]
      .map((uri) => new Rig({ uri, allow_unverified_tls: true }).start().connection.address)
      .map(({ port, tls }) => (tls ? `\`wss\`: ${port}` : port))
      .join(", "),
  path: () => `\`${/^GET (\S+)/.exec(request({ host: "h" }))![1]}\``,
  transport: () => {
    const { tls } = new Rig({ host: "h" }).start().connection.address;
    return tls ? "over SSL" : "over TCP";
  },
  user_agent: () => `\`${/^User-Agent: (.*)\r$/m.exec(request())![1]}\``,
  max_redirects: redirects,
  network_timeout_ms: () => {
    const rig = new Rig().start();
    return time(() => failed(rig));
  },
  reconnect_timeout_ms: () => tillConnect((rig) => rig.drop()),
  disable_auto_reconnect: () => String(tillConnect((rig) => rig.drop()) < 1),
  enable_close_reconnect: () => {
    const rig = Rig.connected();
    rig.frame(0x88);
    rig.drop();
    pass(1e6);
    return String(rig.network.connections.length > 1);
  },
  // Without a limit to the doubling there is none: each time is as long as the first.
  reconnect_max_ms: () => {
    const rig = new Rig().start();
    const times = [1, 2, 3].map((attempt) => {
      rig.drop();
      return time(() => rig.network.connections.length > attempt);
    });
    return new Set(times).size === 1 ? "off" : times.join(", ");
  },
  // Nothing of it is drawn at random.
  reconnect_jitter: () => new Set([1, 2, 3, 4].map(() => tillConnect((rig) => rig.drop()))).size - 1,
  ping_interval_sec: () => {
    const rig = Rig.connected();
    return time(() => pings(rig) > 0) / 1000;
  },
  pingpong_timeout_sec: () => {
    const rig = Rig.connected();
    time(() => pings(rig) > 0);
    return time(() => failed(rig)) / 1000;
  },
  disable_pingpong_discon: () => {
    const rig = Rig.connected();
    pass(1e6);
    return String(!failed(rig));
  },
  keep_alive_enable: () => {
    const rig = Rig.connected({ ping_interval_sec: 9999 });
    pass(1e6);
    return String(pings(rig) > 0);
  },
  keep_alive_idle: () => {
    const rig = probing();
    return time(() => pings(rig) > 0) / 1000;
  },
  keep_alive_interval: () => {
    const rig = probing();
    time(() => pings(rig) > 0);
    return time(() => pings(rig) > 1) / 1000;
  },
  keep_alive_count: () => {
    const rig = probing();
    time(() => failed(rig));
    return pings(rig);
  },
  buffer_size: () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(5000));
    return decodeFrames(rig.connection.take()).frames[0].payload.length;
  },
  tx_queue_size: () => {
    const rig = Rig.connected();
    while (ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(512)) > 0);
    return `${rig.client.tx_queued / 1024} × \`buffer_size\``;
  },
};

test("the document tells a default where there is one", () => {
  expect(Object.keys(told).sort()).toEqual(Object.keys(measured).sort());
});

test.each(Object.entries(measured))("%s", (name, measure) => {
  expect(String(measure())).toBe(told[name]);
});
