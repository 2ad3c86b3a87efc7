// The logarithm to base 10.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const log10Op = unaryOp({
  name: "log10",
  doc: "The logarithm to base 10, elementwise.",
  example: ["log10(tensor([1, 2]))", "tensor([0.0000, 0.3010])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, mul(x, Math.LN10)),
  ranges: [{ low: 0.5, high: 2 }],
});

/** log₁₀ x; integers give float32. As `torch.log10`. */
export function log10(x: Tensor): Tensor {
  return log10Op(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    log10(): Tensor;
  }
}
methods({
  log10() {
    return log10(this);
  },
});
