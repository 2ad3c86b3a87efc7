// In-place multiplication.
import { DTypeError, InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { mul } from "../elementwise/mul.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { requireStorable } from "./storable.ts";
import { before } from "./unary.ts";

const mulInPlaceOp = defineOp()({
  name: "mul_",
  doc: "x ∗= other, broadcast into x.",
  kind: "inplace",
  // old: x as it was, for the gradient of other.
  inputs: ["x", "other", "old?"],
  outputs: ["y"],
  saves: ["other", "old"],
  shape: (x, other) => broadcastMeta("mul_", x, other),
  kernel: (k, x, other, _old, y) => k.binary("mul", x, other, y),
  vjp: (gs, { other, old }, _a, m, need) => ({
    x: need.x ? mul(gs.y, other) : undefined,
    other: need.other ? sumTo(mul(gs.y, old as Tensor), m.other.shape) : undefined,
  }),
  samples: (rng) => {
    const x = rng.tensor([2, 3]);
    return [
      [x, rng.tensor([2, 3]), clone(x)],
      [clone(x), rng.tensor([3]), clone(x)],
    ];
  },
  errors: (rng) => [
    [
      () => mul_(rng.tensor([3]), rng.tensor([2, 3])),
      ShapeError,
      /mul_: the result does not fit into the target/,
    ],
    [() => mul_(rng.ints([2], 3), 0.5), DTypeError, /mul_: the result is float32.*int64 target/],
    [
      () => mul_(rng.tensor([3]).requiresGrad_(), 2),
      InPlaceError,
      /mul.*: the target is a leaf that requires grad/,
    ],
  ],
});

const mulScalarInPlaceOp = defineOp<Scalar>()({
  name: "mulScalar_",
  label: "mul_",
  doc: "x ∗= scalar.",
  example: ["tensor([1, 2]).mul_(10)", "tensor([10., 20.])"],
  kind: "inplace",
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, x, y, s) => k.binaryScalar("mul", x, s, y),
  vjp: (gs, _s, s) => ({ x: mul(gs.y, s) }),
  samples: (rng) => [[rng.tensor([2, 3]), 1.5]],
});

/** x ∗= other; other is cast to x's dtype where that loses no category. Returns x. */
export function mul_(x: Tensor, other: Operand): Tensor {
  if (isTensor(other)) {
    const factor = requireStorable("mul_", x, other);
    return mulInPlaceOp(x, factor, before(x, factor.source !== null));
  }
  const s = asScalar("mul_", other);
  return mulScalarInPlaceOp(x, requireStorable("mul_", x, s));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    mul_(other: Operand): Tensor;
  }
}
methods({
  mul_(other) {
    return mul_(this, other);
  },
});
