// Overwriting with one value.
import { InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { asScalar, isTensor, type Operand, type Scalar } from "../promote.ts";
import { copy_ } from "./copy_.ts";

const fillInPlaceOp = defineOp<Scalar>()({
  name: "fill_",
  doc: "Every element of x becomes a number.",
  example: ["tensor([1, 2]).fill_(7)", "tensor([7., 7.])"],
  kind: "inplace",
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, _x, y, value) => k.fill(y, value),
  vjp: (gs) => ({ x: zerosLike(gs.y) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 1.5],
    [rng.tensor([]), 0],
  ],
  errors: (rng) => [
    [
      () => fill_(rng.tensor([2]), rng.tensor([2])),
      ShapeError,
      /fill_: the value must be a number or a zero-dim tensor/,
    ],
    [
      () => fill_(rng.tensor([3]).requiresGrad_(), 1),
      InPlaceError,
      /fill_: the target is a leaf that requires grad/,
    ],
  ],
});

/**
 * Every element of x becomes `value`, a number or a zero-dim tensor, cast to x's dtype. Returns x. As
 * `torch.Tensor.fill_`.
 */
export function fill_(x: Tensor, value: Operand): Tensor {
  if (!isTensor(value)) return fillInPlaceOp(x, asScalar("fill_", value));
  if (value.ndim !== 0) {
    throw new ShapeError("fill_", "the value must be a number or a zero-dim tensor; use copy_()", {
      value: value.shape,
    });
  }
  return copy_(x, value);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    fill_(value: Operand): Tensor;
  }
}
methods({
  fill_(value) {
    return fill_(this, value);
  },
});
