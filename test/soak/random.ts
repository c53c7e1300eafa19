/**
 * Repeatable random numbers. The soak's faults are drawn from them, so that a round can be replayed from its seed.
 */
export class Random {
  private state: number;

  /** The same numbers give the same sequence. */
  constructor(...seeds: number[]) {
    this.state = 0x9e3779b9;
    for (const seed of seeds) this.state = scramble(this.state ^ scramble(seed | 0));
  }

  /** 0 ≤ number < `limit`, whole. */
  below(limit: number): number {
    // A counter whose steps are scrambled: neighbouring seeds have nothing in common.
    this.state = (this.state + 0x6d2b79f5) | 0;
    return Math.floor((scramble(this.state) / 2 ** 32) * limit);
  }

  /** `low` ≤ number ≤ `high`, whole. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in one of `times` cases. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)];
  }

  /** One of the keys, each as likely as its weight says. */
  weighted<Key extends string>(weights: Record<Key, number>): Key {
    const entries = Object.entries<number>(weights) as [Key, number][];
    let at = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    return entries.find(([, weight]) => (at -= weight) < 0)![0];
  }
}

/** Spreads each bit of a 32-bit number over all of it. */
function scramble(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
