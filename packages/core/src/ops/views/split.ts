// split and chunk: the parts of a tensor along a dimension, as views.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { type Along, alongDim, existingDim } from "./bounds.ts";
import { narrow } from "./slice-dim.ts";

/**
 * As `torch.split`: views of `size` elements each (the last may be smaller), or of the given sizes.
 * @throws ShapeError when given sizes do not add up to the size of `dim`
 */
export function split(x: Tensor, size: number | readonly number[], along: Along = 0): Tensor[] {
  const dim = existingDim("split", alongDim("split", along), x.shape.length);
  const total = x.shape[dim] as number;
  const least = typeof size === "number" ? 1 : 0;
  if (![size].flat().every((n) => Number.isInteger(n) && n >= least)) {
    throw new ArgumentError("split", `sizes must be whole numbers ≥ ${least}; got ${size}`);
  }
  const sizes = typeof size === "number" ? evenSizes(total, size) : size;
  if (sizes.reduce((a, b) => a + b, 0) !== total) {
    throw new ShapeError(
      "split",
      `sizes [${sizes.join(", ")}] do not add up to ${total}, the size of dim ${dim}`,
      { input: x.shape },
    );
  }
  let start = 0;
  return sizes.map((n) => {
    const part = narrow(x, dim, start, n);
    start += n;
    return part;
  });
}

/** As `torch.chunk`: at most `chunks` views of equal size; the last may be smaller. */
export function chunk(x: Tensor, chunks: number, along: Along = 0): Tensor[] {
  const dim = existingDim("chunk", alongDim("chunk", along), x.shape.length);
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new ArgumentError("chunk", `chunks must be a whole number ≥ 1; got ${chunks}`);
  }
  const total = x.shape[dim] as number;
  if (total === 0) return split(x, new Array<number>(chunks).fill(0), { dim });
  return split(x, Math.ceil(total / chunks), { dim });
}

function evenSizes(total: number, size: number): number[] {
  const count = Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    split(size: number | readonly number[], along?: Along): Tensor[];
    chunk(chunks: number, along?: Along): Tensor[];
  }
}
methods({
  split(size, along) {
    return split(this, size, along);
  },
  chunk(chunks, along) {
    return chunk(this, chunks, along);
  },
});
