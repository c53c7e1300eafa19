import { startPeer } from "../support/peer";
import { describeTargets, targets } from "../support/targets";

// Some of Espruino's strings are other memory: that of flash, or of a typed array. What waits to be sent is a copy, so
// it does not matter what becomes of that memory meanwhile.
const script = `
var ws = require("esp_websocket_client");
var storage = require("Storage");
var client = ws.esp_websocket_client_init({ uri: URL });
function repeat(text, count) { return new Array(count + 1).join(text); }
client.on("connected", function () {
  // A file of which the end has not been written yet: it can be, without a move.
  storage.write("file", repeat("A", 100), 0, 700);
  var file = storage.read("file");
  print(ws.esp_websocket_client_send_bin(client, file));
  storage.write("file", repeat("B", 600), 100);
  print(file.charCodeAt(650), storage.read("file").charCodeAt(650));
  storage.erase("file");

  var bytes = new Uint8Array(700).fill(67);
  print(ws.esp_websocket_client_send_text(client, E.toString(bytes)));
  print(ws.esp_websocket_client_send_bin(client, bytes));
  bytes.fill(68);
});
client.on("closed", function () { ws.esp_websocket_client_destroy(client); print("DONE"); });
ws.esp_websocket_client_start(client);`;

describeTargets(
  "what waits to be sent is a copy",
  (target) => {
    test("of files in flash, and of strings that are a typed array's memory", async () => {
      const received: Buffer[] = [];
      const peer = await startPeer(async (connection) => {
        await connection.handshake();
        while (received.length < 3) received.push((await connection.nextFrame()).payload);
        connection.send(Buffer.from([0x88, 0]));
        await connection.end();
      });
      try {
        const preset = { URL: peer.url };
        const { lines, uncaught } = await target.run(script, { preset, sharedStrings: true, timeoutMs: 60000 });
        expect(uncaught).toEqual([]);
        expect(lines).toEqual(["700", expect.stringMatching(/^\d+ 66$/), "700", "700"]);
        expect(received[0]).toEqual(Buffer.concat([Buffer.alloc(100, "A"), Buffer.alloc(600, 0xff)]));
        expect(received.slice(1).map(String)).toEqual(["C".repeat(700), "C".repeat(700)]);
      } finally {
        await peer.close();
      }
    });
  },
  // The simulator with Unicode takes bytes above 0x7f out of a file for characters.
  targets().filter((target) => !target.jerryscript && (target.real || target.byteStrings))
);
