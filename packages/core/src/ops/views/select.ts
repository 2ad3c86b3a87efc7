// select: one index of a dimension, which goes.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { existingDim } from "./bounds.ts";
import { sliceBackward } from "./slice-backward.ts";
import { unsqueeze } from "./unsqueeze.ts";

const selectOp = defineOp<{ readonly dim: number; readonly index: number }>()({
  name: "select",
  doc: "The part of x at one index of a dimension, which is dropped; shares memory.",
  example: ["select(tensor([[1, 2], [3, 4]]), 0, 1)", "tensor([3., 4.])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, { dim, index }) => ({
    shape: x.shape.filter((_, d) => d !== dim),
    strides: x.strides.filter((_, d) => d !== dim),
    offset: x.offset + index * (x.strides[dim] as number),
  }),
  vjp: (gs, _s, { dim, index }, m) => ({
    x: sliceBackward(unsqueeze(gs.y, dim), m.x.shape, dim, index, index + 1),
  }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dim: 1, index: 2 }],
    [rng.tensor([3]), { dim: 0, index: 0 }],
  ],
  errors: (rng) => [
    [
      () => select(rng.tensor([2, 3]), 1, 3),
      IndexError,
      /select: index 3 is out of range for dim 1 of size 3/,
    ],
    [() => select(rng.tensor([]), 0, 0), IndexError, /select: a zero-dimensional tensor/],
  ],
});

/** As `torch.select`: x at `index` of `dim` (both may count from the end), without that dim. Shares memory. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const d = existingDim("select", dim, x.shape.length);
  const size = x.shape[d] as number;
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new IndexError("select", `index ${index} is out of range for dim ${d} of size ${size}`);
  }
  return selectOp(x, { dim: d, index: index < 0 ? index + size : index });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    select(dim: number, index: number): Tensor;
  }
}
methods({
  select(dim, index) {
    return select(this, dim, index);
  },
});
