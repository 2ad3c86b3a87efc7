// The normalized cardinal sine.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { cos } from "./cos.ts";
import { div } from "./div.ts";
import { eq } from "./eq.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { unaryOp } from "./unary.ts";
import { where } from "./where.ts";

const sincOp = unaryOp({
  name: "sinc",
  doc: "sin(πx) / (πx), and 1 at 0.",
  example: ["sinc(tensor([0, 0.5]))", "tensor([1.0000, 0.6366])"],
  saves: ["x"],
  vjp: (g, { x }) => where(eq(x, 0), 0, mul(g, div(sub(cos(mul(x, Math.PI)), sinc(x)), x))),
  ranges: [{ low: 0.3, high: 2 }],
});

/** sin(πx) / (πx), and 1 at 0; integers give float32. As `torch.sinc`. */
export function sinc(x: Tensor): Tensor {
  return sincOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sinc(): Tensor;
  }
}
methods({
  sinc() {
    return sinc(this);
  },
});
