// The derivative of the logarithm of the gamma function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";
import { polygamma } from "./polygamma.ts";
import { unaryOp } from "./unary.ts";

const digammaOp = unaryOp({
  name: "digamma",
  doc: "Γ′(x) / Γ(x).",
  example: ["digamma(tensor([1, 2]))", "tensor([-0.5772,  0.4228])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, polygamma(1, x)),
  ranges: [{ low: 0.4, high: 4 }],
});

/** Γ′(x) / Γ(x); integers give float32. As `torch.digamma`. */
export function digamma(x: Tensor): Tensor {
  return digammaOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    digamma(): Tensor;
  }
}
methods({
  digamma() {
    return digamma(this);
  },
});
