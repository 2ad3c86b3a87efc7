// The list of ops. Adding one touches its own file and this list.

export type { Activation } from "./activation.ts";
export * from "./aliases.ts";
export * from "./conv/conv.ts";
export * from "./conv/conv-nd.ts";
export * from "./conv/conv-transpose.ts";
export { convGeometry } from "./conv/geometry.ts";
export * from "./conv/input-grad.ts";
export { transposedGeometry } from "./conv/transposed-geometry.ts";
export * from "./conv/weight-grad.ts";
export * from "./creation.ts";
export * from "./elementwise/abs.ts";
export * from "./elementwise/acos.ts";
export * from "./elementwise/acosh.ts";
export * from "./elementwise/add.ts";
export * from "./elementwise/addc.ts";
export * from "./elementwise/asin.ts";
export * from "./elementwise/asinh.ts";
export * from "./elementwise/atan.ts";
export * from "./elementwise/atan2.ts";
export * from "./elementwise/atanh.ts";
export * from "./elementwise/bitwise-and.ts";
export * from "./elementwise/bitwise-left-shift.ts";
export * from "./elementwise/bitwise-not.ts";
export * from "./elementwise/bitwise-or.ts";
export * from "./elementwise/bitwise-right-shift.ts";
export * from "./elementwise/bitwise-xor.ts";
export * from "./elementwise/ceil.ts";
export type { ClampOptions } from "./elementwise/clamp.ts";
export * from "./elementwise/clone.ts";
export * from "./elementwise/close.ts";
export * from "./elementwise/copysign.ts";
export * from "./elementwise/cos.ts";
export * from "./elementwise/cosh.ts";
export * from "./elementwise/degrees.ts";
export * from "./elementwise/digamma.ts";
export * from "./elementwise/div.ts";
export * from "./elementwise/eq.ts";
export * from "./elementwise/erf.ts";
export * from "./elementwise/erfc.ts";
export * from "./elementwise/erfinv.ts";
export * from "./elementwise/exp.ts";
export * from "./elementwise/exp2.ts";
export * from "./elementwise/expm1.ts";
export * from "./elementwise/float-power.ts";
export * from "./elementwise/floor.ts";
export * from "./elementwise/floor-divide.ts";
export * from "./elementwise/fmax.ts";
export * from "./elementwise/fmin.ts";
export * from "./elementwise/fmod.ts";
export * from "./elementwise/frac.ts";
export * from "./elementwise/frexp.ts";
export * from "./elementwise/gcd.ts";
export * from "./elementwise/ge.ts";
export * from "./elementwise/gelu.ts";
export * from "./elementwise/gt.ts";
export * from "./elementwise/hardsigmoid.ts";
export * from "./elementwise/hardswish.ts";
export * from "./elementwise/heaviside.ts";
export * from "./elementwise/hypot.ts";
export * from "./elementwise/i0.ts";
export * from "./elementwise/isfinite.ts";
export * from "./elementwise/isinf.ts";
export * from "./elementwise/isnan.ts";
export * from "./elementwise/lcm.ts";
export * from "./elementwise/ldexp.ts";
export * from "./elementwise/le.ts";
export * from "./elementwise/lerp.ts";
export * from "./elementwise/lgamma.ts";
export * from "./elementwise/log.ts";
export * from "./elementwise/log1p.ts";
export * from "./elementwise/log2.ts";
export * from "./elementwise/log10.ts";
export * from "./elementwise/logaddexp.ts";
export * from "./elementwise/logaddexp2.ts";
export * from "./elementwise/logical-and.ts";
export * from "./elementwise/logical-not.ts";
export * from "./elementwise/logical-or.ts";
export * from "./elementwise/logical-xor.ts";
export * from "./elementwise/logit.ts";
export * from "./elementwise/lt.ts";
export * from "./elementwise/maximum.ts";
export * from "./elementwise/minimum.ts";
export * from "./elementwise/mul.ts";
export * from "./elementwise/mvlgamma.ts";
export * from "./elementwise/nan-to-num.ts";
export * from "./elementwise/ne.ts";
export * from "./elementwise/neg.ts";
export * from "./elementwise/nextafter.ts";
export * from "./elementwise/polygamma.ts";
export * from "./elementwise/reciprocal.ts";
export * from "./elementwise/relu.ts";
export * from "./elementwise/relu6.ts";
export * from "./elementwise/remainder.ts";
export * from "./elementwise/round.ts";
export * from "./elementwise/rsqrt.ts";
export * from "./elementwise/sgn.ts";
export * from "./elementwise/sigmoid.ts";
export * from "./elementwise/sign.ts";
export * from "./elementwise/signbit.ts";
export * from "./elementwise/signed-infinity.ts";
export * from "./elementwise/silu.ts";
export * from "./elementwise/sin.ts";
export * from "./elementwise/sinc.ts";
export * from "./elementwise/sinh.ts";
export * from "./elementwise/softplus.ts";
export * from "./elementwise/sqrt.ts";
export * from "./elementwise/square.ts";
export * from "./elementwise/tan.ts";
export * from "./elementwise/tanh.ts";
export * from "./elementwise/to.ts";
export * from "./elementwise/trunc.ts";
export * from "./elementwise/where.ts";
export * from "./elementwise/xlogy.ts";
export * from "./functional.ts";
export { index } from "./index/at-index.ts";
export * from "./index/embedding.ts";
export {
  type IndexAddOptions,
  indexAdd,
  indexCopy,
  indexFill,
} from "./index/index-add.ts";
export * from "./index/index-lists.ts";
export { type IndexPutOptions, indexPut } from "./index/index-put.ts";
export { type IndexReduction, indexReduce } from "./index/index-reduce.ts";
export type { IndexSpec, IndexSpecs } from "./index/index-specs.ts";
export { maskedFill, maskedScatter, maskedSelect } from "./index/masked.ts";
export { type NonzeroOptions, nonzero } from "./index/nonzero.ts";
export { oneHot } from "./index/one-hot.ts";
export { scatter } from "./index/scatter.ts";
export {
  type ScatterReduceOptions,
  type ScatterReduction,
  scatterReduce,
} from "./index/scatter-reduce.ts";
export { take } from "./index/take.ts";
export { type PutOptions, put, takeAlongDim } from "./index/take-along-dim.ts";
export * from "./index/triangle.ts";
export * from "./inplace/abs_.ts";
export * from "./inplace/add_.ts";
export * from "./inplace/ceil_.ts";
export * from "./inplace/clamp_.ts";
export { copy_ } from "./inplace/copy_.ts";
export * from "./inplace/cos_.ts";
export * from "./inplace/div_.ts";
export * from "./inplace/exp_.ts";
export * from "./inplace/fill_.ts";
export * from "./inplace/fill-diagonal_.ts";
export * from "./inplace/floor_.ts";
export * from "./inplace/forms.ts";
export { indexAdd_, indexCopy_, indexFill_, indexPut_ } from "./inplace/index_.ts";
export * from "./inplace/log_.ts";
export * from "./inplace/masked_.ts";
export * from "./inplace/mul_.ts";
export * from "./inplace/neg_.ts";
export * from "./inplace/pow_.ts";
export * from "./inplace/random_.ts";
export * from "./inplace/reciprocal_.ts";
export * from "./inplace/relu_.ts";
export * from "./inplace/round_.ts";
export * from "./inplace/rsqrt_.ts";
export { scatter_, scatterAdd_, scatterReduce_ } from "./inplace/scatter_.ts";
export * from "./inplace/sigmoid_.ts";
export * from "./inplace/sign_.ts";
export * from "./inplace/sin_.ts";
export * from "./inplace/sqrt_.ts";
export * from "./inplace/square_.ts";
export * from "./inplace/sub_.ts";
export * from "./inplace/tanh_.ts";
export * from "./inplace/trunc_.ts";
export * from "./inplace/zero_.ts";
export { choleskyInverse, choleskySolve } from "./linalg/cholesky.ts";
export { det, slogdet } from "./linalg/det.ts";
export { matrixExp } from "./linalg/exp.ts";
export { geqrf, type OrmqrOptions, ormqr } from "./linalg/householder.ts";
export * as linalg from "./linalg/index.ts";
export * from "./linear/add-products.ts";
export * from "./linear/diag.ts";
export * from "./linear/einsum.ts";
export { type LinearOptions, linear } from "./linear/linear.ts";
export * from "./linear/outer.ts";
export * from "./linear/products.ts";
export * from "./linear/tensordot.ts";
export * from "./linear/vander.ts";
export * from "./loss/binary-cross-entropy.ts";
export * from "./loss/cross-entropy.ts";
export type { Reduction } from "./loss/reduction.ts";
export * from "./loss/regression.ts";
export * from "./norm/batch-norm.ts";
export { type LayerNormOptions, layerNorm } from "./norm/layer-norm.ts";
export {
  abs,
  acos,
  acosh,
  add,
  addbmm,
  addcdiv,
  addcmul,
  addmm,
  addmv,
  addr,
  all,
  amax,
  amin,
  aminmax,
  any,
  argmax,
  argmin,
  argsort,
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
  bmm,
  bucketize,
  cat,
  ceil,
  cholesky,
  clamp,
  clampMax,
  clampMin,
  copysign,
  cos,
  cosh,
  cross,
  cummax,
  cummin,
  cumprod,
  cumsum,
  deg2rad,
  diag,
  diff,
  digamma,
  div,
  dot,
  eq,
  erf,
  erfc,
  erfinv,
  exp,
  exp2,
  expm1,
  floatPower,
  floor,
  floorDivide,
  fmax,
  fmin,
  fmod,
  frac,
  gather,
  gcd,
  ge,
  gt,
  heaviside,
  histc,
  hypot,
  igamma,
  igammac,
  indexSelect,
  inverse,
  isneginf,
  isposinf,
  kron,
  kthvalue,
  lcm,
  le,
  lerp,
  lgamma,
  log,
  log1p,
  log2,
  log10,
  logaddexp,
  logaddexp2,
  logcumsumexp,
  logdet,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logit,
  logsumexp,
  lt,
  matmul,
  matrixPower,
  max,
  maximum,
  mean,
  median,
  min,
  minimum,
  mm,
  mode,
  mul,
  mv,
  nanmean,
  nanmedian,
  nanquantile,
  nansum,
  nanToNum,
  ne,
  neg,
  norm,
  outer,
  polygamma,
  pow,
  prod,
  quantile,
  rad2deg,
  reciprocal,
  remainder,
  round,
  rsqrt,
  scatterAdd,
  searchsorted,
  sgn,
  sigmoid,
  sign,
  signbit,
  sin,
  sinc,
  sinh,
  sort,
  sqrt,
  square,
  stack,
  std,
  sub,
  sum,
  tan,
  tanh,
  tensordot,
  topk,
  tril,
  triu,
  trunc,
  vdot,
  where,
  xlogy,
} from "./out-forms.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  type OutputSize,
} from "./pool/adaptive-avg-pool.ts";
export * from "./pool/avg-pool.ts";
export { divisorAt, type PoolGeometry, poolGeometry } from "./pool/geometry.ts";
export * from "./pool/max-pool.ts";
export * from "./random/bernoulli.ts";
export * from "./random/counts.ts";
export {
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
} from "./random/draws.ts";
export * from "./random/dropout.ts";
export * from "./random/multinomial.ts";
export * from "./random/normal.ts";
export { gruSequence, gruStep } from "./recurrent/gru.ts";
export { lstmSequence, lstmStep } from "./recurrent/lstm.ts";
export * from "./reduce/all.ts";
export * from "./reduce/amax.ts";
export * from "./reduce/amin.ts";
export * from "./reduce/aminmax.ts";
export * from "./reduce/any.ts";
export * from "./reduce/argmax.ts";
export * from "./reduce/argmin.ts";
export * from "./reduce/count-nonzero.ts";
export * from "./reduce/covariance.ts";
export type { DimOptions, ValuesAndIndices } from "./reduce/extreme.ts";
export * from "./reduce/log-softmax.ts";
export * from "./reduce/logsumexp.ts";
export * from "./reduce/max.ts";
export * from "./reduce/mean.ts";
export * from "./reduce/min.ts";
export * from "./reduce/nansum.ts";
export { cdist, dist, type NormOptions } from "./reduce/norm.ts";
export * from "./reduce/prod.ts";
export type { Dims, ReduceOptions, SumOptions } from "./reduce/reduce.ts";
export * from "./reduce/renorm.ts";
export { softmax } from "./reduce/softmax.ts";
export * from "./reduce/std.ts";
export * from "./reduce/sum.ts";
export { type VarOptions, var } from "./reduce/var.ts";
export * from "./reduce/var-mean.ts";
export * from "./scan/cumprod.ts";
export * from "./scan/diff.ts";
export * from "./scan/gradient.ts";
export * from "./scan/logcumsumexp.ts";
export * from "./scan/running-extreme.ts";
export type { ScanOptions } from "./scan/scan.ts";
export * from "./scan/trapezoid.ts";
export * from "./sort/histogram.ts";
export * from "./sort/histogram-edges.ts";
export * from "./sort/median.ts";
export * from "./sort/mode.ts";
export * from "./sort/quantile.ts";
export * from "./sort/search.ts";
export { msort, type SortOptions, type TopkOptions } from "./sort/sort.ts";
export * from "./sort/unique.ts";
export * from "./views/broadcast.ts";
export * from "./views/cat.ts";
export * from "./views/diagonal.ts";
export * from "./views/embed.ts";
export * from "./views/expand.ts";
export * from "./views/flatten.ts";
export * from "./views/flip.ts";
export * from "./views/fold-windows.ts";
export {
  atleast1d,
  atleast2d,
  atleast3d,
  blockDiag,
  columnStack,
  dstack,
  hstack,
  vstack,
} from "./views/join.ts";
export * from "./views/meshgrid.ts";
export * from "./views/pad.ts";
export type { PadMode } from "./views/pad-modes.ts";
export * from "./views/permute.ts";
export * from "./views/repeat.ts";
export * from "./views/roll.ts";
export * from "./views/select.ts";
export * from "./views/slice.ts";
export * from "./views/slice-backward.ts";
export * from "./views/slice-dim.ts";
export * from "./views/split.ts";
export * from "./views/squeeze.ts";
export * from "./views/stack.ts";
export * from "./views/tensor-split.ts";
export * from "./views/unbind.ts";
export * from "./views/unfold-dim.ts";
export * from "./views/unfold-windows.ts";
export * from "./views/unsqueeze.ts";
export { reshape, reshapeAs, type Sizes, view, viewAs } from "./views/view.ts";
export type { WindowOptions } from "./views/window.ts";
