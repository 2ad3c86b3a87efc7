// The logarithm of one more.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { unaryOp } from "./unary.ts";

const log1pOp = unaryOp({
  name: "log1p",
  doc: "The natural logarithm of 1 + x, elementwise; exact near 0.",
  example: ["log1p(tensor([0, 1]))", "tensor([0.0000, 0.6931])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, add(x, 1)),
  ranges: [{ low: -0.5, high: 2 }],
});

/** ln(1 + x) without cancellation near 0; integers give float32. As `torch.log1p`. */
export function log1p(x: Tensor): Tensor {
  return log1pOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    log1p(): Tensor;
  }
}
methods({
  log1p() {
    return log1p(this);
  },
});
