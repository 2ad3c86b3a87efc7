// All bits the other way round.
import { DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { wholeOnly } from "./binary.ts";

const bitwiseNotOp = defineOp()({
  name: "bitwiseNot",
  doc: "The bits of integers inverted, ~x; bools negated.",
  example: ["bitwiseNot(tensor([0n, 5n]))", "tensor([-1, -6])"],
  inputs: ["x"],
  outputs: ["y"],
  differentiable: false,
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y) => k.unary("bitwiseNot", x, y),
  samples: (rng) => [[rng.ints([2, 3], 9)], [rng.bools([4])], [rng.ints([], 3, "uint8")]],
  errors: (rng) => [
    [() => bitwiseNot(rng.tensor([2])), DTypeError, /bitwiseNot: takes integers and bools/],
  ],
});

/** ~x of integers or bools. As `torch.bitwise_not`. */
export function bitwiseNot(x: Tensor): Tensor {
  return bitwiseNotOp(wholeOnly("bitwiseNot", x, true));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bitwiseNot(): Tensor;
  }
}
methods({
  bitwiseNot() {
    return bitwiseNot(this);
  },
});
