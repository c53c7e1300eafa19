/**
 * Order and back-pressure: many numbered messages through a peer that reads slowly, with "drain", and several clients
 * at once. `npm run hammer` sends 100,000.
 */
import { setTimeout as wait } from "node:timers/promises";
import { close, type PeerConnection, startPeer, text } from "../support/peer";
import { describeTargets } from "../support/targets";

const SEND = `
var ws = require("esp_websocket_client");
var next = 0, most = 0, drains = 0;
var client = ws.esp_websocket_client_init({ uri: URL, buffer_size: 256, tx_queue_size: 1024, ping_interval_sec: 600 });
function push() {
  while (next < MESSAGES) {
    var message = "message " + next + " " + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".substr(0, next % 40);
    var sent = ws.esp_websocket_client_send_text(client, message, message.length, 6000);
    if (client.tx_queued > most) most = client.tx_queued;
    if (sent < 0) return;
    if (sent !== message.length) print("sent " + sent);
    next++;
  }
  if (next === MESSAGES) {
    next++;
    ws.esp_websocket_client_send_text(client, "end", 3);
  }
}
client.on("connected", push);
client.on("drain", function () { drains++; push(); });
client.on("error", function (event) { print("ERROR " + event.data_ptr); });
client.on("finish", function () {
  print("queued at most " + most);
  print(drains > 0 ? "drained" : "never drained");
  print("DONE");
});
ws.esp_websocket_client_start(client);
`;

/** Every text that the client sends, up to "end"; the peer reads in small gulps, with pauses in between. */
async function readSlowly(connection: PeerConnection, take: (message: string) => void): Promise<void> {
  await connection.handshake();
  let received = 0;
  for (;;) {
    const { payload } = await connection.nextFrame();
    if (payload.toString() === "end") break;
    take(payload.toString());
    if (++received % 500 === 0) {
      connection.pause();
      await wait(5);
      connection.resume();
    }
  }
  connection.send(close(1000));
  await connection.nextFrame();
  connection.fin();
}

describeTargets("a slow peer", (target) => {
  // `npm run hammer` sets a number. On IoT.js some thousands once filled the heap, and some ten thousands with time-outs.
  const messages = +(process.env.ORDER_MESSAGES ?? (target.jerryscript ? 60000 : 2000));
  const limit = Math.max(240000, messages * 10);
  test(
    `${messages} messages all arrive once, in order, and the queue stays within its bound`,
    async () => {
      let expected = 0;
      let wrong: string | undefined;
      const peer = await startPeer((connection) =>
        readSlowly(connection, (message) => {
          const wanted = `message ${expected} ${"x".repeat(expected % 40)}`;
          if (message !== wanted) wrong ??= `${message} instead of ${wanted}`;
          expected++;
          if (process.env.ORDER_MESSAGES && expected % 20000 === 0)
            process.stderr.write(`${target.name}: ${expected} of ${messages} messages\n`);
        })
      );
      const result = await target.run(SEND, { preset: { URL: peer.url, MESSAGES: messages }, timeoutMs: limit });
      await peer.close();
      expect(wrong).toBeUndefined();
      expect(expected).toBe(messages);
      expect(result.uncaught).toEqual([]);
      expect(result.lines).toEqual([expect.stringMatching(/^queued at most \d+$/), "drained"]);
      expect(+result.lines[0].split(" ")[3]).toBeLessThanOrEqual(1024);
    },
    limit + 5000
  );
});

const SEVERAL = `
var ws = require("esp_websocket_client");
var running = 4;
function run(name) {
  var client = ws.esp_websocket_client_init({ uri: URL + name, reconnect_timeout_ms: 10 });
  var count = 0, connects = 0;
  function send() { ws.esp_websocket_client_send_text(client, name + " " + count); }
  client.on("connected", function () { connects++; send(); });
  client.on("data", function (event) {
    if (event.client !== client || event.data_ptr !== name + " " + count) {
      if (event.op_code === 1) print(name + " heard " + event.data_ptr + " at " + count);
      return;
    }
    if (++count < 50) send();
    else ws.esp_websocket_client_close_with_code(client, 1000);
  });
  client.on("finish", function (event) {
    print(name + " " + count + " echoes, " + connects + " connections, " + event.close_status_code);
    ws.esp_websocket_client_destroy(client);
    if (!--running) print("DONE");
  });
  ws.esp_websocket_client_start(client);
}
["a", "b", "c", "d"].forEach(run);
`;

describeTargets("several clients at once", (target) => {
  test("do not disturb one another, also when one of them loses its connection again and again", async () => {
    const seen: Record<string, number> = {};
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      const name = connection.path.slice(1);
      seen[name] = (seen[name] ?? 0) + 1;
      for (let echoes = 0; ; echoes++) {
        const frame = await connection.nextFrame();
        if (frame.opcode === 8) {
          connection.send(close(1000));
          connection.fin();
          return;
        }
        // The third client is dropped four times, without its echo.
        if (name === "c" && echoes === 10 && seen[name] < 5) return connection.reset();
        connection.send(text(frame.payload));
      }
    });
    const result = await target.run(SEVERAL, { preset: { URL: peer.url } });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines.sort()).toEqual([
      "a 50 echoes, 1 connections, 1000",
      "b 50 echoes, 1 connections, 1000",
      "c 50 echoes, 5 connections, 1000",
      "d 50 echoes, 1 connections, 1000",
    ]);
  });
});
