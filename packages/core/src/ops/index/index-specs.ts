// What an index means: Python's x[…] read spec by spec, as PyTorch does. Numbers, slices, new axes and zero-dim
// integers make a view; tensors of indices and masks are left over, one per dimension of that view.

import { isIntegral } from "../../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { resolveSlice } from "../views/bounds.ts";
import { select } from "../views/select.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { parseSpec, type SliceSpec } from "../views/spec.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { coordinates, nonzeroPlaces } from "./nonzero.ts";

/**
 * One entry of an index: a number, a slice ("1:3", "::2"), "...", null for a new axis, true or false, or a tensor
 * of integers (indices) or bools (a mask of as many dimensions as it has).
 */
export type IndexSpec = SliceSpec | null | boolean | Tensor;

/** The specs one by one or as an array. */
export type IndexSpecs = readonly [specs: readonly IndexSpec[]] | readonly IndexSpec[];
export const specsOf = (specs: IndexSpecs): readonly IndexSpec[] =>
  (specs.length === 1 && Array.isArray(specs[0]) ? specs[0] : specs) as readonly IndexSpec[];

export interface Parts {
  /** The part of x that numbers, slices and new axes leave; x itself when there are none. */
  readonly view: Tensor;
  /** Per dimension of the view: its indices, broadcastable among each other. */
  readonly indices: readonly (Tensor | undefined)[];
}

/** A dimension of x that a spec takes, or several for a mask. */
const taken = (spec: IndexSpec): number => {
  if (spec instanceof Tensor) return spec.dtype === "bool" ? spec.ndim : 1;
  return spec === null || spec === "..." || typeof spec === "boolean" ? 0 : 1;
};

/**
 * @throws ArgumentError for a spec that is none, IndexError for one out of range, ShapeError for too many of them or
 * a mask that does not fit, DTypeError for tensors that are neither integers nor bools
 */
export function readIndex(op: string, x: Tensor, specs: readonly IndexSpec[]): Parts {
  checkLive(op, x);
  if (!Array.isArray(specs))
    throw new ArgumentError(op, "expects an array of specs, one per dimension");
  specs.forEach((spec, i) => {
    checkSpec(op, x, spec, i);
  });
  const dots = specs.indexOf("...");
  if (dots >= 0 && specs.indexOf("...", dots + 1) >= 0) {
    throw new ArgumentError(op, '"..." may appear only once');
  }
  const given = specs.reduce((n: number, spec) => n + taken(spec), 0);
  if (given > x.ndim) {
    throw new ShapeError(op, `too many indices: ${given} for ${x.ndim} dimensions`, {
      input: x.shape,
    });
  }
  const indices: (Tensor | undefined)[] = [];
  let view = x;
  /** Of x, for messages; that of the view is indices.length. */
  let dim = 0;
  specs.forEach((spec, i) => {
    const at = indices.length;
    if (spec === "...") {
      for (let k = given; k < x.ndim; k++, dim++) indices.push(undefined);
    } else if (spec === null) {
      view = unsqueeze(view, at);
      indices.push(undefined);
    } else if (typeof spec === "boolean") {
      view = unsqueeze(view, at);
      indices.push(tensor(new BigInt64Array(spec ? 1 : 0), { device: x.backend }));
    } else if (spec instanceof Tensor && spec.dtype === "bool") {
      dim = pushMask(op, x, spec, dim, indices);
      if (spec.ndim === 0) view = unsqueeze(view, at);
    } else if (
      spec instanceof Tensor &&
      (spec.ndim > 0 || x.storage.backend.readSync === undefined)
    ) {
      indices.push(spec);
      dim++;
    } else if (spec instanceof Tensor) {
      view = selected(op, view, at, spec.item(), dim++);
    } else {
      const part = parseSpec(op, spec, i);
      if (typeof part === "number") view = selected(op, view, at, part, dim);
      else {
        const size = view.shape[at] as number;
        const { length } = resolveSlice(op, size, part.start, part.end, part.step);
        if (length !== size) view = sliceDim(view, at, part.start, part.end, part.step);
        indices.push(undefined);
      }
      dim++;
    }
  });
  while (indices.length < view.ndim) indices.push(undefined);
  return { view, indices };
}

/** Before anything is made: each spec is one. */
function checkSpec(op: string, x: Tensor, spec: unknown, i: number): void {
  if (spec instanceof Tensor) {
    checkLive(op, spec);
    if (spec.dtype === "uint8") {
      throw new DTypeError(
        op,
        `spec ${i} is a uint8 tensor, which could be indices or a mask; cast it with to("int64") or to("bool")`,
      );
    }
    if (spec.dtype !== "bool" && !isIntegral(spec.dtype)) {
      throw new DTypeError(
        op,
        `spec ${i} is a tensor of ${spec.dtype}; indices are integers (tensor([1n, 2n]) or to("int64")), masks bool`,
      );
    }
    if (spec.storage.backend !== x.storage.backend) {
      throw new ArgumentError(
        op,
        `spec ${i} lies on '${spec.backend}', x on '${x.backend}'; move it with to("${x.backend}")`,
      );
    }
    return;
  }
  if (Array.isArray(spec)) {
    throw new ArgumentError(op, `spec ${i} is an array; indices go in a tensor: tensor([1n, 2n])`);
  }
  if (spec === null || spec === "..." || typeof spec === "boolean") return;
  parseSpec(op, spec, i, ", null, a boolean, a tensor");
}

/** In x's own numbers, so that a message names the dimension that the user sees. */
function selected(op: string, view: Tensor, at: number, index: number, dim: number): Tensor {
  const size = view.shape[at] as number;
  if (index < -size || index >= size) {
    throw new IndexError(op, `index ${index} is out of range for dim ${dim} of size ${size}`);
  }
  return select(view, at, index);
}

/** A mask of k dimensions becomes the k indices of the places where it holds. */
function pushMask(
  op: string,
  x: Tensor,
  mask: Tensor,
  dim: number,
  indices: (Tensor | undefined)[],
): number {
  const end = dim + mask.ndim;
  if (!sameShape(mask.shape, x.shape.slice(dim, end))) {
    throw new ShapeError(
      op,
      `a mask must have the sizes of the dimensions it stands for, from dim ${dim}`,
      { input: x.shape, mask: mask.shape },
    );
  }
  const places = nonzeroPlaces(mask);
  if (mask.ndim > 0) indices.push(...coordinates(mask, places));
  else indices.push(tensor(new BigInt64Array(places.length), { device: x.backend }));
  return end;
}
