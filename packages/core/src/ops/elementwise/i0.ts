// The modified Bessel function of the first kind and order 0, and that of order 1, its derivative.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { eq } from "./eq.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";
import { where } from "./where.ts";

const i0Op = unaryOp({
  name: "i0",
  doc: "I₀(x), the modified Bessel function of the first kind of order 0. DLMF 10.25.",
  example: ["i0(tensor([0, 1]))", "tensor([1.0000, 1.2661])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, i1(x)),
  ranges: [{ low: -3, high: 3 }],
});

const i1Op = unaryOp({
  name: "i1",
  doc: "I₁(x), the modified Bessel function of the first kind of order 1. DLMF 10.25.",
  example: ["i1(tensor([0, 1]))", "tensor([0.0000, 0.5652])"],
  saves: ["x", "y"],
  // I₁' = I₀ − I₁ / x, which is ½ at 0.
  vjp: (g, { x, y }) => {
    const zero = eq(x, 0);
    return mul(g, where(zero, 0.5, sub(i0(x), div(y, where(zero, 1, x)))));
  },
  ranges: [{ low: -3, high: 3 }],
});

/** The modified Bessel function of the first kind of order 0; integers give float32. As `torch.i0`. */
export function i0(x: Tensor): Tensor {
  return i0Op(floating(x));
}
/** The modified Bessel function of the first kind of order 1; integers give float32. As `torch.special.i1`. */
export function i1(x: Tensor): Tensor {
  return i1Op(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    i0(): Tensor;
  }
}
methods({
  i0() {
    return i0(this);
  },
});
