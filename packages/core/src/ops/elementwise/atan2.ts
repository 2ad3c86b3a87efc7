// The angle of a point.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, floating, type Operand, type Scalar, sumTo } from "../promote.ts";
import { add } from "./add.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { onOperands, scalarTensor } from "./operands.ts";
import { square } from "./square.ts";

const atan2Op = defineOp()({
  name: "atan2",
  doc: "The angle in [−π, π] of the point with ordinate a and abscissa b, elementwise, broadcast.",
  example: ["atan2(tensor([1, -1]), tensor([1, -1]))", "tensor([ 0.7854, -2.3562])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("atan2", a, b),
  kernel: (k, a, b, y) => k.binary("atan2", a, b, y),
  // dy = (b da − a db) / (a² + b²)
  vjp: (gs, { a, b }, _a, m, need) => {
    const scaled = div(gs.y, add(square(a), square(b)));
    return {
      a: need.a ? sumTo(mul(scaled, b), m.a.shape) : undefined,
      b: need.b ? sumTo(neg(mul(scaled, a)), m.b.shape) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3], { low: 0.5, high: 2 })],
    [rng.tensor([2, 1, 3], { low: 0.5, high: 2 }), rng.tensor([4, 1])],
    [rng.tensor([]), rng.tensor([2], { low: 0.5, high: 2 })],
  ],
  errors: (rng) => [
    [() => atan2(rng.tensor([4]), rng.tensor([3])), ShapeError, /atan2: sizes 4 and 3/],
  ],
});

// A number is rare beside an angle: it becomes a zero-dim tensor instead of two more ops.
const forms = {
  tensors: (a: Tensor, b: Tensor) => atan2Op(floating(a), floating(b)),
  right: (a: Tensor, s: Scalar) => forms.tensors(a, scalarTensor(s, a)),
  left: (s: Scalar, b: Tensor): Tensor => forms.tensors(scalarTensor(s, b), b),
};

/** The angle of (b, a) in radians, all four quadrants, broadcast; integers give float32. As `torch.atan2`. */
export function atan2(a: Operand, b: Operand): Tensor {
  return onOperands("atan2", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    atan2(b: Operand): Tensor;
  }
}
methods({
  atan2(b) {
    return atan2(this, b);
  },
});
