// optim: optimizers, schedules, clipping.
export { Adam, type AdamHyper, AdamW } from "./adam.ts";
export { type ClipOptions, clipGradNorm, clipGradNormTensor } from "./clip.ts";
export { OneCycleLR, type OneCycleOptions } from "./one-cycle.ts";
export {
  type Hyper,
  type HyperOptions,
  Optimizer,
  type ParamGroup,
  type ParamGroupInput,
  type Params,
  type Slot,
} from "./optimizer.ts";
export type { OptimizerJson, OptimizerState } from "./optimizer-state.ts";
export { Adagrad, type AdagradHyper, RMSprop, type RMSpropHyper } from "./rms-prop.ts";
export { type AnyOptimizer, LRScheduler, type SchedulerState } from "./scheduler.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  StepLR,
  type StepLROptions,
} from "./schedules.ts";
export { SGD, type SGDHyper } from "./sgd.ts";
export * from "./simple-schedules.ts";
