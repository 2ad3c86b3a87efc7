// diagonal and diagEmbed: a diagonal of matrices as a view, and matrices of zeros around one. Each is the
// other's gradient.

import type { View } from "../../backend.ts";
import { ArgumentError, IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim, type Shape } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { windowOn } from "./window.ts";

interface Attrs {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

/** The elements (i, i + offset) of dims dim1 and dim2, behind the other dims. */
function diagonalOf(x: View, { offset, dim1, dim2 }: Attrs) {
  const [rows, columns] = [x.shape[dim1] as number, x.shape[dim2] as number];
  const [down, right] = [x.strides[dim1] as number, x.strides[dim2] as number];
  const length = Math.max(
    0,
    offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns),
  );
  const other = (_: number, d: number) => d !== dim1 && d !== dim2;
  const skipped = offset >= 0 ? offset * right : -offset * down;
  return {
    shape: [...x.shape.filter(other), length],
    strides: [...x.strides.filter(other), down + right],
    offset: length === 0 ? x.offset : x.offset + skipped,
  };
}

const diagonalOp = defineOp<Attrs>()({
  name: "diagonal",
  doc: "A diagonal of two dimensions as a view; it becomes the last dimension.",
  example: ["diagonal(tensor([[1, 2], [3, 4]]))", "tensor([1., 4.])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: diagonalOf,
  vjp: (gs, _s, a, m) => ({ x: diagonalBackward(gs.y, m.x.shape, a) }),
  samples: (rng) => [
    [rng.tensor([3, 3]), { offset: 0, dim1: 0, dim2: 1 }],
    [rng.tensor([2, 3, 4]), { offset: 1, dim1: 2, dim2: 0 }],
    [rng.tensor([3, 2]), { offset: -5, dim1: 0, dim2: 1 }],
  ],
  errors: (rng) => [
    [() => diagonal(rng.tensor([3])), ShapeError, /diagonal: expects at least 2 dimensions/],
    [
      () => diagonal(rng.tensor([3, 3]), { dim1: 1, dim2: -1 }),
      IndexError,
      /diagonal: dim1 1 and dim2 -1 are the same dimension/,
    ],
    [
      () => diagonal(rng.tensor([3, 3]), { dim1: 2 }),
      IndexError,
      /diagonal: dim 2 is out of range/,
    ],
    [() => diagonal(rng.tensor([3, 3]), { offset: 0.5 }), ArgumentError, /offset must be a whole/],
  ],
});

const diagonalBackwardOp = defineOp<Attrs & { readonly shape: Shape }>()({
  name: "diagonalBackward",
  doc: "Zeros of a given shape with g on a diagonal; the gradient of diagonal.",
  inputs: ["g"],
  outputs: ["y"],
  shape: (g, { shape }) => ({ shape, dtype: g.dtype }),
  kernel: (k, g, y, a) => {
    k.fill(y, 0);
    const { shape, strides, offset } = diagonalOf(y, a);
    return k.copy(g, windowOn(y, shape, strides, offset));
  },
  vjp: (gs, _s, { offset, dim1, dim2 }) => ({ g: diagonalOp(gs.y, { offset, dim1, dim2 }) }),
  samples: (rng) => [
    [rng.tensor([2]), { shape: [2, 3], offset: 0, dim1: 0, dim2: 1 }],
    [rng.tensor([2, 2]), { shape: [3, 2, 3], offset: -1, dim1: 0, dim2: 2 }],
  ],
});

/** Zeros of `shape` with g on the diagonal that diagonal() reads. @internal */
const diagonalBackward = (g: Tensor, shape: Shape, { offset, dim1, dim2 }: Attrs): Tensor =>
  diagonalBackwardOp(g, { shape, offset, dim1, dim2 });

export interface DiagonalOptions {
  /** Which diagonal: above the main one if positive. Default 0. */
  readonly offset?: number | undefined;
  /** The rows. Default 0; diagEmbed: -2. */
  readonly dim1?: number | undefined;
  /** The columns. Default 1; diagEmbed: -1. */
  readonly dim2?: number | undefined;
}
const OPTIONS: OptionNames<DiagonalOptions> = { offset: true, dim1: true, dim2: true };

function resolved(
  op: string,
  options: DiagonalOptions,
  rank: number,
  dims: [number, number],
): Attrs {
  const { offset = 0, dim1 = dims[0], dim2 = dims[1] } = options;
  if (!Number.isInteger(offset)) {
    throw new ArgumentError(op, `offset must be a whole number; got ${offset}`);
  }
  const [first, second] = [normalizeDim(op, dim1, rank), normalizeDim(op, dim2, rank)];
  if (first === second) {
    throw new IndexError(op, `dim1 ${dim1} and dim2 ${dim2} are the same dimension`);
  }
  return { offset, dim1: first, dim2: second };
}

/**
 * As `torch.diagonal`: the elements (i, i + offset) of two dimensions, which become one at the end. Shares memory.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html
 */
export function diagonal(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkOptions("diagonal", options, OPTIONS);
  checkLive("diagonal", x);
  if (x.ndim < 2) {
    throw new ShapeError("diagonal", "expects at least 2 dimensions", { input: x.shape });
  }
  return diagonalOp(x, resolved("diagonal", options, x.ndim, [0, 1]));
}

/**
 * As `torch.diag_embed`: matrices of zeros with the last dimension of x on a diagonal; dim1 and dim2 are those of
 * the result. They are square, and as large as the diagonal needs.
 */
export function diagEmbed(x: Tensor, options: DiagonalOptions = {}): Tensor {
  checkOptions("diagEmbed", options, OPTIONS);
  checkLive("diagEmbed", x);
  if (x.ndim < 1) {
    throw new ShapeError("diagEmbed", "expects at least 1 dimension", { input: x.shape });
  }
  const attrs = resolved("diagEmbed", options, x.ndim + 1, [-2, -1]);
  const size = (x.shape[x.ndim - 1] as number) + Math.abs(attrs.offset);
  const rest: number[] = x.shape.slice(0, -1);
  const shape = Array.from({ length: x.ndim + 1 }, (_, d) =>
    d === attrs.dim1 || d === attrs.dim2 ? size : (rest.shift() as number),
  );
  return diagonalBackward(x, shape, attrs);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    diagonal(options?: DiagonalOptions): Tensor;
    diagEmbed(options?: DiagonalOptions): Tensor;
  }
}
methods({
  diagonal(options) {
    return diagonal(this, options);
  },
  diagEmbed(options) {
    return diagEmbed(this, options);
  },
});
