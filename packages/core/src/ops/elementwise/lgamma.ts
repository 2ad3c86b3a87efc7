// The logarithm of the gamma function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { digamma } from "./digamma.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const lgammaOp = unaryOp({
  name: "lgamma",
  doc: "log |Γ(x)|; ∞ at 0 and the negative whole numbers.",
  example: ["lgamma(tensor([1, 5]))", "tensor([0.0000, 3.1781])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(g, digamma(x)),
  ranges: [
    { low: 0.3, high: 4 },
    { low: -1.8, high: -1.2 },
  ],
});

/** log |Γ(x)|; integers give float32. As `torch.lgamma`. */
export function lgamma(x: Tensor): Tensor {
  return lgammaOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    lgamma(): Tensor;
  }
}
methods({
  lgamma() {
    return lgamma(this);
  },
});
