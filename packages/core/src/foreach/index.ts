// Passes over many tensors at once.
export { type AdamStep, adamFactors, adamStep } from "./adam.ts";
export { powerSum, scaleAll } from "./norm.ts";
export type { RunningStep } from "./running.ts";
export { type SGDStep, sgdStep } from "./sgd.ts";
