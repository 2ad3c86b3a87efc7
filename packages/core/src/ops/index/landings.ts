// Which sources land on which places, as a table of comparisons [..., places, sources]: what the scatter ops
// compose on backends without a kernel for them. Costs places × sources; right on every device.
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { arange } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { eq } from "../elementwise/eq.ts";
import { copy_ } from "../inplace/copy_.ts";
import { movedim } from "../views/permute.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { unsqueeze } from "../views/unsqueeze.ts";

export interface Landings {
  /** hits[..., place, i]: source i lands there. */
  readonly hits: Tensor;
  /** The part of x that index may reach, and the sources, with the indexed dimension last. */
  readonly places: Tensor;
  readonly sources: Tensor;
}

/** The part of x whose dims other than `dim` index covers. */
const reached = (x: Tensor, index: Shape, dim: number): Tensor =>
  index.reduce(
    (part, n, d) => (d === dim || n === part.shape[d] ? part : sliceDim(part, d, 0, n)),
    x,
  );

/** x has a dimension at least; index and src are of one shape. */
export function landings(x: Tensor, index: Tensor, src: Tensor, dim: number): Landings {
  const last = movedim(index, dim, -1);
  const numbers = arange(0, x.shape[dim] as number, 1, { dtype: index.dtype, device: x.backend });
  const hits = eq(unsqueeze(last, -2), unsqueeze(numbers, -1));
  const places = movedim(reached(x, index.shape, dim), dim, -1);
  return { hits, places, sources: movedim(src, dim, -1) };
}

/** A copy of x in which `land` has decided what the places become. Nothing records. */
export function landed(
  x: Tensor,
  index: Tensor,
  src: Tensor,
  dim: number,
  land: (l: Landings) => Tensor,
): Tensor {
  const y = clone(x);
  const result = land(landings(y, index, src, dim));
  copy_(reached(y, index.shape, dim), movedim(result, -1, dim));
  return y;
}
