// Padding with what is there already: reflected, repeated, or from the other end. Dim by dim, as pieces side by side:
// copies, and their gradients sums of pieces.
import { ArgumentError, ShapeError } from "../../errors.ts";
import type { Shape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { cat } from "./cat.ts";

export const PAD_MODES = ["constant", "reflect", "replicate", "circular"] as const;
/** With a value, with the mirrored inside, with the edge, or with the other end. */
export type PadMode = (typeof PAD_MODES)[number];

export function checkPadMode(op: string, mode: PadMode): void {
  if (PAD_MODES.includes(mode)) return;
  const known = PAD_MODES.map((name) => JSON.stringify(name)).join(", ");
  throw new ArgumentError(op, `mode must be one of ${known}; got ${JSON.stringify(mode)}`);
}

/** `length` elements of dim from the one at `start` backwards. */
function backwards(x: Tensor, dim: number, start: number, length: number): Tensor {
  const index = tensor(
    Array.from({ length }, (_, i) => start - i),
    { shape: [length], dtype: "int64", device: x.backend },
  );
  return x.indexSelect(dim, index);
}

/** What stands before and after x in each mode. */
const EDGES: Readonly<
  Record<
    Exclude<PadMode, "constant">,
    {
      /** The most that a dim of this size can be padded by. */
      readonly most: (size: number) => number;
      readonly before: (x: Tensor, dim: number, count: number) => Tensor;
      readonly after: (x: Tensor, dim: number, count: number) => Tensor;
    }
  >
> = {
  reflect: {
    most: (size) => size - 1,
    before: (x, dim, count) => backwards(x, dim, count, count),
    after: (x, dim, count) => backwards(x, dim, (x.shape[dim] as number) - 2, count),
  },
  replicate: {
    most: (size) => (size === 0 ? 0 : Number.POSITIVE_INFINITY),
    before: (x, dim, count) => repeated(x.narrow(dim, 0, 1), dim, count),
    after: (x, dim, count) => repeated(x.narrow(dim, (x.shape[dim] as number) - 1, 1), dim, count),
  },
  circular: {
    most: (size) => size,
    before: (x, dim, count) => x.narrow(dim, (x.shape[dim] as number) - count, count),
    after: (x, dim, count) => x.narrow(dim, 0, count),
  },
};

const repeated = (edge: Tensor, dim: number, count: number): Tensor =>
  edge.expand(...edge.shape.map((n, d) => (d === dim ? count : n)));

/** x with `low` and `high` more elements in each dim; negative amounts crop, before anything is added. */
export function padFromInside(
  x: Tensor,
  mode: Exclude<PadMode, "constant">,
  low: Shape,
  high: Shape,
): Tensor {
  const { most, before, after } = EDGES[mode];
  return composite(() => {
    let y = x;
    for (let d = 0; d < x.ndim; d++) {
      const [first, last] = [low[d] as number, high[d] as number];
      if (first === 0 && last === 0) continue;
      const size = (x.shape[d] as number) + Math.min(0, first) + Math.min(0, last);
      if (Math.max(first, last) > most(size)) {
        throw new ShapeError(
          "pad",
          `mode "${mode}" can add at most ${most(size)} to dim ${d}, which has ${size} elements; got ${first} and ${last}`,
          { input: x.shape },
        );
      }
      const inside = first < 0 || last < 0 ? y.narrow(d, Math.max(0, -first), size) : y;
      const pieces = [
        ...(first > 0 ? [before(inside, d, first)] : []),
        inside,
        ...(last > 0 ? [after(inside, d, last)] : []),
      ];
      y = pieces.length === 1 ? inside : cat(pieces, { dim: d });
    }
    return y === x ? x.clone() : y;
  });
}
