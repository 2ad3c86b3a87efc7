// The `webgpu` backend on a device that was found.
import {
  type Backend,
  type Kernels,
  type Ran,
  Storage,
  sizeOf,
  type TypedArray,
  type View,
} from "@tapegrad/core";
import type { Found, GpuInfo } from "./find.ts";
import { COPY, dense, elementwise, temporaryLike } from "./kernels/elementwise-wgsl.ts";
import { fused, required } from "./kernels/index.ts";
import type { Slot } from "./registry.ts";
import { resting } from "./runtime/rest.ts";
import { blockOf, type Counters, GpuRuntime } from "./runtime/runtime.ts";
import { timed } from "./runtime/timing.ts";
import { bytesPerWord, fromWords, toWords } from "./types.ts";

export interface Webgpu {
  readonly backend: Backend;
  readonly runtime: GpuRuntime;
  readonly info: GpuInfo;
  lost(): string | undefined;
  counters(): Counters;
  resetCounters(): void;
  destroy(): void;
}

export function createWebgpu(found: Found): Webgpu {
  const runtime = new GpuRuntime(found);
  const kernels: Record<string, (...args: never) => Ran> = {};
  for (const [name, made] of Object.entries({ ...required, ...fused })) {
    kernels[name] = (made as unknown as Slot<never>).on(runtime);
  }
  const { info } = runtime;
  const backend: Backend = {
    name: "webgpu",
    device: "gpu",
    memory: runtime.pool,
    kernels: kernels as unknown as Kernels,
    bytesPer: bytesPerWord,
    upload(data: TypedArray, y: View) {
      const words = toWords(data, y.dtype);
      if (y.contiguous) {
        runtime.upload(blockOf(y), 4 * y.offset, words);
        return;
      }
      const staged = temporaryLike(runtime, y, "upload");
      runtime.upload(blockOf(staged), 0, words);
      elementwise(runtime, COPY, [staged], y);
      runtime.done();
    },
    async read(x: View) {
      if (sizeOf(x.shape) === 0) return fromWords(new Uint32Array(0), x.dtype);
      // All that reads the tensor is recorded before the first await: it may be released then.
      const words = runtime.read(dense(runtime, x));
      runtime.done();
      return fromWords(await words, x.dtype);
    },
    watch: (x, allowed, complain) => runtime.watch.ask(x, allowed, complain),
    timed: (run) => timed(runtime, run),
    synchronize: () => resting(info, runtime.sync()),
    describe: () => describe(info),
  };
  runtime.hold = (block) => new Storage(backend, block, "temporary", -1);
  return {
    backend,
    runtime,
    info,
    lost: () => runtime.lost,
    counters: () => runtime.counters(),
    resetCounters: () => runtime.resetCounters(),
    destroy: () => runtime.destroy(),
  };
}

function describe({ source, vendor, device, description, software, limits }: GpuInfo): string {
  const name = description || [vendor, device].filter(Boolean).join(" ") || "unnamed adapter";
  const megabytes = Math.floor(
    Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 2 ** 20,
  );
  return (
    `${name}${software ? " (software)" : ""}, by ${source}; float32 and 32-bit integers, ` +
    `tensors of up to ${megabytes} MB`
  );
}
