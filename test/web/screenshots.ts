// A program, `npm run web:screenshots`: makes the images of the documentation from a real run, with Espruino for Linux.

import fs from "node:fs";
import path from "node:path";
import { findChromium } from "../../tools/find_chromium.cjs";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { startEcho } from "../examples/server";
import { EspruinoBoard } from "./boards";
import { Rig, startWeb } from "./rig";

const images = path.join(__dirname, "../../docs/images");
const LARGEST_BYTES = 150000;

function write(name: string, image: Buffer): void {
  if (image.length > LARGEST_BYTES) throw new Error(`${name} has ${image.length} bytes`);
  fs.writeFileSync(path.join(images, name), image);
  console.log(`docs/images/${name}: ${image.length} bytes`);
}

async function main(): Promise<void> {
  const espruino = findEspruino();
  if (!espruino || !findChromium()) throw new Error("This needs Espruino for Linux and a Chromium.");
  fs.mkdirSync(images, { recursive: true });
  const [web, echo] = await Promise.all([startWeb(), startEcho()]);
  const board = new EspruinoBoard(espruino);
  const rig = await Rig.start(web, { wire: board, viewport: { width: 1120, height: 760 }, colorScheme: "light" });
  try {
    await rig.connect();
    await rig.page.fill("#url", echo.url);
    await rig.upload();
    await rig.until("#timeline", /finish/);
    await rig.page.evaluate("for (const id of ['timeline-box', 'console']) document.getElementById(id).scrollTop = 0");
    write("web-timeline.png", await rig.page.locator("section[aria-labelledby='timeline-title']").screenshot());
    write("web-page.png", await rig.page.screenshot());
  } finally {
    await rig.close();
    await Promise.all([echo.close(), board.stop(), web.close()]);
  }
}

void main();
