// The exponential.
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";

const expOp = defineOp()({
  name: "exp",
  doc: "e to the power of x, elementwise.",
  example: ["exp(tensor([0, 1]))", "tensor([1.0000, 2.7183])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y) => k.unary("exp", x, y),
  vjp: (gs, s) => ({ x: mul(gs.y, s.y) }),
  samples: (rng) => [[rng.tensor([2, 3])], [rng.tensor([])]],
});

/** e ** x; integers give float32. As `torch.exp`. */
export function exp(x: Tensor): Tensor {
  return expOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    exp(): Tensor;
  }
}
methods({
  exp() {
    return exp(this);
  },
});
