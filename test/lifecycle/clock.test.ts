/**
 * The board's date is set while clients run, as SNTP or a script does after boot. Time-outs come when they are due:
 * neither early nor never.
 */
import { pong, startPeer, text } from "../support/peer";
import { describeTargets, type Target } from "../support/targets";

const STEP = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: URL, ping_interval_sec: 0.3, pingpong_timeout_sec: 30, network_timeout_ms: 30000, keep_alive_enable: true
});
var pings = 0;
client.on("error", function (event) { print("ERROR " + event.data_ptr); });
client.on("data", function (event) {
  if (event.op_code === 10) {
    pings++;
    // A PING has been answered: the date goes forward, later back.
    if (pings === 1) setTime(getTime() + FORWARD);
    if (pings === 3) setTime(getTime() - FORWARD - BACK);
    print("pong " + pings);
  }
  if (event.op_code === 1) {
    print(event.data_ptr);
    ws.esp_websocket_client_destroy(client);
    print("DONE");
  }
});
ws.esp_websocket_client_start(client);
`;

/**
 * How far the date is moved, in seconds. Espruino for Linux cannot set its date, but its timers take setTime for time
 * that has passed, or stand still as long: there the steps are small enough to be waited for.
 */
const stepOf = (target: Target): number => (target.name.startsWith("espruino") ? 0.5 : 86400);

describeTargets("setTime, forward and back", (target) => {
  if (/IoT/.test(target.name)) {
    test.skip("IoT.js has no setTime", () => {});
    return;
  }
  test("the connection lives on, and its PINGs go on", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      for (let i = 0; i < 5; i++) {
        const frame = await connection.nextFrame();
        expect(frame.opcode).toBe(9);
        connection.send(pong(frame.payload));
      }
      connection.send(text("enough"));
    });
    const step = stepOf(target);
    const result = await target.run(STEP, { preset: { URL: peer.url, FORWARD: step, BACK: step } });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines).toEqual([...[1, 2, 3, 4, 5].map((count) => `pong ${count}`), "enough"]);
    expect(peer.connections).toHaveLength(1);
  });
});

const WAIT = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({
  uri: URL, reconnect_timeout_ms: 400, network_timeout_ms: 400, ping_interval_sec: 600
});
var attempts = 0;
client.on("before_connect", function () {
  attempts++;
  print("attempt " + attempts);
});
client.on("disconnected", function () {
  setTime(getTime() + (attempts % 2 ? 86400 : -2 * 86400));
  print("disconnected");
});
client.on("connected", function () {
  ws.esp_websocket_client_destroy(client);
  print("DONE");
});
ws.esp_websocket_client_start(client);
// The network time-out of the first attempt runs while the date is set.
setTimeout(function () { setTime(getTime() - 86400); }, 50);
`;

describeTargets("setTime while a time-out runs", (target) => {
  if (target.real || /IoT/.test(target.name)) {
    test.skip("only where setTime sets the date and leaves the timers alone, as on the ESP32", () => {});
    return;
  }
  test("the network time-out and the wait for the next attempt take their time, not less and not for ever", async () => {
    const times: number[] = [];
    const peer = await startPeer(async (connection, index) => {
      // The first two attempts get no answer.
      if (index === 2) await connection.handshake();
    });
    const result = await target.run(WAIT, {
      preset: { URL: peer.url },
      onLine: (line) => line.startsWith("attempt") && times.push(performance.now()),
    });
    await peer.close();
    expect(result.lines).toEqual(["attempt 1", "disconnected", "attempt 2", "disconnected", "attempt 3"]);
    // Each wait is a network time-out and a reconnect time: never shorter than both (timers may be a little coarse).
    expect(times[1] - times[0]).toBeGreaterThan(780);
    expect(times[2] - times[1]).toBeGreaterThan(780);
  });
});
