// Overwriting the elements of x that a mask of bools names.
import { DTypeError, InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { where } from "../elementwise/where.ts";
import { checkMask, fillValue, maskedScatter } from "../index/masked.ts";
import { broadcastMeta, type Operand, sumTo } from "../promote.ts";
import { copy_ } from "./copy_.ts";
import { changing } from "./scatter_.ts";
import { apart } from "./storable.ts";

const maskedFillInPlaceOp = defineOp()({
  name: "maskedFill_",
  doc: "x becomes value, a zero-dim tensor, where mask holds; mask broadcasts into x.",
  example: ["tensor([1, 2]).maskedFill_(tensor([true, false]), 7)", "tensor([7., 2.])"],
  kind: "inplace",
  inputs: ["x", "mask", "value"],
  outputs: ["y"],
  saves: ["mask"],
  shape: (x, mask) => broadcastMeta("maskedFill_", x, mask),
  kernel: (k, x, mask, value, y) => k.where(mask, value, x, y),
  vjp: (gs, { mask }, _a, _m, need) => ({
    x: need.x ? where(mask, 0, gs.y) : undefined,
    value: need.value ? sumTo(where(mask, gs.y, 0), []) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.bools([2, 3]), rng.tensor([])],
    [rng.tensor([2, 3]), rng.bools([3]), rng.tensor([])],
  ],
  errors: (rng) => [
    [
      () => maskedFill_(rng.tensor([3]), rng.bools([2, 3]), 1),
      ShapeError,
      /maskedFill_: the result does not fit into the target/,
    ],
    [() => maskedFill_(rng.tensor([3]), rng.ints([3], 2), 1), DTypeError, /mask must be bool/],
    [
      () => maskedFill_(rng.ints([3], 2), rng.bools([3]), 0.5),
      DTypeError,
      /maskedFill_: 0.5 cannot be stored in a tensor of int64/,
    ],
    [
      () => maskedFill_(rng.tensor([3]).requiresGrad_(), rng.bools([3]), 1),
      InPlaceError,
      /maskedFill_: the target is a leaf that requires grad/,
    ],
  ],
});

/** maskedFill() into x, which it returns; as `torch.Tensor.masked_fill_`. */
export const maskedFill_ = (x: Tensor, mask: Tensor, value: Operand): Tensor =>
  changing("maskedFill_", x, () => {
    checkMask("maskedFill_", mask);
    const filling = fillValue("maskedFill_", x, value);
    return maskedFillInPlaceOp(x, apart(mask, x), apart(filling, x));
  });

/** maskedScatter() into x, which it returns; as `torch.Tensor.masked_scatter_`. */
export const maskedScatter_ = (x: Tensor, mask: Tensor, source: Tensor): Tensor =>
  changing("maskedScatter_", x, () => copy_(x, maskedScatter(clone(x), mask, source)));

declare module "../../tensor.ts" {
  interface TensorMethods {
    maskedFill_(mask: Tensor, value: Operand): Tensor;
    maskedScatter_(mask: Tensor, source: Tensor): Tensor;
  }
}
methods({
  maskedFill_(mask, value) {
    return maskedFill_(this, mask, value);
  },
  maskedScatter_(mask, source) {
    return maskedScatter_(this, mask, source);
  },
});
