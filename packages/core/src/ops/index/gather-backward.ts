// The adjoint of gather: zeros with every gradient added where its element came from.
import { defineOp } from "../../op/define.ts";
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { atLeast1d } from "../views/window.ts";
import { checkIndexShape, gatherChecked } from "./gather.ts";

const gatherBackwardOp = defineOp<{ readonly shape: Shape; readonly dim: number }>()({
  name: "gatherBackward",
  doc: "Zeros of a given shape to which g is added at index along dim; the gradient of gather.",
  inputs: ["g", "index"],
  outputs: ["y"],
  saves: ["index"],
  shape: (g, index, { shape, dim }) => {
    checkIndexShape("gatherBackward", dim, index, { input: { shape, dtype: g.dtype }, g });
    return { shape, dtype: g.dtype };
  },
  kernel: (k, g, index, y, { dim }) => {
    k.fill(y, 0);
    return k.scatterAdd(atLeast1d(index), atLeast1d(g), atLeast1d(y), dim);
  },
  vjp: (gs, { index }, { dim }) => ({ g: gatherChecked(gs.y, dim, index) }),
  samples: (rng) => [
    [rng.tensor([2, 4]), rng.ints([2, 4], 3), { shape: [2, 3], dim: 1 }],
    [rng.tensor([2, 2, 1]), rng.ints([2, 2, 1], 3), { shape: [3, 2, 2], dim: 0 }],
    [rng.tensor([]), rng.ints([], 1), { shape: [], dim: 0 }],
  ],
});

/** Zeros of `shape`, plus g at `index` (in range, the shape of g) along `dim`. */
export function gatherBackward(g: Tensor, index: Tensor, shape: Shape, dim: number): Tensor {
  return gatherBackwardOp(g, index, { shape, dim });
}
