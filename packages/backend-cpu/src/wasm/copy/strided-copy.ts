// Copies of 32-bit words from any strides to any strides: rows side by side, one word repeated, strided ones,
// and transpositions (copy/transpose.ts). Contiguous copies of strided inputs are made here too, whoever needs them.
import type { View } from "@tapegrad/core";
import type { Expr, Func } from "../assembler/assembler.ts";
import type { Kernel } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { allRows, few, plan, rowCount, rowStep, transposed } from "../elementwise/plan.ts";
import { rowsKernel } from "../elementwise/rows.ts";
import { rowsModule, walk, walkAll } from "../elementwise/walk.ts";
import { LOW, TILE, TILE_BYTES, transposeKernel } from "./transpose.ts";

type V = Expr<"v128">;

/** What a copy must know of its target. */
export type Layout = Pick<View, "shape" | "strides" | "contiguous">;

/** Copies x into `to`, laid out as y; from is the address of x. Gives the variant, undefined if there is nothing to copy. */
export type WordCopy = (
  x: View,
  y: Layout,
  to: number,
  from: number,
  apart: () => boolean,
) => string;

function makeWordCopy(ctx: WasmContext): WordCopy {
  // Made at the first use and kept: the small-tensor path looks nothing up.
  const kernels: Partial<Record<"u" | "s" | "x", Kernel>> = {};
  function kernel(access: "u" | "s" | "x"): Kernel {
    const known = kernels[access];
    if (known !== undefined) return known;
    const build = (): Func =>
      rowsKernel({ inputs: ["f32"], output: "f32", access: [access], op: (_, x) => x as V });
    const made = rowsModule(ctx, `copy/${access}`, build, ["memory"]);
    kernels[access] = made;
    return made;
  }
  let made: Kernel | undefined;
  function transpose(to: number, from: number, apart: () => boolean): void {
    made ??= rowsModule(ctx, "copy/transpose", transposeKernel, ["memory", "number"]);
    if (few() || !apart()) walk(ctx.now(made), to, from);
    else {
      // Tasks of a tile's height; of small matrices lower ones, or there would be none to share out.
      const rows = rowCount();
      const step = Math.min(rows, allRows() < 2 * TILE ? TILE / 4 : TILE);
      walkAll(ctx, made, 0, to, from, 0, 0, { step, local: step < LOW ? 0 : TILE_BYTES });
    }
  }
  function run(k: Kernel, to: number, from: number, apart: () => boolean): void {
    if (few() || !apart()) walk(ctx.now(k), to, from);
    else walkAll(ctx, k, 0, to, from);
  }
  return (x, y, to, from, apart) => {
    if (!plan(y, 4, x, 4)) return "empty";
    const unit = rowStep(0) === 4;
    const step = rowStep(1);
    if (unit && step === 4) run(kernel("u"), to, from, apart);
    else if (unit && step === 0) run(kernel("s"), to, from, apart);
    else if (unit && transposed(4)) {
      transpose(to, from, apart);
      return "copy-transpose";
    } else run(kernel("x"), to, from, apart);
    return "copy-rows";
  };
}

const copies = new WeakMap<WasmContext, WordCopy>();

export function wordCopy(ctx: WasmContext): WordCopy {
  let made = copies.get(ctx);
  if (made === undefined) {
    made = makeWordCopy(ctx);
    copies.set(ctx, made);
  }
  return made;
}
