// The reciprocal.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const reciprocalOp = unaryOp({
  name: "reciprocal",
  doc: "1 / x, elementwise.",
  example: ["reciprocal(tensor([4, -2]))", "tensor([ 0.2500, -0.5000])"],
  saves: ["y"],
  vjp: (g, { y }) => neg(mul(g, square(y))),
  ranges: [
    { low: 0.5, high: 2 },
    { low: -2, high: -0.5 },
  ],
});

/** 1 / x; integers give float32. As `torch.reciprocal`. */
export function reciprocal(x: Tensor): Tensor {
  return reciprocalOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    reciprocal(): Tensor;
  }
}
methods({
  reciprocal() {
    return reciprocal(this);
  },
});
