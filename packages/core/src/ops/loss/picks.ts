// Class numbers as an index along the classes, with the ignored ones out of the way: for the losses that pick.
import type { Tensor } from "../../tensor.ts";
import { where } from "../elementwise/where.ts";

/** Class numbers of a batch, ready to pick with. */
export interface Picks {
  /** [N, 1, …], each in range. */
  readonly index: Tensor;
  /** [N, 1, …] bool, true where the target counts; undefined: everywhere. */
  readonly counts: Tensor | undefined;
}

/** @param ignored whether any may be; else nothing is compared */
export function picksOf(target: Tensor, ignoreIndex: number, ignored: boolean): Picks {
  const column = target.unsqueeze(1);
  if (!ignored) return { index: column, counts: undefined };
  const counts = column.ne(ignoreIndex);
  return { index: where(counts, column, 0).to(target.dtype), counts };
}

/** t where it counts, else 0: whatever is there. */
export const masked = (t: Tensor, counts: Tensor | undefined): Tensor =>
  counts === undefined ? t : where(counts, t, 0);
