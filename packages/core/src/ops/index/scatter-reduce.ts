// scatterReduce: values that meet at the elements an index tensor names: added, multiplied, averaged, or
// the largest or smallest of them.

import { isGradEnabled } from "../../autograd/tape.ts";
import { type DType, isFloating } from "../../dtype.ts";
import { ArgumentError, DTypeError, IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { onesLike, zerosLike } from "../creation.ts";
import { clamp } from "../elementwise/clamp.ts";
import { div } from "../elementwise/div.ts";
import { eq } from "../elementwise/eq.ts";
import { floorDivide } from "../elementwise/floor-divide.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { logicalOr } from "../elementwise/logical-or.ts";
import { maximum } from "../elementwise/maximum.ts";
import { minimum } from "../elementwise/minimum.ts";
import { mul } from "../elementwise/mul.ts";
import { to } from "../elementwise/to.ts";
import { where } from "../elementwise/where.ts";
import { amax } from "../reduce/amax.ts";
import { amin } from "../reduce/amin.ts";
import { any } from "../reduce/any.ts";
import { prod } from "../reduce/prod.ts";
import { productOfOthers } from "../reduce/product-of-others.ts";
import { sum } from "../reduce/sum.ts";
import { cat } from "../views/cat.ts";
import { movedim } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { atLeast1d } from "../views/window.ts";
import { checkIndexShape, gatherChecked } from "./gather.ts";
import { landed, landings } from "./landings.ts";
import { sameDType, scatter, scatterArguments } from "./scatter.ts";
import { scatterAdd } from "./scatter-add.ts";

interface Attrs {
  readonly dim: number;
  readonly code: "prod" | "max" | "min";
  readonly includeSelf: boolean;
}

type Sample = [x: Tensor, index: Tensor, src: Tensor, attrs: Attrs];

const scatterReduceOp = defineOp<Attrs>()({
  name: "scatterReduce",
  doc: "x with the product, the largest or the smallest of the values that land on each place.",
  example: [
    'scatterReduce(ones([2]), 0, tensor([0n, 0n]), tensor([3, 5]), "amax")',
    "tensor([5., 1.])",
  ],
  inputs: ["x", "index", "src"],
  outputs: ["y"],
  saves: ["x", "index", "src", "y"],
  shape: (x, index, src, { dim }) => {
    checkIndexShape("scatterReduce", dim, index, { input: x, src });
    sameDType("scatterReduce", x, src);
    return { shape: x.shape, dtype: x.dtype };
  },
  kernel: (k, x, index, src, y, { dim, code, includeSelf }) => {
    if (k.scatterInto === undefined) return undefined;
    k.copy(x, y);
    return k.scatterInto(code, atLeast1d(index), atLeast1d(src), atLeast1d(y), dim, includeSelf);
  },
  compose: (x, index, src, { dim, code, includeSelf }) => {
    if (x.ndim === 0) return includeSelf ? MEET[code](x, src) : src.clone();
    return landed(x, index, src, dim, ({ hits, places, sources }) => {
      if (sources.shape[sources.ndim - 1] === 0) return places;
      const each = where(hits, unsqueeze(sources, -2), identity(code, x.dtype));
      const result = to(REDUCE[code](each), x.dtype);
      return includeSelf ? MEET[code](places, result) : where(any(hits, -1), result, places);
    });
  },
  vjp: (gs, saved, { dim, code, includeSelf }, _m, need) =>
    code === "prod"
      ? productRule(gs.y, saved, dim, includeSelf, need)
      : extremeRule(gs.y, saved, dim, includeSelf),
  samples: (rng) => {
    const index = () => rng.ints([2, 4], 3);
    return [
      [
        rng.distinct([2, 3]),
        index(),
        rng.distinct([2, 4]),
        { dim: 1, code: "max", includeSelf: true },
      ],
      [
        rng.distinct([3, 2]),
        rng.ints([4, 1], 3),
        rng.distinct([4, 1]),
        { dim: 0, code: "min", includeSelf: false },
      ],
      [
        rng.tensor([2, 3]),
        index(),
        rng.tensor([2, 4]),
        { dim: 1, code: "prod", includeSelf: true },
      ],
      [
        rng.tensor([2, 3]),
        index(),
        rng.tensor([2, 4]),
        { dim: 1, code: "prod", includeSelf: false },
      ],
      // Zeros that meet, and meet others.
      ...[true, false].map(
        (includeSelf): Sample => [
          mul(rng.tensor([3, 2]), rng.ints([3, 2], 2)),
          rng.ints([5, 2], 2),
          mul(rng.tensor([5, 2]), rng.ints([5, 2], 2)),
          { dim: 0, code: "prod", includeSelf },
        ],
      ),
      [
        rng.tensor([]),
        rng.ints([], 1),
        rng.tensor([]),
        { dim: 0, code: "prod", includeSelf: true },
      ],
    ];
  },
  errors: (rng) => [
    [
      () => scatterReduce(rng.tensor([2]), 0, rng.ints([2], 2), rng.tensor([2]), "max" as "amax"),
      ArgumentError,
      /scatterReduce: reduce must be one of "sum", .* got "max"/,
    ],
    [
      () => scatterReduce(rng.tensor([2]), 0, rng.ints([1], 1).add(2), rng.tensor([1]), "amin"),
      IndexError,
      /scatterReduce: index 2 .* dim 0 of size 2/,
    ],
    [
      () => scatterReduce(rng.tensor([2]), 0, rng.ints([2], 2), rng.ints([2], 2), "prod"),
      DTypeError,
      /scatterReduce: input is float.* but src is int64/,
    ],
  ],
});

const MEET = { prod: mul, max: maximum, min: minimum };
const REDUCE = {
  prod: (t: Tensor) => prod(t, -1),
  max: (t: Tensor) => amax(t, -1),
  min: (t: Tensor) => amin(t, -1),
};
const LIMITS: Partial<Record<DType, readonly [bigint, bigint]>> = {
  bool: [0n, 1n],
  uint8: [0n, 255n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
};
/** What changes nothing where nothing lands. */
function identity(code: Attrs["code"], dtype: DType): number | bigint {
  if (code === "prod") return 1;
  const [low, high] = LIMITS[dtype] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return code === "max" ? low : high;
}

interface SavedTensors {
  readonly x: Tensor;
  readonly index: Tensor;
  readonly src: Tensor;
  readonly y: Tensor;
}

/** The gradient goes to those that equal the result, in equal parts. */
function extremeRule(g: Tensor, s: SavedTensors, dim: number, includeSelf: boolean) {
  const own = to(eq(s.x, s.y), g.dtype);
  const mine = includeSelf ? own : scatter(own, dim, s.index, 0);
  const theirs = to(eq(s.src, gatherChecked(s.y, dim, s.index)), g.dtype);
  const part = div(g, scatterAdd(mine, dim, s.index, theirs));
  return { x: mul(mine, part), src: mul(theirs, gatherChecked(part, dim, s.index)) };
}

/** What a device cannot tell at once may be. */
const mayBeZero = (t: Tensor): boolean =>
  t.storage.backend.readSync === undefined || any(eq(t.detach(), 0)).item() !== 0;

/** The product of all others, also where one of them is 0: that one divides by nothing. */
function productRule(
  g: Tensor,
  { x, index, src }: SavedTensors,
  dim: number,
  includeSelf: boolean,
  need: { readonly x: boolean; readonly src: boolean },
) {
  const attrs = { dim, code: "prod", includeSelf: true } as const;
  const reduced = (a: Tensor, b: Tensor): Tensor => scatterReduceOp(a, index, b, attrs);
  const gradX = () => (includeSelf ? mul(g, reduced(onesLike(x), src)) : scatter(g, dim, index, 0));
  const gradSrc = () => {
    if (isGradEnabled() && mayBeZero(src)) return gradOfTable();
    const isZero = eq(src, 0);
    const factors = where(isZero, 1, src);
    const start = includeSelf ? x : scatter(x, dim, index, 1);
    const others = div(gatherChecked(mul(g, reduced(start, factors)), dim, index), factors);
    const zeros = gatherChecked(
      scatterAdd(zerosLike(x), dim, index, to(isZero, x.dtype)),
      dim,
      index,
    );
    const alive = logicalOr(eq(zeros, 0), logicalAnd(isZero, eq(zeros, 1)));
    return where(alive, others, 0);
  };
  // A quotient has no derivative at 0; a table of places and sources has all of them.
  const gradOfTable = () => {
    if (x.ndim === 0) return includeSelf ? mul(g, x) : g;
    const { hits, places, sources } = landings(x, index, src, dim);
    const each = where(hits, unsqueeze(sources, -2), 1);
    const row = includeSelf ? cat([each, unsqueeze(places, -1)], { dim: -1 }) : each;
    const others = productOfOthers(row, [row.ndim - 1]).narrow(-1, 0, each.shape.at(-1) as number);
    const gained = mul(others, unsqueeze(landings(g, index, src, dim).places, -1));
    return movedim(sum(where(hits, gained, 0), -2), -1, dim);
  };
  return { x: need.x ? gradX() : undefined, src: need.src ? gradSrc() : undefined };
}

const REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"] as const;
export type ScatterReduction = (typeof REDUCTIONS)[number];

export interface ScatterReduceOptions {
  /** Whether x's own elements take part where something lands. Default true. */
  readonly includeSelf?: boolean | undefined;
}
const OPTIONS: OptionNames<ScatterReduceOptions> = { includeSelf: true };

/**
 * As `torch.scatter_reduce`: the values of src that `index` sends to one place along `dim` are reduced there:
 * "sum", "prod", "mean" (of integers rounded down), "amax" or "amin". Gradients of extremes go to equals in
 * equal parts.
 * @param index any integer dtype, each in [0, size of dim); no larger than src
 * @throws ArgumentError, IndexError, ShapeError, DTypeError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  const op = "scatterReduce";
  checkOptions(op, options, OPTIONS);
  const { includeSelf = true } = options;
  if (!REDUCTIONS.includes(reduce)) {
    const names = REDUCTIONS.map((r) => `"${r}"`).join(", ");
    throw new ArgumentError(op, `reduce must be one of ${names}; got ${JSON.stringify(reduce)}`);
  }
  return composite(() => {
    const { d, values } = scatterArguments(op, x, dim, index, src);
    if (reduce === "amax" || reduce === "amin" || reduce === "prod") {
      const code = reduce === "prod" ? "prod" : reduce === "amax" ? "max" : "min";
      return scatterReduceOp(x, index, values, { dim: d, code, includeSelf });
    }
    const start = includeSelf ? x : scatter(x, d, index, 0);
    const total = scatterAdd(start, d, index, values);
    if (reduce === "sum") return total;
    const own = includeSelf ? onesLike(x) : scatter(onesLike(x), d, index, 0);
    const counts = clamp(scatterAdd(own, d, index, onesLike(values)), { min: 1 });
    return isFloating(x.dtype) ? div(total, counts) : floorDivide(total, counts);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    scatterReduce(
      dim: number,
      index: Tensor,
      src: Tensor,
      reduce: ScatterReduction,
      options?: ScatterReduceOptions,
    ): Tensor;
  }
}
methods({
  scatterReduce(dim, index, src, reduce, options) {
    return scatterReduce(this, dim, index, src, reduce, options);
  },
});
