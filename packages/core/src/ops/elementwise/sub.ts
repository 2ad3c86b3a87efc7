// Subtraction.
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { onOperands } from "./operands.ts";

const subOp = defineOp()({
  name: "sub",
  doc: "a − b, broadcast.",
  example: ["sub(tensor([1, 2]), tensor([10, 20]))", "tensor([ -9., -18.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  shape: (a, b) => broadcastMeta("sub", a, b),
  kernel: (k, a, b, y) => k.binary("sub", a, b, y),
  vjp: (gs, _s, _a, m, need) => ({
    a: need.a ? sumTo(gs.y, m.a.shape) : undefined,
    b: need.b ? neg(sumTo(gs.y, m.b.shape)) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([2, 1, 3]), rng.tensor([4, 1])],
    [rng.tensor([]), rng.tensor([2])],
    [rng.tensor([0, 3]), rng.tensor([3])],
  ],
  errors: (rng) => [
    [() => sub(rng.tensor([4]), rng.tensor([3])), ShapeError, /sub: sizes 4 and 3/],
    [() => sub(rng.bools([2]), rng.bools([2])), DTypeError, /sub: .*bool.*logicalXor/],
  ],
});

const subScalarOp = defineOp<Scalar>()({
  name: "subScalar",
  label: "sub",
  doc: "x − scalar.",
  example: ["tensor([1, 2]).sub(10)", "tensor([-9., -8.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("sub", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), -0.5],
  ],
});

const rsubScalarOp = defineOp<Scalar>()({
  name: "rsubScalar",
  label: "sub",
  doc: "scalar − x.",
  example: ["sub(10, tensor([1, 2]))", "tensor([9., 8.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("rsub", x, s, y),
  vjp: (gs) => ({ x: neg(gs.y) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), -0.5],
  ],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => subOp(a, b),
  right: (a: Tensor, s: Scalar) => subScalarOp(a, s),
  left: (s: Scalar, b: Tensor) => rsubScalarOp(b, s),
};

/** @throws DTypeError for a bool tensor, as PyTorch: what "−" should mean there is anyone's guess. */
export function refuseBool(op: string, ...operands: Operand[]): void {
  for (const t of operands) {
    if (isTensor(t) && t.dtype === "bool") {
      throw new DTypeError(
        op,
        'has no meaning for a bool tensor; use logicalXor or logicalNot, or to("int64")',
      );
    }
  }
}

/**
 * a − alpha · b, broadcast; dtypes promote as PyTorch's.
 * @throws DTypeError for bool tensors
 * @see https://docs.pytorch.org/docs/stable/generated/torch.sub.html
 */
export function sub(a: Operand, b: Operand, options: { alpha?: number | undefined } = {}): Tensor {
  const { alpha = 1 } = options;
  refuseBool("sub", a, b);
  if (alpha === 1) return onOperands("sub", a, b, forms);
  return onOperands(
    "sub",
    a,
    isTensor(b) ? mul(b, alpha) : Number(asScalar("sub", b)) * alpha,
    forms,
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    sub(b: Operand, options?: { alpha?: number | undefined }): Tensor;
  }
}
methods({
  sub(b, options) {
    return sub(this, b, options);
  },
});
