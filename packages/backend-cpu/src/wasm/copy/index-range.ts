// Whether all of many indices are in range, at the speed of memory: indexing ops ask before they run.
import { type DType, sizeOf, type View } from "@tapegrad/core";
import { countdown, type Func, func, i32x4, type Local, v128 } from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { byteAddress } from "../view.ts";

const BYTES: Partial<Record<DType, 4 | 8>> = { int64: 8, int32: 4 };
/** With fewer, a look from JavaScript is as quick. */
const MANY = 1 << 12;
/** Bytes of a block; what is left over behind the last one is looked at in JavaScript. */
const BLOCK = 64;

/** largest(from, blocks, to): the largest of each of four words, unsigned, of blocks of 16 words. */
const largestKernel = (): Func =>
  func("largest", { from: "i32", blocks: "i32", to: "i32" }, (f, p) => {
    const most = f.locals("v128", 4) as [Local<"v128">, ...Local<"v128">[]];
    return [
      countdown(p.blocks, [
        most.map((m, k) => m.set(i32x4.maxU(m, v128.load(p.from, 16 * k)))),
        p.from.add(BLOCK),
      ]),
      most.slice(1).map((m) => most[0].set(i32x4.maxU(most[0], m))),
      v128.store(p.to, most[0]),
    ];
  });

/**
 * True if all elements of an integer view are in [0, end), end below 2³¹. False if some are not, or it does not know:
 * small ones, other dtypes and views that are not dense are left to the caller.
 */
export function indexRange(ctx: WasmContext): (x: View, end: number) => boolean {
  return (x, end) => {
    const bytes = BYTES[x.dtype];
    const n = sizeOf(x.shape);
    if (bytes === undefined || !x.contiguous || n < MANY) return false;
    const { largest } = ctx.get<"largest">("indexRange", () => [largestKernel()]);
    const from = byteAddress(x, bytes);
    const blocks = Math.floor((n * bytes) / BLOCK);
    const cost = traffic(n * bytes);
    /** Words 0 and 2 are low ones of int64, 1 and 3 must be 0 there. */
    const fits = (word: number, k: number): boolean =>
      bytes === 8 && k % 2 === 1 ? word === 0 : word >>> 0 < end;
    return ctx.withScratch((scratch) => {
      const ends: number[] = [];
      const results = scratch.take(64 * 16);
      ctx.launch(cost, (tasks) =>
        pieces(blocks, cost, (first, size) => {
          const to = results + 16 * ends.length;
          ends.push(to);
          tasks.add(largest, from + first * BLOCK, size, to);
        }),
      );
      const words = ctx.arena.i32;
      for (const at of ends) {
        for (let k = 0; k < 4; k++) if (!fits(words[at / 4 + k] as number, k)) return false;
      }
      const last = (from + n * bytes) / 4;
      for (let w = (from + blocks * BLOCK) / 4, k = 0; w < last; w++, k++) {
        if (!fits(words[w] as number, k)) return false;
      }
      return true;
    });
  };
}
