// The state behind randn, dropout and shuffles: a seed and how many counters were used up.
import type { RandomKey } from "../backend.ts";
import { ArgumentError } from "../errors.ts";

export interface GeneratorState {
  readonly seed: bigint;
  readonly offset: bigint;
}

/** A stream of random draws, as `torch.Generator`. Same seed, same numbers. */
export class Generator {
  private seed: bigint;
  private offset = 0n;
  constructor(seed: number | bigint = 0) {
    this.seed = checkSeed("Generator", seed);
  }
  manualSeed(seed: number | bigint): this {
    this.seed = checkSeed("manualSeed", seed);
    this.offset = 0n;
    return this;
  }
  /** The key of the next draw of `count` numbers, and moves past it. */
  next(count: number): RandomKey {
    const key = { seed: this.seed, offset: this.offset };
    this.offset += BigInt(Math.ceil(count / 2)); // float64 uses a counter for two numbers
    return key;
  }
  getState(): GeneratorState {
    return { seed: this.seed, offset: this.offset };
  }
  setState(state: GeneratorState): void {
    this.seed = checkSeed("Generator.setState", state.seed);
    this.offset = BigInt(state.offset);
  }
}

function checkSeed(op: string, seed: number | bigint): bigint {
  if (typeof seed !== "bigint" && !Number.isSafeInteger(seed)) {
    throw new ArgumentError(
      op,
      `the seed must be a whole number up to 2^53, or a bigint; got ${String(seed)}`,
    );
  }
  return BigInt.asUintN(64, BigInt(seed));
}

/** The generator that ops use when they are given none. */
export const defaultGenerator = new Generator(BigInt(Math.floor(Math.random() * 2 ** 52)));

/** Seeds the default generator, as `torch.manual_seed`. */
export const manualSeed = (seed: number | bigint): Generator => defaultGenerator.manualSeed(seed);
