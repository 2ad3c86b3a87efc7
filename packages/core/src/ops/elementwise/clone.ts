// Copies.
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";

const cloneOp = defineOp()({
  name: "clone",
  doc: "A contiguous copy of x; gradients pass through.",
  example: ["clone(tensor([1, 2]))", "tensor([1., 2.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y) => k.copy(x, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [[rng.tensor([2, 3])], [rng.tensor([])]],
});

/** A contiguous copy, as `torch.clone`. */
export function clone(x: Tensor): Tensor {
  return cloneOp(x);
}

/** x itself when it is contiguous, else a contiguous copy. */
export function contiguous(x: Tensor): Tensor {
  return x.contiguous ? x : cloneOp(x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    clone(): Tensor;
    toContiguous(): Tensor;
  }
}
methods({
  clone() {
    return clone(this);
  },
  toContiguous() {
    return contiguous(this);
  },
});
