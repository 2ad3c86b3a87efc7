// NaN and infinities replaced by numbers.
import { isFloating } from "../../dtype.ts";
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
const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * x with NaN and infinities replaced; integers have none and are copied. The gradient is 0 where something
 * was replaced. As `torch.nan_to_num`.
 */
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  checkOptions("nanToNum", options, OPTIONS);
  checkLive("nanToNum", x);
  if (!isFloating(x.dtype)) return clone(x);
  const largest = x.dtype === "float64" ? Number.MAX_VALUE : LARGEST_FLOAT32;
  const { nan = 0, posinf = largest, neginf = -largest } = options;
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
