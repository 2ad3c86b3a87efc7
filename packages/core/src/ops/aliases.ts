// PyTorch's second names. Each is the function itself; methods are the plain ones, which take no `out`.
import { methods, type Tensor } from "../tensor.ts";
import { abs } from "./elementwise/abs.ts";
import { acos } from "./elementwise/acos.ts";
import { acosh } from "./elementwise/acosh.ts";
import { asin } from "./elementwise/asin.ts";
import { asinh } from "./elementwise/asinh.ts";
import { atan } from "./elementwise/atan.ts";
import { atan2 } from "./elementwise/atan2.ts";
import { atanh } from "./elementwise/atanh.ts";
import { clamp } from "./elementwise/clamp.ts";
import { div } from "./elementwise/div.ts";
import { ge } from "./elementwise/ge.ts";
import { gt } from "./elementwise/gt.ts";
import { le } from "./elementwise/le.ts";
import { lt } from "./elementwise/lt.ts";
import { mul } from "./elementwise/mul.ts";
import { ne } from "./elementwise/ne.ts";
import { neg } from "./elementwise/neg.ts";
import { sub } from "./elementwise/sub.ts";
import { trunc } from "./elementwise/trunc.ts";

import { outer } from "./linear/outer.ts";
import * as withOut from "./out-forms.ts";
import { trapezoid } from "./scan/trapezoid.ts";
import { movedim, transpose } from "./views/permute.ts";
import { split } from "./views/split.ts";

/** PyTorch has no methods of these. */
export const concat = withOut.cat;
export const concatenate = withOut.cat;
export const rowStack = withOut.vstack;
export const trapz = trapezoid;

const ALIASES = {
  absolute: abs,
  arccos: acos,
  arccosh: acosh,
  arcsin: asin,
  arcsinh: asinh,
  arctan: atan,
  arctan2: atan2,
  arctanh: atanh,
  clip: clamp,
  divide: div,
  fix: trunc,
  ger: outer,
  greater: gt,
  greaterEqual: ge,
  less: lt,
  lessEqual: le,
  moveaxis: movedim,
  multiply: mul,
  negative: neg,
  notEqual: ne,
  splitWithSizes: split,
  subtract: sub,
  swapaxes: transpose,
  swapdims: transpose,
  trueDivide: div,
} as const;

/** Second names of other functions, as PyTorch has them. */
export const { moveaxis, splitWithSizes, swapaxes, swapdims } = ALIASES;
export const absolute = withOut.abs;
export const arccos = withOut.acos;
export const arccosh = withOut.acosh;
export const arcsin = withOut.asin;
export const arcsinh = withOut.asinh;
export const arctan = withOut.atan;
export const arctan2 = withOut.atan2;
export const arctanh = withOut.atanh;
export const clip = withOut.clamp;
export const divide = withOut.div;
export const fix = withOut.trunc;
export const ger = withOut.outer;
export const greater = withOut.gt;
export const greaterEqual = withOut.ge;
export const less = withOut.lt;
export const lessEqual = withOut.le;
export const multiply = withOut.mul;
export const negative = withOut.neg;
export const notEqual = withOut.ne;
export const subtract = withOut.sub;
export const trueDivide = withOut.div;

type Aliases = {
  [N in keyof typeof ALIASES]: (typeof ALIASES)[N] extends (
    x: Tensor,
    ...rest: infer Rest
  ) => infer Result
    ? (...rest: Rest) => Result
    : never;
};
declare module "../tensor.ts" {
  interface TensorMethods extends Aliases {}
}
methods(
  Object.fromEntries(
    Object.entries(ALIASES).map(([name, f]) => [
      name,
      function (this: Tensor, ...rest: unknown[]): unknown {
        return (f as (x: Tensor, ...rest: unknown[]) => unknown)(this, ...rest);
      },
    ]),
  ),
);
