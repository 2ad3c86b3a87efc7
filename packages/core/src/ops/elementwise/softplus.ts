// A smooth rectifier.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { gt } from "./gt.ts";
import { log1p } from "./log1p.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { floatingOnly } from "./unary.ts";
import { where } from "./where.ts";

export interface SoftplusOptions {
  /** Sharpness of the bend. Default 1. */
  readonly beta?: number | undefined;
  /** Where beta · x lies above it, x itself is the value. Default 20. */
  readonly threshold?: number | undefined;
}
const OPTIONS: OptionNames<SoftplusOptions> = { beta: true, threshold: true };

/** d log(1 + exp(βx)) / β = sigmoid(βx), and 1 where the value is x itself. */
const softplusGrad = (g: Tensor, x: Tensor, beta: number, threshold: number): Tensor => {
  const scaled = beta === 1 ? x : mul(x, beta);
  return where(gt(scaled, threshold), g, mul(g, sigmoid(scaled)));
};

const softplusOp = defineOp()({
  name: "softplus",
  doc: "log(1 + exp(x)), elementwise; x itself above 20.",
  example: ["softplus(tensor([0, 1]))", "tensor([0.6931, 1.3133])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y) => k.unary("softplus", x, y),
  vjp: (gs, { x }) => ({ x: softplusGrad(gs.y, x, 1, 20) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: -3, high: 3 })],
    [rng.tensor([3], { low: 25, high: 30 })],
    [rng.tensor([])],
  ],
  errors: (rng) => [
    [() => softplus(rng.ints([2], 3)), DTypeError, /softplus: expected a floating-point tensor/],
    [() => softplus(rng.tensor([2]), { beta: 0 }), ArgumentError, /softplus: beta must not be 0/],
  ],
});

// No backend has a kernel for other settings; they are rare, and their meaning runs.
const softplusBetaOp = defineOp<{ readonly beta: number; readonly threshold: number }>()({
  name: "softplusBeta",
  doc: "log(1 + exp(beta · x)) / beta, elementwise; x itself where beta · x is above the threshold.",
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  compose: (x, { beta, threshold }) => {
    const scaled = mul(x, beta);
    return where(gt(scaled, threshold), x, div(log1p(exp(scaled)), beta));
  },
  vjp: (gs, { x }, { beta, threshold }) => ({ x: softplusGrad(gs.y, x, beta, threshold) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), { beta: 2, threshold: 20 }],
    [rng.tensor([3], { low: 4, high: 5 }), { beta: 0.5, threshold: 1 }],
  ],
});

/**
 * log(1 + exp(beta · x)) / beta; x itself where beta · x exceeds the threshold. As
 * `torch.nn.functional.softplus`.
 * @throws DTypeError unless x is floating-point
 */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  checkOptions("softplus", options, OPTIONS);
  const { beta = 1, threshold = 20 } = options;
  floatingOnly("softplus", x);
  if (beta === 0) throw new ArgumentError("softplus", "beta must not be 0: it divides");
  return beta === 1 && threshold === 20 ? softplusOp(x) : softplusBetaOp(x, { beta, threshold });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    softplus(options?: SoftplusOptions): Tensor;
  }
}
methods({
  softplus(options) {
    return softplus(this, options);
  },
});
