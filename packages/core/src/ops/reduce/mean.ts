// Means over dims.
import { DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import {
  castAndAttrs,
  countOf,
  type Dims,
  expandGrad,
  keptView,
  type ReduceAttrs,
  reducedMeta,
  requireFloating,
  type SumOptions,
} from "./reduce.ts";

const meanOp = defineOp<ReduceAttrs>()({
  name: "mean",
  doc: "The mean over dims (all when none are given); of nothing it is NaN.",
  example: ["mean(tensor([[1, 2], [3, 4]]), 0)", "tensor([2., 3.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, a) => {
    requireFloating("mean", x);
    return reducedMeta(x, a);
  },
  kernel: (k, x, y, a) => {
    const ran = k.reduce("sum", x, keptView(x, y, a.dims));
    return ran && k.binaryScalar("div", y, countOf(x.shape, a.dims), y) && ran;
  },
  vjp: (gs, _s, a, m) => ({
    x: expandGrad(mul(gs.y, 1 / countOf(m.x.shape, a.dims)), a, m.x.shape),
  }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true }],
    [rng.tensor([]), { dims: [], keepdim: false }],
  ],
  errors: (rng) => [
    [() => mean(rng.ints([2], 3)), DTypeError, /mean: expects a float dtype, got int64; .*to\("fl/],
  ],
});

/**
 * The mean over `dim` (one, several, or all). As `torch.mean`.
 * @throws DTypeError for integers: cast them first
 */
export function mean(x: Tensor, dim?: Dims | SumOptions, options: SumOptions = {}): Tensor {
  return meanOp(...castAndAttrs("mean", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    mean(dim?: Dims | SumOptions, options?: SumOptions): Tensor;
  }
}
methods({
  mean(dim, options) {
    return mean(this, dim, options);
  },
});
