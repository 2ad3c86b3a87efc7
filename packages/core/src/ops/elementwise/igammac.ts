// The regularised upper incomplete gamma function.
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { igammaSlope, refuseOrder } from "./igamma.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";

const apply = binaryFunction({
  name: "igammac",
  doc: "1 − igamma(a, x): the part of the gamma function's integral above x, elementwise, broadcast.",
  example: ["igammac(tensor([1, 4]), tensor([2, 4]))", "tensor([0.1353, 0.4335])"],
  takes: "floats",
  saves: ["a", "b"],
  withoutGradient: ["a"],
  vjp(g, { a, b }, need) {
    refuseOrder("igammac", need.a);
    return { b: neg(mul(g, igammaSlope(a, b))) };
  },
  ranges: [
    { low: 0.5, high: 4 },
    { low: 0.5, high: 6 },
  ],
});

/**
 * Γ(a, x) / Γ(a) = 1 − igamma(a, x) without its cancellation, broadcast. Integers give float32; the gradient is that in x.
 * As `torch.igammac`, `torch.special.gammaincc`.
 */
export function igammac(a: Operand, x: Operand): Tensor {
  return apply(a, x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    igammac(x: Operand): Tensor;
  }
}
methods({
  igammac(x) {
    return igammac(this, x);
  },
});
