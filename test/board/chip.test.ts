/** What only a board can show: the loss of its Wi-Fi, and what is left of its memory. */
import { startPeer } from "../support/peer";
import { boards } from "../support/targets";

const [board] = boards();
const onBoard = board ? describe : describe.skip;

onBoard("a board: set ESP32_CONSOLE to its console to run this", () => {
  test("Wi-Fi is lost and found: DISCONNECTED, and a new connection without a word from the script", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      await connection.end();
    });
    try {
      const result = await board!.run(
        `var ws = require("esp_websocket_client"), wifi = require("Wifi"), connections = 0;
        var network = JSON.parse(require("Storage").read(".wificfg"));
        var client = ws.esp_websocket_client_init({ uri: URL, reconnect_timeout_ms: 1000 });
        client.on("connected", function () {
          print("connected");
          setTimeout(function () {
            if (!connections++) return wifi.disconnect();
            ws.esp_websocket_client_destroy(client);
            print("DONE");
          }, 100);
        });
        // Attempts without a Wi-Fi end with the same event.
        var lost = false;
        client.on("disconnected", function () {
          if (lost) return;
          lost = true;
          print("disconnected");
          setTimeout(join, 500);
        });
        function join() {
          wifi.connect(network.ssid, { password: network.password }, function (error) { if (error) setTimeout(join, 500); });
        }
        ws.esp_websocket_client_start(client);`,
        { preset: { URL: peer.url } }
      );
      expect(result.lines.filter((line) => /connected$/.test(line))).toEqual([
        "connected",
        "disconnected",
        "connected",
      ]);
      expect(result.done).toBe(true);
    } finally {
      await peer.close();
    }
  });

  test("twenty lives cost neither variables nor C heap", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      await connection.end();
    });
    try {
      const result = await board!.run(
        `var ws = require("esp_websocket_client"), before;
        function measure() { return [process.memory().usage, ESP32.getState().freeHeap]; }
        function live(left) {
          if (!left) {
            var after = measure();
            print(JSON.stringify({ variables: after[0] - before[0], heap: before[1] - after[1] }));
            return print("DONE");
          }
          var client = ws.esp_websocket_client_init({ uri: URL, disable_auto_reconnect: true });
          client.on("connected", function () { setTimeout(function () { ws.esp_websocket_client_destroy(client); }, 1); });
          client.on("finish", function () { setTimeout(function () {
            // The first life brings what stays for good.
            if (left === 20) before = measure();
            live(left - 1);
          }, 300); });
          ws.esp_websocket_client_start(client);
        }
        live(20);`,
        { preset: { URL: peer.url } }
      );
      const { variables, heap } = JSON.parse(result.lines.at(-1)!) as { variables: number; heap: number };
      expect(variables).toBeLessThanOrEqual(10);
      expect(heap).toBeLessThanOrEqual(2000);
    } finally {
      await peer.close();
    }
  });
});
