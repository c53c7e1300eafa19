/**
 * Idle cost: an idle client wakes the interpreter for its PINGs, and for nothing else. A tenth of a second after an event,
 * once, it has looked whether a handler was cut off.
 */
import { pong, startPeer } from "../support/peer";
import { describeTargets, type Target } from "../support/targets";
import { Rig } from "../unit/rig";

describe("an idle client (mocked board)", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test("has exactly one timer, the next PING's, and wakes once for each in an hour", () => {
    const rig = Rig.connected({ ping_interval_sec: 60 });
    const begin = Date.now();
    jest.advanceTimersByTime(100);
    const wakes: number[] = [];
    while (Date.now() - begin < 3600000) {
      expect(jest.getTimerCount()).toBe(1);
      jest.advanceTimersToNextTimer();
      wakes.push((Date.now() - begin) / 1000);
      expect(rig.connection.takeWire()).toEqual(["89(0)"]);
      rig.frame(0x8a);
    }
    expect(wakes).toEqual(Array.from({ length: 60 }, (_, index) => 60 * (index + 1)));
    expect(rig.network.connections).toHaveLength(1);
  });

  test("with keep-alive: one timer more, which looks after keep_alive_idle", () => {
    const rig = Rig.connected({ ping_interval_sec: 1000, keep_alive_enable: true, keep_alive_idle: 100 });
    jest.advanceTimersByTime(100);
    expect(jest.getTimerCount()).toBe(2);
    jest.advanceTimersToNextTimer();
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    expect(jest.getTimerCount()).toBe(2);
  });

  test("one that waits for its next attempt has one timer too; one that has finished has none", () => {
    const rig = Rig.connected();
    rig.drop();
    expect(jest.getTimerCount()).toBe(1);
    const finished = Rig.connected({ disable_auto_reconnect: true });
    finished.drop();
    expect(jest.getTimerCount()).toBe(1);
  });
});

// The script wraps setTimeout before the library is loaded, and so counts the timers that the library has running.
const COUNT = `
var plainSet = setTimeout, plainClear = clearTimeout;
var running = 0, most = 0, woken = 0, ids = [];
global.setTimeout = function (f, time) {
  var args = [].slice.call(arguments, 2);
  var id = plainSet(function () {
    ids.splice(ids.indexOf(id), 1);
    running--;
    woken++;
    f.apply(this, args);
  }, time);
  ids.push(id);
  running++;
  if (running > most) most = running;
  return id;
};
global.clearTimeout = function (id) {
  if (ids.indexOf(id) >= 0) {
    ids.splice(ids.indexOf(id), 1);
    running--;
  }
  plainClear(id);
};
var ws = require("esp_websocket_client");
var pongs = 0;
var client = ws.esp_websocket_client_init({ uri: URL, ping_interval_sec: 0.2 });
client.on("data", function (event) {
  if (event.op_code !== 10) return;
  if (!pongs++) woken = most = 0;
  if (pongs < 6) return;
  print("timers at most " + most, woken);
  ws.esp_websocket_client_stop(client);
});
client.on("finish", function () {
  plainSet(function () {
    print("finished, timers " + running);
    ws.esp_websocket_client_destroy(client);
    print("DONE");
  }, 0);
});
ws.esp_websocket_client_start(client);
`;

function counts(target: Target): void {
  if (/IoT/.test(target.name)) {
    test.skip("IoT.js runs timers of its own for each socket, which cannot be told from ours", () => {});
    return;
  }
  test("wakes once for each PING: it has a timer for the next one, and one while it waits for a PONG", async () => {
    let pings = 0;
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      // Until the client ends.
      for (;;) {
        const ping = await connection.nextFrame().catch(() => undefined);
        if (!ping) return;
        expect(ping).toMatchObject({ opcode: 9, payload: Buffer.alloc(0) });
        pings++;
        connection.send(pong(ping.payload));
      }
    });
    const result = await target.run(COUNT, { preset: { URL: peer.url } });
    await (await peer.connection(0)).end();
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines).toEqual(["timers at most 2 5", "finished, timers 0"]);
    expect(pings).toBe(6);
  });
}

describeTargets("an idle client", counts);
