// The `wasm` backend: generated WebAssembly kernels for float32, over one Arena. Other dtypes run the
// reference loops over the same memory, counted; what has no kernel at all is composed by core.
import {
  Arena,
  type ArenaOptions,
  areDeterministicAlgorithmsEnabled,
  arenaTransfer,
  type CpuBackend,
  countFallback,
  type Kernels,
  type Ran,
  referenceFused,
  requiredLoops,
  type View,
} from "@tapegrad/core";
import { fastKernels } from "./kernels.ts";
import { relaxedSimd, sharesMemory, usesWinograd } from "./wasm/assembler/features.ts";
import { WasmContext } from "./wasm/context.ts";
import { indexRange } from "./wasm/copy/index-range.ts";
import { ThreadPool } from "./wasm/threads/thread-pool.ts";

export interface WasmOptions extends ArenaOptions {
  /** Fused multiply-add; default: where the engine has it, unless TAPEGRAD_SIMD=plain. */
  readonly relaxed?: boolean;
  /**
   * Winograd's algorithm for 3 × 3 convolutions: up to three times faster, with errors of up to 1e-5 relative to
   * the largest output instead of 3e-7 (see conv/winograd/winograd.ts); default: yes, unless TAPEGRAD_WINOGRAD=off.
   */
  readonly winograd?: boolean;
  /** Threads to compute with; default: getNumThreads(), asked at each op. More than one needs shared memory. */
  readonly threads?: number;
}

export const NAME = "wasm";

type AnyKernel = (...args: unknown[]) => Ran;

const isView = (a: unknown): a is View => typeof a === "object" && a !== null && "storage" in a;

/**
 * The fast kernel; where it declines, the reference loop over the same memory. Both are counted by what
 * they are: float32 in loops is a gap (TAPEGRAD_FALLBACK=error refuses it), other dtypes are the promise.
 */
function withLoops(
  name: string,
  fast: AnyKernel | undefined,
  loop: AnyKernel | undefined,
): AnyKernel {
  if (fast === undefined || loop === undefined) {
    return fast ?? ((...args) => slowly(name, loop as AnyKernel, args));
  }
  // What small tensors go through most often makes no list of its arguments.
  if (name === "unary" || name === "reduce") {
    return (code, x, y) => fast(code, x, y) ?? slowly(name, loop, [code, x, y]);
  }
  if (name === "binary" || name === "binaryScalar") {
    return (code, a, b, y) => fast(code, a, b, y) ?? slowly(name, loop, [code, a, b, y]);
  }
  return (...args) => fast(...args) ?? slowly(name, loop, args);
}

function slowly(name: string, loop: AnyKernel, args: readonly unknown[]): Ran {
  const views = args.filter(isView);
  const isGap = views.length > 0 && views.every((v) => v.dtype === "float32");
  if (isGap) countFallback(NAME, name, "loops");
  const looped = loop(...args); // declines float16 and bfloat16, which dispatch then widens
  if (looped !== undefined && !isGap) countFallback(NAME, name, "loops", false);
  return looped;
}

/** Slots that this backend has as loops on purpose: scans and sorts go element by element anyway. */
const LOOPS: ReadonlySet<string> = new Set(["scan", "scanExtreme", "sort", "mode", "searchsorted"]);
const named =
  (loop: AnyKernel): AnyKernel =>
  (...args) =>
    loop(...args) && "js-loop";

/** Fast kernels first, loops behind them. Fused slots that neither has stay absent: core composes. */
function kernelsOn(context: WasmContext): Kernels {
  const fast = fastKernels(context) as Record<string, AnyKernel | undefined>;
  const loops = { ...referenceFused, ...requiredLoops } as unknown as Record<string, AnyKernel>;
  const table: Record<string, AnyKernel> = {};
  for (const name of new Set([...Object.keys(fast), ...Object.keys(loops)])) {
    const loop = loops[name];
    table[name] =
      loop !== undefined && LOOPS.has(name) ? named(loop) : withLoops(name, fast[name], loop);
  }
  return table as unknown as Kernels;
}

const threadsText = (n: number): string => (n === 1 ? "one thread" : `${n} threads`);

export function wasmBackend(options: WasmOptions = {}): CpuBackend {
  const arena = new Arena({ ...options, shared: options.shared ?? sharesMemory() });
  const relaxed = options.relaxed ?? relaxedSimd();
  const pool = new ThreadPool(arena, options.threads);
  const winograd = options.winograd ?? usesWinograd();
  const context = new WasmContext(arena, { relaxed, winograd, pool });
  const kernels = kernelsOn(context);
  // Deterministic mode has kernels of its own over the same memory, made when they are first asked for.
  let exact: Kernels | undefined = relaxed || winograd ? undefined : kernels;
  const exactKernels = (): Kernels => {
    exact ??= kernelsOn(new WasmContext(arena, { relaxed: false, winograd: false, pool }));
    return exact;
  };
  const simd = (): string => {
    if (areDeterministicAlgorithmsEnabled()) return "SIMD128 (deterministic mode)";
    return relaxed ? "relaxed SIMD (fused multiply-add)" : "SIMD128";
  };
  return {
    name: NAME,
    device: "cpu",
    memory: arena,
    get kernels() {
      return areDeterministicAlgorithmsEnabled() ? exactKernels() : kernels;
    },
    get threads() {
      return pool.size;
    },
    ...arenaTransfer,
    allBelow: indexRange(context),
    synchronize: () => arena.settle(),
    describe: () =>
      `generated WebAssembly, ${simd()}, ${threadsText(pool.size)}, ` +
      `up to ${(arena.maxPages / 16384).toFixed(0)} GiB`,
  };
}
