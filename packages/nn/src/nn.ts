// The nn namespace: modules, layers, losses, and what goes with them.
export type { FactoryOptions, Sizes } from "./args.ts";
export type { FullBackwardHook, FullBackwardPreHook } from "./backward-hooks.ts";
export type { ForwardHook, ForwardPreHook } from "./call.ts";
export { cloneModule } from "./clone.ts";
export { ModuleDict, ParameterDict, ParameterList } from "./containers.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
export * from "./layers/activation.ts";
export * from "./layers/adaptive-pool.ts";
export * from "./layers/adaptive-softmax.ts";
export * from "./layers/attention.ts";
export * from "./layers/bilinear.ts";
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeOptions,
} from "./layers/conv.ts";
export * from "./layers/distance.ts";
export * from "./layers/dropout.ts";
export * from "./layers/embedding-bag.ts";
export * from "./layers/fold.ts";
export * from "./layers/fractional-pool.ts";
export * from "./layers/gate.ts";
export * from "./layers/group-norm.ts";
export type { InPlaceOptions } from "./layers/in-place.ts";
export * from "./layers/lazy.ts";
export { Embedding, type EmbeddingOptions, Linear, type LinearOptions } from "./layers/linear.ts";
export * from "./layers/linear-loss.ts";
export * from "./layers/loss.ts";
export * from "./layers/losses.ts";
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
  LayerNorm,
  type LayerNormOptions,
} from "./layers/norm.ts";
export * from "./layers/padding.ts";
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type AvgPoolOptions,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type MaxPoolOptions,
  type PoolOptions,
} from "./layers/pool.ts";
export * from "./layers/rectifier.ts";
export * from "./layers/recurrent.ts";
export * from "./layers/recurrent-cell.ts";
export {
  SeparableConv1d,
  SeparableConv2d,
  type SeparableConvOptions,
} from "./layers/separable.ts";
export * from "./layers/transformer.ts";
export {
  type DecoderLayerCallOptions,
  type EncoderLayerCallOptions,
  type TransformerActivation,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./layers/transformer-layers.ts";
export * from "./layers/upsample.ts";
export { type Member, Module, ModuleList } from "./module.ts";
export { type ClipOptions, clipGradNorm } from "./optim/clip.ts";
export {
  type BufferOptions,
  buffer,
  isBuffer,
  isParameter,
  Parameter,
  type ParameterOptions,
  setData,
} from "./parameter.ts";
export { type Layer, Sequential } from "./sequential.ts";
export {
  type LoadOptions,
  type LoadResult,
  type LoadStateDictPreHook,
  StateDictError,
  type StateLike,
  type StateProblems,
} from "./state-dict.ts";
export { isTrusted, trust, trustContainers } from "./trust.ts";
export {
  type FusableConv,
  type FuseOptions,
  fuseConvBnEval,
  fuseConvBnWeights,
  fuseLinearBnEval,
  fuseLinearBnWeights,
} from "./utils/fusion.ts";
export { clipGradValue, parametersToVector, vectorToParameters } from "./utils/parameters.ts";
export {
  type NameOptions,
  type OrthogonalMap,
  type OrthogonalOptions,
  orthogonal,
  type SpectralNormOptions,
  spectralNorm,
  type WeightNormOptions,
  weightNorm,
} from "./utils/parametrizations.ts";
export {
  cachedParametrizations,
  type IsParametrizedOptions,
  isParametrized,
  type Parametrization,
  type ParametrizeOptions,
  type RemoveParametrizationsOptions,
  registerParametrization,
  removeParametrizations,
} from "./utils/parametrize.ts";
export {
  type BatchFirstOptions,
  PackedSequence,
  type PackOptions,
  type PadOptions,
  type PadPackedOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  unpadSequence,
} from "./utils/sequences.ts";
