// The Gaussian error linear unit.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { geluGrad } from "./gelu-grad.ts";
import { floatingOnly } from "./unary.ts";

/** none: the exact Φ by the error function. tanh: Φ by a hyperbolic tangent. */
export type GeluApproximation = "none" | "tanh";
export interface GeluOptions {
  readonly approximate?: GeluApproximation | undefined;
}
const OPTIONS: OptionNames<GeluOptions> = { approximate: true };

const geluOp = defineOp<{ readonly approximate: GeluApproximation }>()({
  name: "gelu",
  doc: "x · Φ(x) with the normal distribution Φ, or its approximation by tanh.",
  example: ["gelu(tensor([0, 1]))", "tensor([0.0000, 0.8413])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { approximate }) => k.unary(approximate === "tanh" ? "geluTanh" : "gelu", x, y),
  vjp: (gs, { x }, { approximate }) => ({ x: geluGrad(gs.y, x, approximate) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: -3, high: 3 }), { approximate: "none" }],
    [rng.tensor([2, 3], { low: -3, high: 3 }), { approximate: "tanh" }],
    [rng.tensor([]), { approximate: "none" }],
  ],
  errors: (rng) => [
    [() => gelu(rng.ints([2], 3)), DTypeError, /gelu: expected a floating-point tensor, got int64/],
    [
      () => gelu(rng.tensor([2]), { approximate: "erf" as GeluApproximation }),
      ArgumentError,
      /gelu: approximate must be "none" or "tanh", got "erf"/,
    ],
  ],
});

/**
 * x · Φ(x), Φ the standard normal distribution; approximate "tanh" takes
 * ½ (1 + tanh(√(2/π) (x + 0.044715 x³))) for Φ. As `torch.nn.functional.gelu`.
 * @see https://arxiv.org/abs/1606.08415
 * @throws DTypeError unless x is floating-point
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  checkOptions("gelu", options, OPTIONS);
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw new ArgumentError(
      "gelu",
      `approximate must be "none" or "tanh", got ${JSON.stringify(approximate)}`,
    );
  }
  return geluOp(floatingOnly("gelu", x), { approximate });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    gelu(options?: GeluOptions): Tensor;
  }
}
methods({
  gelu(options) {
    return gelu(this, options);
  },
});
