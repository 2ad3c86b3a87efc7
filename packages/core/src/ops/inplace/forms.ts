// The list of in-place forms that are made by inPlaceForm. Adding one touches this list alone, twice.
import { methods, type Tensor } from "../../tensor.ts";
import { acos } from "../elementwise/acos.ts";
import { acosh } from "../elementwise/acosh.ts";
import { addcdiv, addcmul } from "../elementwise/addc.ts";
import { asin } from "../elementwise/asin.ts";
import { asinh } from "../elementwise/asinh.ts";
import { atan } from "../elementwise/atan.ts";
import { atan2 } from "../elementwise/atan2.ts";
import { atanh } from "../elementwise/atanh.ts";
import { bitwiseAnd } from "../elementwise/bitwise-and.ts";
import { bitwiseLeftShift } from "../elementwise/bitwise-left-shift.ts";
import { bitwiseNot } from "../elementwise/bitwise-not.ts";
import { bitwiseOr } from "../elementwise/bitwise-or.ts";
import { bitwiseRightShift } from "../elementwise/bitwise-right-shift.ts";
import { bitwiseXor } from "../elementwise/bitwise-xor.ts";
import { clampMax, clampMin } from "../elementwise/clamp.ts";
import { copysign } from "../elementwise/copysign.ts";
import { cosh } from "../elementwise/cosh.ts";
import { deg2rad, rad2deg } from "../elementwise/degrees.ts";
import { digamma } from "../elementwise/digamma.ts";
import { eq } from "../elementwise/eq.ts";
import { erf } from "../elementwise/erf.ts";
import { erfc } from "../elementwise/erfc.ts";
import { erfinv } from "../elementwise/erfinv.ts";
import { exp2 } from "../elementwise/exp2.ts";
import { expm1 } from "../elementwise/expm1.ts";
import { floatPower } from "../elementwise/float-power.ts";
import { floorDivide } from "../elementwise/floor-divide.ts";
import { fmod } from "../elementwise/fmod.ts";
import { frac } from "../elementwise/frac.ts";
import { gcd } from "../elementwise/gcd.ts";
import { ge } from "../elementwise/ge.ts";
import { gt } from "../elementwise/gt.ts";
import { heaviside } from "../elementwise/heaviside.ts";
import { hypot } from "../elementwise/hypot.ts";
import { i0 } from "../elementwise/i0.ts";
import { igamma } from "../elementwise/igamma.ts";
import { igammac } from "../elementwise/igammac.ts";
import { lcm } from "../elementwise/lcm.ts";
import { ldexp } from "../elementwise/ldexp.ts";
import { le } from "../elementwise/le.ts";
import { lerp } from "../elementwise/lerp.ts";
import { lgamma } from "../elementwise/lgamma.ts";
import { log1p } from "../elementwise/log1p.ts";
import { log2 } from "../elementwise/log2.ts";
import { log10 } from "../elementwise/log10.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { logicalNot } from "../elementwise/logical-not.ts";
import { logicalOr } from "../elementwise/logical-or.ts";
import { logicalXor } from "../elementwise/logical-xor.ts";
import { logit } from "../elementwise/logit.ts";
import { lt } from "../elementwise/lt.ts";
import { mvlgamma } from "../elementwise/mvlgamma.ts";
import { nanToNum } from "../elementwise/nan-to-num.ts";
import { ne } from "../elementwise/ne.ts";
import { nextafter } from "../elementwise/nextafter.ts";
import { polygamma } from "../elementwise/polygamma.ts";
import { remainder } from "../elementwise/remainder.ts";
import { sgn } from "../elementwise/sgn.ts";
import { sinc } from "../elementwise/sinc.ts";
import { sinh } from "../elementwise/sinh.ts";
import { tan } from "../elementwise/tan.ts";
import { xlogy } from "../elementwise/xlogy.ts";
import { indexReduce } from "../index/index-reduce.ts";
import { put } from "../index/take-along-dim.ts";
import { tril, triu } from "../index/triangle.ts";
import { addbmm, addmm, addmv, addr, baddbmm } from "../linear/add-products.ts";
import { renorm } from "../reduce/renorm.ts";
import { cumprod } from "../scan/cumprod.ts";
import { cumsum } from "../scan/cumsum.ts";
import { inPlaceForm } from "./form.ts";

