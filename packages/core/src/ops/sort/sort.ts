// Sorting along one dim, and what is made of it: argsort, topk, kthvalue, msort.
import { ArgumentError, IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { adopt, checkLive, methods, owned, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { gatherBackward } from "../index/gather-backward.ts";
import type { DimOptions, ValuesAndIndices } from "../reduce/extreme.ts";
import { dimAndOptions } from "../reduce/reduce.ts";
import { narrow } from "../views/slice-dim.ts";
import { reshape } from "../views/view.ts";
import { atLeast1d } from "../views/window.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** Each line along dim in order, and where each element was (int64); equals keep their order, NaN is the largest. */
    sort(x: View, values: View, indices: View, dim: number, descending: boolean): Ran;
  }
}

const sortOp = defineOp<{ readonly dim: number; readonly descending: boolean }>()({
  name: "sort",
  doc: "The elements along one dim in order, and where they were; equals keep their order, NaN is the largest.",
  example: ["sort(tensor([2, 3, 1])).indices", "tensor([2, 0, 1])"],
  inputs: ["x"],
  outputs: ["values", "indices"],
  constant: ["indices"],
  saves: ["indices"],
  shape: (x) => ({ values: x, indices: { shape: x.shape, dtype: "int64" } }),
  kernel: (k, x, values, indices, { dim, descending }) =>
    k.sort?.(atLeast1d(x), atLeast1d(values), atLeast1d(indices), dim, descending),
  vjp: (gs, { indices }, { dim }, m) =>
    gs.values === undefined ? {} : { x: gatherBackward(gs.values, indices, m.x.shape, dim) },
  samples: (rng) => [
    [rng.distinct([2, 3, 2]), { dim: 1, descending: false }],
    [rng.distinct([5]), { dim: 0, descending: true }],
    [rng.tensor([]), { dim: 0, descending: false }],
    [rng.tensor([0, 2]), { dim: 0, descending: false }],
  ],
  errors: (rng) => [
    [() => sort(rng.tensor([2]), 1), IndexError, /sort: dim 1 is out of range/],
    [() => topk(rng.tensor([3]), 4), ArgumentError, /topk: k is 4, but dim 0 has 3 elements/],
    [() => kthvalue(rng.tensor([3]), 0), ArgumentError, /kthvalue: k is 0; it counts from 1/],
  ],
});

export interface SortOptions {
  /** Default −1. */
  readonly dim?: number | undefined;
  /** The largest first. Default false. */
  readonly descending?: boolean | undefined;
  /** Equals always keep their order; the option is there for those who say so. */
  readonly stable?: boolean | undefined;
}
const SORT: OptionNames<SortOptions> = { dim: true, descending: true, stable: true };

/** A dim may stand where the options do. */
function sortAttrs(op: string, x: Tensor, dim: number | SortOptions, options: SortOptions) {
  checkLive(op, x);
  const given: SortOptions = typeof dim === "number" ? { dim, ...options } : dim;
  checkOptions(op, given, SORT);
  const { dim: along = -1, descending = false } = given;
  return { dim: normalizeDim(op, along, x.ndim), descending };
}

/**
 * The elements along `dim` (default the last) in order: { values, indices } (int64). Equals keep their order; NaN
 * counts as the largest. As `torch.sort`.
 */
export function sort(
  x: Tensor,
  dim: number | SortOptions = {},
  options: SortOptions = {},
): ValuesAndIndices {
  const [values, indices] = sortOp(x, sortAttrs("sort", x, dim, options));
  return { values, indices };
}

/** Where the elements along `dim` go to stand in order, int64. As `torch.argsort`. */
export function argsort(
  x: Tensor,
  dim: number | SortOptions = {},
  options: SortOptions = {},
): Tensor {
  const attrs = sortAttrs("argsort", x, dim, options);
  return handed(() => [sortOp(x.detach(), attrs)[1]])[0] as Tensor;
}

/** x sorted along its first dim. As `torch.msort`. */
export const msort = (x: Tensor): Tensor => sort(x, 0).values;

export interface TopkOptions {
  /** Default −1. */
  readonly dim?: number | undefined;
  /** False: the smallest. Default true. */
  readonly largest?: boolean | undefined;
  /** They always are in order; the option is there for those who say so. */
  readonly sorted?: boolean | undefined;
}
const TOPK: OptionNames<TopkOptions> = { dim: true, largest: true, sorted: true };

/**
 * The k largest along `dim` (default the last) in order: { values, indices } (int64). As `torch.topk`.
 * @throws ArgumentError when there are fewer than k
 */
export function topk(
  x: Tensor,
  k: number,
  dim: number | TopkOptions = {},
  options: TopkOptions = {},
): ValuesAndIndices {
  checkLive("topk", x);
  const [over = -1, { largest = true }] = dimAndOptions<number, TopkOptions>(
    "topk",
    dim,
    options,
    TOPK,
  );
  const d = normalizeDim("topk", over, x.ndim);
  const n = x.shape[d] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ArgumentError("topk", `k is ${k}, but dim ${d} has ${n} elements`);
  }
  const [values, indices] = handed(() => {
    const sorted = sortOp(x, { dim: d, descending: largest });
    if (x.ndim === 0) return sorted;
    // Copies: a window would keep the whole sorted line alive.
    return sorted.map((t) => clone(narrow(t, d, 0, k)));
  }) as [Tensor, Tensor];
  return { values, indices };
}

const DIM: OptionNames<DimOptions> = { dim: true, keepdim: true };

/**
 * The k-th smallest (from 1) along `dim` (default the last): { values, indices } (int64). As `torch.kthvalue`.
 * @throws ArgumentError unless 1 ≤ k ≤ the size of dim
 */
export function kthvalue(x: Tensor, k: number, options: DimOptions = {}): ValuesAndIndices {
  checkLive("kthvalue", x);
  checkOptions("kthvalue", options, DIM);
  const { dim = -1, keepdim = false } = options;
  const d = normalizeDim("kthvalue", dim, x.ndim);
  const n = x.shape[d] ?? 1;
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new ArgumentError(
      "kthvalue",
      `k is ${k}; it counts from 1, and dim ${d} has ${n} elements`,
    );
  }
  const [values, indices] = handed(() => {
    const sorted = sortOp(x, { dim: d, descending: false });
    if (x.ndim === 0) return sorted;
    const shape = x.shape.flatMap((size, i) => (i !== d ? [size] : keepdim ? [1] : []));
    return sorted.map((t) => reshape(clone(narrow(t, d, k - 1, 1)), shape));
  }) as [Tensor, Tensor];
  return { values, indices };
}

/** composite() for several results. */
export const handed = (f: () => readonly Tensor[]): Tensor[] =>
  owned(f).map((t) => adopt(t as Tensor));

declare module "../../tensor.ts" {
  interface TensorMethods {
    sort(dim?: number | SortOptions, options?: SortOptions): ValuesAndIndices;
    argsort(dim?: number | SortOptions, options?: SortOptions): Tensor;
    msort(): Tensor;
    topk(k: number, dim?: number | TopkOptions, options?: TopkOptions): ValuesAndIndices;
    kthvalue(k: number, options?: DimOptions): ValuesAndIndices;
  }
}
methods({
  sort(dim, options) {
    return sort(this, dim, options);
  },
  argsort(dim, options) {
    return argsort(this, dim, options);
  },
  msort() {
    return msort(this);
  },
  topk(k, dim, options) {
    return topk(this, k, dim, options);
  },
  kthvalue(k, options) {
    return kthvalue(this, k, options);
  },
});
