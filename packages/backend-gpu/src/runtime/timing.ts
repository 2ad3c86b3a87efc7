// How long the device computes, by a clock of its own: what is recorded between two marks runs in passes apart, and the
// device notes when each of them begins and ends.
import type { DeviceSpan } from "@tapegrad/core";
import { resting } from "./rest.ts";
import type { GpuRuntime } from "./runtime.ts";

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MAP_READ = 0x01;
const READ = 0x01;
/** Passes of one query set, which holds a beginning and an end of each. */
const PASSES = 2048;
const BYTES = 16;

/** What the runtime asks for each pass, while something is timed. */
export class Timing {
  private readonly device: GPUDevice;
  private readonly sets: GPUQuerySet[] = [];
  /** Per pass the number of marks before it. */
  private readonly sections: number[] = [];
  marks = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  nextPass(): GPUComputePassDescriptor {
    const at = this.sections.length % PASSES;
    if (at === 0) {
      this.sets.push(this.device.createQuerySet({ type: "timestamp", count: 2 * PASSES }));
    }
    this.sections.push(this.marks);
    const querySet = this.sets.at(-1) as GPUQuerySet;
    return {
      timestampWrites: {
        ...{ querySet, beginningOfPassWriteIndex: 2 * at, endOfPassWriteIndex: 2 * at + 1 },
      },
    };
  }

  destroy(): void {
    for (const set of this.sets) set.destroy();
  }

  /** Waits for what was submitted. */
  async spans(rt: GpuRuntime): Promise<DeviceSpan[]> {
    const spans = Array.from({ length: this.marks }, () => ({ ms: 0, start: 0, end: 0 }));
    let zero: number | undefined;
    for (const [k, set] of this.sets.entries()) {
      const sections = this.sections.slice(k * PASSES, (k + 1) * PASSES);
      const ms = await this.read(rt, set, sections.length);
      zero ??= ms[0] as number;
      for (const [i, section] of sections.entries()) {
        const span = spans[section];
        if (span === undefined) continue; // behind the last mark
        const [start, end] = [(ms[2 * i] as number) - zero, (ms[2 * i + 1] as number) - zero];
        if (span.ms === 0) span.start = start;
        span.end = end;
        span.ms += Math.max(0, end - start);
      }
    }
    return spans;
  }

  private async read({ info }: GpuRuntime, set: GPUQuerySet, passes: number): Promise<number[]> {
    const { device } = this;
    const size = BYTES * passes;
    const made = device.createBuffer({ label: "times", size, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = device.createBuffer({ label: "times", size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(set, 0, 2 * passes, made, 0);
    encoder.copyBufferToBuffer(made, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await resting(info, staging.mapAsync(READ));
    const ns = [...new BigUint64Array(staging.getMappedRange())];
    staging.destroy();
    made.destroy();
    return ns.map((t) => Number(t) / 1e6);
  }
}

/** Of each stretch of `run` that ends with a mark; undefined where the device has no clock. */
export async function timed(
  rt: GpuRuntime,
  run: (mark: () => void) => void,
): Promise<DeviceSpan[] | undefined> {
  if (!rt.info.features.includes("timestamp-query")) return undefined;
  rt.flush();
  const timing = new Timing(rt.device);
  rt.timing = timing;
  try {
    try {
      run(() => {
        rt.endPass();
        timing.marks++;
      });
    } finally {
      rt.endPass();
      rt.timing = undefined;
      rt.flush(); // it writes into the query sets
    }
    return await timing.spans(rt);
  } finally {
    timing.destroy();
  }
}
