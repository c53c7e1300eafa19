/**
 * A small heap: `$IOTJS_SMALL` names an IoT.js that was built with 128 kB (`--jerry-heaplimit=128`). When its heap is
 * full the process ends, so that coming to the end is the test.
 */
import { binary, close, startPeer } from "../../support/peer";
import { describeTargets, smallJerryscripts } from "../../support/targets";

/** Sends a message of 64 kB a kilobyte at a time, as room comes; adds up what comes back. */
const STREAM = `
var ws = require("esp_websocket_client");
var client = ws.esp_websocket_client_init({ uri: URL, disable_auto_reconnect: true });
var piece = new Uint8Array(1024);
for (var i = 0; i < 1024; i++) piece[i] = i * 7;
var sent = 0;
var got = 0;
var right = true;
function send() {
  while (sent < 64) {
    var taken = sent ? ws.esp_websocket_client_send_cont_msg(client, piece) : ws.esp_websocket_client_send_bin_partial(client, piece);
    if (taken < 0) return;
    sent++;
  }
  if (sent === 64 && ws.esp_websocket_client_send_fin(client) === 0) sent++;
}
client.on("connected", send);
client.on("drain", send);
client.on("data", function (event) {
  if (event.op_code > 2) return;
  for (var i = 0; i < event.data_len; i++) if (event.data_ptr[i] !== ((got + i) * 7) % 256) right = false;
  got += event.data_len;
  if (got % 65536 === 0 && event.data_len) print(got, right ? "right" : "wrong");
});
client.on("error", function (event) { print("error", event.data_ptr); });
client.on("closed", function (event) { print("closed", event.close_status_code); });
ws.esp_websocket_client_start(client);
`;

describeTargets(
  "a heap of 128 kB",
  (target) => {
    test("64 kB go there and back, as one message each way, again and again", async () => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        const frames = await connection.framesUntil(({ fin }) => fin);
        const message = Buffer.concat(frames.map(({ payload }) => payload));
        expect(message.length).toBe(65536);
        for (let i = 0; i < 4; i++) connection.send(binary(message));
        connection.send(close(1000));
        await connection.nextFrame();
        connection.fin();
      });
      const result = await target.run(STREAM, { preset: { URL: peer.url } });
      await peer.close();
      expect(result).toEqual({
        lines: ["65536 right", "131072 right", "196608 right", "262144 right", "closed 1000"],
        uncaught: [],
        done: false,
      });
    });

    test("a text of 20 kB is sent from one string", async () => {
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        const frames = await connection.framesUntil(({ fin }) => fin);
        expect(Buffer.concat(frames.map(({ payload }) => payload)).toString()).toBe("0123456789".repeat(2048));
        connection.send(close(1000));
        connection.fin();
      });
      const result = await target.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: URL });
        var text = "0123456789";
        for (var i = 0; i < 11; i++) text += text;
        client.on("connected", function () { print(ws.esp_websocket_client_send_text(client, text)); });
        client.on("closed", function (event) { print("closed", event.close_status_code); });
        ws.esp_websocket_client_start(client);`,
        { preset: { URL: peer.url } }
      );
      await peer.close();
      expect(result).toEqual({ lines: ["20480", "closed 1000"], uncaught: [], done: false });
    });
  },
  smallJerryscripts()
);
