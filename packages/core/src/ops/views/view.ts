// reshape and view: the same elements under another shape.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { contiguousStrides, type Shape, sizeOf } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";

const viewOp = defineOp<{ readonly shape: Shape }>()({
  name: "view",
  doc: "The same elements under another shape, sharing memory; x must be contiguous.",
  example: ["tensor([1, 2, 3, 4]).view([2, 2])", "tensor([[1., 2.],\n        [3., 4.]])"],
  kind: "view",
  contiguousOnly: true,
  inputs: ["x"],
  outputs: ["y"],
  view(x, { shape }) {
    if (!x.contiguous) {
      throw new ShapeError(
        "view",
        "the input is not contiguous; use reshape, which copies when it must",
        { input: x.shape },
      );
    }
    return { shape, strides: contiguousStrides(shape), offset: x.offset };
  },
  vjp: (gs, _s, _a, m) => ({ x: reshape(gs.y, m.x.shape) }),
  samples: (rng) => [
    [rng.tensor([2, 6]), { shape: [3, 4] }],
    [rng.tensor([1]), { shape: [] }],
    [rng.tensor([0, 2]), { shape: [2, 0] }],
  ],
  errors: (rng) => [
    [() => view(rng.tensor([2, 3]), [4]), ShapeError, /view: 6 elements do not make \[4\]/],
    [() => view(rng.tensor([2, 3]), [-1, 4]), ShapeError, /6 elements do not divide by 4/],
    [() => view(rng.tensor([2, 3]), [-1, -1]), ShapeError, /only one size can be -1/],
    [
      () => view(rng.tensor([2, 3]).permute(1, 0), [6]),
      ShapeError,
      /view: the input is not contiguous; use reshape/,
    ],
  ],
});

/** A shape with −1 resolved. */
export function resolveShape(op: string, input: Shape, asked: Shape): Shape {
  const size = sizeOf(input);
  const open = asked.indexOf(-1);
  if (asked.some((n) => !Number.isInteger(n) || n < -1)) {
    throw new ShapeError(op, `sizes must be whole numbers ≥ 0, or -1 once`, { input, asked });
  }
  if (open < 0) {
    if (sizeOf(asked) === size) return asked;
    throw new ShapeError(op, `${size} elements do not make [${asked.join(", ")}]`, {
      input,
      asked,
    });
  }
  if (asked.indexOf(-1, open + 1) >= 0) {
    throw new ShapeError(op, "only one size can be -1", { input, asked });
  }
  const rest = -sizeOf(asked);
  if (rest === 0 || size % rest !== 0) {
    throw new ShapeError(op, `${size} elements do not divide by ${rest}`, { input, asked });
  }
  return asked.map((n) => (n === -1 ? size / rest : n));
}

/** As `torch.Tensor.view`: shares memory, x must be contiguous; one size may be −1. */
export function view(x: Tensor, shape: Shape): Tensor {
  checkLive("view", x);
  return viewOp(x, { shape: resolveShape("view", x.shape, shape) });
}

/** As `torch.reshape`: a view of a contiguous x, else of a copy; one size may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkLive("reshape", x);
  const attrs = { shape: resolveShape("reshape", x.shape, shape) };
  return x.contiguous ? viewOp(x, attrs) : composite(() => viewOp(clone(x), attrs));
}

/** Sizes as one array or one by one. */
export type Sizes = readonly [shape: Shape] | readonly number[];
export const sizesOf = (sizes: Sizes): Shape =>
  (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;

declare module "../../tensor.ts" {
  interface TensorMethods {
    view(...sizes: Sizes): Tensor;
    reshape(...sizes: Sizes): Tensor;
  }
}
methods({
  view(...sizes) {
    return view(this, sizesOf(sizes));
  },
  reshape(...sizes) {
    return reshape(this, sizesOf(sizes));
  },
});
