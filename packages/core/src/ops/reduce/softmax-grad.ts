// The gradient of softmax, an op of its own so that it has a kernel and a second derivative.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { broadcastMeta } from "../promote.ts";
import { atLeast1d } from "../views/window.ts";
import { sum } from "./sum.ts";

const softmaxGradOp = defineOp<number>()({
  name: "softmaxGrad",
  doc: "y · (g − Σ g · y) along a dim: the gradient of softmax, whose result is y.",
  inputs: ["g", "y"],
  outputs: ["dx"],
  saves: ["g", "y"],
  shape: (g, y) => broadcastMeta("softmaxGrad", g, y),
  kernel: (k, g, y, dx, dim) => k.softmaxGrad?.(atLeast1d(g), atLeast1d(y), atLeast1d(dx), dim),
  compose: (g, y, dim) => mul(y, sub(g, sum(mul(g, y), dim, { keepdim: true }))),
  // Symmetric in g; in y a product of three.
  vjp: (gs, { g, y }, dim, _m, need) => ({
    g: need.g ? softmaxGrad(gs.dx, y, dim) : undefined,
    y: need.y
      ? sub(
          mul(gs.dx, sub(g, sum(mul(g, y), dim, { keepdim: true }))),
          mul(g, sum(mul(gs.dx, y), dim, { keepdim: true })),
        )
      : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3]), 1],
    [rng.tensor([2, 3, 2]), rng.tensor([2, 3, 2]), 1],
    [rng.tensor([]), rng.tensor([]), 0],
  ],
});

/** The gradient of softmax along `dim`, from the gradient g of its result y. */
export function softmaxGrad(g: Tensor, y: Tensor, dim: number): Tensor {
  return softmaxGradOp(g, y, dim);
}
