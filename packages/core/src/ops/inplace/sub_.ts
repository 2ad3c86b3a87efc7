// In-place subtraction.
import { isFloating } from "../../dtype.ts";
import { DTypeError, InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, owned, type Tensor } from "../../tensor.ts";
import { neg } from "../elementwise/neg.ts";
import { refuseBool } from "../elementwise/sub.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { requireStorable } from "./storable.ts";

const subInPlaceOp = defineOp()({
  name: "sub_",
  doc: "x −= other, broadcast into x.",
  kind: "inplace",
  inputs: ["x", "other"],
  outputs: ["y"],
  shape: (x, other) => broadcastMeta("sub_", x, other),
  kernel: (k, x, other, y) => k.binary("sub", x, other, y),
  vjp: (gs, _s, _a, m, need) => ({
    x: gs.y,
    other: need.other ? neg(sumTo(gs.y, m.other.shape)) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([2, 3]), rng.tensor([3])],
  ],
  errors: (rng) => [
    [
      () => sub_(rng.tensor([3]), rng.tensor([2, 3])),
      ShapeError,
      /sub_: the result does not fit into the target/,
    ],
    [() => sub_(rng.ints([2], 3), 0.5), DTypeError, /sub_: the result is float32.*int64 target/],
    [
      () => sub_(rng.tensor([3]).requiresGrad_(), 1),
      InPlaceError,
      /sub.*: the target is a leaf that requires grad/,
    ],
  ],
});

const subScalarInPlaceOp = defineOp<Scalar>()({
  name: "subScalar_",
  label: "sub_",
  doc: "x −= scalar.",
  example: ["tensor([1, 2]).sub_(10)", "tensor([-9., -8.])"],
  kind: "inplace",
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, x, y, s) => k.binaryScalar("sub", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [[rng.tensor([2, 3]), 1.5]],
});

/** x −= alpha · other; other is cast to x's dtype where that loses no category. Returns x. */
export function sub_(
  x: Tensor,
  other: Operand,
  options: { alpha?: number | undefined } = {},
): Tensor {
  const { alpha = 1 } = options;
  refuseBool("sub_", x, other);
  if (isTensor(other)) {
    if (alpha === 1) return subInPlaceOp(x, requireStorable("sub_", x, other));
    owned(() => [void subInPlaceOp(x, requireStorable("sub_", x, other.mul(alpha)))]);
    return x;
  }
  const s = asScalar("sub_", other);
  requireStorable("sub_", x, s);
  return subScalarInPlaceOp(x, alpha === 1 || !isFloating(x.dtype) ? s : Number(s) * alpha);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sub_(other: Operand, options?: { alpha?: number | undefined }): Tensor;
  }
}
methods({
  sub_(other, options) {
    return sub_(this, other, options);
  },
});
