// Standard deviations over dims.
import { DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { mul } from "../elementwise/mul.ts";
import { sqrt } from "../elementwise/sqrt.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { mean } from "./mean.ts";
import { countOf, type Dims, reducedMeta, requireFloating, withKeptDims } from "./reduce.ts";
import { type VarAttrs, type VarOptions, varAttrs, var as variance } from "./var.ts";

const stdOp = defineOp<VarAttrs>()({
  name: "std",
  doc: "The standard deviation over dims: the root of Σ (x − mean)² / (n − correction).",
  example: ["tensor([1, 2, 3, 4]).std({ correction: 0 })", "tensor(1.1180)"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x, a) => {
    requireFloating("std", x);
    return reducedMeta(x, a);
  },
  compose: (x, { dims, keepdim, correction }) => {
    requireFloating("std", x);
    return sqrt(variance(x, dims, { keepdim, correction }));
  },
  // (x − mean) / (std · degrees); where all are equal the root has no slope, and the gradient is 0.
  vjp: (gs, { x, y }, a) => {
    const degrees = Math.max(0, countOf(x.shape, a.dims) - a.correction);
    const scale = where(eq(y, 0), 0, div(gs.y, mul(y, degrees)));
    return {
      x: mul(sub(x, mean(x, a.dims, { keepdim: true })), withKeptDims(scale, a, x.shape)),
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dims: [0, 2], keepdim: false, correction: 1 }],
    [rng.tensor([2, 3]), { dims: [1], keepdim: true, correction: 0 }],
  ],
  errors: (rng) => [[() => std(rng.ints([2], 3)), DTypeError, /std: expects a float dtype/]],
});

/** The standard deviation over `dim` (one, several, or all), with n − correction (default 1). As `torch.std`. */
export function std(x: Tensor, dim?: Dims | VarOptions, options: VarOptions = {}): Tensor {
  return stdOp(x, varAttrs("std", x, dim, options));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    std(dim?: Dims | VarOptions, options?: VarOptions): Tensor;
  }
}
methods({
  std(dim, options) {
    return std(this, dim, options);
  },
});
