/** Every timer of a client: when it runs, what ends it, and that none survives. */
import * as ws from "../../src/api/esp_websocket_client";
import { closeBody, idle, pass, Rig } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Nothing happens for that long; then this does. */
function expectAfter(rig: Rig, milliseconds: number, lines: string[]): void {
  pass(milliseconds - 1);
  expect(rig.take()).toEqual([]);
  pass(1);
  expect(rig.take()).toEqual(lines);
}

const LOST = ["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"];

describe("network_timeout_ms", () => {
  test("limits the connect", () => {
    const rig = new Rig({ network_timeout_ms: 700 }).start();
    rig.take();
    expectAfter(rig, 700, ["ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.connection.closes).toBe(1);
  });

  test("limits the handshake, counted from BEFORE_CONNECT, however slowly the response dribbles", () => {
    const rig = new Rig({ network_timeout_ms: 700 }).start();
    pass(300);
    rig.connection.listener.opened();
    rig.receive("HTTP/1.1 101 ");
    rig.take();
    pass(300);
    rig.receive("Switching");
    expectAfter(rig, 100, ["ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.connection.closes).toBe(1);
  });

  test("does not limit a connection that is open", () => {
    const rig = Rig.connected({ network_timeout_ms: 700, ping_interval_sec: 1000 });
    pass(100000);
    expect(rig.take()).toEqual([]);
  });

  test.each([
    ["after its first byte", [0x81]],
    ["in a 16-bit length", [0x82, 126, 1]],
    ["in a 64-bit length", [0x82, 127, 0, 0, 0, 0, 0, 1, 0]],
  ])("limits a frame header that stalls %s: ERROR and DISCONNECTED", (_name, bytes) => {
    const rig = Rig.connected({ network_timeout_ms: 700 });
    rig.receive(Uint8Array.from(bytes));
    expectAfter(rig, 700, LOST);
  });

  test("a frame header that goes on is not a stall", () => {
    const rig = Rig.connected({ network_timeout_ms: 700 });
    rig.receive(Uint8Array.of(0x81));
    pass(600);
    rig.receive(Uint8Array.of(1));
    pass(5000);
    expect(rig.take()).toEqual([]);
    rig.receive("a");
    expect(rig.take()).toEqual(['DATA(1,1,1/1@0) "a"']);
  });

  test("payload may take its time", () => {
    const rig = Rig.connected({ network_timeout_ms: 700 });
    rig.receive(Uint8Array.of(0x81, 2, 0x61));
    rig.take();
    pass(5000);
    expect(rig.take()).toEqual([]);
  });
});

describe("PING and PONG", () => {
  test("no PONG: PING at 1 s and 2 s, at 2 s ERROR and DISCONNECTED et 2, then the reconnect", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 1 });
    pass(999);
    expect(rig.connection.takeWire()).toEqual([]);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    pass(999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    expect(rig.take()).toEqual(["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
    expectAfter(rig, 10000, ["BEFORE_CONNECT"]);
  });

  test("disable_pingpong_discon: pings go on, no error", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 1, disable_pingpong_discon: true });
    pass(5000);
    expect(rig.connection.takeWire()).toEqual(Array(5).fill("89(0)"));
    expect(rig.take()).toEqual([]);
  });

  test("the time for the PONG runs from the first PING that has no answer", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 3 });
    pass(1000);
    rig.frame(0x8a);
    rig.take();
    // PINGs at 2, 3, 4 s: the one at 2 s has its answer until 5 s.
    expectAfter(rig, 4000, ["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
  });

  test("answered PINGs keep the connection for ever", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 1 });
    for (let second = 0; second < 50; second++) {
      pass(1000);
      expect(rig.connection.takeWire()).toEqual(["89(0)"]);
      rig.frame(0x8a);
    }
    expect(rig.take()).toEqual(Array(50).fill("DATA(10,1,0/0@0) empty"));
  });

  test("set_ping_interval_sec while connected applies from now on", () => {
    const rig = Rig.connected({ ping_interval_sec: 100 });
    pass(50000);
    ws.esp_websocket_client_set_ping_interval_sec(rig.client, 2);
    pass(1999);
    expect(rig.connection.takeWire()).toEqual([]);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    pass(2000);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
  });

  test("no PINGs while our close waits for its answer", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, keep_alive_enable: true });
    ws.esp_websocket_client_close(rig.client);
    rig.connection.take();
    pass(9000);
    expect(rig.connection.take()).toHaveLength(0);
  });
});

