// A tensor plus a product or a quotient of two others.

import { isFloating } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";

export interface AddcOptions {
  /** A factor of what is added. Default 1. */
  readonly value?: number | undefined;
}
const OPTIONS: OptionNames<AddcOptions> = { value: true };

function scaled(op: string, term: Tensor, options: AddcOptions): Tensor {
  checkOptions(op, options, OPTIONS);
  const { value = 1 } = options;
  return value === 1 ? term : mul(term, value);
}

/** x + value · a · b, broadcast, dtypes promoted. As `torch.addcmul`. */
export const addcmul = (x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = {}): Tensor =>
  composite(() => add(x, scaled("addcmul", mul(a, b), options)));

/**
 * x + value · a / b, broadcast, dtypes promoted. As `torch.addcdiv`.
 * @throws DTypeError when all are integers: their quotient is none
 */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = {}): Tensor {
  for (const t of [x, a, b]) checkLive("addcdiv", t);
  if (!isFloating(a.dtype) && !isFloating(b.dtype)) {
    throw new DTypeError("addcdiv", 'no division of integers; cast one with to("float32")');
  }
  return composite(() => add(x, scaled("addcdiv", div(a, b), options)));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    addcmul(a: Tensor, b: Tensor, options?: AddcOptions): Tensor;
    addcdiv(a: Tensor, b: Tensor, options?: AddcOptions): Tensor;
  }
}
methods({
  addcmul(a, b, options) {
    return addcmul(this, a, b, options);
  },
  addcdiv(a, b, options) {
    return addcdiv(this, a, b, options);
  },
});
