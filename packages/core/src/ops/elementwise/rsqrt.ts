// The reciprocal of the square root.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const rsqrtOp = unaryOp({
  name: "rsqrt",
  doc: "1 / √x, elementwise.",
  example: ["rsqrt(tensor([4, 1]))", "tensor([0.5000, 1.0000])"],
  saves: ["y"],
  // d x^(−1/2) = −½ x^(−3/2) = −½ y³
  vjp: (g, { y }) => mul(mul(g, -0.5), mul(y, square(y))),
  ranges: [{ low: 0.5, high: 2 }],
});

/** 1 / √x; integers give float32. As `torch.rsqrt`. */
export function rsqrt(x: Tensor): Tensor {
  return rsqrtOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    rsqrt(): Tensor;
  }
}
methods({
  rsqrt() {
    return rsqrt(this);
  },
});
