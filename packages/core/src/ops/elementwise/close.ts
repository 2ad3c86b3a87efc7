// Are they alike? Element by element within a tolerance, all of them, or exactly.

import { noGrad } from "../../autograd/tape.ts";
import { isFloating } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, methods, scope, type Tensor } from "../../tensor.ts";
import { all } from "../reduce/all.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { eq } from "./eq.ts";
import { isfinite } from "./isfinite.ts";
import { isnan } from "./isnan.ts";
import { le } from "./le.ts";
import { logicalAnd } from "./logical-and.ts";
import { logicalOr } from "./logical-or.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { to } from "./to.ts";

export interface CloseOptions {
  /** Tolerance relative to |b|. Default 1e-5. */
  readonly rtol?: number | undefined;
  /** Absolute tolerance. Default 1e-8. */
  readonly atol?: number | undefined;
  /** Whether NaN is like NaN. Default false. */
  readonly equalNan?: boolean | undefined;
}
const OPTIONS: OptionNames<CloseOptions> = { rtol: true, atol: true, equalNan: true };

/**
 * Whether |a − b| ≤ atol + rtol · |b|, elementwise, broadcast, as bool; infinities are alike when equal. As
 * `torch.isclose`.
 * @throws DTypeError unless both have one dtype
 */
export function isclose(a: Tensor, b: Tensor, options: CloseOptions = {}): Tensor {
  return closeness("isclose", a, b, options);
}

/** Whether all elements are close, as isclose says; a boolean of JavaScript. As `torch.allclose`. */
export function allclose(a: Tensor, b: Tensor, options: CloseOptions = {}): boolean {
  return scope(() => all(closeness("allclose", a, b, options)).item() !== 0);
}

/** Whether shapes are the same and all elements equal; a boolean of JavaScript. As `torch.equal`. */
export function equal(a: Tensor, b: Tensor): boolean {
  checkLive("equal", a);
  checkLive("equal", b);
  if (!sameShape(a.shape, b.shape)) return false;
  return scope(() => all(eq(a, b)).item() !== 0);
}

function closeness(op: string, a: Tensor, b: Tensor, options: CloseOptions): Tensor {
  checkOptions(op, options, OPTIONS);
  checkLive(op, a);
  checkLive(op, b);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  if (a.dtype !== b.dtype) {
    throw new DTypeError(op, `a is ${a.dtype} but b is ${b.dtype}; cast one with to(…)`);
  }
  return noGrad(() =>
    composite(() => {
      if (!isFloating(a.dtype)) return closeness(op, to(a, "float64"), to(b, "float64"), options);
      const distance = abs(sub(a, b));
      const near = logicalAnd(le(distance, add(mul(abs(b), rtol), atol)), isfinite(distance));
      const alike = logicalOr(near, eq(a, b));
      return equalNan ? logicalOr(alike, logicalAnd(isnan(a), isnan(b))) : alike;
    }),
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    isclose(b: Tensor, options?: CloseOptions): Tensor;
    allclose(b: Tensor, options?: CloseOptions): boolean;
    equal(b: Tensor): boolean;
  }
}
methods({
  isclose(b, options) {
    return isclose(this, b, options);
  },
  allclose(b, options) {
    return allclose(this, b, options);
  },
  equal(b) {
    return equal(this, b);
  },
});
