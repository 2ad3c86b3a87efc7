// The smaller of two.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, type Operand, type Scalar, sumTo } from "../promote.ts";
import { eq } from "./eq.ts";
import { gt } from "./gt.ts";
import { mul } from "./mul.ts";
import { onOperands } from "./operands.ts";
import { where } from "./where.ts";

/** All of g to the smaller one, half of it to each of two equals. */
const share = (g: Tensor, mine: Tensor, other: Operand): Tensor =>
  where(gt(mine, other), 0, where(eq(mine, other), mul(g, 0.5), g));

const minimumOp = defineOp()({
  name: "minimum",
  doc: "The smaller of a and b, elementwise, broadcast; NaN beside NaN.",
  example: ["minimum(tensor([1, 2]), tensor([3, 2]))", "tensor([1., 2.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("minimum", a, b),
  kernel: (k, a, b, y) => k.binary("minimum", a, b, y),
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
    [() => minimum(rng.tensor([4]), rng.tensor([3])), ShapeError, /minimum: sizes 4 and 3/],
  ],
});

const minimumScalarOp = defineOp<Scalar>()({
  name: "minimumScalar",
  label: "minimum",
  doc: "The smaller of x and a number.",
  example: ["tensor([1, 2]).minimum(1.5)", "tensor([1.0000, 1.5000])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("minimum", x, s, y),
  vjp: (gs, { x }, s) => ({ x: share(gs.y, x, s) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 2, high: 3 }), 1],
    [rng.tensor([]), 1.5],
  ],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => minimumOp(a, b),
  right: (a: Tensor, s: Scalar) => minimumScalarOp(a, s),
  left: (s: Scalar, b: Tensor) => minimumScalarOp(b, s),
};

/**
 * The smaller of a and b, broadcast, dtypes promoted; NaN where either is NaN. Two equals share the
 * gradient by halves. As `torch.minimum`.
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return onOperands("minimum", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    minimum(b: Operand): Tensor;
  }
}
methods({
  minimum(b) {
    return minimum(this, b);
  },
});
