// The larger of two.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, type Operand, type Scalar, sumTo } from "../promote.ts";
import { eq } from "./eq.ts";
import { lt } from "./lt.ts";
import { mul } from "./mul.ts";
import { onOperands } from "./operands.ts";
import { where } from "./where.ts";

/** All of g to the larger one, half of it to each of two equals. */
const share = (g: Tensor, mine: Tensor, other: Operand): Tensor =>
  where(lt(mine, other), 0, where(eq(mine, other), mul(g, 0.5), g));

const maximumOp = defineOp()({
  name: "maximum",
  doc: "The larger of a and b, elementwise, broadcast; NaN beside NaN.",
  example: ["maximum(tensor([1, 2]), tensor([3, 2]))", "tensor([3., 2.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("maximum", a, b),
  kernel: (k, a, b, y) => k.binary("maximum", a, b, y),
  vjp: (gs, { a, b }, _a, m, need) => ({
    a: need.a ? sumTo(share(gs.y, a, b), m.a.shape) : undefined,
    b: need.b ? sumTo(share(gs.y, b, a), m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3], { low: 2, high: 3 })],
    [rng.tensor([2, 1, 3], { low: 2, high: 3 }), rng.tensor([4, 1])],
    [rng.tensor([]), rng.tensor([2], { low: -3, high: -2 })],
  ],
  errors: (rng) => [
    [() => maximum(rng.tensor([4]), rng.tensor([3])), ShapeError, /maximum: sizes 4 and 3/],
  ],
});

const maximumScalarOp = defineOp<Scalar>()({
  name: "maximumScalar",
  label: "maximum",
  doc: "The larger of x and a number.",
  example: ["tensor([1, 2]).maximum(1.5)", "tensor([1.5000, 2.0000])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("maximum", x, s, y),
  vjp: (gs, { x }, s) => ({ x: share(gs.y, x, s) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 2, high: 3 }), 1],
    [rng.tensor([]), 1.5],
  ],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => maximumOp(a, b),
  right: (a: Tensor, s: Scalar) => maximumScalarOp(a, s),
  left: (s: Scalar, b: Tensor) => maximumScalarOp(b, s),
};

/**
 * The larger of a and b, broadcast, dtypes promoted; NaN where either is NaN. Two equals share the
 * gradient by halves. As `torch.maximum`.
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return onOperands("maximum", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    maximum(b: Operand): Tensor;
  }
}
methods({
  maximum(b) {
    return maximum(this, b);
  },
});