describe("keep-alive", () => {
  const config = {
    keep_alive_enable: true,
    keep_alive_idle: 4,
    keep_alive_interval: 2,
    keep_alive_count: 2,
    ping_interval_sec: 1000,
  };

  test("probes after keep_alive_idle, then every keep_alive_interval; after keep_alive_count it gives up", () => {
    const rig = Rig.connected(config);
    pass(3999);
    expect(rig.connection.takeWire()).toEqual([]);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    pass(2000);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    expectAfter(rig, 2000, LOST);
  });

  test("any byte counts as life", () => {
    const rig = Rig.connected(config);
    pass(6000);
    expect(rig.connection.takeWire()).toEqual(["89(0)", "89(0)"]);
    rig.frame(0x82, "anything");
    rig.take();
    // From here on it is silent: idle, then both probes. The idle time may be noticed one interval late.
    pass(4000 + 2 * 2000 - 1);
    expect(rig.take()).toEqual([]);
    pass(2001);
    expect(rig.connection.takeWire()).toEqual(["89(0)", "89(0)"]);
    expect(rig.take()).toEqual(LOST);
  });

  test("a busy connection is not probed", () => {
    const rig = Rig.connected(config);
    for (let second = 0; second < 30; second++) {
      rig.frame(0x82, "x");
      pass(1000);
    }
    expect(rig.connection.takeWire()).toEqual([]);
  });

  test("is off by default", () => {
    const rig = Rig.connected({ ping_interval_sec: 1000 });
    pass(900000);
    expect(rig.connection.takeWire()).toEqual([]);
    expect(rig.take()).toEqual([]);
  });
});

describe("the limit of the close", () => {
  test.each([
    ["50 ticks", 50, 500],
    ["without limit: network_timeout_ms", ws.portMAX_DELAY, 700],
    ["left out: network_timeout_ms", undefined, 700],
  ])("%s", (_name, ticks, milliseconds) => {
    const rig = Rig.connected({ network_timeout_ms: 700 });
    expect(ws.esp_websocket_client_close(rig.client, ticks)).toBe(ws.ESP_OK);
    expectAfter(rig, milliseconds, ["CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"]);
    expect(rig.connection.closes).toBe(1);
  });

  test("a second close changes nothing", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_close(rig.client, 50)).toBe(ws.ESP_OK);
    pass(400);
    ws.esp_websocket_client_close(rig.client, 50);
    ws.esp_websocket_client_close_with_code(rig.client, 3000, "again", 5, 50);
    expect(rig.connection.takeWire()).toEqual(["88(0)"]);
    expectAfter(rig, 100, ["CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"]);
  });

  test("messages that still come while our close waits are told", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_close(rig.client);
    rig.frame(0x81, "last words");
    expect(rig.take()).toEqual(['DATA(1,1,10/10@0) "last words"']);
  });

  test("the answer came, TCP stays open: CLOSED after 1 s", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_close_with_code(rig.client, 1000);
    rig.frame(0x88, closeBody(1000));
    rig.take();
    expectAfter(rig, 1000, ["CLOSED hs=101 cc=1000", "FINISH hs=101 cc=1000"]);
  });
});

