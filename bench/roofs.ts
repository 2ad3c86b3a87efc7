// What the machine gives at most, through kernels of our own: multiply-adds that never leave the registers,
// and 8 MiB copied from one place to another. A row cannot be faster than the lower of the two, unless what
// it touches fits into the caches.
//
// On several threads each takes its share of the pieces. The threads are parked between two measurements.
import { Worker } from "node:worker_threads";
import { relaxedSimd } from "../packages/backend-cpu/src/index.ts";
import {
  assemble,
  countdown,
  f32,
  f32x4,
  func,
  touch,
  v128,
} from "../packages/backend-cpu/src/wasm/assembler/assembler.ts";
import { CLOCKS, type Effort, median } from "./timing.ts";
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
/** Bytes that a copy asks for its target ahead. */
const AHEAD = 2048;

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
  // Lines of the target are asked for before they are written: the fastest of the copies that were tried.
  const copy = func("copy", { from: "i32", to: "i32", blocks: "i32" }, (_, { from, to, blocks }) =>
    countdown(blocks, [
      touch(to, AHEAD),
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
const CONTROL = { generation: 0, what: 1, pieces: 2, next: 3, done: 4 } as const;
const WORDS = 5;
const DATA = 65536;
const WHAT = { stop: 0, arithmetic: 1, copy: 2 } as const;

/** Threads take pieces as they get to them: a core that is busy with something else does fewer. */
const ROUNDS = 4000;
const PIECE = 256 << 10;
const PIECES_PER_COPY = COPIED / PIECE;

// Plain JavaScript, so that a worker needs neither a loader nor a file. take() is RoofMeter's.
const WORKER = `
const { module, memory } = require("node:worker_threads").workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const control = new Int32Array(memory.buffer, 0, ${WORDS});
for (let seen = 0; ; ) {
  Atomics.wait(control, ${CONTROL.generation}, seen);
  seen = Atomics.load(control, ${CONTROL.generation});
  const what = control[${CONTROL.what}];
  const pieces = control[${CONTROL.pieces}];
  if (what === ${WHAT.stop}) break;
  for (;;) {
    const i = Atomics.add(control, ${CONTROL.next}, 1);
    if (i >= pieces) break;
    const from = ${DATA} + (i % ${PIECES_PER_COPY}) * ${PIECE};
    if (what === ${WHAT.arithmetic}) exports.arithmetic(${ROUNDS}, 1024);
    else exports.copy(from, from + ${COPIED}, ${PIECE / 64});
  }
  Atomics.add(control, ${CONTROL.done}, 1);
  Atomics.notify(control, ${CONTROL.done});
}`;

export class RoofMeter {
  readonly threads: number;
  private readonly now: () => number;
  private readonly exports: Exports;
  private readonly control: Int32Array;

  constructor(threads: number, clock: Effort["clock"] = "wall") {
    this.threads = threads;
    this.now = CLOCKS[clock];
    const pages = (DATA + 2 * COPIED) / 65536 + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    // Memory that was never written is one page of zeros over and over: reading it costs nothing.
    new Uint8Array(memory.buffer).fill(1);
    const module = kernels(true);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.exports = instance.exports as unknown as Exports;
    this.control = new Int32Array(memory.buffer, 0, WORDS);
    for (let index = 1; index < threads; index++) {
      new Worker(WORKER, { eval: true, workerData: { module, memory } }).unref();
    }
  }

  /** Milliseconds for so many pieces, on all threads together. */
  private run(what: number, pieces: number): number {
    const { control, threads, now } = this;
    const start = now();
    control[CONTROL.what] = what;
    control[CONTROL.pieces] = pieces;
    control[CONTROL.done] = 0;
    Atomics.store(control, CONTROL.next, 0);
    Atomics.add(control, CONTROL.generation, 1);
    Atomics.notify(control, CONTROL.generation);
    this.take(what, pieces);
    for (;;) {
      const done = Atomics.load(control, CONTROL.done);
      if (done === threads - 1) break;
      Atomics.wait(control, CONTROL.done, done);
    }
    return now() - start;
  }

  private take(what: number, pieces: number): void {
    const { control, exports } = this;
    for (;;) {
      const i = Atomics.add(control, CONTROL.next, 1);
      if (i >= pieces) break;
      const from = DATA + (i % PIECES_PER_COPY) * PIECE;
      if (what === WHAT.arithmetic) exports.arithmetic(ROUNDS, 1024);
      else exports.copy(from, from + COPIED, PIECE / 64);
    }
  }

  /** For the engine to compile the kernels, and for the workers to start. */
  async warmUp(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.run(WHAT.arithmetic, 50);
      this.run(WHAT.copy, 2 * PIECES_PER_COPY);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** @param samples a millisecond or two each, of both kinds */
  measure(samples: number): Roofs {
    const copies = 2 * this.threads;
    const pieces = 100 * this.threads;
    const arithmetic: number[] = [];
    const copied: number[] = [];
    for (let i = 0; i < samples; i++) {
      arithmetic.push(this.run(WHAT.arithmetic, pieces));
      // The caches hold what was measured before.
      this.run(WHAT.copy, PIECES_PER_COPY);
      copied.push(this.run(WHAT.copy, copies * PIECES_PER_COPY));
    }
    return {
      gflops: (8 * CHAINS * ROUNDS * pieces) / median(arithmetic) / 1e6,
      gbs: (2 * COPIED * copies) / median(copied) / 1e6,
    };
  }

  stop(): void {
    this.control[CONTROL.what] = WHAT.stop;
    Atomics.add(this.control, CONTROL.generation, 1);
    Atomics.notify(this.control, CONTROL.generation);
  }
}
