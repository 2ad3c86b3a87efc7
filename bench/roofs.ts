// What the machine gives at most, through kernels of our own: multiply-adds that never leave the registers,
// and 8 MiB copied from one place to another. A row cannot be faster than the lower of the two, unless what
// it touches fits into the caches.
//
// On several threads each runs the same loop (multiply-adds) or copies its part (8 MiB in all). The threads
// are parked between two measurements.
import { Worker } from "node:worker_threads";
import { relaxedSimd } from "../packages/backend-cpu/src/index.ts";
import {
  assemble,
  countdown,
  f32,
  f32x4,
  func,
  v128,
} from "../packages/backend-cpu/src/wasm/assembler.ts";
import { median } from "./timing.ts";
import type { Cost } from "./workloads.ts";

export interface Roofs {
  /** Multiply-adds on all threads, GFLOP/s. */
  readonly gflops: number;
  /** Bytes read and written by a copy of 8 MiB, GB/s. */
  readonly gbs: number;
}

export const COPIED = 8 << 20;
/** Latency 4 × 2 a cycle = 8 chains; a few more hide hiccups, all of them in registers. */
const CHAINS = 12;

/** Of the loop of multiply-adds: half a millisecond. */
const ROUNDS = 10_000;

/** Milliseconds that a call of this cost needs at least. */
export const leastMs = (roofs: Roofs, { flops, bytes }: Cost): number =>
  Math.max(flops / roofs.gflops, bytes / roofs.gbs) / 1e6;

function kernels(shared: boolean): WebAssembly.Module {
  const relaxed = relaxedSimd();
  const arithmetic = func("arithmetic", { rounds: "i32", out: "i32" }, (f, { rounds, out }) => {
    const sums = f.locals("v128", CHAINS);
    const a = f.local("v128");
    const b = f.local("v128");
    return [
      a.set(f32x4.splat(f32.const(0.999))),
      b.set(f32x4.splat(f32.const(0.001))),
      countdown(
        rounds,
        sums.map((s) =>
          s.set(relaxed ? f32x4.relaxedMadd(s, a, b) : f32x4.add(f32x4.mul(s, a), b)),
        ),
      ),
      // Used, or the engine would drop them.
      sums.map((s, i) => v128.store(out, s, 16 * i)),
    ];
  });
  const copy = func("copy", { from: "i32", to: "i32", blocks: "i32" }, (_, { from, to, blocks }) =>
    countdown(blocks, [
      [0, 16, 32, 48].map((at) => v128.store(to, v128.load(from, at), at)),
      from.add(64),
      to.add(64),
    ]),
  );
  return new WebAssembly.Module(assemble([arithmetic, copy], { shared }));
}

interface Exports {
  arithmetic(rounds: number, out: number): void;
  copy(from: number, to: number, blocks: number): void;
}

/** Words of the control block, and where the two buffers lie. */
const CONTROL = { generation: 0, what: 1, amount: 2, done: 3 } as const;
const DATA = 65536;
const WHAT = { stop: 0, arithmetic: 1, copy: 2 } as const;

// Plain JavaScript, so that a worker needs neither a loader nor a file.
const WORKER = `
const { workerData: { module, memory, index, count, DATA, COPIED } } = require("node:worker_threads");
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const control = new Int32Array(memory.buffer, 0, 4);
const part = Math.floor(COPIED / 64 / count) * 64;
let seen = 0;
for (;;) {
  Atomics.wait(control, 0, seen);
  seen = Atomics.load(control, 0);
  const what = Atomics.load(control, 1);
  const amount = Atomics.load(control, 2);
  if (what === 0) break;
  if (what === 1) exports.arithmetic(amount, 1024 + 256 * index);
  else for (let i = 0; i < amount; i++) exports.copy(DATA + part * index, DATA + COPIED + part * index, part / 64);
  Atomics.add(control, 3, 1);
  Atomics.notify(control, 3);
}`;

export class RoofMeter {
  readonly threads: number;
  private readonly exports: Exports;
  private readonly control: Int32Array;

  constructor(threads: number) {
    this.threads = threads;
    const pages = (DATA + 2 * COPIED) / 65536;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const module = kernels(true);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.exports = instance.exports as unknown as Exports;
    this.control = new Int32Array(memory.buffer, 0, 4);
    for (let index = 1; index < threads; index++) {
      const workerData = { module, memory, index, count: threads, DATA, COPIED };
      new Worker(WORKER, { eval: true, workerData }).unref();
    }
  }

  /** Milliseconds for `amount` of it on every thread. */
  private run(what: number, amount: number): number {
    const { control, threads, exports } = this;
    const start = performance.now();
    if (threads > 1) {
      control[CONTROL.what] = what;
      control[CONTROL.amount] = amount;
      control[CONTROL.done] = 0;
      Atomics.add(control, CONTROL.generation, 1);
      Atomics.notify(control, CONTROL.generation);
    }
    if (what === WHAT.arithmetic) exports.arithmetic(amount, 1024);
    else {
      const part = Math.floor(COPIED / 64 / threads);
      for (let i = 0; i < amount; i++) exports.copy(DATA, DATA + COPIED, part);
    }
    for (;;) {
      const done = Atomics.load(control, CONTROL.done);
      if (threads === 1 || done === threads - 1) break;
      Atomics.wait(control, CONTROL.done, done);
    }
    return performance.now() - start;
  }

  /** For the engine to compile the kernels, and for the workers to start. */
  async warmUp(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.run(WHAT.arithmetic, ROUNDS);
      this.run(WHAT.copy, 2);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** @param samples a millisecond or two each, of both kinds */
  measure(samples: number): Roofs {
    const copies = 2;
    const arithmetic: number[] = [];
    const copied: number[] = [];
    for (let i = 0; i < samples; i++) {
      arithmetic.push(this.run(WHAT.arithmetic, ROUNDS));
      copied.push(this.run(WHAT.copy, copies));
    }
    const flops = 8 * CHAINS * ROUNDS * this.threads;
    return {
      gflops: flops / median(arithmetic) / 1e6,
      gbs: (2 * COPIED * copies) / median(copied) / 1e6,
    };
  }

  stop(): void {
    this.control[CONTROL.what] = WHAT.stop;
    Atomics.add(this.control, CONTROL.generation, 1);
    Atomics.notify(this.control, CONTROL.generation);
  }
}
