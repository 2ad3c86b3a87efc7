// The runtime: everything between a kernel and the device.
//
// An op records its dispatches into one command encoder and returns; nothing waits. Commands are submitted in batches,
// when a batch is full or when somebody reads. The parameters of all dispatches of a batch lie in one uniform buffer,
// written once before the submit; bind groups point into it with a dynamic offset, so a bind group depends on the
// buffers alone and is found again.
import { ArgumentError, type Storage, sizeOf, type View } from "@tapegrad/core";
import type { Found, GpuInfo } from "../find.ts";
import type { Compiled, Program } from "../program/program.ts";
import { Failures } from "./failures.ts";
import { Pipelines } from "./pipelines.ts";
import { BufferPool, type GpuBlock, type PoolOwner } from "./pool.ts";
import { Readback } from "./readback.ts";
import type { Timing } from "./timing.ts";
import { Watch } from "./watch.ts";

export type { GpuBlock } from "./pool.ts";

export interface Counters {
  dispatches: number;
  submits: number;
  uploads: number;
  readbacks: number;
  /** Copies from buffer to buffer, those of read-backs not among them. */
  copies: number;
  pipelines: number;
  bindGroups: number;
  /** Bytes of buffers that tensors and temporaries hold now. */
  liveBytes: number;
  pooledBytes: number;
  peakBytes: number;
}

const UNIFORM = 0x40;
const COPY_DST = 0x08;
/** Dispatches of one submit, unless somebody reads earlier. */
const BATCH = 128;
/** Bytes of the parameters of a batch; a dispatch takes a multiple of the device's alignment. */
const PARAMS = 256 * 1024;

export class GpuRuntime implements PoolOwner {
  readonly device: GPUDevice;
  readonly info: GpuInfo;
  readonly largest: number;
  readonly pool: BufferPool;
  readonly readback: Readback;
  readonly watch: Watch;
  /** The batch being recorded. */
  batch = 0;
  /** While what runs is timed: the clock, and which pass writes what. */
  timing: Timing | undefined;
  private readonly queue: GPUQueue;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  /** What the pass runs now. */
  private current: Compiled | undefined;
  /** The dynamic offset of a call, as the list that WebGPU asks for. */
  private readonly place = [0];
  private recorded = 0;
  private readonly uniforms: GPUBuffer;
  private readonly words = new Uint32Array(PARAMS / 4);
  private readonly ints = new Int32Array(this.words.buffer);
  private readonly floats = new Float32Array(this.words.buffer);
  private used = 0;
  private readonly align: number;
  private readonly pipelines: Pipelines;
  private readonly failures: Failures;
  private temporaries: GpuBlock[] = [];
  private readonly maxGroups: number;
  private readonly counts = {
    dispatches: 0,
    submits: 0,
    uploads: 0,
    readbacks: 0,
    copies: 0,
  };

  constructor({ device, info }: Found) {
    this.device = device;
    this.queue = device.queue;
    this.info = info;
    this.align = info.limits.minUniformBufferOffsetAlignment;
    this.maxGroups = info.limits.maxComputeWorkgroupsPerDimension;
    this.largest = Math.min(info.limits.maxStorageBufferBindingSize, info.limits.maxBufferSize);
    this.uniforms = device.createBuffer({
      label: "parameters",
      size: PARAMS + 1024,
      usage: UNIFORM | COPY_DST,
    });
    this.failures = new Failures(device);
    this.pipelines = new Pipelines(this, this.uniforms);
    this.pool = new BufferPool(this);
    this.readback = new Readback(this);
    this.watch = new Watch(this);
  }

  get lost(): string | undefined {
    return this.failures.lost;
  }

  /** Throws what an earlier command came to, or that the device is gone. Asked wherever something new begins. */
  check(): void {
    this.failures.check();
  }

  /** Waits until it is known which op failed. */
  settled(): Promise<void> {
    return this.failures.settled();
  }

  guarded<T>(origin: string, make: () => T, filter?: GPUErrorFilter): T {
    return this.failures.guarded(origin, make, filter);
  }

  // ---- recording ----------------------------------------------------------------------------------------

