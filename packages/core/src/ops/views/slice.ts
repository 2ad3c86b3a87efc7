// slice: Python's x[1:3, ..., ::2, 5] with the slices as strings. Reads the specs, then slices dim by dim.
import { ArgumentError, IndexError, ShapeError } from "../../errors.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { resolveSlice } from "./bounds.ts";
import { select } from "./select.ts";
import { sliceDim } from "./slice-dim.ts";
import { type Bounds, parseSpec, type SliceSpec, shown } from "./spec.ts";

export type { SliceSpec } from "./spec.ts";

import { reshape } from "./view.ts";

/**
 * A part of x, sharing memory: one spec for each dimension from the first, missing ones take all.
 * Slices follow Python (negative bounds count from the end, bounds beyond the end are cut), steps ≥ 1.
 * @example x.slice(["1:3", ":", "::2", 5]); x.slice(["...", -1])
 * @throws ArgumentError for a malformed spec, IndexError for an index out of range or too many specs
 */
export function slice(x: Tensor, specs: readonly SliceSpec[]): Tensor {
  if (!Array.isArray(specs)) {
    throw new ArgumentError(
      "slice",
      `expects an array of specs, one per dimension; got ${shown(specs)}`,
    );
  }
  const rank = x.shape.length;
  const dots = specs.indexOf("...");
  if (dots >= 0 && specs.indexOf("...", dots + 1) >= 0) {
    throw new ArgumentError("slice", '"..." may appear only once');
  }
  const given = specs.length - (dots >= 0 ? 1 : 0);
  if (given > rank) {
    throw new ShapeError("slice", `${given} specs for ${rank} dimensions`, { input: x.shape });
  }
  const parts = specs.map((spec, i) => (spec === "..." ? undefined : parseSpec("slice", spec, i)));
  // Everything is checked before anything is made.
  let dim = 0;
  const steps = parts.flatMap((part): { d: number; part: Bounds | number }[] => {
    if (part === undefined) {
      dim += rank - given;
      return [];
    }
    const d = dim++;
    const size = x.shape[d] as number;
    if (typeof part !== "number") {
      const { length } = resolveSlice("slice", size, part.start, part.end, part.step);
      return length === size ? [] : [{ d, part }];
    }
    if (part < -size || part >= size) {
      throw new IndexError("slice", `index ${part} is out of range for dim ${d} of size ${size}`);
    }
    return [{ d, part }];
  });
  // Nothing to cut: still a handle of its own, as every view is.
  if (steps.length === 0) return rank === 0 ? reshape(x, []) : sliceDim(x, 0);
  return composite(() =>
    // From the last, so that a dimension that goes leaves the numbers of the others alone.
    steps.reduceRight<Tensor>(
      (t, { d, part }) =>
        typeof part === "number"
          ? select(t, d, part)
          : sliceDim(t, d, part.start, part.end, part.step),
      x,
    ),
  );
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    slice(specs: readonly SliceSpec[]): Tensor;
  }
}
methods({
  slice(specs) {
    return slice(this, specs);
  },
});
