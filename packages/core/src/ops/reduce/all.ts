// all over dims.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import {
  type Dims,
  keptView,
  type ReduceAttrs,
  type ReduceOptions,
  reduceAttrs,
  reducedMeta,
} from "./reduce.ts";

const allOp = defineOp<ReduceAttrs>()({
  name: "all",
  doc: "Whether all elements over dims are not 0 (NaN is not); of nothing, true.",
  example: ["all(tensor([[1, 0], [0, 0]]), 1)", "tensor([False, False])"],
  inputs: ["x"],
  outputs: ["y"],
  differentiable: false,
  shape: (x, a) => reducedMeta(x, a, "bool"),
  kernel: (k, x, y, a) => k.reduce("all", x, keptView(x, y, a.dims)),
  samples: (rng) => [
    [rng.bools([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.ints([2, 3], 2), { dims: [1], keepdim: true }],
    [rng.tensor([2, 0]), { dims: [1], keepdim: false }],
  ],
  errors: (rng) => [[() => all(rng.bools([2]), 1), IndexError, /all: dim 1 is out of range/]],
});

/** Whether all elements over dims are not 0 (NaN is not); of nothing, true. As `torch.all`; the result is bool. */
export function all(x: Tensor, dim?: Dims | ReduceOptions, options: ReduceOptions = {}): Tensor {
  return allOp(x, reduceAttrs("all", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    all(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  all(dim, options) {
    return all(this, dim, options);
  },
});
