// Medians: of an even number of elements the lower one. Along a dim with its place; of everything with a
// gradient that equals share.
import { IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { isnan } from "../elementwise/isnan.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { logicalOr } from "../elementwise/logical-or.ts";
import { maximum } from "../elementwise/maximum.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { gather } from "../index/gather.ts";
import { type DimOptions, dimAttrs, type ValuesAndIndices } from "../reduce/extreme.ts";
import { requireElements } from "../reduce/reduce.ts";
import { sum } from "../reduce/sum.ts";
import { reshape } from "../views/view.ts";
import { handed, sort } from "./sort.ts";

/** Along d, kept with size 1; NaN stands for a line that has one, unless ignored. */
function medianAlong(x: Tensor, d: number, ignoreNaN: boolean): readonly [Tensor, Tensor] {
  const n = x.shape[d] as number;
  const sorted = sort(x, d);
  const missing = sum(isnan(x), d, { keepdim: true });
  const numbers = sub(n, missing);
  // (count − 1) / 2 of the numbers; where NaN wins, the first of those behind them.
  const middle = (count: Tensor): Tensor =>
    maximum(div(sub(count, 1), 2, { roundingMode: "floor" }), 0);
  const place = ignoreNaN ? middle(numbers) : where(eq(missing, 0), middle(numbers), numbers);
  return [gather(sorted.values, d, place), gather(sorted.indices, d, place)];
}

const medianOp = defineOp<{ readonly ignoreNaN: boolean }>()({
  name: "medianOfAll",
  label: "median",
  doc: "The median of all elements; equals share the gradient.",
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  compose: (x, { ignoreNaN }) => reshape(medianAlong(reshape(x, [x.numel]), 0, ignoreNaN)[0], []),
  vjp: (gs, { x, y }) => {
    const ties = to(logicalOr(eq(x, y), logicalAnd(isnan(x), isnan(y))), x.dtype);
    return { x: mul(ties, div(gs.y, sum(ties))) };
  },
  samples: (rng) => [
    [rng.distinct([2, 3]), { ignoreNaN: false }],
    [rng.distinct([5]), { ignoreNaN: true }],
    [rng.tensor([]), { ignoreNaN: false }],
  ],
  errors: (rng) => [
    [() => median(rng.tensor([0])), ShapeError, /median: dim 0 has no elements/],
    [() => nanmedian(rng.tensor([2]), 1), IndexError, /nanmedian: dim 1 is out of range/],
  ],
});

function medianOf(
  op: string,
  ignoreNaN: boolean,
  x: Tensor,
  dim: number | DimOptions | undefined,
  options: DimOptions,
): Tensor | ValuesAndIndices {
  const { dim: d, keepdim } = dimAttrs(op, x, dim, options);
  if (d === undefined) {
    requireElements(op, x.shape, [...x.shape.keys()]);
    return medianOp(x, { ignoreNaN });
  }
  requireElements(op, x.shape, x.ndim === 0 ? [] : [d]);
  const [values, indices] = handed(() => {
    const line = x.ndim === 0 ? reshape(x, [1]) : x;
    const kept = medianAlong(line, d, ignoreNaN);
    const shape = x.shape.flatMap((n, i) => (i !== d ? [n] : keepdim ? [1] : []));
    return kept.map((t) => reshape(t, shape));
  }) as [Tensor, Tensor];
  return { values, indices };
}

/**
 * The median of x (the lower one of two), or along `dim` { values, indices } (int64); NaN where there is one. As
 * `torch.median`.
 * @throws ShapeError when there is nothing to reduce
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: DimOptions): ValuesAndIndices;
export function median(x: Tensor, options: DimOptions & { readonly dim: number }): ValuesAndIndices;
export function median(
  x: Tensor,
  dim?: number | DimOptions,
  options: DimOptions = {},
): Tensor | ValuesAndIndices {
  return medianOf("median", false, x, dim, options);
}

/** As median, NaN ignored; NaN where there is nothing else. As `torch.nanmedian`. */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, dim: number, options?: DimOptions): ValuesAndIndices;
export function nanmedian(
  x: Tensor,
  options: DimOptions & { readonly dim: number },
): ValuesAndIndices;
export function nanmedian(
  x: Tensor,
  dim?: number | DimOptions,
  options: DimOptions = {},
): Tensor | ValuesAndIndices {
  return medianOf("nanmedian", true, x, dim, options);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    median(): Tensor;
    median(dim: number, options?: DimOptions): ValuesAndIndices;
    median(options: DimOptions & { readonly dim: number }): ValuesAndIndices;
    nanmedian(): Tensor;
    nanmedian(dim: number, options?: DimOptions): ValuesAndIndices;
    nanmedian(options: DimOptions & { readonly dim: number }): ValuesAndIndices;
  }
}
methods({
  median(dim?: number, options?: DimOptions) {
    return median(this, dim as number, options);
  },
  nanmedian(dim?: number, options?: DimOptions) {
    return nanmedian(this, dim as number, options);
  },
} as Partial<Tensor> & ThisType<Tensor>);
