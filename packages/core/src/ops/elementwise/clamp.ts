// Values kept between bounds: numbers, or tensors.
import type { Meta, View } from "../../backend.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, isTensor, promoted, promotedWith, sumTo } from "../promote.ts";
import { ge } from "./ge.ts";
import { gt } from "./gt.ts";
import { le } from "./le.ts";
import { logicalAnd } from "./logical-and.ts";
import { logicalOr } from "./logical-or.ts";
import { lt } from "./lt.ts";
import { scalarTensor } from "./operands.ts";
import { where } from "./where.ts";

export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

const clampOp = defineOp<Bounds>()({
  name: "clamp",
  doc: "x kept in [min, max]; a min above max gives max everywhere.",
  example: [
    "clamp(tensor([-2, 0.5, 3]), { min: -1, max: 1 })",
    "tensor([-1.0000,  0.5000,  1.0000])",
  ],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { min, max }) => {
    if (min === undefined) return k.binaryScalar("minimum", x, max as number, y);
    const ran = k.binaryScalar("maximum", x, min, y);
    return ran === undefined || max === undefined ? ran : k.binaryScalar("minimum", y, max, y);
  },
  vjp: (gs, { x }, bounds) => ({ x: clampGrad(gs.y, x, bounds) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: -0.8, high: 0.8 }), { min: -1, max: 1 }],
    [rng.tensor([2, 3]), { min: 1.5 }],
    [rng.tensor([]), { max: -1.5 }],
    [rng.tensor([3]), { min: 3, max: 2 }],
  ],
  errors: (rng) => [
    [() => clamp(rng.tensor([2]), {}), ArgumentError, /clamp: needs min, max or both/],
    [() => clamp(rng.tensor([2]), { min: rng.tensor([3]) }), ShapeError, /clamp: sizes 2 and 3/],
  ],
});

/** g where x lies inside, the bounds included; 0 where it was cut. */
export function clampGrad(g: Tensor, x: Tensor, { min, max }: Bounds): Tensor {
  if (min === undefined) return where(le(x, max as number), g, 0);
  const above = ge(x, min);
  return where(max === undefined ? above : logicalAnd(above, le(x, max)), g, 0);
}

const clampTensorsOp = defineOp()({
  name: "clampTensors",
  doc: "x kept between bounds that are tensors, broadcast.",
  inputs: ["x", "min?", "max?"],
  outputs: ["y"],
  saves: ["x", "min", "max"],
  shape: (x, min, max) => {
    const low: Meta = min === undefined ? x : broadcastMeta("clamp", x, min);
    return max === undefined ? low : broadcastMeta("clamp", low, max);
  },
  kernel: (k, x, min, max, y) => {
    if (min === undefined) return k.binary("minimum", x, max as View, y);
    const ran = k.binary("maximum", x, min, y);
    return ran === undefined || max === undefined ? ran : k.binary("minimum", y, max, y);
  },
  // A bound gets the gradient where it is the value: min where x < min < max, max where it cuts.
  vjp: (gs, { x, min, max }, _a, m, need) => {
    const g = gs.y;
    const inside = (): Tensor => {
      if (min === undefined) return le(x, max as Tensor);
      return max === undefined ? ge(x, min) : logicalAnd(ge(x, min), le(x, max));
    };
    const low = (): Tensor => {
      const cut = lt(x, min as Tensor);
      return max === undefined ? cut : logicalAnd(cut, lt(min as Tensor, max));
    };
    const high = (): Tensor => {
      const cut = gt(x, max as Tensor);
      return min === undefined ? cut : logicalOr(cut, lt(max as Tensor, min));
    };
    return {
      x: need.x ? sumTo(where(inside(), g, 0), m.x.shape) : undefined,
      min: need.min && m.min ? sumTo(where(low(), g, 0), m.min.shape) : undefined,
      max: need.max && m.max ? sumTo(where(high(), g, 0), m.max.shape) : undefined,
    };
  },
  samples: (rng) => [
    [
      rng.tensor([2, 3]),
      rng.tensor([3], { low: -3, high: -2 }),
      rng.tensor([2, 1], { low: 2, high: 3 }),
    ],
    [rng.tensor([2, 3]), rng.tensor([], { low: 2, high: 3 }), undefined],
    [rng.tensor([3]), undefined, rng.tensor([2, 1], { low: -3, high: -2 })],
  ],
});

export interface ClampOptions {
  readonly min?: number | Tensor | undefined;
  readonly max?: number | Tensor | undefined;
}
const OPTIONS: OptionNames<ClampOptions> = { min: "Tensor", max: "Tensor" };

/**
 * x kept in [min, max]; a bound may be missing, a number, or a tensor that broadcasts. Dtypes promote.
 * Elements at a bound get the gradient, elements beyond it do not. As `torch.clamp`.
 * @throws ArgumentError when both bounds are missing
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  checkOptions("clamp", options, OPTIONS);
  const { min, max } = options;
  if (min === undefined && max === undefined) {
    throw new ArgumentError("clamp", "needs min, max or both");
  }
  let input = x;
  for (const bound of [min, max]) {
    if (bound === undefined) continue;
    input = isTensor(bound) ? promoted(input, bound)[0] : promotedWith(input, bound);
  }
  if (!isTensor(min) && !isTensor(max)) return clampOp(input, { min, max });
  const asTensor = (bound: number | Tensor | undefined): Tensor | undefined => {
    if (bound === undefined) return undefined;
    return isTensor(bound) ? bound.to(input.dtype) : scalarTensor(bound, input);
  };
  return clampTensorsOp(input, asTensor(min), asTensor(max));
}

/** As `torch.clamp_min`: clamp(x, { min }). */
export const clampMin = (x: Tensor, min: number | Tensor): Tensor => clamp(x, { min });
/** As `torch.clamp_max`: clamp(x, { max }). */
export const clampMax = (x: Tensor, max: number | Tensor): Tensor => clamp(x, { max });

declare module "../../tensor.ts" {
  interface TensorMethods {
    clamp(options: ClampOptions): Tensor;
    clampMin(min: number | Tensor): Tensor;
    clampMax(max: number | Tensor): Tensor;
  }
}
methods({
  clampMin(min) {
    return clampMin(this, min);
  },
  clampMax(max) {
    return clampMax(this, max);
  },
  clamp(options) {
    return clamp(this, options);
  },
});
