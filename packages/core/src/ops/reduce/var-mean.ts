// Variance or standard deviation together with the mean.
import { methods, type Tensor } from "../../tensor.ts";
import { mean } from "./mean.ts";
import type { Dims } from "./reduce.ts";
import { std } from "./std.ts";
import { type VarOptions, varAttrs, var as variance } from "./var.ts";

/** { var, mean } over `dim` (one, several, or all). As `torch.var_mean`. */
export function varMean(
  x: Tensor,
  dim?: Dims | VarOptions,
  options: VarOptions = {},
): { readonly var: Tensor; readonly mean: Tensor } {
  const { dims, keepdim, correction } = varAttrs("varMean", x, dim, options);
  return { var: variance(x, dims, { keepdim, correction }), mean: mean(x, dims, { keepdim }) };
}

/** { std, mean } over `dim` (one, several, or all). As `torch.std_mean`. */
export function stdMean(
  x: Tensor,
  dim?: Dims | VarOptions,
  options: VarOptions = {},
): { readonly std: Tensor; readonly mean: Tensor } {
  const { dims, keepdim, correction } = varAttrs("stdMean", x, dim, options);
  return { std: std(x, dims, { keepdim, correction }), mean: mean(x, dims, { keepdim }) };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    varMean(
      dim?: Dims | VarOptions,
      options?: VarOptions,
    ): { readonly var: Tensor; readonly mean: Tensor };
    stdMean(
      dim?: Dims | VarOptions,
      options?: VarOptions,
    ): { readonly std: Tensor; readonly mean: Tensor };
  }
}
methods({
  varMean(dim, options) {
    return varMean(this, dim, options);
  },
  stdMean(dim, options) {
    return stdMean(this, dim, options);
  },
});
