// In-place clamp; between numbers an op of its own.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { type Bounds, type ClampOptions, clamp, clampGrad } from "../elementwise/clamp.ts";
import { clone } from "../elementwise/clone.ts";
import { isTensor } from "../promote.ts";
import { inPlaceForm } from "./form.ts";
import { requireStorable } from "./storable.ts";
import { before } from "./unary.ts";

const clampInPlaceOp = defineOp<Bounds>()({
  name: "clamp_",
  doc: "x kept in [min, max], in place.",
  example: ["tensor([-2, 0, 3]).clamp_({ min: -1, max: 1 })", "tensor([-1.,  0.,  1.])"],
  kind: "inplace",
  inputs: ["x", "old?"],
  outputs: ["y"],
  saves: ["old"],
  shape: (x) => x,
  kernel: (k, x, _old, y, { min, max }) => {
    if (min === undefined) return k.binaryScalar("minimum", x, max as number, y);
    const ran = k.binaryScalar("maximum", x, min, y);
    return ran === undefined || max === undefined ? ran : k.binaryScalar("minimum", y, max, y);
  },
  vjp: (gs, { old }, bounds) => ({ x: clampGrad(gs.y, old as Tensor, bounds) }),
  samples: (rng) => {
    const x = rng.tensor([2, 3], { low: -0.8, high: 0.8 });
    return [
      [x, clone(x), { min: -1, max: 1 }],
      [clone(x), clone(x), { max: -0.9 }],
    ];
  },
  errors: (rng) => [
    [() => clamp_(rng.tensor([2]), {}), ArgumentError, /clamp_: needs min, max or both/],
    [() => clamp_(rng.ints([2], 3), { min: 0.5 }), DTypeError, /clamp_: the result is float32/],
  ],
});

const clampTensors_ = inPlaceForm("clamp_", clamp);

/** x kept in [min, max], numbers or tensors of which one may be missing. Returns x. As `torch.clamp_`. */
export function clamp_(x: Tensor, options: ClampOptions): Tensor {
  const { min, max } = options;
  if (isTensor(min) || isTensor(max)) return clampTensors_(x, options);
  if (min === undefined && max === undefined) {
    throw new ArgumentError("clamp_", "needs min, max or both");
  }
  for (const bound of [min, max]) {
    if (bound !== undefined) requireStorable("clamp_", x, bound);
  }
  return clampInPlaceOp(x, before(x, x.source !== null), { min, max });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    clamp_(options: ClampOptions): Tensor;
  }
}
methods({
  clamp_(options) {
    return clamp_(this, options);
  },
});
