// Powers: tensor to tensor, tensor to number, number to tensor.
import { isFloating } from "../../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { broadcastMeta, type Operand, type Scalar, sumTo } from "../promote.ts";
import { eq } from "./eq.ts";
import { ge } from "./ge.ts";
import { log } from "./log.ts";
import { logicalAnd } from "./logical-and.ts";
import { mul } from "./mul.ts";
import { onOperands } from "./operands.ts";
import { sub } from "./sub.ts";
import { where } from "./where.ts";

const powOp = defineOp()({
  name: "pow",
  doc: "a to the power of b, elementwise, broadcast.",
  example: ["pow(tensor([2, 3]), tensor([3, 2]))", "tensor([8., 9.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b", "y"],
  shape: (a, b) => broadcastMeta("pow", a, b),
  kernel: (k, a, b, y) => k.binary("pow", a, b, y),
  // Two limits the formulas miss: b = 0 makes a constant, whatever a is; and 0 to any power b ≥ 0 has
  // slope 0 in b, where y · log a is 0 · −∞.
  vjp: (gs, { a, b, y }, _a, m, need) => ({
    a: need.a
      ? sumTo(where(eq(b, 0), 0, mul(gs.y, mul(b, pow(a, sub(b, 1))))), m.a.shape)
      : undefined,
    b: need.b
      ? sumTo(where(logicalAnd(eq(a, 0), ge(b, 0)), 0, mul(gs.y, mul(y, log(a)))), m.b.shape)
      : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 0.5, high: 2 }), rng.tensor([2, 3], { low: -2, high: 2 })],
    [rng.tensor([2, 1, 3], { low: 0.5, high: 2 }), rng.tensor([4, 1], { low: 1, high: 3 })],
    [rng.tensor([], { low: 0.5, high: 2 }), rng.tensor([2])],
  ],
  errors: (rng) => [
    [() => pow(rng.tensor([4]), rng.tensor([3])), ShapeError, /pow: sizes 4 and 3/],
    [() => pow(rng.ints([2], 3), -1), ArgumentError, /pow: an integer.*negative.*to\("float32"\)/],
  ],
});

const powScalarOp = defineOp<Scalar>()({
  name: "powScalar",
  label: "pow",
  doc: "x to the power of a number.",
  example: ["tensor([2, 3]).pow(2)", "tensor([4., 9.])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) =>
    s === 2 && isFloating(x.dtype) ? k.unary("square", x, y) : k.binaryScalar("pow", x, s, y),
  vjp: (gs, { x }, s) => ({ x: powerGrad(gs.y, x, Number(s)) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([2, 3]), 3],
    [rng.tensor([2, 3], { low: 0.5, high: 2 }), -0.5],
    [rng.tensor([2]), 1],
    [rng.tensor([]), 0],
  ],
});

/** The gradient of x ** s: g · s · x^(s − 1). */
export function powerGrad(g: Tensor, x: Tensor, s: number): Tensor {
  if (s === 0) return zerosLike(g);
  return mul(g, mul(s === 2 ? x : pow(x, s - 1), s));
}

const rpowScalarOp = defineOp<Scalar>()({
  name: "rpowScalar",
  label: "pow",
  doc: "A number to the power of x.",
  example: ["pow(2, tensor([3, -1]))", "tensor([8.0000, 0.5000])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("rpow", x, s, y),
  vjp: (gs, { x, y }, s) => {
    const slope = mul(gs.y, mul(y, Math.log(Number(s))));
    return { x: Number(s) === 0 ? where(ge(x, 0), 0, slope) : slope };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), 0.5],
  ],
});

const forms = {
  tensors(a: Tensor, b: Tensor): Tensor {
    if (a.dtype === "bool") {
      throw new DTypeError("pow", 'has no meaning for two bool tensors; use to("int64")');
    }
    return powOp(a, b);
  },
  right(a: Tensor, s: Scalar): Tensor {
    requireWholePower("pow", a, s);
    return powScalarOp(a, s);
  },
  left: (s: Scalar, b: Tensor): Tensor => rpowScalarOp(b, s),
};

/** An integer tensor has no negative powers: they would all be 0. */
export function requireWholePower(op: string, x: Tensor, s: Scalar): void {
  if (!isFloating(x.dtype) && s < 0) {
    throw new ArgumentError(
      op,
      `an integer tensor cannot be raised to the negative power ${s}; use to("float32") first`,
    );
  }
}

/**
 * a ** b, elementwise, broadcast; dtypes promote as PyTorch's. The gradient of a is 0 where b is 0, that
 * of b is 0 where a is 0 and b ≥ 0. As `torch.pow`.
 * @throws ArgumentError for an integer tensor to a negative number
 */
export function pow(a: Operand, b: Operand): Tensor {
  return onOperands("pow", a, b, forms);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    pow(b: Operand): Tensor;
  }
}
methods({
  pow(b) {
    return pow(this, b);
  },
});
