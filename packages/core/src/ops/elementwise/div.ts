// True division: the quotient of integers is float32.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { broadcastMeta, floating, type Operand, type Scalar, sumTo } from "../promote.ts";
import { floorDivide } from "./floor-divide.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { onOperands } from "./operands.ts";
import { truncDivide } from "./trunc-divide.ts";

const divOp = defineOp()({
  name: "div",
  doc: "a / b, elementwise, broadcast.",
  example: ["div(tensor([1, 2]), tensor([4, 5]))", "tensor([0.2500, 0.4000])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  saves: ["a", "b"],
  shape: (a, b) => broadcastMeta("div", a, b),
  kernel: (k, a, b, y) => k.binary("div", a, b, y),
  // g/b is both the gradient of a and, times −a/b, that of b.
  vjp: (gs, { a, b }, _a, m, need) => {
    const scaled = div(gs.y, b);
    return {
      a: need.a ? sumTo(scaled, m.a.shape) : undefined,
      b: need.b ? sumTo(neg(mul(scaled, div(a, b))), m.b.shape) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3], { low: 0.5, high: 2 })],
    [rng.tensor([2, 1, 3]), rng.tensor([4, 1], { low: -2, high: -0.5 })],
    [rng.tensor([]), rng.tensor([2], { low: 0.5, high: 2 })],
  ],
  errors: (rng) => [
    [() => div(rng.tensor([4]), rng.tensor([3])), ShapeError, /div: sizes 4 and 3/],
  ],
});

const divScalarOp = defineOp<Scalar>()({
  name: "divScalar",
  label: "div",
  doc: "x / scalar.",
  example: ["tensor([1, 2]).div(4)", "tensor([0.2500, 0.5000])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("div", x, s, y),
  vjp: (gs, _s, s) => ({ x: div(gs.y, s) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), -0.5],
  ],
});

const rdivScalarOp = defineOp<Scalar>()({
  name: "rdivScalar",
  label: "div",
  doc: "scalar / x.",
  example: ["div(1, tensor([2, 4]))", "tensor([0.5000, 0.2500])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("rdiv", x, s, y),
  vjp: (gs, { x, y }) => ({ x: neg(mul(gs.y, div(y, x))) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 0.5, high: 2 }), 2],
    [rng.tensor([], { low: -2, high: -1 }), -0.5],
  ],
});

const forms = {
  tensors: (a: Tensor, b: Tensor) => divOp(floating(a), floating(b)),
  right: (a: Tensor, s: Scalar) => divScalarOp(floating(a), s),
  left: (s: Scalar, b: Tensor) => rdivScalarOp(floating(b), s),
};

export interface DivOptions {
  /** "trunc" rounds the quotient towards 0, "floor" down; integers then stay integers. Default: it is not rounded. */
  readonly roundingMode?: "trunc" | "floor" | undefined;
}
const OPTIONS: OptionNames<DivOptions> = { roundingMode: true };

/**
 * a / b, elementwise, broadcast; integers give float32, other dtypes promote. As `torch.div`.
 * @throws ArgumentError for a rounding mode that does not exist, and integers divided by 0
 */
export function div(a: Operand, b: Operand, options?: DivOptions): Tensor {
  if (options === undefined) return onOperands("div", a, b, forms);
  checkOptions("div", options, OPTIONS);
  const { roundingMode } = options;
  if (roundingMode === undefined) return onOperands("div", a, b, forms);
  if (roundingMode === "floor") return floorDivide(a, b);
  if (roundingMode === "trunc") return truncDivide(a, b);
  throw new ArgumentError("div", `roundingMode is "trunc" or "floor"; got ${String(roundingMode)}`);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    div(b: Operand, options?: DivOptions): Tensor;
  }
}
methods({
  div(b, options) {
    return div(this, b, options);
  },
});
