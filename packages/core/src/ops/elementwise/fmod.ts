// The remainder of a division, with the sign of the dividend.
import { isFloating } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, type Operand, type Scalar, sumTo } from "../promote.ts";
import { div } from "./div.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { onOperands, scalarTensor } from "./operands.ts";
import { trunc } from "./trunc.ts";
import { numeric } from "./unary.ts";

const fmodOp = defineOp()({
  name: "fmod",
  doc: "The remainder of a / b that has the sign of a (C's %), elementwise, broadcast.",
  example: ["fmod(tensor([-7, 7]), tensor([3, -3]))", "tensor([-1.,  1.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("fmod", a, b),
  kernel: (k, a, b, y) => k.binary("fmod", a, b, y),
  // y = a − b · trunc(a / b)
  vjp: (gs, { a, b }, _a, m, need) => ({
    a: need.a ? sumTo(gs.y, m.a.shape) : undefined,
    b: need.b ? sumTo(neg(mul(gs.y, trunc(div(a, b)))), m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 2.1, high: 2.9 }), rng.tensor([2, 3], { low: 0.96, high: 1.04 })],
    [
      rng.tensor([2, 1, 3], { low: -2.9, high: -2.1 }),
      rng.tensor([4, 1], { low: 0.98, high: 1.02 }),
    ],
  ],
  errors: (rng) => [
    [() => fmod(rng.tensor([4]), rng.tensor([3])), ShapeError, /fmod: sizes 4 and 3/],
    [() => fmod(rng.ints([2], 3), 0), ArgumentError, /fmod: integers have no remainder by 0/],
  ],
});

const fmodScalarOp = defineOp<Scalar>()({
  name: "fmodScalar",
  label: "fmod",
  doc: "The remainder of x / scalar that has the sign of x (C's %).",
  example: ["tensor([-7, 7]).fmod(3)", "tensor([-1.,  1.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("fmod", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [[rng.tensor([2, 3], { low: 2.1, high: 2.9 }), 1]],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => fmodOp(numeric("fmod", a), b),
  right(a: Tensor, s: Scalar) {
    if (!isFloating(a.dtype) && Number(s) === 0) {
      throw new ArgumentError("fmod", 'integers have no remainder by 0; use to("float32") for NaN');
    }
    return fmodScalarOp(numeric("fmod", a), s);
  },
  // No kernel has the number on the left of this one.
  left: (s: Scalar, b: Tensor) => fmodOp(scalarTensor(s, numeric("fmod", b)), b),
};

/** The remainder of a / b that has the sign of a (C's %), broadcast, dtypes promoted. As `torch.fmod`. */
export function fmod(a: Operand, b: Operand): Tensor {
  return onOperands("fmod", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    fmod(b: Operand): Tensor;
  }
}
methods({
  fmod(b) {
    return fmod(this, b);
  },
});
