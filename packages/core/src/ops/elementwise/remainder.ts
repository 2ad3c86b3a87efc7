// The remainder of a division, with the sign of the divisor.
import { isFloating } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, type Operand, type Scalar, sumTo } from "../promote.ts";
import { div } from "./div.ts";
import { floor } from "./floor.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { onOperands, scalarTensor } from "./operands.ts";
import { numeric } from "./unary.ts";

const remainderOp = defineOp()({
  name: "remainder",
  doc: "The remainder of a / b that has the sign of b (Python's %), elementwise, broadcast.",
  example: ["remainder(tensor([-7, 7]), tensor([3, -3]))", "tensor([ 2., -2.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("remainder", a, b),
  kernel: (k, a, b, y) => k.binary("remainder", a, b, y),
  // y = a − b · floor(a / b)
  vjp: (gs, { a, b }, _a, m, need) => ({
    a: need.a ? sumTo(gs.y, m.a.shape) : undefined,
    b: need.b ? sumTo(neg(mul(gs.y, floor(div(a, b)))), m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 2.1, high: 2.9 }), rng.tensor([2, 3], { low: 0.96, high: 1.04 })],
    [
      rng.tensor([2, 1, 3], { low: -2.9, high: -2.1 }),
      rng.tensor([4, 1], { low: 0.98, high: 1.02 }),
    ],
  ],
  errors: (rng) => [
    [() => remainder(rng.tensor([4]), rng.tensor([3])), ShapeError, /remainder: sizes 4 and 3/],
    [
      () => remainder(rng.ints([2], 3), 0),
      ArgumentError,
      /remainder: integers have no remainder by 0/,
    ],
  ],
});

const remainderScalarOp = defineOp<Scalar>()({
  name: "remainderScalar",
  label: "remainder",
  doc: "The remainder of x / scalar that has the sign of the scalar (Python's %).",
  example: ["tensor([-7, 7]).remainder(3)", "tensor([2., 1.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("remainder", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [[rng.tensor([2, 3], { low: 2.1, high: 2.9 }), 1]],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => remainderOp(numeric("remainder", a), b),
  right(a: Tensor, s: Scalar) {
    if (!isFloating(a.dtype) && Number(s) === 0) {
      throw new ArgumentError(
        "remainder",
        'integers have no remainder by 0; use to("float32") for NaN',
      );
    }
    return remainderScalarOp(numeric("remainder", a), s);
  },
  // No kernel has the number on the left of this one.
  left: (s: Scalar, b: Tensor) => remainderOp(scalarTensor(s, numeric("remainder", b)), b),
};

/** The remainder of a / b that has the sign of b (Python's %), broadcast, dtypes promoted. As `torch.remainder`. */
export function remainder(a: Operand, b: Operand): Tensor {
  return onOperands("remainder", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    remainder(b: Operand): Tensor;
  }
}
methods({
  remainder(b) {
    return remainder(this, b);
  },
});
