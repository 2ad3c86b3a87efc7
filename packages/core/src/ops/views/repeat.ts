// repeat, tile and repeatInterleave: copies of a tensor side by side, or of each element.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, type Shape } from "../../shape.ts";
import { checkLive, composite, methods, Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { clone } from "../elementwise/clone.ts";
import { indexSelect } from "../index/index-select.ts";
import { checkIndexDType } from "../index/indices.ts";
import { expand } from "./expand.ts";
import { flatten } from "./flatten.ts";
import { unsqueeze } from "./unsqueeze.ts";
import { reshape, type Sizes, sizesOf, view } from "./view.ts";

function repeated(op: string, x: Tensor, repeats: Shape): Tensor {
  checkLive(op, x);
  if (!Array.isArray(repeats) || repeats.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ArgumentError(op, `repeats must be whole numbers ≥ 0; got [${[repeats].join(", ")}]`);
  }
  const lead = repeats.length - x.ndim;
  if (lead < 0) {
    throw new ShapeError(op, `${repeats.length} repeats for ${x.ndim} dimensions`, {
      input: x.shape,
    });
  }
  const sizes = [...new Array<number>(lead).fill(1), ...x.shape];
  return composite(() => {
    // [1, n] → [repeats, n] for each dimension, then both as one.
    const split = reshape(
      x,
      sizes.flatMap((n) => [1, n]),
    );
    const wide = expand(
      split,
      sizes.flatMap((n, d) => [repeats[d] as number, n]),
    );
    return view(
      clone(wide),
      sizes.map((n, d) => n * (repeats[d] as number)),
    );
  });
}

/**
 * As `torch.Tensor.repeat`: x repeats[d] times along each dimension, a copy; more repeats than dimensions add
 * dimensions in front.
 * @throws ShapeError for fewer repeats than dimensions
 */
export const repeat = (x: Tensor, repeats: Shape): Tensor => repeated("repeat", x, repeats);

/** As `torch.tile`: repeat(), with 1 for the repeats that are missing in front. */
export function tile(x: Tensor, repeats: Shape): Tensor {
  checkLive("tile", x);
  const missing = Math.max(0, x.ndim - repeats.length);
  return repeated("tile", x, [...new Array<number>(missing).fill(1), ...repeats]);
}

export interface RepeatInterleaveOptions {
  /** Default: all of x, flattened. */
  readonly dim?: number | undefined;
}
const OPTIONS: OptionNames<RepeatInterleaveOptions> = { dim: true };

/**
 * As `torch.repeat_interleave`: each element (slice of `dim`) several times, one behind the other.
 * @param repeats a number, or integers [size of dim] (or of one element) that say it for each slice; they are read at once
 * @throws ShapeError where repeats has another size; ArgumentError for negative ones
 */
export function repeatInterleave(
  x: Tensor,
  repeats: number | Tensor,
  along: number | RepeatInterleaveOptions = {},
): Tensor {
  const op = "repeatInterleave";
  if (typeof along !== "number") checkOptions(op, along, OPTIONS);
  const over = typeof along === "number" ? along : along?.dim;
  checkLive(op, x);
  const flat = over === undefined || x.ndim === 0;
  const dim = normalizeDim(op, over ?? 0, x.ndim);
  const size = flat ? x.numel : (x.shape[dim] as number);
  const counts = countsOf(op, repeats, size);
  return composite(() => {
    const from = flat ? flatten(x) : x;
    if (typeof counts === "number") {
      const wide = unsqueeze(from, dim + 1);
      const shape = wide.shape.map((n, d) => (d === dim + 1 ? counts : n));
      const merged = from.shape.map((n, d) => (d === dim ? n * counts : n));
      return view(clone(expand(wide, shape)), merged);
    }
    const at = counts.flatMap((n, i) => new Array<bigint>(n).fill(BigInt(i)));
    return indexSelect(from, dim, tensor(BigInt64Array.from(at), { device: x.backend }));
  });
}

function countsOf(op: string, repeats: number | Tensor, size: number): number | number[] {
  if (!(repeats instanceof Tensor)) {
    if (!Number.isInteger(repeats) || repeats < 0) {
      throw new ArgumentError(
        op,
        `repeats must be a whole number ≥ 0, or a tensor; got ${repeats}`,
      );
    }
    return repeats;
  }
  checkLive(op, repeats);
  checkIndexDType(op, repeats.dtype);
  const counts = Array.from(repeats.dataSync() as Float64Array, Number);
  if (repeats.ndim > 1 || (counts.length !== size && counts.length !== 1)) {
    throw new ShapeError(op, `repeats must be one number, or one for each of ${size} elements`, {
      repeats: repeats.shape,
    });
  }
  const negative = counts.findIndex((n) => n < 0);
  if (negative >= 0) {
    throw new ArgumentError(op, `repeats must be ≥ 0; element ${negative} is ${counts[negative]}`);
  }
  return counts.length === 1 ? (counts[0] as number) : counts;
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    repeat(...repeats: Sizes): Tensor;
    tile(...repeats: Sizes): Tensor;
    repeatInterleave(repeats: number | Tensor, along?: number | RepeatInterleaveOptions): Tensor;
  }
}
methods({
  repeat(...repeats) {
    return repeat(this, sizesOf(repeats));
  },
  tile(...repeats) {
    return tile(this, sizesOf(repeats));
  },
  repeatInterleave(repeats, along) {
    return repeatInterleave(this, repeats, along);
  },
});
