/** Random numbers. The built-in generator begins with the same seed at each boot; what is used here does not. */
declare const E: {
  hwRand: () => number;
  toUint8Array: (...parts: unknown[]) => Uint8Array;
  openFile(path: string, mode: string): { read(length: number): string; close(): void };
};
declare const process: any;
declare function peek32(address: number): number;

/** The hardware random number generator's register (ESP-IDF wdev_reg.h), 0 where none is known. */
var randomRegister = 0;
/** Sixteen random numbers read from Linux's device, and how many of them have been used; undefined on other boards. */
var pool: Uint32Array | undefined;
var used = 0;
var firmware = "" + process.env.BOARD;
if (firmware.substr(0, 5) === "ESP32") {
  randomRegister = 0x60035144;
  if (/S3/.test(firmware)) randomRegister = 0x6003507c;
  if (/C3/.test(firmware)) randomRegister = 0x600260b0;
}
if (firmware === "LINUX") pool = new Uint32Array(0);

/** True if `_random` draws from the chip's generator, or from Linux's device. */
export var _randomIsGood = !!pool || randomRegister > 0;

/** @hot */
export function _random(): number {
  // hwRand has 31 bits.
  if (!pool) return (E.hwRand() ^ (randomRegister ? peek32(randomRegister) : E.hwRand() << 16)) >>> 0;
  if (!(used &= 15)) readDevice();
  return pool[used++];
}

/** @cold */
function readDevice(): void {
  var file = E.openFile("/dev/urandom", "r");
  pool = new Uint32Array(E.toUint8Array(file.read(64)).buffer);
  file.close();
}