describe("the wait for the next attempt", () => {
  /** The delays before the next attempts, each of which fails at once. */
  function delays(rig: Rig, count: number): number[] {
    const seen: number[] = [];
    for (let attempt = 0; attempt < count; attempt++) {
      rig.drop();
      seen.push(delay(rig));
    }
    return seen;
  }

  /** How long it takes until the next attempt. */
  function delay(rig: Rig): number {
    rig.take();
    for (let waited = 0; waited <= 1000000; waited++) {
      if (rig.take().some((line) => line.startsWith("BEFORE_CONNECT"))) return waited;
      pass(1);
    }
    throw new Error("There was no other attempt.");
  }

  test("reconnect_timeout_ms, again and again", () => {
    const rig = new Rig({ reconnect_timeout_ms: 300 }).start();
    expect(delays(rig, 4)).toEqual([300, 300, 300, 300]);
  });

  test("reconnect_max_ms: doubled with each failure up to the limit", () => {
    const rig = new Rig({ reconnect_timeout_ms: 100, reconnect_max_ms: 1000 }).start();
    expect(delays(rig, 7)).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  test("after CONNECTED it begins anew", () => {
    const rig = new Rig({ reconnect_timeout_ms: 100, reconnect_max_ms: 1000 }).start();
    expect(delays(rig, 3)).toEqual([100, 200, 400]);
    rig.accept();
    expect(delays(rig, 3)).toEqual([100, 200, 400]);
  });

  test("after a new start it begins anew", () => {
    const rig = new Rig({ reconnect_timeout_ms: 100, reconnect_max_ms: 1000 }).start();
    expect(delays(rig, 3)).toEqual([100, 200, 400]);
    ws.esp_websocket_client_stop(rig.client);
    rig.start();
    expect(delays(rig, 2)).toEqual([100, 200]);
  });

  test("reconnect_max_ms bounds a longer reconnect_timeout_ms too", () => {
    const rig = new Rig({ reconnect_timeout_ms: 500, reconnect_max_ms: 400 }).start();
    expect(delays(rig, 2)).toEqual([400, 400]);
  });

  test.each([
    [0, 1, 1000],
    [0x80000000, 1, 500],
    [0x80000000, 0.5, 750],
    [0xc0000000, 0.2, 850],
  ])("reconnect_jitter takes a drawn part off (%d, %d: %d ms)", (random, jitter, wanted) => {
    const rig = new Rig({ reconnect_timeout_ms: 1000, reconnect_jitter: jitter }).start();
    // However often it draws.
    rig.board.randoms = [random, random, random, random];
    expect(delays(rig, 1)).toEqual([wanted]);
  });

  test.each([
    ["503, longer than the configured time", "503 Service Unavailable", "Retry-After: 5", 5000],
    ["429", "429 Too Many Requests", "retry-after:  4 ", 4000],
    ["shorter: it is the least delay", "503 Service Unavailable", "Retry-After: 1", 2000],
    ["not a number", "503 Service Unavailable", "Retry-After: soon", 2000],
    ["negative", "503 Service Unavailable", "Retry-After: -5", 2000],
  ])("Retry-After (%s)", (_name, status, header, wanted) => {
    const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
    rig.connection.listener.opened();
    rig.respond(status, [header]);
    expect(delay(rig)).toBe(wanted);
    // It counted once.
    rig.drop();
    expect(delay(rig)).toBe(2000);
  });

  test("set_reconnect_timeout ends a wait that Retry-After asked for", () => {
    const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
    rig.connection.listener.opened();
    rig.respond("503 Service Unavailable", ["Retry-After: 5"]);
    ws.esp_websocket_client_set_reconnect_timeout(rig.client, 100);
    expect(delay(rig)).toBe(100);
  });

  test("set_reconnect_timeout in the handler of the refusal does, too", () => {
    const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_ERROR, () =>
      ws.esp_websocket_client_set_reconnect_timeout(rig.client, 300)
    );
    rig.connection.listener.opened();
    rig.respond("503 Service Unavailable", ["Retry-After: 5"]);
    expect(delay(rig)).toBe(300);
  });

  function expectHour(rig: Rig): void {
    rig.take();
    pass(3600000 - 1);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()[0]).toBe("BEFORE_CONNECT");
  }

  test.each([3601, 86400, 99999999999, "9".repeat(400)])("Retry-After: %s is an hour", (seconds) => {
    const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
    rig.connection.listener.opened();
    rig.respond("503 Service Unavailable", ["Retry-After: " + seconds]);
    expectHour(rig);
  });

  test("Retry-After is decimal, whatever it begins with", () => {
    const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
    rig.connection.listener.opened();
    rig.respond("503 Service Unavailable", ["Retry-After: 010"]);
    expect(delay(rig)).toBe(10000);
  });

  describe("Retry-After as a date", () => {
    const NOW = Date.UTC(2031, 4, 6, 7, 8, 9);
    function refused(now: number, date: string): Rig {
      jest.setSystemTime(now);
      const rig = new Rig({ reconnect_timeout_ms: 2000 }).start();
      rig.connection.listener.opened();
      rig.respond("503 Service Unavailable", ["Retry-After: " + date]);
      return rig;
    }
    test.each([
      ["in a minute", 60, 60000],
      ["in the past", -60, 2000],
      ["in a second: the wait is longer", 1, 2000],
    ])("%s", (_name, seconds, wanted) => {
      expect(delay(refused(NOW, new Date(NOW + seconds * 1000).toUTCString()))).toBe(wanted);
    });
    test("in a year: an hour", () => {
      expectHour(refused(NOW, new Date(NOW + 31536000000).toUTCString()));
    });
    test("is left out where the clock was not set since the board began", () => {
      expect(delay(refused(5000, new Date(NOW).toUTCString()))).toBe(2000);
    });
  });

  test("set_reconnect_timeout while waiting, longer", () => {
    const rig = new Rig({ reconnect_timeout_ms: 1000 }).start();
    rig.drop();
    ws.esp_websocket_client_set_reconnect_timeout(rig.client, 3000);
    expect(delay(rig)).toBe(3000);
  });

  test("set_reconnect_timeout between start and the first attempt does not put that off", () => {
    const rig = new Rig();
    ws.esp_websocket_client_start(rig.client);
    ws.esp_websocket_client_set_reconnect_timeout(rig.client, 3000);
    idle();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT"]);
  });

  test("set_reconnect_timeout in DISCONNECTED", () => {
    const rig = new Rig({ reconnect_timeout_ms: 1000 });
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DISCONNECTED, () => {
      ws.esp_websocket_client_set_reconnect_timeout(rig.client, 50);
    });
    rig.start();
    rig.drop();
    expect(delay(rig)).toBe(50);
    pass(100);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("a delay beyond what a timer can count is not cut to nothing", () => {
    const rig = new Rig({ reconnect_timeout_ms: 2000000000, reconnect_max_ms: 0x7fffffff }).start();
    rig.drop();
    rig.take();
    pass(1000000000);
    expect(rig.take()).toEqual([]);
    pass(1000000000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });
});

describe("the time-out of a frame that waits to be sent", () => {
  /** A connection whose transport takes no more. */
  function full(config: ws.Config = {}): Rig {
    const rig = Rig.connected({ buffer_size: 100, ping_interval_sec: 1000, ...config });
    expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(100))).toBe(100);
    return rig;
  }

  test("a frame that waited longer than its timeout fails the connection as a write time-out", () => {
    const rig = full();
    expect(ws.esp_websocket_client_send_text(rig.client, "late", 4, 20)).toBe(4);
    expectAfter(rig, 200, LOST);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe("No room for a frame in time");
    expect(rig.client.tx_queued).toBe(0);
  });

  test("a frame that was sent in time does not", () => {
    const rig = full();
    ws.esp_websocket_client_send_text(rig.client, "late", 4, 20);
    pass(199);
    rig.drain();
    pass(100000);
    expect(rig.take()).toEqual([]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("the time of a long message runs for each of its frames", () => {
    const rig = full();
    expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(300), 300, 20)).toBe(300);
    for (let frame = 0; frame < 3; frame++) {
      pass(150);
      rig.drain();
    }
    pass(100000);
    expect(rig.take()).toEqual([]);
  });

  test.each([undefined, ws.portMAX_DELAY, -1])("without limit (%p) a frame waits for ever", (timeout) => {
    const rig = full();
    expect(ws.esp_websocket_client_send_text(rig.client, "patient", undefined, timeout)).toBe(7);
    pass(900000);
    expect(rig.take()).toEqual([]);
    rig.drain();
    expect(rig.connection.takeWire().pop()).toBe("81(7) patient");
  });

  test("timeout 0: at once or not at all", () => {
    const rig = Rig.connected({ buffer_size: 100 });
    expect(ws.esp_websocket_client_send_text(rig.client, "now", 3, 0)).toBe(3);
    expect(rig.connection.takeWire()).toEqual(["81(3) now"]);
    ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(100));
    expect(ws.esp_websocket_client_send_text(rig.client, "now", 3, 0)).toBe(-1);
    rig.drain();
    rig.connection.take();
    expect(ws.esp_websocket_client_send_text(rig.client, "now", 3, 0)).toBe(3);
    expect(rig.connection.takeWire()).toEqual(["81(3) now"]);
  });
});

