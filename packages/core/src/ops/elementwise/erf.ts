// The error function.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { square } from "./square.ts";
import { unaryOp } from "./unary.ts";

const erfOp = unaryOp({
  name: "erf",
  doc: "2/√π · ∫₀ˣ exp(−t²) dt, elementwise.",
  example: ["erf(tensor([0, 1]))", "tensor([0.0000, 0.8427])"],
  saves: ["x"],
  vjp: (g, { x }) => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
});

/** The error function; integers give float32. As `torch.erf`. */
export function erf(x: Tensor): Tensor {
  return erfOp(floating(x));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    erf(): Tensor;
  }
}
methods({
  erf() {
    return erf(this);
  },
});
