// The inverse of the error function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const erfinvOp = unaryOp({
  name: "erfinv",
  doc: "The number whose erf is x; ±∞ at ±1, NaN beyond.",
  example: ["erfinv(tensor([0, 0.5]))", "tensor([0.0000, 0.4769])"],
  saves: ["y"],
  vjp: (g, { y }) => mul(g, mul(exp(square(y)), Math.sqrt(Math.PI) / 2)),
  ranges: [{ low: -0.8, high: 0.8 }],
});

/** The number whose erf is x; ±∞ at ±1, NaN beyond; integers give float32. As `torch.erfinv`. */
export function erfinv(x: Tensor): Tensor {
  return erfinvOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    erfinv(): Tensor;
  }
}
methods({
  erfinv() {
    return erfinv(this);
  },
});
