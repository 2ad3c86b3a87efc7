// PyTorch's second names. Each is the function itself.
import { methods, type Tensor } from "../../tensor.ts";
import { abs } from "./abs.ts";
import { acos } from "./acos.ts";
import { acosh } from "./acosh.ts";
import { asin } from "./asin.ts";
import { asinh } from "./asinh.ts";
import { atan } from "./atan.ts";
import { atan2 } from "./atan2.ts";
import { atanh } from "./atanh.ts";
import { clamp } from "./clamp.ts";
import { div } from "./div.ts";
import { ge } from "./ge.ts";
import { gt } from "./gt.ts";
import { le } from "./le.ts";
import { lt } from "./lt.ts";
import { mul } from "./mul.ts";
import { ne } from "./ne.ts";
import { neg } from "./neg.ts";
import { sub } from "./sub.ts";
import { trunc } from "./trunc.ts";

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
  greater: gt,
  greaterEqual: ge,
  less: lt,
  lessEqual: le,
  multiply: mul,
  negative: neg,
  notEqual: ne,
  subtract: sub,
} as const;

/** Second names of other functions, as PyTorch has them. */
export const {
  absolute,
  arccos,
  arccosh,
  arcsin,
  arcsinh,
  arctan,
  arctan2,
  arctanh,
  clip,
  divide,
  fix,
  greater,
  greaterEqual,
  less,
  lessEqual,
  multiply,
  negative,
  notEqual,
  subtract,
} = ALIASES;

type Aliases = {
  [N in keyof typeof ALIASES]: (typeof ALIASES)[N] extends (
    x: Tensor,
    ...rest: infer Rest
  ) => Tensor
    ? (...rest: Rest) => Tensor
    : never;
};
declare module "../../tensor.ts" {
  interface TensorMethods extends Aliases {}
}
methods(
  Object.fromEntries(
    Object.entries(ALIASES).map(([name, f]) => [
      name,
      function (this: Tensor, ...rest: unknown[]): Tensor {
        return (f as (x: Tensor, ...rest: unknown[]) => Tensor)(this, ...rest);
      },
    ]),
  ),
);
