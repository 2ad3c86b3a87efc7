// Batch and layer normalisation: addresses and sizes for their kernels. Inputs that are not dense are copied
// first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import { batchNormKernels } from "./batch-norm.ts";
import type { Scratch, WasmContext } from "./context.ts";
import { layerNormGradKernel, layerNormKernel, narrowKernel } from "./layer-norm-kernels.ts";
import { addressOf, contiguousAt } from "./view.ts";

type NormKernels = Pick<
  FusedKernels,
  "batchNorm" | "batchNormGrad" | "batchNormEval" | "layerNorm" | "layerNormGrad"
>;

const float32 = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

export function normKernels(ctx: WasmContext): NormKernels {
  const { relaxed } = ctx;
  /** The address of a dense copy, or 0: none. */
  const optional = (scratch: Scratch, v: View | undefined): number =>
    v === undefined ? 0 : contiguousAt(ctx, scratch, v);
  const output = (v: View | undefined): number => (v === undefined ? 0 : addressOf(v));

  return {
    ...batchNormKernels(ctx),
    layerNorm(x, weight, bias, y, mean, rstd, dims, eps) {
      if (!float32(x, weight, bias)) return undefined;
      const lead = x.shape.length - dims;
      const n = sizeOf(x.shape.slice(lead));
      if (n === 0) return undefined;
      const [hasWeight, hasBias] = [weight !== undefined, bias !== undefined];
      const kernels = ctx.get<"layerNorm">(`layerNorm/${hasWeight}/${hasBias}`, () => [
        layerNormKernel(relaxed, hasWeight, hasBias),
      ]);
      return ctx.withScratch((scratch) => {
        kernels.layerNorm(
          sizeOf(x.shape.slice(0, lead)),
          n,
          contiguousAt(ctx, scratch, x),
          addressOf(y),
          optional(scratch, weight),
          optional(scratch, bias),
          output(mean),
          output(rstd),
          eps,
        );
        return "rows";
      });
    },
    layerNormGrad(g, x, weight, mean, rstd, dx, dweight, dbias, dims) {
      if (!float32(g, x, weight, mean, rstd)) return undefined;
      const lead = x.shape.length - dims;
      const n = sizeOf(x.shape.slice(lead));
      if (n === 0) return undefined;
      const hasWeight = weight !== undefined;
      const kernels = ctx.get<"layerNormGrad" | "narrow">(`layerNormGrad/${hasWeight}`, () => [
        layerNormGradKernel(relaxed, hasWeight),
        narrowKernel(),
      ]);
      return ctx.withScratch((scratch) => {
        const sums = scratch.take(2 * n * 8);
        const addresses = [
          contiguousAt(ctx, scratch, g),
          contiguousAt(ctx, scratch, x),
          addressOf(dx),
          optional(scratch, weight),
          contiguousAt(ctx, scratch, mean),
          contiguousAt(ctx, scratch, rstd),
        ];
        ctx.arena.f64.fill(0, sums / 8, sums / 8 + 2 * n);
        const rows = sizeOf(x.shape.slice(0, lead));
        kernels.layerNormGrad(rows, n, ...addresses, sums, sums + n * 8);
        kernels.narrow(n, sums, addressOf(dweight));
        kernels.narrow(n, sums + n * 8, addressOf(dbias));
        return "rows";
      });
    },
  };
}
