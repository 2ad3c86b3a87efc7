// @tapegrad/core: tensors, autograd, ops, the backend contract and the reference backend.
import "./format.ts";
import "./ops/arithmetic.ts";
import "./tensor-methods.ts";

export { type BackwardOptions, backward, type GradOptions, grad } from "./autograd/backward.ts";
export { type CheckpointOptions, checkpoint } from "./autograd/checkpoint.ts";
export { Function, type FunctionClass, FunctionContext } from "./autograd/function.ts";
export {
  type FunctionalOptions,
  hessian,
  hvp,
  jacobian,
  jvp,
  vhp,
  vjp,
} from "./autograd/functional.ts";
export {
  type Differentiable,
  type GradcheckOptions,
  gradcheck,
  gradgradcheck,
} from "./autograd/gradcheck.ts";
export { savedTensorsHooks } from "./autograd/saved.ts";
export {
  type AccumulatedHook,
  anomalyMode,
  detectAnomaly,
  enableGrad,
  type Hook,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled,
} from "./autograd/tape.ts";
export * from "./backend.ts";
export * from "./backends.ts";
export {
  areDeterministicAlgorithmsEnabled,
  type Choice,
  type Choosing,
  choosing,
  isTuning,
  keepPick,
  type PickStore,
  type Picks,
  pickFor,
  setPickStore,
  setTunedPicks,
  tellChoice,
  tune,
  tunedPicks,
  useDeterministicAlgorithms,
} from "./choice.ts";
export * from "./dtype.ts";
export { environment, environmentSwitch, environmentWord } from "./environment.ts";
export * from "./errors.ts";
export * from "./foreach/index.ts";
export { decodeHalf, encodeHalf, halfBits } from "./half.ts";
export {
  Arena,
  type ArenaBlock,
  type ArenaOptions,
  bytesOfClass,
  sizeClassOf,
} from "./memory/arena.ts";
export {
  type Collector,
  collect,
  drain,
  memory,
  resetPeak,
  Storage,
  setCollectionThreshold,
  setCollector,
  takeBlock,
  trackSites,
} from "./memory/storage.ts";
export {
  type AnyOp,
  type AnySpec,
  defineOp,
  type ErrorSample,
  type Op,
  type OpSpec,
  ops,
  type SampleRng,
  type Window,
} from "./op/define.ts";
export {
  countFallback,
  type Fallback,
  fallbacks,
  type Listener,
  onRun,
  type RanEvent,
  resetFallbacks,
  setFallback,
} from "./op/trace.ts";
export {
  type ConvGeometry,
  type ConvSettings,
  isUnchanging as isUnchangingGeometry,
  type Padding,
} from "./ops/conv/geometry.ts";
export * from "./ops/index.ts";
export {
  checkOptions,
  didYouMean,
  type KnownOptions,
  type OptionNames,
} from "./options.ts";
export {
  defaultGenerator,
  Generator,
  type GeneratorState,
  manualSeed,
} from "./random/generator.ts";
export { eachBlock, fillRandom, philox4x32 } from "./random/philox.ts";
export {
  type CpuBackend,
  elements,
  heapOf,
  indices,
  numbers,
  pointerOf,
  startOf,
} from "./reference/elements.ts";
export { BINARY_F32 as binaryFunctions, UNARY as unaryFunctions } from "./reference/elementwise.ts";
export {
  arenaTransfer,
  referenceBackend,
  referenceFused,
  requiredLoops,
} from "./reference/index.ts";
export * from "./shape.ts";
export {
  adopt,
  composite,
  keep,
  methods,
  owned,
  ownedOne,
  scope,
  Tensor,
  type TensorMethods,
} from "./tensor.ts";
export type { NestedValues } from "./tensor-methods.ts";
export { getNumThreads, setNumThreads } from "./threads.ts";
