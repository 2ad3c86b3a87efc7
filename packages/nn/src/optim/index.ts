// optim: optimizers, schedules, clipping.
export { Adafactor, type AdafactorHyper } from "./adafactor.ts";
export { Adam, type AdamHyper, AdamW } from "./adam.ts";
export * from "./adam-kin.ts";
export * from "./asgd.ts";
export * from "./averaged-model.ts";
export { type ClipOptions, clipGradNorm, clipGradNormTensor } from "./clip.ts";
export * from "./composed-schedules.ts";
export * from "./cyclic.ts";
export { LBFGS, type LBFGSHyper } from "./lbfgs.ts";
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
export * from "./plateau.ts";
export * from "./rms-prop.ts";
export * from "./rprop.ts";
export { type AnyOptimizer, LRScheduler, type SchedulerState, type Setting } from "./scheduler.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  StepLR,
  type StepLROptions,
} from "./schedules.ts";
export { SGD, type SGDHyper } from "./sgd.ts";
export * from "./simple-schedules.ts";
export * from "./swa-lr.ts";
