// The gradients of layer normalisation: those of batch normalisation with rows for channels, and a weight
// that varies along the row, so it is inside of the means. With x̂ = (x − mean) · rstd and h = g · weight:
//   dbias = Σ g,   dweight = Σ g·x̂  (over the rows),   dx = rstd · (h − mean(h) − x̂ · mean(h·x̂))
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** mean and rstd have the shape of x without its last `dims` dims; dweight and dbias have those. */
    layerNormGrad(
      g: View,
      x: View,
      weight: View | undefined,
      mean: View,
      rstd: View,
      dx: View,
      dweight: View,
      dbias: View,
      dims: number,
    ): Ran;
  }
}

/** [lead…] as [lead…, 1…]. */
export const perRow = (v: Tensor, dims: number): Tensor =>
  v.reshape([...v.shape, ...new Array<number>(dims).fill(1)]);

const layerNormGradOp = defineOp<{ readonly dims: number }>()({
  name: "layerNormGrad",
  doc: "Gradients of layerNorm with respect to x, weight and bias, from g and the rows' statistics.",
  inputs: ["g", "x", "weight?", "mean", "rstd"],
  outputs: ["dx", "dweight", "dbias"],
  shape(_g, x, _weight, _mean, _rstd, { dims }) {
    const row = { shape: x.shape.slice(-dims), dtype: x.dtype };
    return { dx: { shape: x.shape, dtype: x.dtype }, dweight: row, dbias: row };
  },
  kernel: (k, g, x, weight, mean, rstd, dx, dweight, dbias, { dims }) =>
    k.layerNormGrad?.(g, x, weight, mean, rstd, dx, dweight, dbias, dims),
  compose(g, x, weight, mean, rstd, { dims }) {
    const lead = x.ndim - dims;
    const rows = Array.from({ length: lead }, (_, d) => d);
    const inRow = Array.from({ length: dims }, (_, d) => lead + d);
    const keepdim = { keepdim: true };
    const scale = perRow(rstd, dims);
    const normal = x.sub(perRow(mean, dims)).mul(scale);
    const product = g.mul(normal);
    const h = weight === undefined ? g : g.mul(weight);
    const dx = h
      .sub(h.mean(inRow, keepdim))
      .sub(normal.mul(h.mul(normal).mean(inRow, keepdim)))
      .mul(scale);
    return lead === 0
      ? { dx, dweight: product, dbias: g.clone() }
      : { dx, dweight: product.sum(rows), dbias: g.sum(rows) };
  },
  samples: (rng) => [
    [
      rng.tensor([2, 3]),
      rng.tensor([2, 3]),
      rng.tensor([3]),
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
      { dims: 1 },
    ],
    [
      rng.tensor([2, 2, 3]),
      rng.tensor([2, 2, 3]),
      undefined,
      rng.tensor([2]),
      rng.tensor([2], { low: 0.5, high: 2 }),
      { dims: 2 },
    ],
    [
      rng.tensor([3]),
      rng.tensor([3]),
      rng.tensor([3]),
      rng.tensor([]),
      rng.tensor([], { low: 0.5, high: 2 }),
      { dims: 1 },
    ],
  ],
});

export const layerNormGrad = (
  g: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  mean: Tensor,
  rstd: Tensor,
  dims: number,
): readonly [dx: Tensor, dweight: Tensor, dbias: Tensor] =>
  layerNormGradOp(g, x, weight, mean, rstd, { dims });
