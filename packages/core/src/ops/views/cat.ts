// cat: tensors joined along a dimension they have.
import { promoteTypes } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim, type Shape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { to } from "../elementwise/to.ts";
import { type Along, alongDim, tensorList } from "./bounds.ts";
import { sliceDim } from "./slice-dim.ts";
import { slicedView } from "./window.ts";

const catOp = defineOp<{ readonly dim: number }>()({
  name: "cat",
  doc: "Tensors one after the other along a dimension; all other sizes are equal.",
  example: ["cat([tensor([1, 2]), tensor([3])])", "tensor([1., 2., 3.])"],
  inputs: ["xs[]"],
  outputs: ["y"],
  shape: (xs, { dim }) => {
    const [first, ...rest] = xs;
    if (first === undefined) throw new ArgumentError("cat", "needs at least one tensor");
    const misfit = rest.findIndex(
      (x) =>
        x.shape.length !== first.shape.length ||
        x.shape.some((n, d) => d !== dim && n !== first.shape[d]),
    );
    if (misfit >= 0) {
      throw new ShapeError(
        "cat",
        `all sizes but that of dim ${dim} must be equal; tensor ${misfit + 1} differs from tensor 0`,
        Object.fromEntries(xs.map((x, i) => [`tensors[${i}]`, x.shape])),
      );
    }
    const total = xs.reduce((n, x) => n + (x.shape[dim] as number), 0);
    return {
      shape: first.shape.map((n, d) => (d === dim ? total : n)),
      dtype: first.dtype,
    };
  },
  kernel: (k, xs, y, { dim }) => {
    let start = 0;
    for (const x of xs) {
      const length = x.shape[dim] as number;
      if (length > 0) k.copy(x, slicedView(y, dim, start, length));
      start += length;
    }
    return "copies";
  },
  vjp: (gs, _s, { dim }, m, need) => {
    let end = 0;
    return {
      xs: m.xs.map((x, i) => {
        const start = end;
        end += x.shape[dim] as number;
        return need.xs[i] ? sliceDim(gs.y, dim, start, end) : undefined;
      }),
    };
  },
  samples: (rng) => [
    [[rng.tensor([2, 3]), rng.tensor([1, 3])], { dim: 0 }],
    [[rng.tensor([2, 1, 2]), rng.tensor([2, 2, 2]), rng.tensor([2, 0, 2])], { dim: 1 }],
    [[rng.tensor([2])], { dim: 0 }],
  ],
  errors: (rng) => [
    [() => cat([]), ArgumentError, /cat: needs at least one tensor/],
    [
      () => cat([rng.tensor([2, 3]), rng.tensor([2, 2])]),
      ShapeError,
      /cat: all sizes but that of dim 0.*tensor 1[\s\S]*tensors\[0\]: \[2, 3\][\s\S]*tensors\[1\]: \[2, 2\]/,
    ],
    [() => cat([rng.tensor([]), rng.tensor([])]), ShapeError, /zero-dimensional.*stack/],
  ],
});

/** As old code makes them before the first cat: one dimension, no elements; skipped as PyTorch does. */
const isPlaceholder = (shape: Shape): boolean => shape.length === 1 && shape[0] === 0;

/**
 * As `torch.cat`: tensors joined along `dim` (default 0); dtypes promote; tensors of shape [0] are skipped.
 * @throws ShapeError where sizes differ in another dimension
 */
export function cat(tensors: readonly Tensor[], along: Along = 0): Tensor {
  const over = alongDim("cat", along);
  tensorList("cat", tensors);
  const real = tensors.filter((t) => !isPlaceholder(t.shape));
  const joined = real.length > 0 ? real : tensors;
  const [first] = joined as [Tensor];
  const zeroDim = joined.findIndex((t) => t.shape.length === 0);
  if (zeroDim >= 0) {
    throw new ShapeError("cat", `tensor ${zeroDim} is zero-dimensional; join those with stack()`);
  }
  const dim = normalizeDim("cat", over, first.shape.length);
  const dtype = tensors.map((t) => t.dtype).reduce(promoteTypes);
  if (joined.every((t) => t.dtype === dtype)) return catOp(joined, { dim });
  return composite(() =>
    catOp(
      joined.map((t) => to(t, dtype)),
      { dim },
    ),
  );
}
