/** Espruino's random numbers, and whether they are good. */

declare const E: {
  hwRand(): number;
  toUint8Array(bytes: string): Uint8Array;
  openFile(path: string, mode: string): { read(length: number): string; close(): void };
};
declare const process: { env: { BOARD?: string } };
declare function peek32(address: number): number;

var firmware = "" + process.env.BOARD;
var linux = firmware === "LINUX";
/** The hardware random number generator's register (ESP-IDF wdev_reg.h), 0 where there is none that is known. */
var register = 0;
if (firmware.substr(0, 5) === "ESP32")
  register = /S3/.test(firmware) ? 0x6003507c : /C3/.test(firmware) ? 0x600260b0 : 0x60035144;
/** Sixteen numbers read from Linux's device, and how many of them have been used. */
var pool: Uint32Array;
var used = 0;

/** True if `_random` draws from the chip's generator, or from Linux's device. */
export var _randomIsGood = linux || register > 0;

/** 32 random bits, 0…2³²-1. */
export function _random(): number {
  // The built-in generator, which begins with the same seed at each boot, has 31 bits.
  if (!linux) return (E.hwRand() ^ (register ? peek32(register) : E.hwRand() << 16)) >>> 0;
  if (!(used &= 15)) {
    var file = E.openFile("/dev/urandom", "r");
    pool = new Uint32Array(E.toUint8Array(file.read(64)).buffer);
    file.close();
  }
  return pool[used++];
}
