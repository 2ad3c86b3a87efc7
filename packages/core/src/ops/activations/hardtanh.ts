// Piecewise linear activations with settings: hardtanh, threshold, hardshrink, softshrink.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clamp } from "../elementwise/clamp.ts";
import { ge } from "../elementwise/ge.ts";
import { le } from "../elementwise/le.ts";
import { logicalOr } from "../elementwise/logical-or.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { where } from "../elementwise/where.ts";
import { finite, settledOp } from "./settled.ts";

const hardtanhOp = settledOp<{ readonly min: number; readonly max: number }>({
  name: "hardtanh",
  doc: "x kept in [min, max]; unlike clamp's, the gradient at the bounds is 0.",
  example: ["hardtanh(tensor([-2, 0.5, 3]))", "tensor([-1.0000,  0.5000,  1.0000])"],
  compose: (x, bounds) => clamp(x, bounds),
  grad: (g, x, { min, max }) => where(logicalOr(le(x, min), ge(x, max)), 0, g),
  samples: [
    [{ min: -1, max: 1 }, -0.9, 0.9],
    [{ min: -1, max: 1 }, 1.1, 2],
    [{ min: -3, max: -2 }, -2.9, -2.1],
  ],
  refuses: (x) => hardtanh(x),
  errors: (rng) => [
    [
      () => hardtanh(rng.tensor([2]), { minVal: 1, maxVal: 0 }),
      /hardtanh: minVal \(1\) must not exceed maxVal \(0\)/,
    ],
  ],
});

export interface HardtanhOptions {
  /** Default −1. */
  readonly minVal?: number | undefined;
  /** Default 1. */
  readonly maxVal?: number | undefined;
}
const HARDTANH_OPTIONS: OptionNames<HardtanhOptions> = { minVal: true, maxVal: true };

/**
 * x kept in [minVal, maxVal]; as `torch.nn.functional.hardtanh`.
 * @throws DTypeError unless x is floating-point; ArgumentError when minVal exceeds maxVal
 */
export function hardtanh(x: Tensor, options: HardtanhOptions = {}): Tensor {
  checkOptions("hardtanh", options, HARDTANH_OPTIONS);
  const { minVal = -1, maxVal = 1 } = options;
  if (!(minVal <= maxVal)) {
    throw new ArgumentError("hardtanh", `minVal (${minVal}) must not exceed maxVal (${maxVal})`);
  }
  return hardtanhOp(floatingOnly("hardtanh", x), { min: minVal, max: maxVal });
}

const thresholdOp = settledOp<{ readonly threshold: number; readonly value: number }>({
  name: "threshold",
  doc: "x where x > threshold, else value.",
  example: ["threshold(tensor([-1, 2]), 0.5, 9)", "tensor([9., 2.])"],
  compose: (x, { threshold: t, value }) => where(le(x, t), value, x),
  grad: (g, x, { threshold: t }) => where(le(x, t), 0, g),
  samples: [
    [{ threshold: 0.1, value: 20 }, 0.2, 2],
    [{ threshold: 0.1, value: 20 }, -2, 0],
  ],
  refuses: (x) => threshold(x, 0, 0),
  errors: (rng) => [
    [() => threshold(rng.tensor([2]), Number.NaN, 0), /threshold: threshold must be a finite/],
  ],
});

/**
 * x where x > threshold, else value; as `torch.nn.functional.threshold`.
 * @throws DTypeError unless x is floating-point
 */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  finite("threshold", "threshold", threshold);
  finite("threshold", "value", value);
  return thresholdOp(floatingOnly("threshold", x), { threshold, value });
}

export interface ShrinkOptions {
  /** What lies between −lambd and lambd is 0. Default 0.5. */
  readonly lambd?: number | undefined;
}
const SHRINK_OPTIONS: OptionNames<ShrinkOptions> = { lambd: true };

const shrunk = (x: Tensor, lambd: number): Tensor => le(x.abs(), lambd);

const hardshrinkOp = settledOp<{ readonly lambd: number }>({
  name: "hardshrink",
  doc: "x, but 0 where |x| ≤ lambd.",
  example: ["hardshrink(tensor([-2, 0.4, 1]))", "tensor([-2.,  0.,  1.])"],
  compose: (x, { lambd }) => where(shrunk(x, lambd), 0, x),
  grad: (g, x, { lambd }) => where(shrunk(x, lambd), 0, g),
  samples: [
    [{ lambd: 0.5 }, 0.6, 2],
    [{ lambd: 0.5 }, -0.4, 0.4],
    [{ lambd: 0.2 }, -2, -0.3],
  ],
  refuses: (x) => hardshrink(x),
});

/**
 * x, but 0 where |x| ≤ lambd; as `torch.nn.functional.hardshrink`.
 * @throws DTypeError unless x is floating-point
 */
export function hardshrink(x: Tensor, options: ShrinkOptions = {}): Tensor {
  checkOptions("hardshrink", options, SHRINK_OPTIONS);
  const lambd = finite("hardshrink", "lambd", options.lambd ?? 0.5);
  return hardshrinkOp(floatingOnly("hardshrink", x), { lambd });
}

const softshrinkOp = settledOp<{ readonly lambd: number }>({
  name: "softshrink",
  doc: "x moved towards 0 by lambd, and 0 where |x| ≤ lambd.",
  example: ["softshrink(tensor([-2, 0.4, 1]))", "tensor([-1.5000,  0.0000,  0.5000])"],
  compose: (x, { lambd }) => x.sub(clamp(x, { min: -lambd, max: lambd })),
  grad: (g, x, { lambd }) => where(shrunk(x, lambd), 0, g),
  samples: [
    [{ lambd: 0.5 }, 0.6, 2],
    [{ lambd: 0.5 }, -0.4, 0.4],
    [{ lambd: 0.2 }, -2, -0.3],
  ],
  refuses: (x) => softshrink(x),
  errors: (rng) => [
    [() => softshrink(rng.tensor([2]), { lambd: -1 }), /softshrink: lambd must be ≥ 0; got -1/],
  ],
});

/**
 * x moved towards 0 by lambd, and 0 where |x| ≤ lambd; as `torch.nn.functional.softshrink`.
 * @throws DTypeError unless x is floating-point; ArgumentError for a negative lambd
 */
export function softshrink(x: Tensor, options: ShrinkOptions = {}): Tensor {
  checkOptions("softshrink", options, SHRINK_OPTIONS);
  const lambd = finite("softshrink", "lambd", options.lambd ?? 0.5);
  if (lambd < 0) throw new ArgumentError("softshrink", `lambd must be ≥ 0; got ${lambd}`);
  return softshrinkOp(floatingOnly("softshrink", x), { lambd });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    hardshrink(options?: ShrinkOptions): Tensor;
  }
}
methods({
  hardshrink(options) {
    return hardshrink(this, options);
  },
});
