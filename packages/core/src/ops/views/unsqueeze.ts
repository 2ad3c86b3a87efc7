// unsqueeze: a new dimension of size 1.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { squeeze } from "./squeeze.ts";

const unsqueezeOp = defineOp<{ readonly dim: number }>()({
  name: "unsqueeze",
  doc: "x with a new dimension of size 1 at dim, sharing memory.",
  example: ["unsqueeze(tensor([1, 2]), 0)", "tensor([[1., 2.]])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, { dim }) => ({
    shape: [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)],
    // Any stride does for size 1; this one keeps a contiguous x contiguous to the eye.
    strides: [
      ...x.strides.slice(0, dim),
      (x.strides[dim] ?? 1) * (x.shape[dim] ?? 1),
      ...x.strides.slice(dim),
    ],
    offset: x.offset,
  }),
  vjp: (gs, _s, { dim }) => ({ x: squeeze(gs.y, dim) }),
  samples: (rng) => [
    [rng.tensor([2, 3]), { dim: 1 }],
    [rng.tensor([]), { dim: 0 }],
  ],
  errors: (rng) => [
    [
      () => unsqueeze(rng.tensor([2, 3]), 3),
      IndexError,
      /unsqueeze: dim 3 is out of range .* 2 dimensions; expected -3 to 2/,
    ],
  ],
});

/** As `torch.unsqueeze`: a dimension of size 1 before `dim`, in [-ndim - 1, ndim]. Shares memory. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const rank = x.shape.length;
  if (!Number.isInteger(dim) || dim < -rank - 1 || dim > rank) {
    throw new IndexError(
      "unsqueeze",
      `dim ${dim} is out of range for a tensor of ${rank} dimensions; expected ${-rank - 1} to ${rank}`,
    );
  }
  return unsqueezeOp(x, { dim: dim < 0 ? dim + rank + 1 : dim });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    unsqueeze(dim: number): Tensor;
  }
}
methods({
  unsqueeze(dim) {
    return unsqueeze(this, dim);
  },
});