describe("no timer survives", () => {
  const STATES: [string, (config?: ws.Config) => Rig][] = [
    [
      "before the first attempt",
      (config) => {
        const rig = new Rig(config);
        ws.esp_websocket_client_start(rig.client);
        return rig;
      },
    ],
    ["connecting", (config) => new Rig(config).start()],
    [
      "in the handshake",
      (config) => {
        const rig = new Rig(config).start();
        rig.connection.listener.opened();
        rig.receive("HTTP/1.1 1");
        return rig;
      },
    ],
    ["connected", (config) => Rig.connected({ keep_alive_enable: true, ...config })],
    [
      "with a PING that has no answer",
      (config) => {
        const rig = Rig.connected({ keep_alive_enable: true, ...config });
        pass(10000);
        return rig;
      },
    ],
    [
      "with frames that wait",
      (config) => {
        const rig = Rig.connected({ keep_alive_enable: true, ...config });
        for (let message = 0; message < 5; message++)
          ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1000), 1000, 500);
        return rig;
      },
    ],
    [
      "with half a frame header",
      (config) => {
        const rig = Rig.connected(config);
        rig.receive(Uint8Array.of(0x81));
        return rig;
      },
    ],
    [
      "closing",
      (config) => {
        const rig = Rig.connected(config);
        ws.esp_websocket_client_close(rig.client);
        return rig;
      },
    ],
    [
      "closed by the server",
      (config) => {
        const rig = Rig.connected(config);
        rig.frame(0x88);
        return rig;
      },
    ],
    [
      "waiting for the next attempt",
      (config) => {
        const rig = new Rig(config).start();
        rig.drop();
        return rig;
      },
    ],
  ];

  test.each(STATES)("stop (%s)", (_name, make) => {
    const rig = make();
    expect(jest.getTimerCount()).toBeGreaterThan(0);
    expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_OK);
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each(STATES)("destroy (%s)", (_name, make) => {
    const rig = make();
    expect(ws.esp_websocket_client_destroy(rig.client)).toBe(ws.ESP_OK);
    expect(jest.getTimerCount()).toBe(0);
    expect(Object.keys(rig.client)).toEqual([]);
  });

  test.each(STATES.slice(1))("an end that is final (%s)", (_name, make) => {
    const rig = make({ disable_auto_reconnect: true });
    if (rig.take().pop() !== "FINISH et=1") {
      rig.drop();
      expect(rig.take().pop()).toMatch(/^FINISH/);
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  test("idle: one timer, the next PING", () => {
    const rig = Rig.connected({ ping_interval_sec: 60 });
    pass(100);
    expect(jest.getTimerCount()).toBe(1);
    pass(60000);
    rig.frame(0x8a);
    expect(jest.getTimerCount()).toBe(1);
  });
});
