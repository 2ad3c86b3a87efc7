// Batch and layer normalisation: addresses and sizes for the kernels of norm-kernels.ts. Inputs that are
// not dense are copied first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { Scratch, WasmContext } from "./context.ts";
import {
  batchNormEvalKernel,
  batchNormGradKernel,
  batchNormKernel,
  layerNormGradKernel,
  layerNormKernel,
  narrowKernel,
} from "./norm-kernels.ts";
import { addressOf, contiguousAt } from "./view.ts";

type NormKernels = Pick<
  FusedKernels,
  "batchNorm" | "batchNormGrad" | "batchNormEval" | "layerNorm" | "layerNormGrad"
>;

const float32 = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

/** [channels, images, plane, bytes per image] of x [N, C, …]. */
function channelSizes(x: View): [number, number, number, number] {
  const [images, channels] = x.shape as readonly number[] as [number, number];
  const plane = sizeOf(x.shape.slice(2));
  return [channels, images, plane, channels * plane * 4];
}

export function normKernels(ctx: WasmContext): NormKernels {
  const { relaxed } = ctx;
  /** The address of a dense copy, or 0: none. */
  const optional = (scratch: Scratch, v: View | undefined): number =>
    v === undefined ? 0 : contiguousAt(ctx, scratch, v);
  const output = (v: View | undefined): number => (v === undefined ? 0 : addressOf(v));

  return {
    batchNorm(x, weight, bias, y, mean, variance, rstd, eps) {
      if (!float32(x, weight, bias)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const { batchNorm } = ctx.get<"batchNorm">("batchNorm", () => [batchNormKernel(relaxed)]);
      return ctx.withScratch((scratch) => {
        batchNorm(
          ...channelSizes(x),
          contiguousAt(ctx, scratch, x),
          addressOf(y),
          optional(scratch, weight),
          optional(scratch, bias),
          addressOf(mean),
          addressOf(variance),
          output(rstd),
          eps,
        );
        return "channels";
      });
    },
    batchNormEval(x, mean, variance, weight, bias, y, eps) {
      if (!float32(x, mean, variance, weight, bias)) return undefined;
      const kernels = ctx.get<"batchNormEval">("batchNormEval", () => [
        batchNormEvalKernel(relaxed),
      ]);
      return ctx.withScratch((scratch) => {
        kernels.batchNormEval(
          ...channelSizes(x),
          contiguousAt(ctx, scratch, x),
          addressOf(y),
          optional(scratch, weight),
          optional(scratch, bias),
          contiguousAt(ctx, scratch, mean),
          contiguousAt(ctx, scratch, variance),
          eps,
        );
        return "channels";
      });
    },
    batchNormGrad(g, x, weight, mean, rstd, dx, dweight, dbias) {
      if (!float32(g, x, weight, mean, rstd)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const kernels = ctx.get<"batchNormGrad">("batchNormGrad", () => [
        batchNormGradKernel(relaxed),
      ]);
      return ctx.withScratch((scratch) => {
        kernels.batchNormGrad(
          ...channelSizes(x),
          contiguousAt(ctx, scratch, g),
          contiguousAt(ctx, scratch, x),
          addressOf(dx),
          optional(scratch, weight),
          contiguousAt(ctx, scratch, mean),
          contiguousAt(ctx, scratch, rstd),
          addressOf(dweight),
          addressOf(dbias),
        );
        return "channels";
      });
    },
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
