// What the largest and the smallest share: values over dims whose ties share the gradient, values with
// their places along one dim, and places alone. Each op file makes its own from these.
import type { ArgReduceCode } from "../../backend.ts";
import { IndexError, ShapeError } from "../../errors.ts";
import { defineOp, type Op } from "../../op/define.ts";
import type { OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { mul } from "../elementwise/mul.ts";
import { to } from "../elementwise/to.ts";
import { gatherBackward } from "../index/gather-backward.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";
import { atLeast1d } from "../views/window.ts";
import {
  dimAndOptions,
  keptView,
  type ReduceAttrs,
  reducedMeta,
  requireElements,
  withKeptDims,
} from "./reduce.ts";
import { sum } from "./sum.ts";

type Side = "max" | "min";
const WORD = { max: "largest", min: "smallest" } as const;

/** amax, amin. */
export function extremeOverDims(
  side: Side,
  call: (x: Tensor, dim?: number) => Tensor,
): Op<readonly ["x"], readonly ["y"], ReduceAttrs> {
  const name = `a${side}`;
  return defineOp<ReduceAttrs>()({
    name,
    doc: `The ${WORD[side]} element over dims; NaN beats all. Ties share the gradient evenly.`,
    example: [
      `${name}(tensor([[1, 2], [4, 3]]), 1)`,
      side === "max" ? "tensor([2., 4.])" : "tensor([1., 3.])",
    ],
    inputs: ["x"],
    outputs: ["y"],
    saves: ["x", "y"],
    shape: (x, a) => {
      requireElements(name, x.shape, a.dims);
      return reducedMeta(x, a);
    },
    kernel: (k, x, y, a) => k.reduce(side, x, keptView(x, y, a.dims)),
    vjp: (gs, { x, y }, a) => {
      const ties = to(eq(x, withKeptDims(y, a, x.shape)), x.dtype);
      const share = div(withKeptDims(gs.y, a, x.shape), sum(ties, a.dims, { keepdim: true }));
      return { x: mul(ties, share) };
    },
    samples: (rng) => [
      [rng.distinct([2, 3, 2]), { dims: [0, 2], keepdim: false }],
      [rng.distinct([2, 3]), { dims: [1], keepdim: true }],
      [rng.distinct([5]), { dims: [0], keepdim: false }],
      [rng.tensor([]), { dims: [], keepdim: false }],
    ],
    errors: (rng) => [
      [
        () => call(rng.tensor([2, 0]), 1),
        ShapeError,
        new RegExp(`${name}: dim 1 has no elements to reduce[\\s\\S]*input: \\[2, 0\\]`),
      ],
      [() => call(rng.tensor([0])), ShapeError, /dim 0 has no elements/],
      [() => call(rng.tensor([2]), 1), IndexError, /dim 1 is out of range/],
    ],
  });
}

export interface DimOptions {
  readonly dim?: number | undefined;
  /** Keep the reduced dimension with size 1. Default false. */
  readonly keepdim?: boolean | undefined;
}
const OPTIONS: OptionNames<DimOptions> = { dim: true, keepdim: true };

export interface DimAttrs {
  readonly dim: number;
  readonly keepdim: boolean;
}
/** Values and where along the dim they were found (int64). */
export interface ValuesAndIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** The result shape of a reduction over one dim; a zero-dim tensor has none to lose. */
const attrsOver = (x: { readonly shape: readonly number[] }, a: DimAttrs): ReduceAttrs => ({
  dims: x.shape.length === 0 ? [] : [a.dim],
  keepdim: a.keepdim,
});

/** max, min along one dim. */
export function extremeAlongDim(
  side: Side,
  call: { (x: Tensor, dim: number): ValuesAndIndices; (x: Tensor): Tensor },
): Op<readonly ["x"], readonly ["values", "indices"], DimAttrs> {
  const code: ArgReduceCode = `arg${side}`;
  return defineOp<DimAttrs>()({
    name: side,
    doc: `The ${WORD[side]} element along one dim and where it is, the first of equals; NaN beats all.`,
    example: [
      `${side}(tensor([[1, 2], [4, 3]]), 1).indices`,
      side === "max" ? "tensor([1, 0])" : "tensor([0, 1])",
    ],
    inputs: ["x"],
    outputs: ["values", "indices"],
    constant: ["indices"],
    saves: ["indices"],
    shape: (x, a) => {
      const over = attrsOver(x, a);
      requireElements(side, x.shape, over.dims);
      return { values: reducedMeta(x, over), indices: reducedMeta(x, over, "int64") };
    },
    kernel: (k, x, values, indices, a) => {
      const from = atLeast1d(x);
      const places = keptView(from, indices, [a.dim]);
      const ran = k.argReduce(code, from, places, a.dim);
      return ran && k.gather(from, places, keptView(from, values, [a.dim]), a.dim) && ran;
    },
    vjp: (gs, { indices }, a, m) => {
      if (gs.values === undefined) return {};
      const { shape } = m.x;
      if (a.keepdim || shape.length === 0) {
        return { x: gatherBackward(gs.values, indices, shape, a.dim) };
      }
      const [g, places] = [unsqueeze(gs.values, a.dim), unsqueeze(indices, a.dim)];
      return { x: gatherBackward(g, places, shape, a.dim) };
    },
    samples: (rng) => [
      [rng.distinct([2, 3, 2]), { dim: 1, keepdim: false }],
      [rng.distinct([2, 3]), { dim: 0, keepdim: true }],
      [rng.distinct([3]), { dim: 0, keepdim: false }],
      [rng.tensor([]), { dim: 0, keepdim: false }],
    ],
    errors: (rng) => [
      [
        () => call(rng.tensor([2, 0]), 1),
        ShapeError,
        new RegExp(`${side}: dim 1 has no elements to reduce`),
      ],
      [() => call(rng.tensor([2]), -2), IndexError, new RegExp(`${side}: dim -2`)],
      [
        () => call(rng.tensor([2, 0])),
        ShapeError,
        new RegExp(`^${side}: dim 1 has no elements to reduce`),
      ],
    ],
  });
}

/** argmax, argmin along one dim. */
export function placeAlongDim(
  side: Side,
  call: (x: Tensor, dim?: number) => Tensor,
): Op<readonly ["x"], readonly ["y"], DimAttrs> {
  const code: ArgReduceCode = `arg${side}`;
  return defineOp<DimAttrs>()({
    name: code,
    doc: `Where the ${WORD[side]} element along one dim is (int64), the first of equals; NaN beats all.`,
    example: [
      `${code}(tensor([[1, 2], [4, 3]]), 1)`,
      side === "max" ? "tensor([1, 0])" : "tensor([0, 1])",
    ],
    inputs: ["x"],
    outputs: ["y"],
    differentiable: false,
    shape: (x, a) => {
      const over = attrsOver(x, a);
      requireElements(code, x.shape, over.dims);
      return reducedMeta(x, over, "int64");
    },
    kernel: (k, x, y, a) => {
      const from = atLeast1d(x);
      return k.argReduce(code, from, keptView(from, y, [a.dim]), a.dim);
    },
    samples: (rng) => [
      [rng.distinct([2, 3, 2]), { dim: 1, keepdim: false }],
      [rng.distinct([2, 3]), { dim: 0, keepdim: true }],
      [rng.ints([7], 3), { dim: 0, keepdim: false }],
    ],
    errors: (rng) => [
      [
        () => call(rng.tensor([0])),
        ShapeError,
        new RegExp(`${code}: dim 0 has no elements to reduce`),
      ],
      [() => call(rng.tensor([2]), 1), IndexError, new RegExp(`${code}: dim 1`)],
    ],
  });
}

/** dim as the ops want it, or undefined: all of x. */
export function dimAttrs(
  op: string,
  x: Tensor,
  dim: number | DimOptions | undefined,
  options: DimOptions,
): DimAttrs | { readonly dim: undefined; readonly keepdim: boolean } {
  checkLive(op, x);
  const [along, { keepdim = false }] = dimAndOptions<number, DimOptions>(op, dim, options, OPTIONS);
  if (along === undefined) return { dim: undefined, keepdim };
  return { dim: normalizeDim(op, along, x.shape.length), keepdim };
}

/** argmax or argmin, of one dim or of x read as one row. */
export function place(
  op: Op<readonly ["x"], readonly ["y"], DimAttrs>,
  x: Tensor,
  dim: number | DimOptions | undefined,
  options: DimOptions,
): Tensor {
  const attrs = dimAttrs(op.spec.name, x, dim, options);
  if (attrs.dim !== undefined) return op(x, attrs);
  return composite(() => {
    const y = op(reshape(x, [x.numel]), { dim: 0, keepdim: false });
    return attrs.keepdim
      ? reshape(
          y,
          x.shape.map(() => 1),
        )
      : y;
  });
}