  /**
   * Records one call of a program.
   * @param blocks inputs, then outputs
   * @param params the program's own parameters, in order
   * @param count threads (linear), workgroups (groups), or threads per dimension (grid)
   * @param views of a gpu.js kernel: the inputs' dims, innermost first, and where they begin
   */
  dispatch(
    program: Program,
    blocks: readonly GpuBlock[],
    params: readonly number[],
    count: number | readonly [number, number, number],
    views?: readonly ArrayPlace[],
  ): void {
    const compiled =
      program.compiled?.owner === this.pipelines
        ? program.compiled
        : this.pipelines.compile(program);
    const slot = Math.ceil(program.paramBytes / this.align) * this.align;
    if (this.recorded >= BATCH || this.used + slot > PARAMS) this.flush();
    const [wx, wy, wz] = program.workgroup;
    let gx: number;
    let gy = 1;
    let gz = 1;
    let width = 0;
    if (typeof count === "number") {
      if (count <= 0) return;
      gx = program.threads === "groups" ? count : Math.ceil(count / (wx * wy * wz));
      if (gx > this.maxGroups) {
        gy = Math.ceil(gx / this.maxGroups);
        gx = Math.ceil(gx / gy);
        if (gy > this.maxGroups) this.tooMany(program, count);
      }
      width = program.threads === "groups" ? gx : gx * wx;
    } else {
      gx = Math.ceil(count[0] / wx);
      gy = Math.ceil(count[1] / wy);
      gz = Math.ceil(count[2] / wz);
      if (gx * gy * gz === 0) return;
      if (gx > this.maxGroups || gy > this.maxGroups)
        this.tooMany(program, Math.max(count[0], count[1]));
      if (gz > this.maxGroups) {
        this.slices(program, blocks, params, count, views);
        return;
      }
    }
    const at = this.used / 4;
    this.used += slot;
    this.writeParams(program, at, params, count, width, views);
    this.begin(compiled, blocks, at * 4);
    // Each argument that need not cross into the driver's language is time.
    const pass = this.pass as GPUComputePassEncoder;
    if (gz > 1) pass.dispatchWorkgroups(gx, gy, gz);
    else if (gy > 1) pass.dispatchWorkgroups(gx, gy);
    else pass.dispatchWorkgroups(gx);
    this.recorded++;
    this.counts.dispatches++;
  }

  private tooMany(program: Program, count: number): never {
    throw new ArgumentError(
      program.key,
      `${count} threads in one dimension are more than this GPU runs (${this.maxGroups} groups); make the tensor smaller`,
    );
  }

  private zBase = 0;

  /** A third dimension of more groups than a dispatch takes. */
  private slices(
    program: Program,
    blocks: readonly GpuBlock[],
    params: readonly number[],
    [x, y, z]: readonly [number, number, number],
    views: readonly ArrayPlace[] | undefined,
  ): void {
    if (!program.gpuJs) this.tooMany(program, z);
    const step = this.maxGroups * program.workgroup[2];
    for (let base = 0; base < z; base += step) {
      this.zBase = base;
      this.zTotal = z;
      this.dispatch(program, blocks, params, [x, y, Math.min(step, z - base)], views);
    }
    this.zBase = 0;
    this.zTotal = 0;
  }
  private zTotal = 0;

  private writeParams(
    program: Program,
    at: number,
    params: readonly number[],
    count: number | readonly [number, number, number],
    width: number,
    views: readonly ArrayPlace[] | undefined,
  ): void {
    const { words } = this;
    let to = at;
    if (program.gpuJs) {
      words[to] = typeof count === "number" ? count : count[0];
      words[to + 1] = typeof count === "number" ? 1 : count[1];
      words[to + 2] = typeof count === "number" ? 1 : this.zTotal || count[2];
      words[to + 3] = typeof count === "number" ? width : this.zBase;
      to += 4;
      for (let i = 0; i < program.inputs; i++) {
        const place = views?.[i];
        words[to] = place?.dims?.[0] ?? 1;
        words[to + 1] = place?.dims?.[1] ?? 1;
        words[to + 2] = place?.dims?.[2] ?? 1;
        words[to + 3] = place?.offset ?? 0;
        to += 4;
      }
    } else {
      words[to] = typeof count === "number" ? count : 0;
      words[to + 1] = width;
      to += 2;
    }
    const { types } = program;
    for (let i = 0; i < types.length; i++) {
      const value = params[i] as number;
      const type = types.charCodeAt(i);
      if (type === 102) this.floats[to + i] = value;
      else if (type === 105) this.ints[to + i] = value;
      else words[to + i] = value;
    }
  }

  private begin(compiled: Compiled, blocks: readonly GpuBlock[], offset: number): void {
    if (this.pass === null) {
      this.encoder ??= this.device.createCommandEncoder();
      this.pass = this.encoder.beginComputePass(this.timing?.nextPass());
      this.current = undefined;
    }
    for (let i = 0; i < blocks.length; i++) (blocks[i] as GpuBlock).batch = this.batch;
    if (this.current !== compiled) {
      this.pass.setPipeline(compiled.pipeline);
      this.current = compiled;
    }
    this.place[0] = offset;
    this.pass.setBindGroup(0, this.pipelines.groupFor(compiled, blocks), this.place);
  }

