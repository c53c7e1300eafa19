/** Flashing Espruino itself, which esptool does. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { imageOffset } from "./firmware_image.mjs";
import { FlashError } from "./flash_error.mjs";

/**
 * Where an image belongs in the flash: an application alone, or everything from the bootloader on.
 * @returns {string} hexadecimal, as esptool takes it
 */
export function firmwareOffset(file) {
  let image;
  try {
    image = fs.readFileSync(file);
  } catch (error) {
    throw new FlashError("bad_file", `${file} cannot be read (${error.code})`, "check the name");
  }
  const offset = imageOffset(image);
  if (offset === undefined) {
    throw new FlashError(
      "bad_file",
      `${file} is not an ESP32 firmware`,
      `give Espruino's application image (espruino_esp32.bin) or a merged image of the whole flash`
    );
  }
  return `0x${offset.toString(16)}`;
}

/** Where esptool is called one of these names. */
const ESPTOOLS = ["esptool", "esptool.py"];

/**
 * Flashes an image with esptool.
 * @param {string} file @param {{port: string, baud: number, dryRun: boolean, print: (line: string) => void}} options
 */
export async function flashFirmware(file, { port, baud, dryRun, print }) {
  const offset = firmwareOffset(file);
  const esptool = ESPTOOLS.find(isOnPath);
  if (!esptool) throw new FlashError("tools", "--firmware needs esptool", "install it with `pip install esptool`");
  if (dryRun) {
    print(`Would flash ${file} at ${offset} of the board at ${port} with ${esptool}.`);
    return;
  }
  print(`Flashing ${file} at ${offset} of the board at ${port}`);
  const status = await run(esptool, ["--port", port, "--baud", String(baud), "write_flash", offset, file]);
  if (status !== 0) {
    throw new FlashError(
      "tools",
      `${esptool} could not flash ${file}`,
      "hold the board's BOOT button while it connects, and check the port and the cable"
    );
  }
}

function isOnPath(program) {
  const endings = process.platform === "win32" ? (process.env.PATHEXT ?? ".EXE").split(";") : [""];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => endings.some((ending) => fs.existsSync(path.join(folder, program + ending))));
}

/** The exit status of a program. */
function run(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("close", (status) => resolve(status ?? 1));
  });
}
