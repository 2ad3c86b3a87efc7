// The list of functions that take `out`, as PyTorch's do. Adding one touches this list alone.

import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  arange as arangePlain,
  eye as eyePlain,
  full as fullPlain,
  linspace as linspacePlain,
  logspace as logspacePlain,
  ones as onesPlain,
  zeros as zerosPlain,
} from "./creation.ts";
import { abs as absPlain } from "./elementwise/abs.ts";
import { acos as acosPlain } from "./elementwise/acos.ts";
import { acosh as acoshPlain } from "./elementwise/acosh.ts";
import { add as addPlain } from "./elementwise/add.ts";
import { addcdiv as addcdivPlain, addcmul as addcmulPlain } from "./elementwise/addc.ts";
import { asin as asinPlain } from "./elementwise/asin.ts";
import { asinh as asinhPlain } from "./elementwise/asinh.ts";
import { atan as atanPlain } from "./elementwise/atan.ts";
import { atan2 as atan2Plain } from "./elementwise/atan2.ts";
import { atanh as atanhPlain } from "./elementwise/atanh.ts";
import { bitwiseAnd as bitwiseAndPlain } from "./elementwise/bitwise-and.ts";
import { bitwiseLeftShift as bitwiseLeftShiftPlain } from "./elementwise/bitwise-left-shift.ts";
import { bitwiseNot as bitwiseNotPlain } from "./elementwise/bitwise-not.ts";
import { bitwiseOr as bitwiseOrPlain } from "./elementwise/bitwise-or.ts";
import { bitwiseRightShift as bitwiseRightShiftPlain } from "./elementwise/bitwise-right-shift.ts";
import { bitwiseXor as bitwiseXorPlain } from "./elementwise/bitwise-xor.ts";
import { ceil as ceilPlain } from "./elementwise/ceil.ts";
import {
  clampMax as clampMaxPlain,
  clampMin as clampMinPlain,
  clamp as clampPlain,
} from "./elementwise/clamp.ts";
import { copysign as copysignPlain } from "./elementwise/copysign.ts";
import { cos as cosPlain } from "./elementwise/cos.ts";
import { cosh as coshPlain } from "./elementwise/cosh.ts";
import { deg2rad as deg2radPlain, rad2deg as rad2degPlain } from "./elementwise/degrees.ts";
import { digamma as digammaPlain } from "./elementwise/digamma.ts";
import { div as divPlain } from "./elementwise/div.ts";
import { eq as eqPlain } from "./elementwise/eq.ts";
import { erf as erfPlain } from "./elementwise/erf.ts";
import { erfc as erfcPlain } from "./elementwise/erfc.ts";
import { erfinv as erfinvPlain } from "./elementwise/erfinv.ts";
import { exp as expPlain } from "./elementwise/exp.ts";
import { exp2 as exp2Plain } from "./elementwise/exp2.ts";
import { expm1 as expm1Plain } from "./elementwise/expm1.ts";
import { floatPower as floatPowerPlain } from "./elementwise/float-power.ts";
import { floor as floorPlain } from "./elementwise/floor.ts";
import { floorDivide as floorDividePlain } from "./elementwise/floor-divide.ts";
import { fmax as fmaxPlain } from "./elementwise/fmax.ts";
import { fmin as fminPlain } from "./elementwise/fmin.ts";
import { fmod as fmodPlain } from "./elementwise/fmod.ts";
import { frac as fracPlain } from "./elementwise/frac.ts";
import { frexp as frexpPlain } from "./elementwise/frexp.ts";
import { gcd as gcdPlain } from "./elementwise/gcd.ts";
import { ge as gePlain } from "./elementwise/ge.ts";
import { gt as gtPlain } from "./elementwise/gt.ts";
import { heaviside as heavisidePlain } from "./elementwise/heaviside.ts";
import { hypot as hypotPlain } from "./elementwise/hypot.ts";
import { i0 as i0Plain } from "./elementwise/i0.ts";
import { igamma as igammaPlain } from "./elementwise/igamma.ts";
import { igammac as igammacPlain } from "./elementwise/igammac.ts";
import { lcm as lcmPlain } from "./elementwise/lcm.ts";
import { ldexp as ldexpPlain } from "./elementwise/ldexp.ts";
import { le as lePlain } from "./elementwise/le.ts";
import { lerp as lerpPlain } from "./elementwise/lerp.ts";
import { lgamma as lgammaPlain } from "./elementwise/lgamma.ts";
import { log as logPlain } from "./elementwise/log.ts";
import { log1p as log1pPlain } from "./elementwise/log1p.ts";
import { log2 as log2Plain } from "./elementwise/log2.ts";
import { log10 as log10Plain } from "./elementwise/log10.ts";
import { logaddexp as logaddexpPlain } from "./elementwise/logaddexp.ts";
import { logaddexp2 as logaddexp2Plain } from "./elementwise/logaddexp2.ts";
import { logicalAnd as logicalAndPlain } from "./elementwise/logical-and.ts";
import { logicalNot as logicalNotPlain } from "./elementwise/logical-not.ts";
import { logicalOr as logicalOrPlain } from "./elementwise/logical-or.ts";
import { logicalXor as logicalXorPlain } from "./elementwise/logical-xor.ts";
import { logit as logitPlain } from "./elementwise/logit.ts";
import { lt as ltPlain } from "./elementwise/lt.ts";
import { maximum as maximumPlain } from "./elementwise/maximum.ts";
import { minimum as minimumPlain } from "./elementwise/minimum.ts";
import { mul as mulPlain } from "./elementwise/mul.ts";
import { mvlgamma as mvlgammaPlain } from "./elementwise/mvlgamma.ts";
import { nanToNum as nanToNumPlain } from "./elementwise/nan-to-num.ts";
import { ne as nePlain } from "./elementwise/ne.ts";
import { neg as negPlain } from "./elementwise/neg.ts";
import { nextafter as nextafterPlain } from "./elementwise/nextafter.ts";
import { polygamma as polygammaPlain } from "./elementwise/polygamma.ts";
import { pow as powPlain } from "./elementwise/pow.ts";
import { reciprocal as reciprocalPlain } from "./elementwise/reciprocal.ts";
import { remainder as remainderPlain } from "./elementwise/remainder.ts";
import { round as roundPlain } from "./elementwise/round.ts";
import { rsqrt as rsqrtPlain } from "./elementwise/rsqrt.ts";
import { sgn as sgnPlain } from "./elementwise/sgn.ts";
import { sigmoid as sigmoidPlain } from "./elementwise/sigmoid.ts";
import { sign as signPlain } from "./elementwise/sign.ts";
import { signbit as signbitPlain } from "./elementwise/signbit.ts";
import {
  isneginf as isneginfPlain,
  isposinf as isposinfPlain,
} from "./elementwise/signed-infinity.ts";
import { sin as sinPlain } from "./elementwise/sin.ts";
import { sinc as sincPlain } from "./elementwise/sinc.ts";
import { sinh as sinhPlain } from "./elementwise/sinh.ts";
import { sqrt as sqrtPlain } from "./elementwise/sqrt.ts";
import { square as squarePlain } from "./elementwise/square.ts";
import { sub as subPlain } from "./elementwise/sub.ts";
import { tan as tanPlain } from "./elementwise/tan.ts";
import { tanh as tanhPlain } from "./elementwise/tanh.ts";
import { trunc as truncPlain } from "./elementwise/trunc.ts";
import { where as wherePlain } from "./elementwise/where.ts";
import { xlogy as xlogyPlain } from "./elementwise/xlogy.ts";
import { gather as gatherPlain } from "./index/gather.ts";
import { indexAdd as indexAddPlain, indexCopy as indexCopyPlain } from "./index/index-add.ts";
import { indexReduce as indexReducePlain } from "./index/index-reduce.ts";
import { indexSelect as indexSelectPlain } from "./index/index-select.ts";
import { maskedSelect as maskedSelectPlain } from "./index/masked.ts";
import { nonzero as nonzeroPlain } from "./index/nonzero.ts";
import { scatter as scatterPlain } from "./index/scatter.ts";
import { scatterAdd as scatterAddPlain } from "./index/scatter-add.ts";
import { scatterReduce as scatterReducePlain } from "./index/scatter-reduce.ts";
import { take as takePlain } from "./index/take.ts";
import { takeAlongDim as takeAlongDimPlain } from "./index/take-along-dim.ts";
import { tril as trilPlain, triu as triuPlain } from "./index/triangle.ts";
import {
  choleskyInverse as choleskyInversePlain,
  cholesky as choleskyPlain,
  choleskySolve as choleskySolvePlain,
} from "./linalg/cholesky.ts";
import { logdet as logdetPlain, slogdet as slogdetPlain } from "./linalg/det.ts";
import { geqrf as geqrfPlain, ormqr as ormqrPlain } from "./linalg/householder.ts";
import { matrixPower as matrixPowerPlain } from "./linalg/powers.ts";
import { inverse as inversePlain } from "./linalg/solve.ts";
import {
  addbmm as addbmmPlain,
  addmm as addmmPlain,
  addmv as addmvPlain,
  addr as addrPlain,
  baddbmm as baddbmmPlain,
} from "./linear/add-products.ts";
import { diag as diagPlain } from "./linear/diag.ts";
import { matmul as matmulPlain } from "./linear/matmul.ts";
import {
  cross as crossPlain,
  inner as innerPlain,
  kron as kronPlain,
  outer as outerPlain,
  vdot as vdotPlain,
} from "./linear/outer.ts";
import {
  bmm as bmmPlain,
  dot as dotPlain,
  mm as mmPlain,
  mv as mvPlain,
} from "./linear/products.ts";
import { tensordot as tensordotPlain } from "./linear/tensordot.ts";
import { makerWithOut, type OutOption, type WithOut, withOut } from "./out.ts";
import type { RandomOptions } from "./place.ts";
import { bernoulli as bernoulliPlain } from "./random/bernoulli.ts";
import type { DrawOptions } from "./random/check.ts";
import {
  randint as randintPlain,
  randn as randnPlain,
  rand as randPlain,
  randperm as randpermPlain,
} from "./random/draws.ts";
import { multinomial as multinomialPlain } from "./random/multinomial.ts";
import { normal as normalPlain } from "./random/normal.ts";
import { all as allPlain } from "./reduce/all.ts";
import { amax as amaxPlain } from "./reduce/amax.ts";
import { amin as aminPlain } from "./reduce/amin.ts";
import { aminmax as aminmaxPlain } from "./reduce/aminmax.ts";
import { any as anyPlain } from "./reduce/any.ts";
import { argmax as argmaxPlain } from "./reduce/argmax.ts";
import { argmin as argminPlain } from "./reduce/argmin.ts";
import { logsumexp as logsumexpPlain } from "./reduce/logsumexp.ts";
import { max as maxPlain } from "./reduce/max.ts";
import { mean as meanPlain } from "./reduce/mean.ts";
import { min as minPlain } from "./reduce/min.ts";
import { nanmean as nanmeanPlain, nansum as nansumPlain } from "./reduce/nansum.ts";
import { norm as normPlain } from "./reduce/norm.ts";
import { prod as prodPlain } from "./reduce/prod.ts";
import { renorm as renormPlain } from "./reduce/renorm.ts";
import { std as stdPlain } from "./reduce/std.ts";
import { sum as sumPlain } from "./reduce/sum.ts";
import { var as variancePlain } from "./reduce/var.ts";
import { cumprod as cumprodPlain } from "./scan/cumprod.ts";
import { cumsum as cumsumPlain } from "./scan/cumsum.ts";
import { diff as diffPlain } from "./scan/diff.ts";
import { logcumsumexp as logcumsumexpPlain } from "./scan/logcumsumexp.ts";
import { cummax as cummaxPlain, cummin as cumminPlain } from "./scan/running-extreme.ts";
import { histc as histcPlain } from "./sort/histogram.ts";
import { histogram as histogramPlain } from "./sort/histogram-edges.ts";
import { median as medianPlain, nanmedian as nanmedianPlain } from "./sort/median.ts";
import { mode as modePlain } from "./sort/mode.ts";
import { nanquantile as nanquantilePlain, quantile as quantilePlain } from "./sort/quantile.ts";
import {
  bucketize as bucketizePlain,
  isin as isinPlain,
  searchsorted as searchsortedPlain,
} from "./sort/search.ts";
import {
  argsort as argsortPlain,
  kthvalue as kthvaluePlain,
  msort as msortPlain,
  sort as sortPlain,
  topk as topkPlain,
} from "./sort/sort.ts";
import { cat as catPlain } from "./views/cat.ts";
import {
  columnStack as columnStackPlain,
  dstack as dstackPlain,
  hstack as hstackPlain,
  vstack as vstackPlain,
} from "./views/join.ts";
import { stack as stackPlain } from "./views/stack.ts";

