// Tables that a plan has made once: words that some kernel reads. They are copied to scratch memory for each call, as
// threads may run several calls of one shape in different memories.
import type { Arena } from "@tapegrad/core";

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
