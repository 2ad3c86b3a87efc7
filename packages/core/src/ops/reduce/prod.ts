// Products over dims. The gradient is the product of all the others, made by scans from both ends rather
// than by dividing, so that zeros are nothing special.
import { isFloating } from "../../dtype.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { pad } from "../views/pad.ts";
import { permute } from "../views/permute.ts";
import { reshape } from "../views/view.ts";
import {
  castAndAttrs,
  countOf,
  type Dims,
  keptView,
  type ReduceAttrs,
  reducedMeta,
  type SumOptions,
  withKeptDims,
} from "./reduce.ts";

const prodOp = defineOp<ReduceAttrs>()({
  name: "prod",
  doc: "The product over dims (all when none are given); of nothing it is 1.",
  example: ["prod(tensor([[1, 2], [3, 4]]), 0)", "tensor([3., 8.])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x, a) => reducedMeta(x, a, isFloating(x.dtype) ? x.dtype : "int64"),
  kernel: (k, x, y, a) => k.reduce("prod", x, keptView(x, y, a.dims)),
  vjp: (gs, { x }, a) => ({
    x: mul(productOfOthers(x, a.dims), withKeptDims(gs.y, a, x.shape)),
  }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true }],
    // Zeros: one, two.
    [mul(rng.tensor([3, 2]), rng.ints([3, 2], 2)), { dims: [0], keepdim: false }],
    [mul(rng.tensor([4]), 0), { dims: [0], keepdim: false }],
    [rng.tensor([2, 0]), { dims: [1], keepdim: false }],
    [rng.tensor([]), { dims: [], keepdim: false }],
  ],
});

/** For each element the product over dims of all elements but it. */
export function productOfOthers(x: Tensor, dims: readonly number[]): Tensor {
  const kept = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const n = countOf(x.shape, dims);
  const turned = permute(x, order);
  const rows = reshape(turned, [...kept.map((d) => x.shape[d] as number), n]);
  // Inclusive scans by doubling; shifting one further makes them exclusive.
  const scan = (direction: 1 | -1): Tensor => {
    const shifted = (t: Tensor, by: number): Tensor =>
      pad(t, direction === 1 ? [by, -by] : [-by, by], { value: 1 });
    let products = rows;
    for (let step = 1; step < n; step *= 2) products = mul(products, shifted(products, step));
    return n === 0 ? products : shifted(products, 1);
  };
  const others = reshape(mul(scan(1), scan(-1)), turned.shape);
  return permute(
    others,
    order.map((_, d) => order.indexOf(d)),
  );
}

/** The product over `dim` (one, several, or all); integers and bools give int64. As `torch.prod`. */
export function prod(x: Tensor, dim?: Dims | SumOptions, options: SumOptions = {}): Tensor {
  return prodOp(...castAndAttrs("prod", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    prod(dim?: Dims | SumOptions, options?: SumOptions): Tensor;
  }
}
methods({
  prod(dim, options) {
    return prod(this, dim, options);
  },
});
