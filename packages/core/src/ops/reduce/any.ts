// any over dims.
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

const anyOp = defineOp<ReduceAttrs>()({
  name: "any",
  doc: "Whether any element over dims is not 0 (NaN is not); of nothing, false.",
  example: ["any(tensor([[1, 0], [0, 0]]), 1)", "tensor([ True, False])"],
  inputs: ["x"],
  outputs: ["y"],
  differentiable: false,
  shape: (x, a) => reducedMeta(x, a, "bool"),
  kernel: (k, x, y, a) => k.reduce("any", x, keptView(x, y, a.dims)),
  samples: (rng) => [
    [rng.bools([2, 3, 2]), { dims: [0, 2], keepdim: false }],
    [rng.ints([2, 3], 2), { dims: [1], keepdim: true }],
    [rng.tensor([2, 0]), { dims: [1], keepdim: false }],
  ],
  errors: (rng) => [[() => any(rng.bools([2]), 1), IndexError, /any: dim 1 is out of range/]],
});

/** Whether any element over dims is not 0 (NaN is not); of nothing, false. As `torch.any`; the result is bool. */
export function any(x: Tensor, dim?: Dims | ReduceOptions, options: ReduceOptions = {}): Tensor {
  return anyOp(x, reduceAttrs("any", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    any(dim?: Dims | ReduceOptions, options?: ReduceOptions): Tensor;
  }
}
methods({
  any(dim, options) {
    return any(this, dim, options);
  },
});
