// In-place addition.
import { isFloating } from "../../dtype.ts";
import { InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, owned, type Tensor } from "../../tensor.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { requireStorable } from "./storable.ts";

const addInPlaceOp = defineOp()({
  name: "add_",
  doc: "x += other, broadcast into x.",
  kind: "inplace",
  inputs: ["x", "other"],
  outputs: ["y"],
  shape: (x, other) => broadcastMeta("add_", x, other),
  kernel: (k, x, other, y) => k.binary("add", x, other, y),
  vjp: (gs, _s, _a, m, need) => ({
    x: gs.y,
    other: need.other ? sumTo(gs.y, m.other.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([2, 3]), rng.tensor([3])],
  ],
  errors: (rng) => [
    [
      () => add_(rng.tensor([3]), rng.tensor([2, 3])),
      ShapeError,
      /add_: the result does not fit into the target/,
    ],
    [
      () => add_(rng.tensor([3]).requiresGrad_(), 1),
      InPlaceError,
      /add.*: the target is a leaf that requires grad/,
    ],
  ],
});

const addScalarInPlaceOp = defineOp<Scalar>()({
  name: "addScalar_",
  label: "add_",
  doc: "x += scalar.",
  kind: "inplace",
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, x, y, s) => k.binaryScalar("add", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [[rng.tensor([2, 3]), 1.5]],
});

/** x += alpha · other; other is cast to x's dtype where that loses no category. Returns x. */
export function add_(
  x: Tensor,
  other: Operand,
  options: { alpha?: number | undefined } = {},
): Tensor {
  const { alpha = 1 } = options;
  if (isTensor(other)) {
    if (alpha === 1) return addInPlaceOp(x, requireStorable("add_", x, other));
    owned(() => [void addInPlaceOp(x, requireStorable("add_", x, other.mul(alpha)))]);
    return x;
  }
  const s = asScalar("add_", other);
  requireStorable("add_", x, s);
  return addScalarInPlaceOp(x, alpha === 1 || !isFloating(x.dtype) ? s : Number(s) * alpha);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    add_(other: Operand, options?: { alpha?: number | undefined }): Tensor;
  }
}
methods({
  add_(other, options) {
    return add_(this, other, options);
  },
});
