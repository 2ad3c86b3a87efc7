// A slice along one dimension: the op under slice(), narrow(), split() and cat()'s gradient.
import { ArgumentError, IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { existingDim, resolveSlice } from "./bounds.ts";
import { sliceBackward } from "./slice-backward.ts";
import { slicedView } from "./window.ts";

interface SliceAttrs {
  readonly dim: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

const sliceDimOp = defineOp<SliceAttrs>()({
  name: "sliceDim",
  doc: "Every step-th element of one dimension from start, sharing memory.",
  example: ["sliceDim(tensor([0, 1, 2, 3, 4]), 0, 1, 5, 2)", "tensor([1., 3.])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, a) => slicedView(x, a.dim, a.start, a.length, a.step),
  vjp: (gs, _s, a, m) => ({
    x: sliceBackward(gs.y, m.x.shape, a.dim, a.start, a.start + a.length * a.step, a.step),
  }),
  samples: (rng) => [
    [rng.tensor([5]), { dim: 0, start: 1, length: 2, step: 2 }],
    [rng.tensor([2, 4, 3]), { dim: 1, start: 1, length: 3, step: 1 }],
    [rng.tensor([2, 3]), { dim: 1, start: 3, length: 0, step: 1 }],
  ],
  errors: (rng) => [
    [() => sliceDim(rng.tensor([2, 3]), 2, 0, 1), IndexError, /sliceDim: dim 2 is out of range/],
    [() => sliceDim(rng.tensor([]), 0, 0, 1), IndexError, /zero-dimensional/],
    [() => sliceDim(rng.tensor([3]), 0, 0, 3, 0), ArgumentError, /step must be .* ≥ 1; got 0/],
    [() => sliceDim(rng.tensor([3]), 0, 0.5), ArgumentError, /start must be a whole number/],
    [
      () => narrow(rng.tensor([2, 3]), 1, 2, 2),
      IndexError,
      /narrow: start 2 and length 2 do not lie in dim 1 of size 3/,
    ],
    [() => narrow(rng.tensor([2, 3]), 1, 0, -1), IndexError, /narrow: start 0 and length -1/],
  ],
});

/** x[start:end:step] along `dim`, as Python slices: bounds may be negative or beyond; step ≥ 1. Shares memory. */
export function sliceDim(
  x: Tensor,
  dim: number,
  start = 0,
  end = Number.POSITIVE_INFINITY,
  step = 1,
): Tensor {
  const d = existingDim("sliceDim", dim, x.shape.length);
  const part = resolveSlice("sliceDim", x.shape[d] as number, start, end, step);
  return sliceDimOp(x, { dim: d, step, ...part });
}

/** As `torch.narrow`: `length` elements of `dim` from `start` (negative counts from the end). Shares memory. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const d = existingDim("narrow", dim, x.shape.length);
  const size = x.shape[d] as number;
  const first = start < 0 ? start + size : start;
  const whole = Number.isInteger(first) && Number.isInteger(length);
  if (!whole || first < 0 || length < 0 || first + length > size) {
    throw new IndexError(
      "narrow",
      `start ${start} and length ${length} do not lie in dim ${d} of size ${size}`,
    );
  }
  return sliceDimOp(x, { dim: d, start: first, length, step: 1 });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    narrow(dim: number, start: number, length: number): Tensor;
  }
}
methods({
  narrow(dim, start, length) {
    return narrow(this, dim, start, length);
  },
});
