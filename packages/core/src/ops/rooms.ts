// The list of ops, by rooms; rooms with many ops have a list of their own. Adding an op touches its own file and the list
// of its room. out-forms.ts says which of them take `out`.

export type { Activation } from "./activation.ts";
export * from "./conv/conv.ts";
export * from "./conv/conv-nd.ts";
export * from "./conv/conv-transpose.ts";
export { convGeometry } from "./conv/geometry.ts";
export * from "./conv/input-grad.ts";
export { transposedGeometry } from "./conv/transposed-geometry.ts";
export * from "./conv/weight-grad.ts";
export * from "./creation.ts";
export * from "./elementwise/index.ts";
export * from "./functional.ts";
export { index } from "./index/at-index.ts";
export * from "./index/embedding.ts";
export { gather } from "./index/gather.ts";
export { type IndexAddOptions, indexAdd, indexCopy, indexFill } from "./index/index-add.ts";
export * from "./index/index-lists.ts";
export { type IndexPutOptions, indexPut } from "./index/index-put.ts";
export type { IndexReduction } from "./index/index-reduce.ts";
export { indexReduce } from "./index/index-reduce.ts";
export { indexSelect } from "./index/index-select.ts";
export type { IndexSpec, IndexSpecs } from "./index/index-specs.ts";
export { maskedFill, maskedScatter, maskedSelect } from "./index/masked.ts";
export type { NonzeroOptions } from "./index/nonzero.ts";
export { nonzero } from "./index/nonzero.ts";
export { type OneHotOptions, oneHot } from "./index/one-hot.ts";
export { scatter } from "./index/scatter.ts";
export { scatterAdd } from "./index/scatter-add.ts";
export type { ScatterReduceOptions, ScatterReduction } from "./index/scatter-reduce.ts";
export { scatterReduce } from "./index/scatter-reduce.ts";
export { take } from "./index/take.ts";
export { type PutOptions, put, takeAlongDim } from "./index/take-along-dim.ts";
export * from "./index/triangle.ts";
export * from "./inplace/index.ts";
export { cholesky, choleskyInverse, choleskySolve } from "./linalg/cholesky.ts";
export { det, logdet, slogdet } from "./linalg/det.ts";
export { matrixExp } from "./linalg/exp.ts";
export type { OrmqrOptions } from "./linalg/householder.ts";
export { geqrf, ormqr } from "./linalg/householder.ts";
export * as linalg from "./linalg/out-forms.ts";
export { matrixPower } from "./linalg/powers.ts";
export { inverse } from "./linalg/solve.ts";
export * from "./linear/add-products.ts";
export * from "./linear/diag.ts";
export * from "./linear/einsum.ts";
export { type LinearOptions, linear } from "./linear/linear.ts";
export { matmul } from "./linear/matmul.ts";
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
// By star, not by name: what is @internal leaves the published types, and a named export of it would dangle there.
export * from "./recurrent/gru.ts";
export * from "./recurrent/lstm.ts";
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
export { cdist, dist, type NormOptions, norm } from "./reduce/norm.ts";
export * from "./reduce/prod.ts";
export type { Dims, ReduceOptions, SumOptions } from "./reduce/reduce.ts";
export * from "./reduce/renorm.ts";
export { type SoftmaxOptions, softmax } from "./reduce/softmax.ts";
export * from "./reduce/std.ts";
export * from "./reduce/sum.ts";
export type { VarOptions } from "./reduce/var.ts";
export { var } from "./reduce/var.ts";
export * from "./reduce/var-mean.ts";
export * from "./scan/cumprod.ts";
export { cumsum } from "./scan/cumsum.ts";
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
export type { SortOptions, TopkOptions } from "./sort/sort.ts";
export { argsort, kthvalue, msort, sort, topk } from "./sort/sort.ts";
export * from "./sort/unique.ts";
export * from "./views/index.ts";
