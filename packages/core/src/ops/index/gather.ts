// gather: elements picked along one dimension by an index tensor.
import type { Meta } from "../../backend.ts";
import { DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { atLeast1d } from "../views/window.ts";
import { gatherBackward } from "./gather-backward.ts";
import { checkIndexDType, lookAtIndices } from "./indices.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * gather() of indices that nobody has looked at, which it does as it goes: memory is read once. Undefined where it
     * leaves the work to gather(), or found one out of range; y may be anything then.
     */
    gatherLooking(x: View, index: View, y: View, dim: number): Ran;
  }
}

const gatherOp = defineOp<{ readonly dim: number; readonly checked?: true }>()({
  name: "gather",
  doc: "y[i][j] = x[index[i][j]][j] for dim 0, x[i][index[i][j]] for dim 1, and so on.",
  example: [
    "gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]]).to('int64'))",
    "tensor([[1., 1.],\n        [4., 3.]])",
  ],
  inputs: ["x", "index"],
  outputs: ["y"],
  saves: ["index"],
  shape: (x, index, { dim }) => {
    checkIndexShape("gather", dim, index, { input: x });
    return { shape: index.shape, dtype: x.dtype };
  },
  kernel: (k, x, index, y, { dim, checked }) => {
    if (checked === undefined) {
      const ran = k.gatherLooking?.(x, index, y, dim);
      if (ran !== undefined) return ran;
      lookAtIndices("gather", index, dim, x.shape[dim] ?? 1);
    }
    return k.gather(atLeast1d(x), atLeast1d(index), atLeast1d(y), dim);
  },
  vjp: (gs, { index }, { dim }, m) => ({ x: gatherBackward(gs.y, index, m.x.shape, dim) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.ints([2, 4], 3), { dim: 1 }],
    [rng.tensor([3, 2, 2]), rng.ints([2, 2, 1], 3, "int32"), { dim: 0 }],
    [rng.tensor([3]), rng.ints([0], 3), { dim: 0 }],
    [rng.tensor([]), rng.ints([], 1), { dim: 0 }],
  ],
  errors: (rng) => [
    [
      () => gather(rng.tensor([2, 3]), 1, rng.ints([2, 2], 1).add(3)),
      IndexError,
      /gather: index 3 \(element 0\) is out of range for dim 1 of size 3; expected 0 to 2/,
    ],
    [
      () => gather(rng.tensor([2, 3]), 0, rng.ints([2, 2], 1).add(-1)),
      IndexError,
      /gather: index -1 .* dim 0 of size 2/,
    ],
    [
      () => gather(rng.tensor([2, 3]), 1, rng.ints([3, 2], 2)),
      ShapeError,
      /gather: index has 3 in dim 0 where input has 2[\s\S]*input: \[2, 3\][\s\S]*index: \[3, 2\]/,
    ],
    [
      () => gather(rng.tensor([2, 3]), 1, rng.ints([3], 2)),
      ShapeError,
      /gather: index must have as many dimensions as input/,
    ],
    [() => gather(rng.tensor([3]), 0, rng.tensor([2])), DTypeError, /indices must be integers/],
    [() => gather(rng.tensor([3]), 1, rng.ints([2], 2)), IndexError, /gather: dim 1/],
  ],
});

/** @throws ShapeError unless index has the rank of the others and is no larger, but in dim of the first */
export function checkIndexShape(
  op: string,
  dim: number,
  index: Meta,
  others: Readonly<Record<string, Meta>>,
): void {
  checkIndexDType(op, index.dtype);
  const shapes = {
    ...Object.fromEntries(Object.entries(others).map(([name, m]) => [name, m.shape])),
    index: index.shape,
  };
  Object.entries(others).forEach(([name, { shape }], which) => {
    if (shape.length !== index.shape.length) {
      throw new ShapeError(op, `index must have as many dimensions as ${name}`, shapes);
    }
    index.shape.forEach((n, d) => {
      if (n > (shape[d] as number) && !(which === 0 && d === dim)) {
        throw new ShapeError(
          op,
          `index has ${n} in dim ${d} where ${name} has ${shape[d]}`,
          shapes,
        );
      }
    });
  });
}

/**
 * As `torch.gather`: x's elements at `index` along `dim`; index may be smaller than x in other dims.
 * @param index any integer dtype, each in [0, size of dim)
 * @returns the shape of index, the dtype of x
 * @throws IndexError naming the first index out of range
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  checkLive("gather", x);
  checkLive("gather", index);
  return gatherOp(x, index, { dim: normalizeDim("gather", dim, x.shape.length) });
}

/** gather() with indices that are known to be in range. @internal */
export const gatherChecked = (x: Tensor, dim: number, index: Tensor): Tensor =>
  gatherOp(x, index, { dim, checked: true });

declare module "../../tensor.ts" {
  interface TensorMethods {
    gather(dim: number, index: Tensor): Tensor;
  }
}
methods({
  gather(dim, index) {
    return gather(this, dim, index);
  },
});
