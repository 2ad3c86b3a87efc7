// What this machine gives at most, measured with two small kernels: multiply-adds that never leave the
// registers, and copies. No kernel is faster than the lower of both, for the arithmetic that it does and the
// bytes that it touches; explain() says which share of it a layer reaches.
import { Arena } from "@tapegrad/core";
import {
  countdown,
  type Func,
  f32,
  f32x4,
  func,
  multiplyAdd,
  v128,
} from "./assembler/assembler.ts";
import { relaxedSimd, sharesMemory } from "./assembler/features.ts";
import { WasmContext } from "./context.ts";
import { awaitThreads } from "./threads/await-threads.ts";
import { arithmetic, pieces, traffic } from "./threads/launch.ts";
import { ThreadPool } from "./threads/thread-pool.ts";

export interface Roofs {
  readonly threads: number;
  /** Floating-point operations, two a multiply-add, in 10⁹ a second. */
  readonly gflops: number;
  /** Bytes read and written by a copy of 8 MiB, in 10⁹ a second. */
  readonly gbs: number;
  /** The same by what a copy touches in all: smaller ones stay in the caches. */
  readonly copies: readonly { readonly bytes: number; readonly gbs: number }[];
}

export interface RoofOptions {
  /** Default: getNumThreads(). */
  readonly threads?: number;
  /** Fused multiply-add; default: where the engine has it. */
  readonly relaxed?: boolean;
}

/** Latency 4 × 2 a cycle = 8 chains; a few more hide hiccups, all of them in registers. */
const CHAINS = 12;
const ROUNDS = 40_000;
/** Bytes of one side of a copy: in the first cache, the second, the third or not, not. */
const COPIED = [8 << 10, 128 << 10, 1 << 20, 8 << 20] as const;
const LARGEST = 8 << 20;

/** arithmetic(rounds, out): rounds · CHAINS vectors of multiply-adds. */
const arithmeticKernel = (relaxed: boolean): Func =>
  func("arithmetic", { rounds: "i32", out: "i32" }, (f, { rounds, out }) => {
    const fma = multiplyAdd(relaxed);
    const sums = f.locals("v128", CHAINS);
    const [a, b] = [f.local("v128"), f.local("v128")];
    return [
      a.set(f32x4.splat(f32.const(0.999))),
      b.set(f32x4.splat(f32.const(0.001))),
      countdown(
        rounds,
        // Plain SIMD multiplies the sum: a product of constants would be computed once for all.
        sums.map((s) => s.set(relaxed ? fma(a, b, s) : fma(s, a, b))),
      ),
      // Used, or the engine would drop them.
      sums.map((s, i) => v128.store(out, s, 16 * i)),
    ];
  });

/** copy(from, to, blocks, times): so many blocks of 64 bytes, so many times. */
const copyKernel = (): Func =>
  func("copy", { from: "i32", to: "i32", blocks: "i32", times: "i32" }, (f, p) => {
    const [from, to, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
    return countdown(p.times, [
      from.set(p.from),
      to.set(p.to),
      left.set(p.blocks),
      countdown(left, [
        [0, 16, 32, 48].map((at) => v128.store(to, v128.load(from, at), at)),
        from.add(64),
        to.add(64),
      ]),
    ]);
  });

/** Of some tries, after the engine has compiled the kernel well: the milliseconds of the fastest. */
function leastMs(run: () => void): number {
  const start = performance.now();
  while (performance.now() - start < 30) run();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 15; i++) {
    const before = performance.now();
    run();
    least = Math.min(least, performance.now() - before);
  }
  return least;
}

/** Measures both roofs; about a third of a second. */
export function measureRoofs(options: RoofOptions = {}): Roofs {
  const { relaxed = relaxedSimd() } = options;
  const arena = new Arena({ shared: sharesMemory(), maxPages: 1024 });
  const pool = new ThreadPool(arena, options.threads);
  try {
    return measureOn(new WasmContext(arena, { relaxed, pool }));
  } finally {
    pool.end();
  }
}

interface Copies {
  bytes: number;
  gbs: number;
}

function measureOn(ctx: WasmContext): Roofs {
  awaitThreads(ctx);
  const { arithmetic: multiply, copy } = ctx.get<"arithmetic" | "copy">("roofs", () => [
    arithmeticKernel(ctx.relaxed),
    copyKernel(),
  ]);
  const threads = ctx.pool.size;
  return ctx.withScratch((scratch) => {
    const out = scratch.take(CHAINS * 16 * threads * 4);
    const [from, to] = [scratch.take(LARGEST), scratch.take(LARGEST)];
    // Four tasks a thread, so that one that is held up does not decide.
    const calls = 4 * threads;
    const multiplyAdds = calls * ROUNDS * CHAINS * 4;
    const flopMs = leastMs(() => {
      ctx.launch(arithmetic(multiplyAdds), (tasks) => {
        for (let i = 0; i < calls; i++) tasks.add(multiply, ROUNDS, out + i * CHAINS * 16);
      });
    });
    const copies = COPIED.map((bytes): Copies => {
      const cost = traffic(2 * bytes);
      const blocks = bytes / 64;
      const times = Math.ceil((1 << 21) / bytes);
      // Small ones are not worth a launch, and a call each would be timed too.
      const small = bytes <= 128 << 10;
      const ms = leastMs(() => {
        if (small) copy(from, to, blocks, times);
        for (let i = small ? times : 0; i < times; i++) {
          ctx.launch(cost, (tasks) => {
            pieces(blocks, cost, (first, size) => {
              tasks.add(copy, from + first * 64, to + first * 64, size, 1);
            });
          });
        }
      });
      return { bytes: 2 * bytes, gbs: (2 * bytes * times) / ms / 1e6 };
    });
    // What is true of large copies is true of smaller ones; two threads can be in each other's way there.
    for (let i = copies.length - 2; i >= 0; i--) {
      const [here, next] = [copies[i], copies[i + 1]] as [Copies, Copies];
      here.gbs = Math.max(here.gbs, next.gbs);
    }
    const { gbs } = copies.at(-1) as Copies;
    return { threads, gflops: (2 * multiplyAdds) / flopMs / 1e6, gbs, copies };
  });
}

/** Milliseconds that work needs at least which does so many multiply-adds and touches so many bytes. */
export function roofMs(roofs: Roofs, multiplyAdds: number, bytes: number): number {
  const { gbs } = roofs.copies.find((c) => bytes <= c.bytes) ?? roofs;
  return Math.max((2 * multiplyAdds) / roofs.gflops, bytes / gbs) / 1e6;
}
