import { describeTargets, targets } from "../support/targets";
import { signed } from "./certificates";
import { hasEspruinoTls } from "./script";
import { closedAfterEach, startTls } from "./server";

/** Connections in a row. TLS_LIVES=200 is a long run; without the defragmenting, the second or third never came. */
const LIVES = Number(process.env.TLS_LIVES ?? 15);

// Espruino for Linux takes the memory of TLS out of the script's variables, in pieces that must be in one block each.
// What the client keeps while a connection is open scatters them. No room is made for TLS here: see `ROOM` in script.ts.
const script = `
  var ws = require("esp_websocket_client");
  var lives = 0, errors = {};
  var client = ws.esp_websocket_client_init({ uri: URL, reconnect_timeout_ms: 5, allow_unverified_tls: true });
  client.on("error", function (event) { errors[event.data_ptr] = true; });
  client.on("connected", function () {
    ws.esp_websocket_client_send_text(client, "bye");
    if (++lives < LIVES) return;
    print(lives, JSON.stringify(Object.keys(errors)));
    ws.esp_websocket_client_destroy(client);
  });
  ws.esp_websocket_client_start(client);
`;

const keep = closedAfterEach();

describeTargets(
  "TLS connections in a row",
  (target) => {
    test("scattered memory does not end them", async () => {
      const { key, cert } = await signed("server");
      const server = keep(await startTls({ key, cert, maxVersion: "TLSv1.2" }));
      const { lines, uncaught } = await target.run(script, { preset: { LIVES, URL: server.url } });
      expect(uncaught).toEqual([]);
      expect(lines).toEqual([`${LIVES} ["The server closed TCP"]`]);
    });
  },
  targets().filter(hasEspruinoTls)
);
