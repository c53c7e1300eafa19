import net, { type AddressInfo } from "node:net";
import { describeTargets, hasSmallHeap, targets } from "../support/targets";

// Espruino for Linux takes the memory of TLS out of the script's variables: where those are few, it fails as it does on
// an ESP32 without PSRAM.

const script = `
  var ws = require("esp_websocket_client");
  var client = ws.esp_websocket_client_init({ uri: URL, disable_auto_reconnect: true, allow_unverified_tls: true });
  client.on("error", function (event) {
    print(event.data_ptr);
  });
  client.on("finish", function () {
    print("finished");
  });
  ws.esp_websocket_client_start(client);
`;

const small = targets().filter(hasSmallHeap);

if (small.length === 0)
  test.skip("no real Espruino with a small heap is here: set ESPRUINO_SMALL to its file", () => {});
else
  describeTargets(
    "TLS without memory",
    (target) => {
      test("the error says why, and what to do", async () => {
        const server = net.createServer((socket) => socket.on("error", () => {}));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
        try {
          const URL = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/`;
          const { lines, uncaught } = await target.run(script, { preset: { URL }, timeoutMs: 60000 });
          expect(uncaught).toEqual([]);
          expect(lines.slice(-2)).toEqual([
            expect.stringMatching(/: Not enough memory: TLS needs PSRAM\. Use tls_psk or a gateway$/),
            "finished",
          ]);
        } finally {
          await new Promise((resolve) => server.close(resolve));
        }
      });
    },
    small
  );
