// What the machine gives at most: multiply-adds that never leave the registers, and 8 MiB copied from one place to
// another. A row cannot be faster than the lower of the two, unless what it touches fits into the caches.
import { RoofMeter } from "../packages/backend-cpu/src/index.ts";
import { CLOCKS, type Effort, median } from "./timing.ts";
import type { Cost } from "./workloads.ts";

export interface Roofs {
  /** Multiply-adds on all threads, GFLOP/s. */
  readonly gflops: number;
  /** Bytes read and written by a copy of 8 MiB, GB/s. */
  readonly gbs: number;
}

export const meterFor = (threads: number, clock: Effort["clock"] = "wall"): RoofMeter =>
  new RoofMeter({ threads }, CLOCKS[clock]);

/** Medians, as those of the rows are. */
export const measureNow = (meter: RoofMeter, samples: number): Roofs =>
  meter.measure(samples, median, [8 << 20]);

/** Milliseconds that a call of this cost needs at least. */
export const leastMs = (roofs: Roofs, { flops, bytes }: Cost): number =>
  Math.max(flops / roofs.gflops, bytes / roofs.gbs) / 1e6;
