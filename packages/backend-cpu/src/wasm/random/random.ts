// random, dropout and arange. Uniform numbers and dropout are vectorised; normal numbers take the engine's
// log, cos and sin, so that they are the same bits as everywhere else.
import type { FusedKernels, RandomKey, RequiredKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { MANY } from "../elementwise/plan.ts";
import { type Argument, pieces, type Tasks } from "../threads/launch.ts";
import { addressOf, contiguousAt } from "../view.ts";
import { dropoutKernel, uniformKernel } from "./random-kernels.ts";

const low32 = (v: bigint): number => Number(BigInt.asIntN(32, v));

type Words = readonly [number, number, number, number];

/** Calls draw for stretches of elements whose counters share their high word. */
function eachStretch(
  key: RandomKey,
  size: number,
  draw: (from: number, n: number, key: Words) => void,
): void {
  for (let from = 0; from < size; ) {
    const counter = key.offset + BigInt(from / 4);
    const beforeCarry = 2 ** 32 - Number(BigInt.asUintN(32, counter));
    const n = Math.min(size - from, beforeCarry * 4);
    const [seed, high] = [key.seed, counter >> 32n];
    draw(from, n, [low32(counter), low32(high), low32(seed), low32(seed >> 32n)]);
    from += n;
  }
}

/** Nanoseconds that one thread needs for a number. */
const NANOSECONDS = 2;
/** The numbers of one element of four vectors of counters. */
const STEP = 16;

export function randomKernels(
  ctx: WasmContext,
): Pick<RequiredKernels, "random" | "arange"> & Pick<FusedKernels, "dropout"> {
  const { arena } = ctx;

  /** Calls add for pieces of elements: a counter says where in the stream of numbers a piece begins. */
  function onThreads(
    key: RandomKey,
    size: number,
    add: (tasks: Tasks, spare: Argument, from: number, n: number, words: Words) => void,
  ): void {
    ctx.launch(size * NANOSECONDS, (tasks) => {
      const spare = tasks.local(64);
      eachStretch(key, size, (from, n, [low, ...words]) => {
        const cut = (first: number, count: number): void =>
          add(tasks, spare, from + first, count, [(low + first / 4) | 0, ...words]);
        pieces(n, n * NANOSECONDS, cut, STEP);
      });
    });
  }

  function uniform(scratch: Scratch, key: RandomKey, size: number, to: number): void {
    const kernels = ctx.get<"uniform">("uniform", () => [uniformKernel()]);
    if (size < MANY) {
      const spare = scratch.take(64);
      eachStretch(key, size, (from, n, words) => {
        ctx.now(kernels.uniform)(n, to + from * 4, spare, ...words);
      });
    } else {
      onThreads(key, size, (tasks, spare, from, n, words) =>
        tasks.add(kernels.uniform, n, to + from * 4, spare, ...words),
      );
    }
  }

  return {
    random(code, y, key) {
      if (y.dtype !== "float32" || !y.contiguous) return undefined;
      const size = sizeOf(y.shape);
      return ctx.withScratch((scratch) => {
        if (code === "uniform") {
          uniform(scratch, key, size, addressOf(y));
          return "philox";
        }
        // Box–Muller takes its numbers in pairs.
        const drawn = scratch.take(size * 4 + 4);
        uniform(scratch, key, size + (size % 2), drawn);
        const heap = arena.f32;
        const [to, from] = [addressOf(y) / 4, drawn / 4];
        for (let i = 0; i < size; i += 2) {
          const radius = Math.sqrt(-2 * Math.log(1 - (heap[from + i] as number)));
          const angle = 2 * Math.PI * (heap[from + i + 1] as number);
          heap[to + i] = radius * Math.cos(angle);
          if (i + 1 < size) heap[to + i + 1] = radius * Math.sin(angle);
        }
        return "philox, js-loop";
      });
    },
    arange(y, start, step) {
      if (y.dtype !== "float32" || !y.contiguous) return undefined;
      const heap = arena.f32;
      const [to, size] = [addressOf(y) / 4, sizeOf(y.shape)];
      for (let i = 0; i < size; i++) heap[to + i] = start + i * step;
      return "js-loop";
    },
    dropout(x: View, y: View, mask: View | undefined, p: number, key: RandomKey) {
      if (x.dtype !== "float32") return undefined;
      const { dropout } = ctx.get<"dropout">("dropout", () => [dropoutKernel()]);
      return ctx.withScratch((scratch) => {
        const from = contiguousAt(ctx, scratch, x);
        const [to, factors] = [addressOf(y), mask === undefined ? 0 : addressOf(mask)];
        // A uniform number is a word's upper 24 bits over 2²⁴.
        const threshold = Math.ceil(p * 2 ** 24);
        const [size, factor] = [sizeOf(x.shape), 1 / (1 - p)];
        const args = (first: number, n: number): [number, number, number, number] => {
          const at = first * 4;
          return [n, from + at, to + at, factors === 0 ? 0 : factors + at];
        };
        if (size < MANY) {
          const spare = scratch.take(64);
          eachStretch(key, size, (first, n, words) => {
            ctx.now(dropout)(...args(first, n), spare, threshold, factor, ...words);
          });
        } else {
          onThreads(key, size, (tasks, spare, first, n, words) =>
            tasks.add(dropout, ...args(first, n), spare, threshold, factor, ...words),
          );
        }
        return "philox";
      });
    },
  };
}
