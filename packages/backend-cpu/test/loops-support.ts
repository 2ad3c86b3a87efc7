// Fused kernels against the reference loops, which run over the same memory.
import { type DType, type Ran, referenceFused, requiredLoops, type View } from "@tapegrad/core";
import { expect } from "chai";
import type { WasmContext } from "../src/wasm/context.ts";
import { numbers, read, rowMajor, viewOf } from "./wasm-support.ts";

type Layout = { strides?: readonly number[]; offset?: number };
type AnyKernel = (...args: unknown[]) => Ran;

const loops = { ...requiredLoops, ...referenceFused } as unknown as Record<string, AnyKernel>;
const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1);

export function loopsSupport(ctx: WasmContext) {
  const backend = { memory: ctx.arena };
  /** With a storage that the reference loops understand. */
  const known = (view: View): View => ({
    ...view,
    storage: { block: view.storage.block, backend } as unknown as View["storage"],
  });

  function input(shape: readonly number[], seed: number, layout: Layout = {}): View {
    return known(viewOf(ctx, shape, numbers(size(shape), seed), layout));
  }
  /** An input that is not dense: columns first, with a gap. */
  function strided(shape: readonly number[], seed: number): View {
    const reversed = rowMajor([...shape].reverse()).reverse();
    return input(shape, seed, { strides: reversed.map((s) => s * 2), offset: 3 });
  }
  const output = (shape: readonly number[]): View => known(viewOf(ctx, shape));
  /** Integers below `below` (or the given ones) as int32 or int64. */
  function integers(
    dtype: DType & ("int32" | "int64"),
    shape: readonly number[],
    values: number | readonly number[],
  ): View {
    const view = known({ ...viewOf(ctx, [...shape, 2]), shape, strides: rowMajor(shape), dtype });
    const { ptr } = view.storage.block as unknown as { ptr: number };
    numbers(size(shape), 17).forEach((u, i) => {
      const v =
        typeof values === "number" ? Math.floor(((u + 1) / 2) * values) : (values[i] as number);
      if (dtype === "int32") ctx.arena.i32[ptr / 4 + i] = v;
      else ctx.arena.i64[ptr / 8 + i] = BigInt(v);
    });
    return view;
  }
  const readInt32 = (v: View): number[] => {
    const { ptr } = v.storage.block as unknown as { ptr: number };
    return [...ctx.arena.i32.subarray(ptr / 4, ptr / 4 + size(v.shape))];
  };

  /** Calls `kernel` and the loop of that name, with outputs of their own, and compares all outputs. */
  function agree(
    name: string,
    kernel: ((...args: never[]) => Ran) | undefined,
    outputs: readonly (readonly number[])[],
    call: (k: AnyKernel, outputs: View[]) => Ran,
    what: string,
    tolerance = 2e-6,
  ): void {
    const make = () => outputs.map((shape) => output(shape));
    const [fast, slow] = [make(), make()];
    expect(call(kernel as unknown as AnyKernel, fast), `${what}: declined`).to.be.a("string");
    call(loops[name] as AnyKernel, slow);
    fast.forEach((view, k) => {
      const [got, wanted] = [read(ctx, view), read(ctx, slow[k] as View)];
      let scale = 1;
      for (const w of wanted) if (Number.isFinite(w)) scale = Math.max(scale, Math.abs(w));
      wanted.forEach((w, i) => {
        const g = got[i] as number;
        const same = g === w || (Number.isNaN(g) && Number.isNaN(w));
        if (!same && !(Math.abs(g - w) <= tolerance * scale)) {
          expect.fail(`${what}: output ${k}, element ${i} is ${g}, expected ${w}`);
        }
      });
    });
  }

  return { input, strided, output, integers, readInt32, agree, known };
}
