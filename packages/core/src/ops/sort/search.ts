// Where values belong among sorted ones: searchsorted, bucketize; and whether they are among others: isin.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { eq } from "../elementwise/eq.ts";
import { ge } from "../elementwise/ge.ts";
import { gt } from "../elementwise/gt.ts";
import { logicalNot } from "../elementwise/logical-not.ts";
import { scalarTensor } from "../elementwise/operands.ts";
import { to } from "../elementwise/to.ts";
import { asScalar, isTensor, type Operand, promoted } from "../promote.ts";
import { any } from "../reduce/any.ts";
import { sum } from "../reduce/sum.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** How many of the sorted (a vector, or a line for each line of values) lie before each value; right: not behind it. */
    searchsorted(sorted: View, values: View, y: View, right: boolean): Ran;
  }
}

interface SearchAttrs {
  readonly right: boolean;
  readonly int32: boolean;
}

const searchsortedOp = defineOp<SearchAttrs>()({
  name: "searchsorted",
  doc: "The places in sorted lines where values can be put in without breaking the order, before equals or behind.",
  example: ["searchsorted(tensor([1, 3, 5]), tensor([3, 4]))", "tensor([1, 2])"],
  inputs: ["sorted", "values"],
  outputs: ["y"],
  differentiable: false,
  shape: (_sorted, values, { int32 }) => ({
    shape: values.shape,
    dtype: int32 ? "int32" : "int64",
  }),
  kernel: (k, sorted, values, y, { right }) => k.searchsorted?.(sorted, values, y, right),
  compose: (sorted, values, { right, int32 }) => {
    const edges = sorted.shape.length === 1 ? sorted : unsqueeze(sorted, -2);
    const before = logicalNot((right ? gt : ge)(edges, unsqueeze(values, -1)));
    return to(sum(before, -1), int32 ? "int32" : "int64");
  },
  samples: (rng) => [
    [rng.ints([5], 3).cumsum(0), rng.ints([2, 3], 9), { right: false, int32: false }],
    [rng.ints([2, 4], 3).cumsum(1), rng.ints([2, 3], 9), { right: true, int32: false }],
    [rng.ints([3], 3).cumsum(0), rng.ints([], 9), { right: true, int32: true }],
  ],
  errors: (rng) => [
    [
      () => searchsorted(rng.tensor([2, 3]), rng.tensor([3, 3])),
      ShapeError,
      /searchsorted: values needs the shape of sorted but for the last dimension[\s\S]*sorted: \[2, 3\]/,
    ],
    [
      () => bucketize(rng.tensor([2]), rng.tensor([2, 2])),
      ShapeError,
      /bucketize: boundaries must be a vector/,
    ],
    [
      () => searchsorted(rng.tensor([2]), 1, { right: true, side: "left" }),
      ArgumentError,
      /searchsorted: side 'left' contradicts right/,
    ],
  ],
});

export interface BucketizeOptions {
  /** Behind equals instead of before them. Default false. */
  readonly right?: boolean | undefined;
  /** int32 instead of int64. Default false. */
  readonly outInt32?: boolean | undefined;
}
export interface SearchsortedOptions extends BucketizeOptions {
  /** "right" is right: true. Default "left". */
  readonly side?: "left" | "right" | undefined;
}
const BUCKETIZE: OptionNames<BucketizeOptions> = { right: true, outInt32: true };
const SEARCH: OptionNames<SearchsortedOptions> = { ...BUCKETIZE, side: true };

const asTensor = (op: string, values: Operand, like: Tensor): Tensor =>
  isTensor(values) ? values : scalarTensor(asScalar(op, values), like);

/**
 * How many elements of `sorted` (a vector, or [..., n] beside values [..., m]) lie before each value, int64: where it
 * can be put in. NaN goes to the end. As `torch.searchsorted`.
 * @throws ShapeError
 */
export function searchsorted(
  sorted: Tensor,
  values: Operand,
  options: SearchsortedOptions = {},
): Tensor {
  const op = "searchsorted";
  checkLive(op, sorted);
  checkOptions(op, options, SEARCH);
  const { side, outInt32: int32 = false } = options;
  if (side === "left" && options.right === true) {
    throw new ArgumentError(op, "side 'left' contradicts right: true; give one of them");
  }
  const right = options.right ?? side === "right";
  return composite(() => {
    const wanted = asTensor(op, values, sorted);
    const shapes = { sorted: sorted.shape, values: wanted.shape };
    if (sorted.ndim === 0) throw new ShapeError(op, "sorted must have a dimension", shapes);
    if (sorted.ndim > 1 && !sameShape(sorted.shape.slice(0, -1), wanted.shape.slice(0, -1))) {
      throw new ShapeError(
        op,
        "values needs the shape of sorted but for the last dimension",
        shapes,
      );
    }
    const [edges, found] = promoted(sorted, wanted);
    return searchsortedOp(edges, found, { right, int32 });
  });
}

/** The number of the bucket between sorted boundaries [n] for each value, 0 to n, int64. As `torch.bucketize`. */
export function bucketize(x: Operand, boundaries: Tensor, options: BucketizeOptions = {}): Tensor {
  const op = "bucketize";
  checkLive(op, boundaries);
  checkOptions(op, options, BUCKETIZE);
  const { right = false, outInt32: int32 = false } = options;
  if (boundaries.ndim !== 1) {
    throw new ShapeError(op, "boundaries must be a vector", { boundaries: boundaries.shape });
  }
  return composite(() => {
    const [edges, values] = promoted(boundaries, asTensor(op, x, boundaries));
    return searchsortedOp(edges, values, { right, int32 });
  });
}

export interface IsinOptions {
  /** True for those that are not among them. Default false. */
  readonly invert?: boolean | undefined;
}
const ISIN: OptionNames<IsinOptions> = { invert: true };

/** Whether each element of x is among those of `others`, as bool. As `torch.isin`. */
export function isin(x: Tensor, others: Tensor, options: IsinOptions = {}): Tensor {
  checkLive("isin", x);
  checkLive("isin", others);
  checkOptions("isin", options, ISIN);
  const { invert = false } = options;
  return composite(() => {
    const found = any(eq(unsqueeze(x, -1), reshape(others, [others.numel])), -1);
    return invert ? logicalNot(found) : found;
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bucketize(boundaries: Tensor, options?: BucketizeOptions): Tensor;
    isin(others: Tensor, options?: IsinOptions): Tensor;
    /** This tensor is the sorted one. */
    searchsorted(values: Operand, options?: SearchsortedOptions): Tensor;
  }
}
methods({
  bucketize(boundaries, options) {
    return bucketize(this, boundaries, options);
  },
  isin(others, options) {
    return isin(this, others, options);
  },
  searchsorted(values, options) {
    return searchsorted(this, values, options);
  },
});
