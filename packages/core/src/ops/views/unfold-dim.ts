// Tensor.unfold: the sliding windows of one dimension as a view. (The function unfold of nn.functional is
// another: im2col.)
import type { View } from "../../backend.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Shape } from "../../shape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { existingDim } from "./bounds.ts";
import { windowOn } from "./window.ts";

interface Attrs {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}

/** The window size comes last. */
function windowsOf(x: View, { dim, size, step }: Attrs) {
  const count = Math.floor(((x.shape[dim] as number) - size) / step) + 1;
  return {
    shape: [...x.shape.map((n, d) => (d === dim ? count : n)), size],
    strides: [...x.strides.map((s, d) => (d === dim ? s * step : s)), x.strides[dim] as number],
    offset: x.offset,
  };
}

const unfoldDimOp = defineOp<Attrs>()({
  name: "unfoldDim",
  doc: "The windows of `size` elements of one dimension, `step` apart, as a view; size becomes the last dimension.",
  example: ["unfoldDim(tensor([1, 2, 3]), 0, 2, 1)", "tensor([[1., 2.],\n        [2., 3.]])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: windowsOf,
  vjp: (gs, _s, a, m) => ({ x: unfoldDimBackward(gs.y, { ...a, shape: m.x.shape }) }),
  samples: (rng) => [
    [rng.tensor([5]), { dim: 0, size: 3, step: 1 }],
    [rng.tensor([2, 5, 2]), { dim: 1, size: 2, step: 2 }],
    [rng.tensor([2, 3]), { dim: 1, size: 0, step: 1 }],
  ],
  errors: (rng) => [
    [
      () => unfoldDim(rng.tensor([2, 3]), 1, 4, 1),
      ShapeError,
      /unfold: windows of 4 do not fit into dim 1 of size 3/,
    ],
    [() => unfoldDim(rng.tensor([3]), 0, 2, 0), ArgumentError, /unfold: step must be .* got 0/],
    [() => unfoldDim(rng.tensor([3]), 0, -1, 1), ArgumentError, /unfold: size must be .* got -1/],
  ],
});

type BackwardAttrs = Attrs & { readonly shape: Shape };

const unfoldDimBackwardOp = defineOp<BackwardAttrs>()({
  name: "unfoldDimBackward",
  doc: "Zeros of a given shape to which windows are added where unfoldDim reads them; its gradient.",
  inputs: ["g"],
  outputs: ["y"],
  shape: (g, { shape }) => ({ shape, dtype: g.dtype }),
  // One strided addition in place for each place in the window.
  kernel: (k, g, y, a) => {
    k.fill(y, 0);
    const windows = windowsOf(y, a);
    const shape = windows.shape.slice(0, -1);
    const last = g.strides.length - 1;
    for (let i = 0; i < a.size; i++) {
      const at = windows.offset + i * (y.strides[a.dim] as number);
      const target = windowOn(y, shape, windows.strides.slice(0, -1), at);
      const from = g.offset + i * (g.strides[last] as number);
      const part = windowOn(g, shape, g.strides.slice(0, -1), from);
      if (k.binary("add", target, part, target) === undefined) return undefined;
    }
    return "taps";
  },
  vjp: (gs, _s, { dim, size, step }) => ({ g: unfoldDim(gs.y, dim, size, step) }),
  samples: (rng) => [[rng.tensor([2, 2, 3]), { dim: 1, size: 3, step: 1, shape: [2, 4] }]],
});

const unfoldDimBackward = (g: Tensor, attrs: BackwardAttrs): Tensor =>
  unfoldDimBackwardOp(g, attrs);

/**
 * As `torch.Tensor.unfold`: the windows of `size` elements along `dim`, one every `step`; the window comes last.
 * Shares memory. For the method `unfold` of tensors.
 * @throws ShapeError where no window fits; ArgumentError for a size < 0 or a step < 1
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 */
export function unfoldDim(x: Tensor, dim: number, size: number, step: number): Tensor {
  const d = existingDim("unfold", dim, x.shape.length);
  if (!Number.isInteger(size) || size < 0) {
    throw new ArgumentError("unfold", `size must be a whole number ≥ 0; got ${size}`);
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError("unfold", `step must be a whole number ≥ 1; got ${step}`);
  }
  if (size > (x.shape[d] as number)) {
    throw new ShapeError(
      "unfold",
      `windows of ${size} do not fit into dim ${d} of size ${x.shape[d]}`,
      { input: x.shape },
    );
  }
  return unfoldDimOp(x, { dim: d, size, step });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    /** The sliding windows of one dimension; the function is unfoldDim. */
    unfold(dim: number, size: number, step: number): Tensor;
  }
}
methods({
  unfold(dim, size, step) {
    return unfoldDim(this, dim, size, step);
  },
});