  /** The pool destroys a buffer: its bind groups hold it otherwise. */
  forget(block: GpuBlock): void {
    this.pipelines.forget(block);
  }

  /** Copies `bytes` from one buffer to another; both offsets are multiples of 4. */
  copy(from: GpuBlock, fromByte: number, to: GpuBlock, toByte: number, bytes: number): void {
    if (bytes === 0) return;
    this.copyTo(from, fromByte, to.buffer, toByte, bytes);
    to.batch = this.batch;
    this.counts.copies++;
  }

  /** The same into a buffer that is no tensor's: for reading back. */
  copyTo(from: GpuBlock, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    this.endPass();
    this.encoder ??= this.device.createCommandEncoder();
    this.encoder.copyBufferToBuffer(from.buffer, fromByte, to, toByte, bytes);
    from.batch = this.batch;
  }

  endPass(): void {
    this.pass?.end();
    this.pass = null;
  }

  /** Submits what is recorded. */
  flush(): void {
    if (this.encoder === null) return;
    this.endPass();
    const { encoder, batch } = this;
    this.encoder = null;
    if (this.used > 0) this.queue.writeBuffer(this.uniforms, 0, this.words, 0, this.used / 4);
    this.used = 0;
    this.recorded = 0;
    this.batch++;
    this.queue.submit([encoder.finish()]);
    this.counts.submits++;
    this.pool.bury(batch + 1);
  }

  // ---- host data ----------------------------------------------------------------------------------------

  /** Writes words into a buffer, in the order of what was recorded. */
  upload(block: GpuBlock, byte: number, data: Float32Array | Int32Array | Uint32Array): void {
    this.check();
    if (data.length === 0) return;
    // The queue writes at once, before what is only recorded: that must go first if it uses the buffer.
    if (block.batch === this.batch) this.flush();
    this.queue.writeBuffer(block.buffer, byte, data as Float32Array<ArrayBuffer>);
    this.counts.uploads++;
  }

  /** The words of a dense view. */
  read(x: View): Promise<Uint32Array> {
    this.check();
    this.counts.readbacks++;
    return this.readback.read(blockOf(x), 4 * x.offset, 4 * sizeOf(x.shape));
  }

  async sync(): Promise<void> {
    this.flush();
    await this.queue.onSubmittedWorkDone();
    await this.settled();
    this.check();
  }

  /** A storage around a block that lives as long as an op; the backend, which storages name, puts it here. */
  hold: (block: GpuBlock) => Storage = () => {
    throw new ArgumentError("gpu", "the runtime has no backend yet");
  };

  /** Computes what `elementwise` is asked for where there is no WGSL (WebGL2). */
  readonly pointwise?: (
    key: string,
    inputs: readonly View[],
    y: View,
    k: number | undefined,
  ) => void;

  // ---- temporaries --------------------------------------------------------------------------------------

  /** A buffer for the op that runs now; `done()` gives it back. */
  temporary(bytes: number, origin: string): GpuBlock {
    const block = this.pool.take(bytes, origin);
    this.temporaries.push(block);
    return block;
  }

  /** Ends an op: its temporaries may be taken again. */
  done(): void {
    if (this.temporaries.length === 0) return;
    for (const block of this.temporaries) this.pool.give(block);
    this.temporaries.length = 0;
  }

  counters(): Counters {
    const { liveBytes, pooledBytes, peakBytes } = this.pool;
    return { ...this.counts, ...this.pipelines.counts, liveBytes, pooledBytes, peakBytes };
  }

  resetCounters(): void {
    for (const name of Object.keys(this.counts) as (keyof typeof this.counts)[])
      this.counts[name] = 0;
    this.pipelines.counts = { pipelines: 0, bindGroups: 0 };
    this.pool.peakBytes = this.pool.liveBytes;
  }

  destroy(): void {
    this.failures.lost ??= "gpu.destroy() was called";
    this.encoder = null;
    this.pass = null;
    this.device.destroy();
  }
}

/** Where an array of a gpu.js kernel lies. */
export interface ArrayPlace {
  /** Sizes, the innermost first; what is absent is 1. Only needed for arrays with two or three indices. */
  readonly dims?: readonly number[];
  /** In elements. */
  readonly offset: number;
}

export const blockOf = (v: View): GpuBlock => v.storage.block as GpuBlock;
