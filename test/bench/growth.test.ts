import fs from "node:fs";
import path from "node:path";
import { compare, contender, Work } from "../../bench/speed";
import { findEspruino } from "../../scripts/find_espruino.cjs";

const interpreter = findEspruino();
const bundle = path.join(__dirname, "../../dist/esp_websocket_client.min.js");

(interpreter ? describe : describe.skip)("the cost of a message on a real Espruino", () => {
  // 1.2 to 1.4 times. It was five times when each frame had to look farther and farther for free variables in one piece.
  test.each([true, false])("grows with its size: 1 MB costs less than twice 64 × 16 kB (text: %s)", async (text) => {
    const client = contender("ours", { esp_websocket_client: fs.readFileSync(bundle, "latin1") });
    const send = (size: number): Work => ({ work: "send", text, size, clients: 1, window: 1 });
    const [short, long] = await compare(
      [
        [client, send(16384)],
        [client, send(1048576)],
      ],
      1,
      interpreter!,
      "ram"
    );
    expect(long[0].cpu).toBeLessThan(2 * 64 * short[0].cpu);
  });
});
