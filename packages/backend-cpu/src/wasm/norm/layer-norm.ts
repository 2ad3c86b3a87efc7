// Layer normalisation: addresses and sizes for its kernels; rows are shared out to the threads. Inputs that are
// not dense are copied first. Batch normalisation is in norm/batch-norm.ts.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { addressOf, contiguousAt } from "../view.ts";
import { batchNormKernels } from "./batch-norm.ts";
import { layerNormGradKernel, layerNormKernel, narrowKernel } from "./layer-norm-kernels.ts";

type NormKernels = Pick<
  FusedKernels,
  | "batchNorm"
  | "batchNormRunning"
  | "batchNormGrad"
  | "batchNormEval"
  | "layerNorm"
  | "layerNormGrad"
>;

const float32 = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

/** Slices of the rows for the gradients of weight and bias, at most. */
const MOST_SLICES = 16;
/** Nanoseconds below which a slice is not worth it. */
const SHORTEST = 8_000;

export function normKernels(ctx: WasmContext): NormKernels {
  const { relaxed } = ctx;
  /** The address of a dense copy, or 0: none. */
  const optional = (scratch: Scratch, v: View | undefined): number =>
    v === undefined ? 0 : contiguousAt(ctx, scratch, v);
  /** Address + bytes, but none stays none. */
  const plus = (address: number, bytes: number): number => (address === 0 ? 0 : address + bytes);
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
        const rows = sizeOf(x.shape.slice(0, lead));
        const [from, to] = [contiguousAt(ctx, scratch, x), addressOf(y)];
        const [w, b] = [optional(scratch, weight), optional(scratch, bias)];
        const [m, r] = [output(mean), output(rstd)];
        const cost = traffic(rows * n * 8);
        ctx.launch(cost, (tasks) => {
          pieces(rows, cost, (first, size) => {
            const at = first * n * 4;
            tasks.add(
              kernels.layerNorm,
              ...[size, n, from + at, to + at, w, b],
              ...[plus(m, first * 4), plus(r, first * 4), eps],
            );
          });
        });
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
        const rows = sizeOf(x.shape.slice(0, lead));
        const [up, from] = [contiguousAt(ctx, scratch, g), contiguousAt(ctx, scratch, x)];
        const [to, w] = [addressOf(dx), optional(scratch, weight)];
        const [m, r] = [contiguousAt(ctx, scratch, mean), contiguousAt(ctx, scratch, rstd)];
        const cost = traffic(rows * n * 20);
        // Slices of rows sum into doubles of their own, n · 16 bytes, which are added up in order.
        const slices = Math.max(1, Math.min(MOST_SLICES, rows >> 1, Math.floor(cost / SHORTEST)));
        const each = Math.max(1, Math.ceil(rows / slices));
        const used = Math.max(1, Math.ceil(rows / each));
        const sums = scratch.take(used * n * 16);
        ctx.launch(cost, (tasks) => {
          const run = tasks.local(n * 8);
          for (let i = 0; i < used; i++) {
            const first = i * each;
            const at = first * n * 4;
            tasks.add(
              kernels.layerNormGrad,
              ...[Math.min(each, rows - first), n, up + at, from + at, to + at, w],
              ...[m + first * 4, r + first * 4, sums + i * n * 16, run],
            );
          }
        });
        const [dw, db] = [addressOf(dweight), addressOf(dbias)];
        ctx.after(() => ctx.now(kernels.narrow)(n, used, n * 16, sums, dw, db));
        return "rows";
      });
    },
  };
}
