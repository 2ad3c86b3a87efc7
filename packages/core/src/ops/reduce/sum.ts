// Sums over dims.
import { isFloating } from "../../dtype.ts";
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import {
  castAndAttrs,
  type Dims,
  expandGrad,
  keptView,
  type ReduceAttrs,
  reducedMeta,
  type SumOptions,
} from "./reduce.ts";

const sumOp = defineOp<ReduceAttrs>()({
  name: "sum",
  doc: "The sum over dims (all when none are given).",
  example: ["sum(tensor([[1, 2], [3, 4]]), 0)", "tensor([4., 6.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, a) => reducedMeta(x, a, isFloating(x.dtype) ? x.dtype : "int64"),
  kernel: (k, x, y, a) => k.reduce("sum", x, keptView(x, y, a.dims)),
  vjp: (gs, _s, a, m) => ({ x: expandGrad(gs.y, a, m.x.shape) }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true }],
    [rng.tensor([2, 3]), { dims: [0, 1], keepdim: false }],
    [rng.tensor([0, 3]), { dims: [0], keepdim: false }],
    [rng.tensor([]), { dims: [], keepdim: false }],
  ],
  errors: (rng) => [
    [() => sum(rng.tensor([2, 3]), 2), IndexError, /sum: dim 2 is out of range.*-2 to 1/],
    [() => sum(rng.tensor([2, 3]), [0, -2]), IndexError, /name a dimension twice/],
  ],
});

/**
 * The sum over `dim` (one, several, or all); integers and bools give int64. As `torch.sum`.
 * @returns x's shape without dim, or with size 1 there when keepdim
 */
export function sum(x: Tensor, dim?: Dims | SumOptions, options: SumOptions = {}): Tensor {
  return sumOp(...castAndAttrs("sum", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sum(dim?: Dims | SumOptions, options?: SumOptions): Tensor;
  }
}
methods({
  sum(dim, options) {
    return sum(this, dim, options);
  },
});
