// NaN and infinities replaced by numbers.
import { finfo, isFloating } from "../../dtype.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "./clone.ts";
import { isnan } from "./isnan.ts";
import { isneginf, isposinf } from "./signed-infinity.ts";
import { where } from "./where.ts";

export interface NanToNumOptions {
  /** What NaN becomes. Default 0. */
  readonly nan?: number | undefined;
  /** What ∞ becomes. Default: the largest number of the dtype. */
  readonly posinf?: number | undefined;
  /** What −∞ becomes. Default: the smallest number of the dtype. */
  readonly neginf?: number | undefined;
}
const OPTIONS: OptionNames<NanToNumOptions> = { nan: true, posinf: true, neginf: true };

/**
 * x with NaN and infinities replaced; integers have none and are copied. The gradient is 0 where something
 * was replaced. As `torch.nan_to_num`.
 */
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  checkOptions("nanToNum", options, OPTIONS);
  checkLive("nanToNum", x);
  if (!isFloating(x.dtype)) return clone(x);
  const { max, min } = finfo(x.dtype);
  const { nan = 0, posinf = max, neginf = min } = options;
  return composite(() =>
    where(isnan(x), nan, where(isposinf(x), posinf, where(isneginf(x), neginf, x))),
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    nanToNum(options?: NanToNumOptions): Tensor;
  }
}
methods({
  nanToNum(options) {
    return nanToNum(this, options);
  },
});
