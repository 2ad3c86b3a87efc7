// The reference backend: plain loops over strided views that a student can read. It is the living
// definition of the required kernels; fast backends run the same loops for dtypes they have no kernels for.
import type { Backend, FusedKernels, RequiredKernels } from "../backend.ts";
import { type ArrayOf, newArray, type TypedArray } from "../dtype.ts";
import { Arena, type ArenaOptions } from "../memory/arena.ts";
import { sizeOf } from "../shape.ts";
import { convKernels } from "./conv.ts";
import { dropoutKernels } from "./dropout.ts";
import { type CpuBackend, elements, heapOf, startOf, type Value } from "./elements.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { foreachKernels } from "./foreach.ts";
import { linearKernels, productKernels } from "./linear.ts";
import { normKernels } from "./norm.ts";
import { poolKernels } from "./pool.ts";
import { reduceKernels } from "./reduce.ts";
import { scanKernels } from "./scan.ts";
import { scatterKernels } from "./scatter.ts";
import { softmaxKernels } from "./softmax.ts";
import { sortKernels } from "./sort.ts";

/** The required kernels as loops, for any backend whose memory is an Arena. */
export const requiredLoops: RequiredKernels = {
  ...elementwiseKernels,
  ...reduceKernels,
  ...linearKernels,
};

/** Fused kernels as loops; the files of this folder add theirs through `fusedLoops`. */
export const referenceFused: Partial<FusedKernels> = {
  ...convKernels,
  ...productKernels,
  ...dropoutKernels,
  ...foreachKernels,
  ...normKernels,
  ...poolKernels,
  ...scatterKernels,
  ...softmaxKernels,
  ...scanKernels,
  ...sortKernels,
};

/** Copying in and out of an Arena: what all CPU backends share. */
export const arenaTransfer: Pick<Backend, "upload" | "read"> & Required<Pick<Backend, "readSync">> =
  {
    upload(data, y) {
      const size = sizeOf(y.shape);
      if (y.contiguous && data.constructor === heapOf(y).constructor) {
        (heapOf(y) as Float32Array).set(data as Float32Array, startOf(y));
        return;
      }
      const to = elements(y);
      for (let i = 0; i < size; i++) to.set(i, data[i] as Value);
    },
    readSync(x) {
      const size = sizeOf(x.shape);
      const out = newArray(x.dtype, size) as ArrayOf["float32"];
      if (x.contiguous) {
        const start = startOf(x);
        out.set((heapOf(x) as Float32Array).subarray(start, start + size));
        return out as TypedArray;
      }
      const from = elements<number>(x);
      for (let i = 0; i < size; i++) out[i] = from.get(i);
      return out as TypedArray;
    },
    async read(x) {
      return arenaTransfer.readSync(x);
    },
  };

export function referenceBackend(options: ArenaOptions = {}): CpuBackend {
  return {
    name: "reference",
    device: "cpu",
    memory: new Arena(options),
    kernels: { ...requiredLoops, ...referenceFused },
    ...arenaTransfer,
    describe: () => "plain loops in JavaScript, every dtype, one thread",
  };
}
