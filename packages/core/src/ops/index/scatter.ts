// scatter: values written to the elements that an index tensor names.
import { DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim, sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { arange, full } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { clamp } from "../elementwise/clamp.ts";
import { gt } from "../elementwise/gt.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { isTensor, type Operand } from "../promote.ts";
import { amax } from "../reduce/amax.ts";
import { expand } from "../views/expand.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { atLeast1d } from "../views/window.ts";
import { checkIndexShape, gatherChecked } from "./gather.ts";
import { checkIndices } from "./indices.ts";
import { landed } from "./landings.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * y[i][index[i][j][k]][k] meets src[i][j][k] for dim 1: it becomes that value ("set"; the last of several),
     * or the product, the larger (NaN wins) or the smaller of both. Without includeSelf the first value that
     * arrives replaces what was there. src has index's shape, its indices are in range, y is filled before.
     */
    scatterInto(
      code: "set" | "prod" | "max" | "min",
      index: View,
      src: View,
      y: View,
      dim: number,
      includeSelf: boolean,
    ): Ran;
  }
}

const scatterOp = defineOp<{ readonly dim: number }>()({
  name: "scatter",
  doc: "x with y[index[i][j]][j] = src[i][j] for dim 0, y[i][index[i][j]] for dim 1, and so on.",
  example: ["scatter(zeros([3]), 0, tensor([2n, 0n]), tensor([1, 2]))", "tensor([2., 0., 1.])"],
  inputs: ["x", "index", "src"],
  outputs: ["y"],
  saves: ["index"],
  shape: (x, index, src, { dim }) => {
    checkIndexShape("scatter", dim, index, { input: x, src });
    sameDType("scatter", x, src);
    return { shape: x.shape, dtype: x.dtype };
  },
  kernel: (k, x, index, src, y, { dim }) => {
    if (k.scatterInto === undefined) return undefined;
    k.copy(x, y);
    return k.scatterInto("set", atLeast1d(index), atLeast1d(src), atLeast1d(y), dim, true);
  },
  compose: (x, index, src, { dim }) => {
    if (x.ndim === 0) return src.clone();
    return landed(x, index, src, dim, ({ hits, places, sources }) => {
      // Of the sources that land on a place the last one: numbers from 1, 0 for none.
      const n = sources.shape[sources.ndim - 1] as number;
      if (n === 0) return places;
      const order = add(arange(0, n, 1, { device: x.backend }), 1);
      const last = amax(where(hits, order, 0), -1);
      const winners = gatherChecked(sources, sources.ndim - 1, clamp(sub(last, 1), { min: 0 }));
      return where(gt(last, 0), winners, places);
    });
  },
  vjp: (gs, { index }, { dim }, _m, need) => ({
    x: need.x ? scatter(gs.y, dim, index, 0) : undefined,
    src: need.src ? gatherChecked(gs.y, dim, index) : undefined,
  }),
  samples: (rng) => {
    const order = (n: number, step: number) =>
      arange(0, n, 1, { device: rng.ints([], 1).backend })
        .mul(step)
        .remainder(n);
    return [
      [rng.tensor([4]), order(4, 3), rng.tensor([4]), { dim: 0 }],
      [rng.tensor([2, 5]), order(5, 2).expand(2, 5), rng.tensor([2, 5]), { dim: 1 }],
      // index smaller than x in another dim
      [rng.tensor([3, 2, 2]), order(3, 2).reshape(3, 1, 1), rng.tensor([3, 1, 1]), { dim: 0 }],
      [rng.tensor([]), rng.ints([], 1), rng.tensor([]), { dim: 0 }],
      [rng.tensor([3]), rng.ints([0], 3), rng.tensor([0]), { dim: 0 }],
    ];
  },
  errors: (rng) => [
    [
      () => scatter(rng.tensor([2]), 0, rng.ints([3], 1).add(2), rng.tensor([3])),
      IndexError,
      /scatter: index 2 .* dim 0 of size 2/,
    ],
    [
      () => scatter(rng.tensor([2]), 0, rng.ints([3], 2), rng.tensor([2])),
      ShapeError,
      /scatter: index has 3 in dim 0 where src has 2/,
    ],
    [
      () => scatter(rng.tensor([2]), 0, rng.ints([3], 2), rng.ints([3], 2)),
      DTypeError,
      /scatter: input is float.* but src is int64; cast src/,
    ],
    [() => scatter(rng.tensor([2]), 1, rng.ints([2], 2), 0), IndexError, /scatter: dim 1 is out/],
  ],
});

export function sameDType(op: string, x: { dtype: string }, src: { dtype: string }): void {
  if (x.dtype === src.dtype) return;
  throw new DTypeError(
    op,
    `input is ${x.dtype} but src is ${src.dtype}; cast src with to("${x.dtype}")`,
  );
}

/** The arguments of a scatter, checked: dim in [0, rank), src no larger than index (a number is expanded). */
export function scatterArguments(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Operand,
): { readonly d: number; readonly values: Tensor } {
  checkLive(op, x);
  const d = normalizeDim(op, dim, x.shape.length);
  if (isTensor(src)) checkLive(op, src);
  checkIndices(op, index, d, x.shape[d] ?? 1);
  if (!isTensor(src)) {
    checkIndexShape(op, d, index, { input: x });
    const value = full([], src, { dtype: x.dtype, device: x.backend });
    return { d, values: expand(value, index.shape) };
  }
  sameDType(op, x, src);
  if (sameShape(index.shape, src.shape)) return { d, values: src };
  checkIndexShape(op, d, index, { input: x, src });
  const values = index.shape.reduce(
    (s, n, i) => (n === s.shape[i] ? s : sliceDim(s, i, 0, n)),
    src,
  );
  return { d, values };
}

/**
 * As `torch.scatter`: x with src (a tensor, or one number) written at `index` along `dim`. Where an index
 * repeats, the last one wins; all of them get the gradient of the place, as in PyTorch.
 * @param index any integer dtype, each in [0, size of dim); no larger than src
 * @param src of the dtype of x; what lies beyond index is not used
 * @throws IndexError naming the first index out of range; ShapeError, DTypeError
 * @see https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
 */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Operand): Tensor {
  return composite(() => {
    const { d, values } = scatterArguments("scatter", x, dim, index, src);
    return scatterOp(x, index, values, { dim: d });
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    scatter(dim: number, index: Tensor, src: Operand): Tensor;
  }
}
methods({
  scatter(dim, index, src) {
    return scatter(this, dim, index, src);
  },
});
