import { randomBytes } from "node:crypto";

/** Where each chip keeps its hardware random number register (ESP-IDF's `wdev_reg.h`). */
const REGISTERS: Record<string, number> = {
  ESP32: 0x60035144,
  ESP32S3: 0x6003507c,
  ESP32C3: 0x600260b0,
};

/** Address of the random number register of the chip that a board name stands for, if it has one. */
export function randomRegister(boardName: string): number | undefined {
  const name = boardName.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const chips = Object.keys(REGISTERS).sort((a, b) => b.length - a.length);
  const chip = chips.find((candidate) => name.startsWith(candidate));
  return chip === undefined ? undefined : REGISTERS[chip];
}

/**
 * The generator behind `Math.random` and `E.hwRand`: two multiply-with-carry halves (Marsaglia),
 * with a fixed seed at power-up. Every start of a board gives the same numbers.
 */
export class SoftwareRandom {
  private high = 0xcafebabe;
  private low = 0xdeadbeef;

  /** 31 random bits. */
  next(): number {
    this.high = (Math.imul(36969, this.high & 0xffff) + (this.high >>> 16)) >>> 0;
    this.low = (Math.imul(18000, this.low & 0xffff) + (this.low >>> 16)) >>> 0;
    return ((this.high << 16) + this.low) & 0x7fffffff;
  }

  /** Starts the sequence that belongs to a seed. */
  seed(seed: number): void {
    this.low = ((seed & 0xffff) | (seed << 16)) >>> 0;
    this.high = ((seed & 0xffff0000) | (seed >>> 16)) >>> 0;
  }
}

/** The chip's noise source: unpredictable, or a repeatable sequence where a test gives a seed. */
export class HardwareRandom {
  private state: number | undefined;

  constructor(seed?: number) {
    this.state = seed === undefined ? undefined : seed >>> 0;
  }

  /** 32 random bits. */
  next(): number {
    if (this.state === undefined) return randomBytes(4).readUInt32LE(0);
    // A 32-bit counter through a mixing function (splitmix32): any seed, zero included, is good.
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}
