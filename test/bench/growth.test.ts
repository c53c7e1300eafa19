import fs from "node:fs";
import path from "node:path";
import { compare, contender, Work } from "../../bench/speed";
import { findEspruino } from "../../tools/find_espruino.cjs";

const interpreter = findEspruino();
const bundle = path.join(__dirname, "../../dist/esp_websocket_client.min.js");

(interpreter ? describe : describe.skip)("the cost of a message on a real Espruino", () => {
  // 1.0 to 1.1 times. It was five times when each frame had to look farther and farther for free variables in one piece.
  test.each([true, false])("grows with its size: 1 MB costs less than twice 64 × 16 kB (text: %s)", async (text) => {
    const client = contender("ours", { esp_websocket_client: fs.readFileSync(bundle, "latin1") });
    const send = (size: number): Work => ({ work: "send", text, size, clients: 1, window: 1 });
    const least = [Infinity, Infinity];
    // Whatever else the machine does can only make a measurement longer: the shortest of a few are compared.
    for (let round = 0; round < 5 && !(least[1] < 2 * 64 * least[0]); round++) {
      const samples = await compare(
        [
          [client, send(16384)],
          [client, send(1048576)],
        ],
        1,
        interpreter!,
        "ram"
      );
      samples.forEach(([{ cpu }], index) => (least[index] = Math.min(least[index], cpu)));
    }
    expect(least[1]).toBeLessThan(2 * 64 * least[0]);
  });
});
