// The natural logarithm.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { unaryOp } from "./unary.ts";

const logOp = unaryOp({
  name: "log",
  doc: "The natural logarithm, elementwise; −∞ at 0, NaN below.",
  example: ["log(tensor([1, 10]))", "tensor([0.0000, 2.3026])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, x),
  ranges: [{ low: 0.5, high: 2 }],
});

/** ln x; integers give float32. As `torch.log`. */
export function log(x: Tensor): Tensor {
  return logOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    log(): Tensor;
  }
}
methods({
  log() {
    return log(this);
  },
});