const FUNCTIONS = {
  acos,
  acosh,
  addbmm,
  addcdiv,
  addcmul,
  addmm,
  addmv,
  addr,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  baddbmm,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  clampMax,
  clampMin,
  copysign,
  cosh,
  cumprod,
  cumsum,
  deg2rad,
  digamma,
  eq,
  erf,
  erfc,
  erfinv,
  exp2,
  expm1,
  floatPower,
  floorDivide,
  fmod,
  frac,
  gcd,
  ge,
  gt,
  heaviside,
  hypot,
  i0,
  igamma,
  igammac,
  indexReduce,
  lcm,
  ldexp,
  le,
  lerp,
  lgamma,
  log10,
  log1p,
  log2,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logit,
  lt,
  mvlgamma,
  nanToNum,
  ne,
  nextafter,
  polygamma: (x: Tensor, n: number) => polygamma(n, x),
  put,
  rad2deg,
  remainder,
  renorm,
  sgn,
  sinc,
  sinh,
  tan,
  tril,
  triu,
  xlogy,
} as const;

type Functions = typeof FUNCTIONS;
type Forms = { readonly [N in keyof Functions as `${N}_`]: Functions[N] };
type MethodOf<F> = F extends (x: Tensor, ...rest: infer Rest) => Tensor
  ? (...rest: Rest) => Tensor
  : never;
type InPlaceMethods = { [N in keyof Functions as `${N}_`]: MethodOf<Functions[N]> };

const forms = Object.fromEntries(
  Object.entries(FUNCTIONS).map(([name, f]) => [
    `${name}_`,
    inPlaceForm(`${name}_`, f as (x: Tensor, ...rest: unknown[]) => Tensor),
  ]),
) as unknown as Forms;

/** Each as its function without the trailing "_", written over the first argument, which it returns. */
export const {
  acos_,
  acosh_,
  addbmm_,
  addcdiv_,
  addcmul_,
  addmm_,
  addmv_,
  addr_,
  asin_,
  asinh_,
  atan_,
  atan2_,
  atanh_,
  baddbmm_,
  bitwiseAnd_,
  bitwiseLeftShift_,
  bitwiseNot_,
  bitwiseOr_,
  bitwiseRightShift_,
  bitwiseXor_,
  clampMax_,
  clampMin_,
  copysign_,
  cosh_,
  cumprod_,
  cumsum_,
  deg2rad_,
  digamma_,
  eq_,
  erf_,
  erfc_,
  erfinv_,
  exp2_,
  expm1_,
  floatPower_,
  floorDivide_,
  fmod_,
  frac_,
  gcd_,
  ge_,
  gt_,
  heaviside_,
  hypot_,
  i0_,
  igamma_,
  igammac_,
  indexReduce_,
  lcm_,
  ldexp_,
  le_,
  lerp_,
  lgamma_,
  log10_,
  log1p_,
  log2_,
  logicalAnd_,
  logicalNot_,
  logicalOr_,
  logicalXor_,
  logit_,
  lt_,
  mvlgamma_,
  nanToNum_,
  ne_,
  nextafter_,
  polygamma_,
  put_,
  rad2deg_,
  remainder_,
  renorm_,
  sgn_,
  sinc_,
  sinh_,
  tan_,
  tril_,
  triu_,
  xlogy_,
} = forms;

declare module "../../tensor.ts" {
  interface TensorMethods extends InPlaceMethods {}
}
methods(
  Object.fromEntries(
    Object.entries(forms).map(([name, f]) => [
      name,
      function (this: Tensor, ...rest: unknown[]): Tensor {
        return (f as (x: Tensor, ...rest: unknown[]) => Tensor)(this, ...rest);
      },
    ]),
  ),
);
