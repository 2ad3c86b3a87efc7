// softmax, logSoftmax and their gradients along any dim; inputs that are not dense are copied first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { WasmContext } from "./context.ts";
import { type SoftmaxCode, softmaxFuncs } from "./softmax-kernels.ts";
import { addressOf, contiguousAt } from "./view.ts";

export function softmaxKernels(ctx: WasmContext): Pick<FusedKernels, SoftmaxCode> {
  function run(
    code: SoftmaxCode,
    a: View,
    b: View | undefined,
    y: View,
    dim: number,
  ): string | undefined {
    if (a.dtype !== "float32" || (b !== undefined && b.dtype !== "float32")) return undefined;
    if (sizeOf(y.shape) === 0) return "empty";
    const { row, column } = ctx.get<"row" | "column">(code, () => softmaxFuncs(code, ctx.relaxed));
    const outer = sizeOf(y.shape.slice(0, dim));
    const n = y.shape[dim] as number;
    const inner = sizeOf(y.shape.slice(dim + 1));
    return ctx.withScratch((scratch) => {
      const from = contiguousAt(ctx, scratch, a);
      const other = b === undefined ? from : contiguousAt(ctx, scratch, b);
      const to = addressOf(y);
      if (inner === 1) {
        row(outer, n, from, other, to);
        return "rows";
      }
      for (let o = 0; o < outer; o++) {
        const at = o * n * inner * 4;
        column(inner, n, from + at, other + at, to + at, inner * 4);
      }
      return "columns";
    });
  }
  return {
    softmax: (x, y, dim) => run("softmax", x, undefined, y, dim),
    logSoftmax: (x, y, dim) => run("logSoftmax", x, undefined, y, dim),
    softmaxGrad: (g, y, dx, dim) => run("softmaxGrad", g, y, dx, dim),
    logSoftmaxGrad: (g, y, dx, dim) => run("logSoftmaxGrad", g, y, dx, dim),
  };
}
