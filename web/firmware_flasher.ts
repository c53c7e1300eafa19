/** Flashing Espruino itself, which Espressif's esptool-js does. The page loads this only when it is wanted. */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { ESPLoader, Transport } from "esptool-js";
import { FlashError } from "../tools/flash/board.mjs";

export interface FirmwareOptions {
  image: Uint8Array;
  /** Where the image begins in the flash. */
  offset: number;
  baud: number;
  /** Erases the whole flash first, Storage too. */
  eraseAll: boolean;
  /** 0 to 1. */
  onProgress: (fraction: number) => void;
  /** What the loader reports, line by line. */
  onLine: (line: string) => void;
}

/** The part of esptool-js' ESPLoader that is used here. */
type Loader = Pick<ESPLoader, "main" | "writeFlash" | "after">;

/** The rate at which every chip's loader starts. */
const ROM_BAUD = 115200;

/**
 * Writes an image into the flash of the board at a port that is closed, reads its MD5 back, and starts the board.
 * @param serial the port; it is closed at the end
 * @param makeLoader what speaks to the chip
 * @throws FlashError "tools"
 */
export async function flashFirmware(
  serial: SerialPort,
  options: FirmwareOptions,
  makeLoader: (transport: Transport, options: FirmwareOptions) => Loader = espLoader
): Promise<void> {
  const transport = new Transport(serial);
  try {
    const loader = makeLoader(transport, options);
    options.onLine(`Chip: ${await loader.main()}`);
    await loader.writeFlash({
      fileArray: [{ data: options.image, address: options.offset }],
      flashSize: "keep",
      flashMode: "keep",
      flashFreq: "keep",
      eraseAll: options.eraseAll,
      compress: true,
      reportProgress: (_, written, total) => options.onProgress(written / total),
      calculateMD5Hash: (image) => bytesToHex(md5(image)),
    });
    await loader.after("hard_reset");
  } catch (error) {
    throw new FlashError(
      "tools",
      `the firmware was not flashed: ${(error as Error).message}`,
      "hold the board's BOOT button while it connects, check the cable, and close other programs that use the port"
    );
  } finally {
    await transport.disconnect().catch(() => undefined);
  }
}

function espLoader(transport: Transport, { baud, onLine }: FirmwareOptions): ESPLoader {
  let line = "";
  const write = (text: string): void => {
    line += text;
  };
  return new ESPLoader({
    transport,
    baudrate: baud,
    romBaudrate: ROM_BAUD,
    terminal: {
      clean: () => undefined,
      write,
      writeLine(text: string) {
        write(text);
        onLine(line);
        line = "";
      },
    },
  });
}
