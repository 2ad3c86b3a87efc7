// expand: dimensions of size 1 repeated without copying.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Shape } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { sumTo } from "../promote.ts";
import { type Sizes, sizesOf } from "./view.ts";

const expandOp = defineOp<{ readonly shape: Shape }>()({
  name: "expand",
  doc: "x with dimensions of size 1 repeated, sharing memory; new dimensions may come in front.",
  example: ["tensor([[1], [2]]).expand(2, 3)", "tensor([[1., 1., 1.],\n        [2., 2., 2.]])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view(x, { shape }) {
    const lead = shape.length - x.shape.length;
    const strides = shape.map((n, d) =>
      d < lead || (x.shape[d - lead] === 1 && n !== 1) ? 0 : (x.strides[d - lead] as number),
    );
    return { shape, strides, offset: x.offset };
  },
  vjp: (gs, _s, _a, m) => ({ x: sumTo(gs.y, m.x.shape) }),
  samples: (rng) => [
    [rng.tensor([2, 1]), { shape: [3, 2, 4] }],
    [rng.tensor([]), { shape: [2] }],
  ],
  errors: (rng) => [
    [
      () => expand(rng.tensor([2, 3]), [4, 3]),
      ShapeError,
      /expand: size 2 in dimension 0 cannot become 4; only size 1 can grow/,
    ],
    [() => expand(rng.tensor([2, 3]), [3]), ShapeError, /expand: .* fewer dimensions/],
  ],
});

/** As `torch.Tensor.expand`; −1 keeps a size. */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkLive("expand", x);
  const lead = shape.length - x.shape.length;
  if (lead < 0) {
    throw new ShapeError("expand", "the shape asked for has fewer dimensions than the input", {
      input: x.shape,
      asked: shape,
    });
  }
  const sizes = shape.map((n, d) => {
    const old = d < lead ? 1 : (x.shape[d - lead] as number);
    if (n === -1 && d >= lead) return old;
    if (!Number.isInteger(n) || n < 0 || (old !== n && old !== 1)) {
      throw new ShapeError(
        "expand",
        `size ${old} in dimension ${d} cannot become ${n}; only size 1 can grow`,
        { input: x.shape, asked: shape },
      );
    }
    return n;
  });
  return expandOp(x, { shape: sizes });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    expand(...sizes: Sizes): Tensor;
  }
}
methods({
  expand(...sizes) {
    return expand(this, sizesOf(sizes));
  },
});
