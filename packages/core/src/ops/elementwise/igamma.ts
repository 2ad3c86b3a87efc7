// The regularised lower incomplete gamma function.
import { AutogradError } from "../../errors.ts";
import { methods, type Tensor } from "../../tensor.ts";
import type { Operand } from "../promote.ts";
import { binaryFunction } from "./binary.ts";
import { exp } from "./exp.ts";
import { lgamma } from "./lgamma.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";

const apply = binaryFunction({
  name: "igamma",
  doc: "γ(a, x) / Γ(a), the part of the gamma function's integral below x, elementwise, broadcast.",
  example: ["igamma(tensor([1, 4]), tensor([2, 4]))", "tensor([0.8647, 0.5665])"],
  takes: "floats",
  saves: ["a", "b"],
  withoutGradient: ["a"],
  vjp(g, { a, b }, need) {
    refuseOrder("igamma", need.a);
    return { b: mul(g, igammaSlope(a, b)) };
  },
  ranges: [
    { low: 0.5, high: 4 },
    { low: 0.5, high: 6 },
  ],
});

/** The slope in x of the lower one, x^(a−1) e^−x / Γ(a). */
export const igammaSlope = (a: Tensor, x: Tensor): Tensor =>
  exp(sub(sub(mul(sub(a, 1), log(x)), x), lgamma(a)));

/** Of the slope in a no closed form is known; PyTorch has none either. */
export function refuseOrder(op: string, wanted: boolean): void {
  if (!wanted) return;
  throw new AutogradError(
    `${op}: has no gradient in its first argument; detach it, or leave requiresGrad off`,
  );
}

/**
 * γ(a, x) / Γ(a) for a, x ≥ 0 (else NaN), broadcast; the distribution function of a gamma variable of shape a. Integers give
 * float32; the gradient is that in x. As `torch.igamma`, `torch.special.gammainc`.
 */
export function igamma(a: Operand, x: Operand): Tensor {
  return apply(a, x);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    igamma(x: Operand): Tensor;
  }
}
methods({
  igamma(x) {
    return igamma(this, x);
  },
});