export const abs = withOut("abs", absPlain);
export const acos = withOut("acos", acosPlain);
export const acosh = withOut("acosh", acoshPlain);
export const add = withOut("add", addPlain);
export const addbmm = withOut("addbmm", addbmmPlain);
export const addcdiv = withOut("addcdiv", addcdivPlain);
export const addcmul = withOut("addcmul", addcmulPlain);
export const addmm = withOut("addmm", addmmPlain);
export const addmv = withOut("addmv", addmvPlain);
export const addr = withOut("addr", addrPlain);
export const all = withOut("all", allPlain);
export const amax = withOut("amax", amaxPlain);
export const amin = withOut("amin", aminPlain);
export const aminmax = withOut("aminmax", aminmaxPlain);
export const any = withOut("any", anyPlain);
export const arange = makerWithOut("arange", arangePlain, 3);
export const argmax = withOut("argmax", argmaxPlain);
export const argmin = withOut("argmin", argminPlain);
export const argsort = withOut("argsort", argsortPlain);
export const asin = withOut("asin", asinPlain);
export const asinh = withOut("asinh", asinhPlain);
export const atan = withOut("atan", atanPlain);
export const atan2 = withOut("atan2", atan2Plain);
export const atanh = withOut("atanh", atanhPlain);
export const baddbmm = withOut("baddbmm", baddbmmPlain);
export const bernoulli = withOut("bernoulli", bernoulliPlain);
export const bitwiseAnd = withOut("bitwiseAnd", bitwiseAndPlain);
export const bitwiseLeftShift = withOut("bitwiseLeftShift", bitwiseLeftShiftPlain);
export const bitwiseNot = withOut("bitwiseNot", bitwiseNotPlain);
export const bitwiseOr = withOut("bitwiseOr", bitwiseOrPlain);
export const bitwiseRightShift = withOut("bitwiseRightShift", bitwiseRightShiftPlain);
export const bitwiseXor = withOut("bitwiseXor", bitwiseXorPlain);
export const bmm = withOut("bmm", bmmPlain);
export const bucketize = withOut("bucketize", bucketizePlain);
export const cat = withOut("cat", catPlain);
export const ceil = withOut("ceil", ceilPlain);
export const cholesky = withOut("cholesky", choleskyPlain);
export const choleskyInverse = withOut("choleskyInverse", choleskyInversePlain);
export const choleskySolve = withOut("choleskySolve", choleskySolvePlain);
export const clamp = withOut("clamp", clampPlain);
export const clampMax = withOut("clampMax", clampMaxPlain);
export const clampMin = withOut("clampMin", clampMinPlain);
export const columnStack = withOut("columnStack", columnStackPlain);
export const copysign = withOut("copysign", copysignPlain);
export const cos = withOut("cos", cosPlain);
export const cosh = withOut("cosh", coshPlain);
export const cross = withOut("cross", crossPlain);
export const cummax = withOut("cummax", cummaxPlain);
export const cummin = withOut("cummin", cumminPlain);
export const cumprod = withOut("cumprod", cumprodPlain);
export const cumsum = withOut("cumsum", cumsumPlain);
export const deg2rad = withOut("deg2rad", deg2radPlain);
export const diag = withOut("diag", diagPlain);
export const diff = withOut("diff", diffPlain);
export const digamma = withOut("digamma", digammaPlain);
export const div = withOut("div", divPlain);
export const dot = withOut("dot", dotPlain);
export const dstack = withOut("dstack", dstackPlain);
export const eq = withOut("eq", eqPlain);
export const erf = withOut("erf", erfPlain);
export const erfc = withOut("erfc", erfcPlain);
export const erfinv = withOut("erfinv", erfinvPlain);
export const exp = withOut("exp", expPlain);
export const exp2 = withOut("exp2", exp2Plain);
export const expm1 = withOut("expm1", expm1Plain);
export const eye = makerWithOut("eye", eyePlain, 2);
export const floatPower = withOut("floatPower", floatPowerPlain);
export const floor = withOut("floor", floorPlain);
export const floorDivide = withOut("floorDivide", floorDividePlain);
export const fmax = withOut("fmax", fmaxPlain);
export const fmin = withOut("fmin", fminPlain);
export const fmod = withOut("fmod", fmodPlain);
export const frac = withOut("frac", fracPlain);
export const frexp = withOut("frexp", frexpPlain);
export const full = makerWithOut("full", fullPlain, 2);
export const gather = withOut("gather", gatherPlain);
export const gcd = withOut("gcd", gcdPlain);
export const ge = withOut("ge", gePlain);
export const geqrf = withOut("geqrf", geqrfPlain);
export const gt = withOut("gt", gtPlain);
export const heaviside = withOut("heaviside", heavisidePlain);
export const histc = withOut("histc", histcPlain);
export const histogram = withOut("histogram", histogramPlain);
export const hstack = withOut("hstack", hstackPlain);
export const hypot = withOut("hypot", hypotPlain);
export const i0 = withOut("i0", i0Plain);
export const igamma = withOut("igamma", igammaPlain);
export const igammac = withOut("igammac", igammacPlain);
export const indexAdd = withOut("indexAdd", indexAddPlain);
export const indexCopy = withOut("indexCopy", indexCopyPlain);
export const indexReduce = withOut("indexReduce", indexReducePlain);
export const indexSelect = withOut("indexSelect", indexSelectPlain);
export const inner = withOut("inner", innerPlain);
export const inverse = withOut("inverse", inversePlain);
export const isin = withOut("isin", isinPlain);
export const isneginf = withOut("isneginf", isneginfPlain);
export const isposinf = withOut("isposinf", isposinfPlain);
export const kron = withOut("kron", kronPlain);
export const kthvalue = withOut("kthvalue", kthvaluePlain);
export const lcm = withOut("lcm", lcmPlain);
export const ldexp = withOut("ldexp", ldexpPlain);
export const le = withOut("le", lePlain);
export const lerp = withOut("lerp", lerpPlain);
export const lgamma = withOut("lgamma", lgammaPlain);
export const linspace = makerWithOut("linspace", linspacePlain, 3);
export const log = withOut("log", logPlain);
export const log10 = withOut("log10", log10Plain);
export const log1p = withOut("log1p", log1pPlain);
export const log2 = withOut("log2", log2Plain);
export const logaddexp = withOut("logaddexp", logaddexpPlain);
export const logaddexp2 = withOut("logaddexp2", logaddexp2Plain);
export const logcumsumexp = withOut("logcumsumexp", logcumsumexpPlain);
export const logdet = withOut("logdet", logdetPlain);
export const logicalAnd = withOut("logicalAnd", logicalAndPlain);
export const logicalNot = withOut("logicalNot", logicalNotPlain);
export const logicalOr = withOut("logicalOr", logicalOrPlain);
export const logicalXor = withOut("logicalXor", logicalXorPlain);
export const logit = withOut("logit", logitPlain);
export const logspace = makerWithOut("logspace", logspacePlain, 3);
export const logsumexp = withOut("logsumexp", logsumexpPlain);
export const lt = withOut("lt", ltPlain);
export const maskedSelect = withOut("maskedSelect", maskedSelectPlain);
export const matmul = withOut("matmul", matmulPlain);
export const matrixPower = withOut("matrixPower", matrixPowerPlain);
export const max = withOut("max", maxPlain);
export const maximum = withOut("maximum", maximumPlain);
export const mean = withOut("mean", meanPlain);
export const median = withOut("median", medianPlain);
export const min = withOut("min", minPlain);
export const minimum = withOut("minimum", minimumPlain);
export const mm = withOut("mm", mmPlain);
export const mode = withOut("mode", modePlain);
export const msort = withOut("msort", msortPlain);
export const mul = withOut("mul", mulPlain);
export const multinomial = withOut("multinomial", multinomialPlain);
export const mv = withOut("mv", mvPlain);
export const mvlgamma = withOut("mvlgamma", mvlgammaPlain);
export const nanmean = withOut("nanmean", nanmeanPlain);
export const nanmedian = withOut("nanmedian", nanmedianPlain);
export const nanquantile = withOut("nanquantile", nanquantilePlain);
export const nansum = withOut("nansum", nansumPlain);
export const nanToNum = withOut("nanToNum", nanToNumPlain);
export const ne = withOut("ne", nePlain);
export const neg = withOut("neg", negPlain);
export const nextafter = withOut("nextafter", nextafterPlain);
export const norm = withOut("norm", normPlain);
export const ones = makerWithOut("ones", onesPlain, 1);
export const ormqr = withOut("ormqr", ormqrPlain);
export const outer = withOut("outer", outerPlain);
export const polygamma = withOut("polygamma", polygammaPlain);
export const pow = withOut("pow", powPlain);
export const prod = withOut("prod", prodPlain);
export const quantile = withOut("quantile", quantilePlain);
export const rad2deg = withOut("rad2deg", rad2degPlain);
export const rand = makerWithOut("rand", randPlain, 1);
export const randint = makerWithOut("randint", randintPlain, 3);
export const randn = makerWithOut("randn", randnPlain, 1);
export const randperm = makerWithOut("randperm", randpermPlain, 1);
export const reciprocal = withOut("reciprocal", reciprocalPlain);
export const remainder = withOut("remainder", remainderPlain);
export const renorm = withOut("renorm", renormPlain);
export const round = withOut("round", roundPlain);
export const rsqrt = withOut("rsqrt", rsqrtPlain);
export const scatter = withOut("scatter", scatterPlain);
export const scatterAdd = withOut("scatterAdd", scatterAddPlain);
export const scatterReduce = withOut("scatterReduce", scatterReducePlain);
export const searchsorted = withOut("searchsorted", searchsortedPlain);
export const sgn = withOut("sgn", sgnPlain);
export const sigmoid = withOut("sigmoid", sigmoidPlain);
export const sign = withOut("sign", signPlain);
export const signbit = withOut("signbit", signbitPlain);
export const sin = withOut("sin", sinPlain);
export const sinc = withOut("sinc", sincPlain);
export const sinh = withOut("sinh", sinhPlain);
export const slogdet = withOut("slogdet", slogdetPlain);
export const sort = withOut("sort", sortPlain);
export const sqrt = withOut("sqrt", sqrtPlain);
export const square = withOut("square", squarePlain);
export const stack = withOut("stack", stackPlain);
export const std = withOut("std", stdPlain);
export const sub = withOut("sub", subPlain);
export const sum = withOut("sum", sumPlain);
export const take = withOut("take", takePlain);
export const takeAlongDim = withOut("takeAlongDim", takeAlongDimPlain);
export const tan = withOut("tan", tanPlain);
export const tanh = withOut("tanh", tanhPlain);
export const tensordot = withOut("tensordot", tensordotPlain);
export const topk = withOut("topk", topkPlain);
export const tril = withOut("tril", trilPlain);
export const triu = withOut("triu", triuPlain);
export const trunc = withOut("trunc", truncPlain);
export const vdot = withOut("vdot", vdotPlain);
export const vstack = withOut("vstack", vstackPlain);
export const where = withOut("where", wherePlain);
export const xlogy = withOut("xlogy", xlogyPlain);
export const zeros = makerWithOut("zeros", zerosPlain, 1);

// Of a function with several signatures, withOut's type knows the last one only.
type Normal = WithOut<
  (mean: number, std: number, shape: Shape, options?: RandomOptions) => Tensor
> &
  WithOut<(mean: Tensor, std?: Tensor | number, options?: DrawOptions) => Tensor> &
  WithOut<(mean: number, std: Tensor, options?: DrawOptions) => Tensor>;
export const normal = makerWithOut("normal", normalPlain, 3) as Normal;

type Nonzero = typeof nonzeroPlain & ((x: Tensor, options: OutOption) => Tensor);
export const nonzero = withOut("nonzero", nonzeroPlain) as Nonzero;

// `var` cannot name a constant, but it can name an export.
const variance = withOut("var", variancePlain);

export { variance as var };
