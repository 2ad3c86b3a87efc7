// In-place division.
import { DTypeError, InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { type DivOptions, div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { neg } from "../elementwise/neg.ts";
import { floatingOnly } from "../elementwise/unary.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { inPlaceForm } from "./form.ts";
import { requireStorable } from "./storable.ts";
import { before } from "./unary.ts";

const divInPlaceOp = defineOp()({
  name: "div_",
  doc: "x /= other, broadcast into x.",
  kind: "inplace",
  // old: x as it was, for the gradient of other.
  inputs: ["x", "other", "old?"],
  outputs: ["y"],
  saves: ["other", "old"],
  shape: (x, other) => broadcastMeta("div_", x, other),
  kernel: (k, x, other, _old, y) => k.binary("div", x, other, y),
  vjp: (gs, { other, old }, _a, m, need) => {
    const scaled = div(gs.y, other);
    return {
      x: need.x ? scaled : undefined,
      other: need.other
        ? sumTo(neg(mul(scaled, div(old as Tensor, other))), m.other.shape)
        : undefined,
    };
  },
  samples: (rng) => {
    const x = rng.tensor([2, 3]);
    return [
      [x, rng.tensor([2, 3], { low: 0.5, high: 2 }), clone(x)],
      [clone(x), rng.tensor([3], { low: -2, high: -0.5 }), clone(x)],
    ];
  },
  errors: (rng) => [
    [
      () => div_(rng.tensor([3]), rng.tensor([2, 3], { low: 1, high: 2 })),
      ShapeError,
      /div_: the result does not fit into the target/,
    ],
    [
      () => div_(rng.ints([2], 3), 2),
      DTypeError,
      /div_: expected a floating-point tensor, got int64/,
    ],
    [
      () => div_(rng.tensor([3]).requiresGrad_(), 2),
      InPlaceError,
      /div.*: the target is a leaf that requires grad/,
    ],
  ],
});

const divScalarInPlaceOp = defineOp<Scalar>()({
  name: "divScalar_",
  label: "div_",
  doc: "x /= scalar.",
  example: ["tensor([1, 2]).div_(4)", "tensor([0.2500, 0.5000])"],
  kind: "inplace",
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, x, y, s) => k.binaryScalar("div", x, s, y),
  vjp: (gs, _s, s) => ({ x: div(gs.y, s) }),
  samples: (rng) => [[rng.tensor([2, 3]), 1.5]],
});

const divRounded_ = inPlaceForm("div_", div);

/**
 * x /= other, the quotient rounded as `roundingMode` says. Returns x. As `torch.Tensor.div_`.
 * @throws DTypeError for an integer x, which cannot hold a quotient that is not rounded
 */
export function div_(x: Tensor, other: Operand, options: DivOptions = {}): Tensor {
  if (options.roundingMode !== undefined) return divRounded_(x, other, options);
  floatingOnly("div_", x);
  if (isTensor(other)) {
    const divisor = requireStorable("div_", x, other);
    return divInPlaceOp(x, divisor, before(x, divisor.source !== null));
  }
  return divScalarInPlaceOp(x, asScalar("div_", other));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    div_(other: Operand, options?: DivOptions): Tensor;
  }
}
methods({
  div_(other, options) {
    return div_(this, other, options);
  },
});
