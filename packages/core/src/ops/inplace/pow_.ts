// In-place power; with a number as the exponent an op of its own.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { pow, powerGrad, requireWholePower } from "../elementwise/pow.ts";
import { asScalar, isTensor, type Operand, type Scalar } from "../promote.ts";
import { inPlaceForm } from "./form.ts";
import { requireStorable } from "./storable.ts";
import { before } from "./unary.ts";

const powInPlaceOp = defineOp<Scalar>()({
  name: "pow_",
  doc: "x = x ** scalar.",
  example: ["tensor([2, 3]).pow_(2)", "tensor([4., 9.])"],
  kind: "inplace",
  inputs: ["x", "old?"],
  outputs: ["y"],
  saves: ["old"],
  shape: (x) => x,
  kernel: (k, x, _old, y, s) => k.binaryScalar("pow", x, s, y),
  vjp: (gs, { old }, s) => ({ x: powerGrad(gs.y, old as Tensor, Number(s)) }),
  samples: (rng) => {
    const x = rng.tensor([2, 3], { low: 0.5, high: 2 });
    return [[x, clone(x), 2.5]];
  },
  errors: (rng) => [
    [() => pow_(rng.ints([2], 3), -1), ArgumentError, /pow_: an integer.*negative power/],
    [() => pow_(rng.ints([2], 3), 0.5), DTypeError, /pow_: the result is float32/],
  ],
});

const powTensor_ = inPlaceForm("pow_", pow);

/** x = x ** exponent, a number or a tensor. Returns x. As `torch.Tensor.pow_`. */
export function pow_(x: Tensor, exponent: Operand): Tensor {
  if (isTensor(exponent)) return powTensor_(x, exponent);
  const s = requireStorable("pow_", x, asScalar("pow_", exponent));
  requireWholePower("pow_", x, s);
  return powInPlaceOp(x, before(x, x.source !== null), s);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    pow_(exponent: Operand): Tensor;
  }
}
methods({
  pow_(exponent) {
    return pow_(this, exponent);
  },
});
