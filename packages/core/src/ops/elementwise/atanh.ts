// The inverse of the hyperbolic tangent.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { div } from "./div.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";

const atanhOp = unaryOp({
  name: "atanh",
  doc: "The number whose hyperbolic tangent is x; NaN outside of [−1, 1].",
  example: ["atanh(tensor([0, 0.5]))", "tensor([0.0000, 0.5493])"],
  saves: ["x"],
  vjp: (g, { x }) => div(g, sub(1, square(x))),
  ranges: [{ low: -0.8, high: 0.8 }],
});

/** artanh x, NaN outside of [−1, 1]; integers give float32. As `torch.atanh`. */
export function atanh(x: Tensor): Tensor {
  return atanhOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    atanh(): Tensor;
  }
}
methods({
  atanh() {
    return atanh(this);
  },
});
