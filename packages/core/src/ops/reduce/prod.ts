// Products over dims. The gradient is the product of all the others, made by scans from both ends rather
// than by dividing, so that zeros are nothing special.
import { isFloating } from "../../dtype.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { productOfOthers } from "./product-of-others.ts";
import {
  castAndAttrs,
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
