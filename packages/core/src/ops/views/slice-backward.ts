// The adjoint of a slice: zeros with x written into the slice.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { existingDim, resolveSlice } from "./bounds.ts";
import { sliceDim } from "./slice-dim.ts";
import { slicedView } from "./window.ts";

interface Attrs {
  readonly shape: Shape;
  readonly dim: number;
  readonly start: number;
  readonly step: number;
}

const sliceBackwardOp = defineOp<Attrs>()({
  name: "sliceBackward",
  doc: "Zeros of a given shape with x in the slice start:end:step of one dimension.",
  example: ["sliceBackward(tensor([1, 2]), [5], 0, 1, 5, 2)", "tensor([0., 1., 0., 2., 0.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, a) => ({ shape: a.shape, dtype: x.dtype }),
  kernel: (k, x, y, a) => {
    k.fill(y, 0);
    return k.copy(x, slicedView(y, a.dim, a.start, x.shape[a.dim] as number, a.step));
  },
  vjp: (gs, _s, a, m) => ({
    x: sliceDim(gs.y, a.dim, a.start, a.start + (m.x.shape[a.dim] as number) * a.step, a.step),
  }),
  samples: (rng) => [
    [rng.tensor([2]), { shape: [5], dim: 0, start: 1, step: 2 }],
    [rng.tensor([2, 3, 2]), { shape: [2, 4, 2], dim: 1, start: 1, step: 1 }],
    [rng.tensor([2, 0]), { shape: [2, 3], dim: 1, start: 1, step: 1 }],
  ],
  errors: (rng) => [
    [
      () => sliceBackward(rng.tensor([3]), [5], 0, 1, 5, 2),
      ShapeError,
      /sliceBackward: x does not fit .* of 2 elements[\s\S]*x: \[3\][\s\S]*shape: \[5\]/,
    ],
  ],
});

/** Zeros of `shape` with x in its slice start:end:step along `dim`; the gradient of `sliceDim`. */
export function sliceBackward(
  x: Tensor,
  shape: Shape,
  dim: number,
  start = 0,
  end = Number.POSITIVE_INFINITY,
  step = 1,
): Tensor {
  const d = existingDim("sliceBackward", dim, shape.length);
  const part = resolveSlice("sliceBackward", shape[d] as number, start, end, step);
  const fits =
    x.shape.length === shape.length &&
    shape.every((n, i) => x.shape[i] === (i === d ? part.length : n));
  if (!fits) {
    throw new ShapeError(
      "sliceBackward",
      `x does not fit into the slice of dim ${d}, which is of ${part.length} elements`,
      { x: x.shape, shape },
    );
  }
  return sliceBackwardOp(x, { shape, dim: d, start: part.start, step });
}
