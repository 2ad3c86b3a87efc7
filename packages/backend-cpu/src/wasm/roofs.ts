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
  touch,
  v128,
} from "./assembler/assembler.ts";
import { relaxedSimd, sharesMemory } from "./assembler/features.ts";
import type { Exports } from "./assembler/module-cache.ts";
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
const ROUNDS = 20_000;
/** Bytes of one side of a copy: in the first cache, the second, the third or not, not. */
const COPIED = [8 << 10, 128 << 10, 1 << 20, 8 << 20] as const;
const LARGEST = 8 << 20;
/** Up to here a call copies all, several times: a launch for each would be what is measured. */
const SMALL = 128 << 10;
/** Bytes that a large copy asks for its target ahead. */
const AHEAD = 2048;
const SAMPLES = 15;

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

/**
 * copy(from, to, blocks, times): so many blocks of 64 bytes, so many times. Lines of the target that are asked for
 * before they are written: the fastest of the copies that were tried where they do not lie in a cache.
 */
const copyKernel = (name: string, ahead: number): Func =>
  func(name, { from: "i32", to: "i32", blocks: "i32", times: "i32" }, (f, p) => {
    const [from, to, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
    return countdown(p.times, [
      from.set(p.from),
      to.set(p.to),
      left.set(p.blocks),
      countdown(left, [
        ahead > 0 ? touch(to, ahead) : [],
        [0, 16, 32, 48].map((at) => v128.store(to, v128.load(from, at), at)),
        from.add(64),
        to.add(64),
      ]),
    ]);
  });

/** Measures the roofs again and again, on threads and memory of its own. */
export class RoofMeter {
  private readonly ctx: WasmContext;
  private readonly now: () => number;
  private readonly kernels: Exports<"arithmetic" | "copy" | "copyAhead">;
  private readonly out: number;
  private readonly from: number;
  private readonly to: number;

  /** @param now milliseconds since some time in the past */
  constructor(options: RoofOptions = {}, now: () => number = () => performance.now()) {
    const { relaxed = relaxedSimd() } = options;
    const arena = new Arena({ shared: sharesMemory(), maxPages: 1024 });
    const pool = new ThreadPool(arena, options.threads);
    this.ctx = new WasmContext(arena, { relaxed, pool });
    this.now = now;
    this.kernels = this.ctx.get<"arithmetic" | "copy" | "copyAhead">("roofs", () => [
      arithmeticKernel(relaxed),
      copyKernel("copy", 0),
      copyKernel("copyAhead", AHEAD),
    ]);
    const take = (bytes: number): number => arena.take(bytes).ptr;
    this.out = take(CHAINS * 16 * this.calls);
    [this.from, this.to] = [take(LARGEST), take(LARGEST + AHEAD)];
    // Memory that was never written is one page of zeros over and over: reading it costs nothing.
    arena.f32.fill(1, this.from / 4, (this.from + LARGEST) / 4);
  }

  get threads(): number {
    return this.ctx.pool.size;
  }

  /** For the workers to start, and the engine to compile the kernels well. */
  warmUp(): void {
    awaitThreads(this.ctx);
    for (const run of [this.multiply, ...COPIED.map((bytes) => () => this.copy(bytes))]) {
      const start = performance.now();
      while (performance.now() - start < 30) run();
    }
  }

  /**
   * @param samples a millisecond or two each, of every kind
   * @param typical which of their times counts
   * @param sizes of copies, in bytes of one side, ascending
   */
  measure(
    samples: number,
    typical: (ms: readonly number[]) => number,
    sizes: readonly number[] = COPIED,
  ): Roofs {
    const multiplied: number[] = [];
    const copied = sizes.map((): number[] => []);
    for (let i = 0; i < samples; i++) {
      multiplied.push(this.timed(this.multiply));
      sizes.forEach((bytes, j) => {
        // The caches hold what was measured before.
        this.copy(bytes);
        this.ctx.arena.settle();
        copied[j]?.push(this.timed(() => this.copy(bytes)));
      });
    }
    const copies = sizes.map((bytes, j): Copies => {
      const ms = typical(copied[j] ?? []);
      return { bytes: 2 * bytes, gbs: (2 * bytes * timesOf(bytes)) / ms / 1e6 };
    });
    // What is true of large copies is true of smaller ones; two threads can be in each other's way there.
    for (let i = copies.length - 2; i >= 0; i--) {
      const [here, next] = [copies[i], copies[i + 1]] as [Copies, Copies];
      here.gbs = Math.max(here.gbs, next.gbs);
    }
    const { gbs } = copies.at(-1) as Copies;
    const flops = 2 * this.calls * ROUNDS * CHAINS * 4;
    return { threads: this.threads, gflops: flops / typical(multiplied) / 1e6, gbs, copies };
  }

  /** Ends the workers. */
  stop(): void {
    this.ctx.pool.end();
  }

  /** Four tasks a thread, so that one that is held up does not decide. */
  private get calls(): number {
    return 4 * this.threads;
  }

  private timed(run: () => void): number {
    const start = this.now();
    run();
    this.ctx.arena.settle();
    return this.now() - start;
  }

  private readonly multiply = (): void => {
    const { ctx, kernels, calls, out } = this;
    ctx.launch(arithmetic(calls * ROUNDS * CHAINS * 4), (tasks) => {
      for (let i = 0; i < calls; i++) tasks.add(kernels.arithmetic, ROUNDS, out + i * CHAINS * 16);
    });
  };

  private copy(bytes: number): void {
    const { ctx, kernels, from, to } = this;
    const times = timesOf(bytes);
    const blocks = bytes / 64;
    if (bytes <= SMALL) {
      ctx.now(kernels.copy)(from, to, blocks, times);
      return;
    }
    const cost = traffic(2 * bytes);
    for (let i = 0; i < times; i++) {
      ctx.launch(cost, (tasks) => {
        pieces(blocks, cost, (first, size) => {
          tasks.add(kernels.copyAhead, from + first * 64, to + first * 64, size, 1);
        });
      });
    }
  }
}

interface Copies {
  bytes: number;
  gbs: number;
}

/** How often a copy is made to be long enough for a clock. */
const timesOf = (bytes: number): number => Math.ceil((1 << 21) / bytes);

/** Measures both roofs, the best of some tries; about a third of a second. */
export function measureRoofs(options: RoofOptions = {}): Roofs {
  const meter = new RoofMeter(options);
  try {
    meter.warmUp();
    return meter.measure(SAMPLES, (ms) => Math.min(...ms));
  } finally {
    meter.stop();
  }
}

/** Milliseconds that work needs at least which does so many multiply-adds and touches so many bytes. */
export function roofMs(roofs: Roofs, multiplyAdds: number, bytes: number): number {
  const { gbs } = roofs.copies.find((c) => bytes <= c.bytes) ?? roofs;
  return Math.max((2 * multiplyAdds) / roofs.gflops, bytes / gbs) / 1e6;
}
