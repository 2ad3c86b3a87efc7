// reshape and view: the same elements under another shape.
import type { View } from "../../backend.ts";
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { contiguousStrides, type Shape, sizeOf } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";

const viewOp = defineOp<{ readonly shape: Shape }>()({
  name: "view",
  doc: "The same elements under another shape, sharing memory; dimensions that merge must lie one behind the other.",
  example: ["tensor([1, 2, 3, 4]).view([2, 2])", "tensor([[1., 2.],\n        [3., 4.]])"],
  kind: "view",
  contiguousOnly: true,
  inputs: ["x"],
  outputs: ["y"],
  view(x, { shape }) {
    const strides = viewStrides(x, shape);
    if (strides === undefined) {
      throw new ShapeError(
        "view",
        "dimensions would merge that do not lie one behind the other in memory; use reshape, which copies then",
        { input: x.shape, asked: shape },
      );
    }
    return { shape, strides, offset: x.offset };
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
      /view: dimensions would merge .*; use reshape/,
    ],
  ],
});

/**
 * The strides under which x's elements, in their order, have another shape; undefined where only a copy has it.
 * As ATen's computeStride: runs of dims that lie one behind the other are cut anew.
 */
function viewStrides(x: View, shape: Shape): readonly number[] | undefined {
  if (x.contiguous || sizeOf(x.shape) === 0) return contiguousStrides(shape);
  const strides = new Array<number>(shape.length);
  let to = shape.length - 1;
  let step = x.strides[x.strides.length - 1] as number;
  let run = 1;
  for (let d = x.shape.length - 1; d >= 0; d--) {
    run *= x.shape[d] as number;
    const ends = d === 0 || (x.shape[d - 1] !== 1 && x.strides[d - 1] !== run * step);
    if (!ends) continue;
    let covered = 1;
    while (to >= 0 && (covered < run || shape[to] === 1)) {
      strides[to] = covered * step;
      covered *= shape[to--] as number;
    }
    if (covered !== run) return undefined;
    if (d > 0) step = x.strides[d - 1] as number;
    run = 1;
  }
  return to < 0 ? strides : undefined;
}

/** Whether view() can give x that shape, or reshape() would have to copy. */
export const sharesAs = (x: View, shape: Shape): boolean => viewStrides(x, shape) !== undefined;

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

/**
 * As `torch.Tensor.view`: shares memory; one size may be −1. Dimensions may be split; those that merge must lie one
 * behind the other in memory, as all do in a contiguous tensor.
 * @throws ShapeError where only a copy could have the shape
 */
export function view(x: Tensor, shape: Shape): Tensor {
  checkLive("view", x);
  return viewOp(x, { shape: resolveShape("view", x.shape, shape) });
}

/** As `torch.reshape`: a view where view() gives one, else a copy; one size may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkLive("reshape", x);
  const attrs = { shape: resolveShape("reshape", x.shape, shape) };
  const shares = viewStrides(x, attrs.shape) !== undefined;
  return shares ? viewOp(x, attrs) : composite(() => viewOp(clone(x), attrs));
}

/** As `torch.Tensor.view_as`: view() with the shape of another tensor. */
export const viewAs = (x: Tensor, other: Tensor): Tensor => view(x, other.shape);
/** As `torch.Tensor.reshape_as`: reshape() with the shape of another tensor. */
export const reshapeAs = (x: Tensor, other: Tensor): Tensor => reshape(x, other.shape);

/** Sizes as one array or one by one. */
export type Sizes = readonly [shape: Shape] | readonly number[];
export const sizesOf = (sizes: Sizes): Shape =>
  (sizes.length === 1 && Array.isArray(sizes[0]) ? sizes[0] : sizes) as Shape;

declare module "../../tensor.ts" {
  interface TensorMethods {
    view(...sizes: Sizes): Tensor;
    reshape(...sizes: Sizes): Tensor;
    viewAs(other: Tensor): Tensor;
    reshapeAs(other: Tensor): Tensor;
  }
}
methods({
  view(...sizes) {
    return view(this, sizesOf(sizes));
  },
  reshape(...sizes) {
    return reshape(this, sizesOf(sizes));
  },
  viewAs(other) {
    return viewAs(this, other);
  },
  reshapeAs(other) {
    return reshapeAs(this, other);
  },
});
