// The logarithm to base 2.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const log2Op = unaryOp({
  name: "log2",
  doc: "The logarithm to base 2, elementwise.",
  example: ["log2(tensor([1, 10]))", "tensor([0.0000, 3.3219])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, mul(x, Math.LN2)),
  ranges: [{ low: 0.5, high: 2 }],
});

/** log₂ x; integers give float32. As `torch.log2`. */
export function log2(x: Tensor): Tensor {
  return log2Op(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    log2(): Tensor;
  }
}
methods({
  log2() {
    return log2(this);
  },
});
