// The reference backend: plain loops over strided views that a student can read. It is the living
// definition of the required kernels; fast backends run the same loops for dtypes they have no kernels for.
import type { Backend, FusedKernels, RequiredKernels } from "../backend.ts";
import { type ArrayOf, type DType, isHalf, newArray, type TypedArray } from "../dtype.ts";
import { decodeHalf, encodeHalf } from "../half.ts";
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
import { recurrentKernels } from "./recurrent.ts";
import { reduceKernels } from "./reduce.ts";
import { scanKernels } from "./scan.ts";
import { scatterKernels } from "./scatter.ts";
import { softmaxKernels } from "./softmax.ts";
import { sortKernels } from "./sort.ts";

/** These only move values, or make them; they read and write float16 and bfloat16 as they are. */
const MOVES: ReadonlySet<string> = new Set(["fill", "copy", "where", "gather", "random", "arange"]);
/** The code of a kernel whose answer is one of the dtype itself. */
const OF_DTYPE = "nextafter";

/** All others decline 16-bit floats: dispatch then computes in float32 and rounds once. */
function declineHalf<T extends object>(kernels: T): T {
  const declining = Object.entries(kernels).map(([name, kernel]) => [
    name,
    MOVES.has(name)
      ? kernel
      : (...args: unknown[]) =>
          args[0] !== OF_DTYPE && args.some(holdsHalf) ? undefined : kernel(...args),
  ]);
  return Object.fromEntries(declining) as T;
}
function holdsHalf(arg: unknown): boolean {
  if (typeof arg !== "object" || arg === null) return false;
  return Array.isArray(arg) ? arg.some(holdsHalf) : "dtype" in arg && isHalf(arg.dtype as DType);
}

/** The required kernels as loops, for any backend whose memory is an Arena. */
export const requiredLoops: RequiredKernels = declineHalf({
  ...elementwiseKernels,
  ...reduceKernels,
  ...linearKernels,
});

/** Fused kernels as loops; the files of this folder add theirs through `fusedLoops`. */
export const referenceFused: Partial<FusedKernels> = declineHalf({
  ...convKernels,
  ...productKernels,
  ...dropoutKernels,
  ...foreachKernels,
  ...normKernels,
  ...poolKernels,
  ...recurrentKernels,
  ...scatterKernels,
  ...softmaxKernels,
  ...scanKernels,
  ...sortKernels,
});

/** Copying in and out of an Arena: what all CPU backends share. */
export const arenaTransfer: Pick<Backend, "upload" | "read"> & Required<Pick<Backend, "readSync">> =
  {
    upload(data, y) {
      const size = sizeOf(y.shape);
      const stored =
        isHalf(y.dtype) && data instanceof Float32Array ? encodeHalf(y.dtype, data) : data;
      if (y.contiguous && stored.constructor === heapOf(y).constructor) {
        (heapOf(y) as Float32Array).set(stored as Float32Array, startOf(y));
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
        const stored = heapOf(x).subarray(start, start + size);
        if (isHalf(x.dtype)) return decodeHalf(x.dtype, stored as Uint16Array);
        out.set(stored as Float32Array);
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
