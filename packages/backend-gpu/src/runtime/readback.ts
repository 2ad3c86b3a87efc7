// Reading back: copy into a staging buffer, submit, map, copy out. Staging buffers are kept by size.
import type { GpuBlock } from "./pool.ts";
import { resting } from "./rest.ts";
import type { GpuRuntime } from "./runtime.ts";
import { NOTE_BYTES } from "./watch.ts";

const MAP_READ = 0x01;
const COPY_DST = 0x08;
const READ = 0x01;

export class Readback {
  private readonly runtime: GpuRuntime;
  private readonly free = new Map<number, GPUBuffer[]>();

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** The words from byte `from` on. The copy is recorded before this returns: the block may be given back at once. */
  async read(block: GpuBlock, from: number, bytes: number): Promise<Uint32Array> {
    if (bytes === 0) return new Uint32Array(0);
    const { runtime } = this;
    // The notes of indices out of range come along, behind what was asked for.
    const all = bytes + NOTE_BYTES;
    const size = 2 ** Math.ceil(Math.log2(all));
    const staging =
      this.free.get(size)?.pop() ??
      runtime.guarded("read-back", () =>
        runtime.device.createBuffer({ label: "read-back", size, usage: MAP_READ | COPY_DST }),
      );
    runtime.copyTo(block, from, staging, 0, bytes);
    const question = runtime.watch.copyTo(staging, bytes);
    runtime.flush();
    try {
      await resting(runtime.info, staging.mapAsync(READ, 0, all));
    } catch (cause) {
      await runtime.settled();
      runtime.check(); // says why: lost, or out of memory
      throw cause;
    }
    const mapped = new Uint32Array(staging.getMappedRange(0, all));
    const words = mapped.slice(0, bytes / 4);
    const notes = question > 0 ? mapped.slice(bytes / 4) : undefined;
    staging.unmap();
    // A large one is not kept: a checkpoint reads every parameter once.
    if (size > 16 << 20) staging.destroy();
    else this.free.set(size, [...(this.free.get(size) ?? []), staging]);
    runtime.check();
    if (notes !== undefined) runtime.watch.answer(notes, question);
    return words;
  }
}
