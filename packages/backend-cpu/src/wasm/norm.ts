// Batch and layer normalisation: addresses and sizes for their kernels. Inputs that are not dense are copied
// first.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import { type BatchNormGradKernels, batchNormGradFuncs } from "./batch-norm-grad-kernels.ts";
import { type BatchNormKernels, batchNormFuncs } from "./batch-norm-kernels.ts";
import type { Scratch, WasmContext } from "./context.ts";
import { layerNormGradKernel, layerNormKernel, narrowKernel } from "./layer-norm-kernels.ts";
import { addressOf, contiguousAt } from "./view.ts";

type NormKernels = Pick<
  FusedKernels,
  "batchNorm" | "batchNormGrad" | "batchNormEval" | "layerNorm" | "layerNormGrad"
>;

const float32 = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

/** As many channels at a time as keep this many bytes of each input in the second-level cache. */
const CACHED = 512 * 1024;

/** The sizes of x [N, C, …], and its channels in groups that stay in the cache. */
function channelsOf(x: View) {
  const [images, channels] = x.shape as readonly number[] as [number, number];
  const plane = sizeOf(x.shape.slice(2));
  const step = Math.max(1, Math.floor(CACHED / (images * plane * 4)));
  /** Calls visit with the kernels' first arguments, the first channel and the offset in bytes of its planes. */
  const each = (
    visit: (sizes: readonly [number, number, number, number], from: number, offset: number) => void,
  ): void => {
    for (let from = 0; from < channels; from += step) {
      const count = Math.min(step, channels - from);
      visit([images, count, plane, channels * plane * 4], from, from * plane * 4);
    }
  };
  return { channels, count: images * plane, each };
}

export function normKernels(ctx: WasmContext): NormKernels {
  const { relaxed } = ctx;
  /** The address of a dense copy, or 0: none. */
  const optional = (scratch: Scratch, v: View | undefined): number =>
    v === undefined ? 0 : contiguousAt(ctx, scratch, v);
  const output = (v: View | undefined): number => (v === undefined ? 0 : addressOf(v));
  /** Address + bytes, but none stays none. */
  const plus = (address: number, bytes: number): number => (address === 0 ? 0 : address + bytes);
  const zeroDoubles = (scratch: Scratch, n: number): number => {
    const at = scratch.take(n * 8);
    ctx.arena.f64.fill(0, at / 8, at / 8 + n);
    return at;
  };
  const batch = () => ctx.get<BatchNormKernels>("batchNorm", () => batchNormFuncs(relaxed));

  return {
    batchNorm(x, weight, bias, y, mean, variance, rstd, eps) {
      if (!float32(x, weight, bias)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const { centres, moments, statistics, scales, affine } = batch();
      return ctx.withScratch((scratch) => {
        const { channels, count, each } = channelsOf(x);
        const [from, to] = [contiguousAt(ctx, scratch, x), addressOf(y)];
        const [w, b] = [optional(scratch, weight), optional(scratch, bias)];
        const [m, v, r] = [addressOf(mean), addressOf(variance), output(rstd)];
        const sums = zeroDoubles(scratch, channels);
        const squares = zeroDoubles(scratch, channels);
        const [centre, scale] = [scratch.take(channels * 4), scratch.take(channels * 4)];
        each((sizes, c, offset) => {
          const [, n, plane] = sizes;
          const [sum, square] = [sums + c * 8, squares + c * 8];
          const middle = centre + c * 4;
          centres(n, plane, from + offset, middle);
          moments(...sizes, from + offset, middle, sum, square);
          statistics(n, count, middle, sum, square, m + c * 4, v + c * 4, plus(r, c * 4), eps);
          scales(n, v + c * 4, plus(w, c * 4), scale + c * 4, eps);
          affine(...sizes, from + offset, to + offset, m + c * 4, scale + c * 4, plus(b, c * 4));
        });
        return "channels";
      });
    },
    batchNormEval(x, mean, variance, weight, bias, y, eps) {
      if (!float32(x, mean, variance, weight, bias)) return undefined;
      const { scales, affine } = batch();
      return ctx.withScratch((scratch) => {
        const { channels, count } = channelsOf(x);
        const [images] = x.shape as readonly number[] as [number];
        const from = contiguousAt(ctx, scratch, x);
        const scale = scratch.take(channels * 4);
        const v = contiguousAt(ctx, scratch, variance);
        scales(channels, v, optional(scratch, weight), scale, eps);
        if (count === 0) return "empty";
        affine(
          images,
          channels,
          count / images,
          (channels * count * 4) / images,
          from,
          addressOf(y),
          contiguousAt(ctx, scratch, mean),
          scale,
          optional(scratch, bias),
        );
        return "channels";
      });
    },
    batchNormGrad(g, x, weight, mean, rstd, dx, dweight, dbias) {
      if (!float32(g, x, weight, mean, rstd)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const { products, factors, combine } = ctx.get<BatchNormGradKernels>("batchNormGrad", () =>
        batchNormGradFuncs(relaxed),
      );
      return ctx.withScratch((scratch) => {
        const { channels, count, each } = channelsOf(x);
        const [up, from] = [contiguousAt(ctx, scratch, g), contiguousAt(ctx, scratch, x)];
        const [m, r] = [contiguousAt(ctx, scratch, mean), contiguousAt(ctx, scratch, rstd)];
        const w = optional(scratch, weight);
        const [to, dw, db] = [addressOf(dx), addressOf(dweight), addressOf(dbias)];
        const totals = zeroDoubles(scratch, channels);
        const sums = zeroDoubles(scratch, channels);
        const abc = scratch.take(channels * 12);
        each((sizes, c, offset) => {
          const [total, sum] = [totals + c * 8, sums + c * 8];
          products(...sizes, up + offset, from + offset, m + c * 4, total, sum);
          factors(
            sizes[1],
            count,
            total,
            sum,
            plus(w, c * 4),
            r + c * 4,
            dw + c * 4,
            db + c * 4,
            abc + c * 12,
          );
          combine(...sizes, up + offset, from + offset, to + offset, m + c * 4, abc + c * 12);
        });
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
