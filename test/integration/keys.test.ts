/** Masking keys on the wire (RFC 6455 §5.3, §10.3): of every way in which a frame is made, fresh for each, and never zero. */
import { startPeer } from "../support/peer";
import { describeTargets } from "../support/targets";

/** Payload bytes: short frames, those masked by JavaScript, and those that native code masks where the board has it. */
const SIZES = [0, 5, 16, 125, 126, 319, 320, 400, 1000, 1024];
const ROUNDS = 3;

describeTargets("masking keys", (target) => {
  test("are fresh for each frame, and never zero", async () => {
    const keys: number[] = [];
    const sizes: number[] = [];
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      while (sizes.length < ROUNDS * SIZES.length) {
        const frame = await connection.nextFrame();
        keys.push(frame.key!.readUInt32BE());
        // A slow board sends a PING in between.
        if (frame.opcode >= 8) continue;
        sizes.push(frame.payload.length);
        // Sent in clear text, a frame would have the payload's bytes.
        expect(frame.payload.every((byte, index) => byte === index % 128)).toBe(true);
      }
      connection.fin();
    });
    try {
      await target.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: ${JSON.stringify(peer.url)}, disable_auto_reconnect: true });
        var sizes = ${JSON.stringify(SIZES)};
        var next = 0;
        function send() {
          while (next < ${ROUNDS * SIZES.length}) {
            var bytes = new Uint8Array(sizes[next % sizes.length]);
            for (var i = 0; i < bytes.length; i++) bytes[i] = i & 127;
            if (ws.esp_websocket_client_send_bin(client, bytes) < 0) return;
            next++;
          }
        }
        client.on("connected", send);
        client.on("drain", send);
        client.on("finish", function () { ws.esp_websocket_client_destroy(client); });
        ws.esp_websocket_client_start(client);`
      );
    } finally {
      await peer.close();
    }
    expect(sizes).toEqual(Array.from({ length: ROUNDS }, () => SIZES).flat());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).not.toContain(0);
    // Each half byte is drawn by itself where native code masks: none is the same in all keys.
    for (let shift = 0; shift < 32; shift += 4) {
      expect(new Set(keys.map((key) => (key >>> shift) & 15)).size).toBeGreaterThan(1);
    }
  });
});
