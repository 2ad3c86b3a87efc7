// Multiplication.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import {
  asScalar,
  broadcastMeta,
  isTensor,
  type Operand,
  promoted,
  promotedWith,
  type Scalar,
  sumTo,
} from "../promote.ts";

const mulOp = defineOp()({
  name: "mul",
  doc: "a · b, elementwise, broadcast.",
  example: ["mul(tensor([1, 2]), tensor([10, 20]))", "tensor([10., 40.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("mul", a, b),
  kernel: (k, a, b, y) => k.binary("mul", a, b, y),
  vjp: (gs, s, _a, m, need) => ({
    a: need.a ? sumTo(mul(gs.y, s.b), m.a.shape) : undefined,
    b: need.b ? sumTo(mul(gs.y, s.a), m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([2, 1, 3]), rng.tensor([4, 1])],
    [rng.tensor([]), rng.tensor([2])],
  ],
  errors: (rng) => [
    [() => mul(rng.tensor([4]), rng.tensor([3])), ShapeError, /mul: sizes 4 and 3/],
  ],
});

const mulScalarOp = defineOp<Scalar>()({
  name: "mulScalar",
  label: "mul",
  doc: "x · scalar.",
  example: ["tensor([1, 2]).mul(10)", "tensor([10., 20.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("mul", x, s, y),
  vjp: (gs, _s, s) => ({ x: mul(gs.y, s) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), -0.5],
  ],
});

/** a · b, elementwise, broadcast; dtypes promote as PyTorch's. As `torch.mul`. */
export function mul(a: Operand, b: Operand): Tensor {
  if (isTensor(a) && isTensor(b)) {
    if (a.dtype === b.dtype) return mulOp(a, b);
    const [p, q] = promoted(a, b);
    return mulOp(p, q);
  }
  const [x, other] = isTensor(a) ? [a, b] : [b as Tensor, a];
  const s = asScalar("mul", other);
  return mulScalarOp(promotedWith(x, s), s);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    mul(b: Operand): Tensor;
  }
}
methods({
  mul(b) {
    return mul(this, b);
  },
});
