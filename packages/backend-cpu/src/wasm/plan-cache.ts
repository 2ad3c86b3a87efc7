// What follows from a shape alone, made once per shape: drivers that are called again with the same geometry have
// their cuts and tables ready. Tables are words that some kernel reads; they are copied to scratch memory for
// each call, as threads may run several calls of one shape in different memories.
import type { Arena } from "@tapegrad/core";

const plans = new Map<string, unknown>();
const MOST_PLANS = 512;

/** The plan of that key, made the first time. A key stands for plans of one type. */
export function planFor<P>(key: string, make: () => P): P {
  let plan = plans.get(key) as P | undefined;
  if (plan === undefined) {
    if (plans.size >= MOST_PLANS) plans.clear();
    plan = make();
    plans.set(key, plan);
  }
  return plan;
}

/** Several tables, one after the other. */
export class Tables {
  private readonly words: number[] = [];
  private readonly addresses: number[] = [];
  private ready: Int32Array | undefined;

  /** Adds a table. @returns where it begins, in bytes from the first one */
  add(words: readonly number[]): number {
    const at = this.words.length * 4;
    for (const word of words) this.words.push(word);
    return at;
  }

  /** The word at `at` (bytes) is where a table begins: write() makes an address of it. */
  pointsInside(at: number): void {
    this.addresses.push(at / 4);
  }

  get bytes(): number {
    return Math.max(4, this.words.length * 4);
  }

  write(arena: Arena, to: number): void {
    this.ready ??= Int32Array.from(this.words);
    const { i32 } = arena;
    const start = to / 4;
    i32.set(this.ready, start);
    for (const index of this.addresses) i32[start + index] = (this.words[index] as number) + to;
  }
}
