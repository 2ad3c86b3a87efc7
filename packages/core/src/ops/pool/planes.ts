// Picking elements of planes by number, and its adjoint: how the gradient of max pooling goes back and
// forth. A plane is everything after [N, C]. Each op is the gradient of the other.
import { defineOp } from "../../op/define.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { tensor, zeros } from "../creation.ts";
import { type PoolGeometry, poolGeometry } from "./geometry.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * dx = 0, then within each plane dx[indices[i]] += g[i]. g and int32 indices share a shape. With `windows` each index
     * lies in the window of that geometry that it belongs to.
     */
    planeScatter(g: View, indices: View, dx: View, windows?: PoolGeometry): Ran;
    /** Within each plane y[i] = x[indices[i]]. */
    planeGather(x: View, indices: View, y: View): Ran;
  }
}

/** [N, C, …] as [N, C, plane]. */
const flat = (t: Tensor): Tensor =>
  t.reshape([t.shape[0] as number, t.shape[1] as number, sizeOf(t.shape.slice(2))]);

interface ScatterAttrs {
  readonly shape: Shape;
  /** The windows of a max pooling that the indices come from: then it is known about where they are. */
  readonly windows: PoolGeometry | undefined;
}

const planeScatterOp = defineOp<ScatterAttrs>()({
  name: "planeScatter",
  doc: "Adds g to zeros of [N, C, …] at the places in each plane that indices name; adjoint of planeGather.",
  inputs: ["g", "indices"],
  outputs: ["dx"],
  saves: ["indices"],
  shape: (g, _indices, { shape }) => ({ shape, dtype: g.dtype }),
  kernel: (k, g, indices, dx, { windows }) => k.planeScatter?.(g, indices, dx, windows),
  compose: (g, indices, { shape }) =>
    flat(zeros(shape, { dtype: g.dtype, device: g.backend }))
      .scatterAdd(2, flat(indices), flat(g))
      .reshape(shape),
  vjp: (gs, s) => ({ g: planeGather(gs.dx, s.indices) }),
  samples: (rng) => [
    [
      rng.tensor([2, 2, 3]),
      rng.ints([2, 2, 3], 5, "int32"),
      { shape: [2, 2, 5], windows: undefined },
    ],
    [
      rng.tensor([1, 2, 2, 2]),
      rng.ints([1, 2, 2, 2], 6, "int32"),
      { shape: [1, 2, 2, 3], windows: undefined },
    ],
    [
      rng.tensor([1, 2, 1, 4]),
      tensor([0, 11, 4, 7, 9, 2, 13, 14], {
        ...{ shape: [1, 2, 1, 4], dtype: "int32", device: rng.ints([], 1).backend },
      }),
      { shape: [1, 2, 2, 8], windows: poolGeometry("maxPool", [1, 2, 2, 8], 2, {}) },
    ],
  ],
});

const planeGatherOp = defineOp()({
  name: "planeGather",
  doc: "The elements of [N, C, …] at the places in each plane that indices name.",
  inputs: ["x", "indices"],
  outputs: ["y"],
  saves: ["indices"],
  shape: (x, indices) => ({ shape: indices.shape, dtype: x.dtype }),
  kernel: (k, x, indices, y) => k.planeGather?.(x, indices, y),
  compose: (x, indices) => flat(x).gather(2, flat(indices)).reshape(indices.shape),
  vjp: (gs, s, _a, m) => ({ x: planeScatter(gs.y, s.indices, m.x.shape) }),
  samples: (rng) => [
    [rng.tensor([2, 2, 5]), rng.ints([2, 2, 3], 5, "int32")],
    [rng.tensor([1, 2, 2, 3]), rng.ints([1, 2, 2, 2], 6, "int32")],
  ],
});

/**
 * g [N, C, …], int32 indices of the same shape with the row-major places in planes of `shape`.
 * @param windows the pooling that gave the indices
 */
export const planeScatter = (
  g: Tensor,
  indices: Tensor,
  shape: Shape,
  windows?: PoolGeometry,
): Tensor => planeScatterOp(g, indices, { shape, windows });

/** x [N, C, …] at int32 indices [N, C, …]: row-major places in its planes. */
export const planeGather = (x: Tensor, indices: Tensor): Tensor => planeGatherOp(x, indices);
