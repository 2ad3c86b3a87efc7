// The square root.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { unaryOp } from "./unary.ts";

const sqrtOp = unaryOp({
  name: "sqrt",
  doc: "The square root, elementwise; NaN below zero.",
  example: ["sqrt(tensor([4, 2]))", "tensor([2.0000, 1.4142])"],
  saves: ["y"],
  vjp: (g, { y }) => div(g, mul(y, 2)),
  ranges: [{ low: 0.5, high: 2 }],
});

/** √x; integers give float32. As `torch.sqrt`. */
export function sqrt(x: Tensor): Tensor {
  return sqrtOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sqrt(): Tensor;
  }
}
methods({
  sqrt() {
    return sqrt(this);
  },
});
