// Random numbers that are a pure function of (seed, purpose, index), by core's Philox.
//
// Image 7 of a drawn data set or the order of epoch 3 can be had without drawing what comes before,
// on any platform the same. Nothing here calls Math.sin or Math.log, whose last bits engines differ in.
import { ArgumentError, defaultGenerator, fillRandom, philox4x32 } from "@tapegrad/core";

/** What a stream is for; streams with different purposes share no number. */
export const PURPOSE = {
  shuffle: 1,
  split: 2,
  glyphLabels: { train: 16, test: 17 },
  glyphDrawing: { train: 18, test: 19 },
} as const;

/** @throws ArgumentError unless the seed is an integer that a JS number holds exactly */
export function checkSeed(op: string, seed: number): number {
  if (!Number.isSafeInteger(seed)) {
    throw new ArgumentError(op, `seed must be a whole number within ±2^53, got ${seed}`);
  }
  return seed;
}

/** A seed from the generator that `manualSeed` seeds, for who was given none. */
export function drawSeed(): number {
  const u = new Float64Array(1);
  fillRandom("uniform", defaultGenerator.next(1), u);
  return (u[0] as number) * 2 ** 53;
}

/** The numbers of one (seed, purpose, index), one after the other. */
export class Draws {
  private readonly key: readonly [number, number];
  private readonly counter: [number, number, number, number];
  private readonly words = new Uint32Array(4);
  private used = 4;

  constructor(seed: number, purpose: number, index = 0) {
    this.key = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
    this.counter = [0, 0, 0, purpose];
    this.restart(index);
  }

  /** The beginning of another index's numbers; saves an object per image. */
  restart(index: number): this {
    this.counter[0] = 0;
    this.counter[1] = index | 0;
    this.counter[2] = Math.floor(index / 2 ** 32) | 0;
    this.used = 4;
    return this;
  }

  uint32(): number {
    if (this.used === 4) {
      philox4x32(this.counter, this.key, this.words);
      this.counter[0]++;
      this.used = 0;
    }
    return this.words[this.used++] as number;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform in [low, high). */
  range(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /**
   * Bell-shaped, mean 0, standard deviation 1, never beyond ±3.47: the sum of four uniforms. A real
   * normal would need a logarithm.
   */
  bell(): number {
    return (this.uniform() + this.uniform() + this.uniform() + this.uniform() - 2) * Math.sqrt(3);
  }

  /** Uniform in 0 … n − 1; draws again where a plain remainder would favour small numbers. */
  below(n: number): number {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % n;
  }
}

/** The numbers 0 … n − 1 in random order (Fisher–Yates, inside out). */
export function permutation(n: number, draws: Draws): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const j = draws.below(i + 1);
    order[i] = order[j] as number;
    order[j] = i;
  }
  return order;
}
