// scatterAdd: values added to the elements that an index tensor names.
import { DTypeError, IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim, sameShape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { atLeast1d } from "../views/window.ts";
import { checkIndexShape, gatherChecked } from "./gather.ts";
import { lookAtIndices } from "./indices.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * y = x with src added, of indices that nobody has looked at, which it does as it goes. Undefined where it leaves
     * the work to copy() and scatterAdd(), or found one out of range; y may be anything then.
     */
    scatterAddLooking(x: View, index: View, src: View, y: View, dim: number): Ran;
  }
}

const scatterAddOp = defineOp<{ readonly dim: number }>()({
  name: "scatterAdd",
  doc: "x with y[index[i][j]][j] += src[i][j] for dim 0, y[i][index[i][j]] for dim 1, and so on.",
  example: [
    "scatterAdd(zeros([3]), 0, tensor([1n, 1n, 2n]), tensor([1, 2, 3]))",
    "tensor([0., 3., 3.])",
  ],
  inputs: ["x", "index", "src"],
  outputs: ["y"],
  saves: ["index"],
  shape: (x, index, src, { dim }) => {
    checkIndexShape("scatterAdd", dim, index, { input: x, src });
    if (x.dtype !== src.dtype) {
      throw new DTypeError(
        "scatterAdd",
        `input is ${x.dtype} but src is ${src.dtype}; cast src with to("${x.dtype}")`,
      );
    }
    return { shape: x.shape, dtype: x.dtype };
  },
  kernel: (k, x, index, src, y, { dim }) => {
    const ran = k.scatterAddLooking?.(x, index, src, y, dim);
    if (ran !== undefined) return ran;
    lookAtIndices("scatterAdd", index, dim, x.shape[dim] ?? 1);
    k.copy(x, y);
    return k.scatterAdd(atLeast1d(index), atLeast1d(src), atLeast1d(y), dim);
  },
  vjp: (gs, { index }, { dim }, _m, need) => ({
    x: need.x ? gs.y : undefined,
    src: need.src ? gatherChecked(gs.y, dim, index) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.ints([2, 4], 3), rng.tensor([2, 4]), { dim: 1 }],
    [rng.tensor([3, 2, 2]), rng.ints([2, 2, 1], 3), rng.tensor([2, 2, 1]), { dim: 0 }],
    [rng.tensor([]), rng.ints([], 1), rng.tensor([]), { dim: 0 }],
  ],
  errors: (rng) => [
    [
      () => scatterAdd(rng.tensor([2]), 0, rng.ints([3], 1).add(2), rng.tensor([3])),
      IndexError,
      /scatterAdd: index 2 .* dim 0 of size 2/,
    ],
    [
      () => scatterAdd(rng.tensor([2]), 0, rng.ints([3], 2), rng.tensor([2])),
      ShapeError,
      /scatterAdd: index has 3 in dim 0 where src has 2/,
    ],
    [
      () => scatterAdd(rng.tensor([2]), 0, rng.ints([3], 2), rng.ints([3], 2)),
      DTypeError,
      /scatterAdd: input is float.* but src is int64/,
    ],
  ],
});

/**
 * As `torch.scatter_add`: x with src added at `index` along `dim`; the same place may be named often.
 * @param index any integer dtype, each in [0, size of dim); no larger than src
 * @param src of the dtype of x; what lies beyond index is not used
 * @throws IndexError naming the first index out of range
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  checkLive("scatterAdd", x);
  const d = normalizeDim("scatterAdd", dim, x.shape.length);
  checkLive("scatterAdd", src);
  checkLive("scatterAdd", index);
  if (sameShape(index.shape, src.shape)) return scatterAddOp(x, index, src, { dim: d });
  checkIndexShape("scatterAdd", d, index, { input: x, src });
  return composite(() => {
    const used = index.shape.reduce(
      (s, n, i) => (n === s.shape[i] ? s : sliceDim(s, i, 0, n)),
      src,
    );
    return scatterAddOp(x, index, used, { dim: d });
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor;
  }
}
methods({
  scatterAdd(dim, index, src) {
    return scatterAdd(this, dim, index, src);
  },
});
