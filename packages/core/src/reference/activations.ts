// What fused kernels apply to their results, number by number; NaN stays.
import type { Activation } from "../ops/activation.ts";

export const ACTIVATIONS: Readonly<Record<Activation, (z: number) => number>> = {
  none: (z) => z,
  relu: (z) => Math.max(z, 0),
  relu6: (z) => Math.min(Math.max(z, 0), 6),
};
