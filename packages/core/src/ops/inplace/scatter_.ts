// Writing, adding and reducing into the elements of x that an index tensor names.
import { isGradEnabled, Leaf } from "../../autograd/tape.ts";
import { InPlaceError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkLive, methods, owned, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { checkIndexShape, gatherChecked } from "../index/gather.ts";
import { sameDType, scatter, scatterArguments } from "../index/scatter.ts";
import {
  type ScatterReduceOptions,
  type ScatterReduction,
  scatterReduce,
} from "../index/scatter-reduce.ts";
import type { Operand } from "../promote.ts";
import { atLeast1d } from "../views/window.ts";
import { copy_ } from "./copy_.ts";
import { apart } from "./storable.ts";

interface Attrs {
  readonly dim: number;
}

const scatterInPlaceOp = defineOp<Attrs>()({
  name: "scatter_",
  doc: "x[index[i][j]][j] = src[i][j] for dim 0, and so on.",
  example: ["zeros([3]).scatter_(0, tensor([2n]), 5)", "tensor([0., 0., 5.])"],
  kind: "inplace",
  inputs: ["x", "index", "src"],
  outputs: ["y"],
  saves: ["index"],
  shape: (x, index, src, { dim }) => {
    checkIndexShape("scatter_", dim, index, { input: x, src });
    sameDType("scatter_", x, src);
    return x;
  },
  kernel: (k, _x, index, src, y, { dim }) =>
    k.scatterInto?.("set", atLeast1d(index), atLeast1d(src), atLeast1d(y), dim, true),
  vjp: (gs, { index }, { dim }, _m, need) => ({
    x: need.x ? scatter(gs.y, dim, index, 0) : undefined,
    src: need.src ? gatherChecked(gs.y, dim, index) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.ints([2, 1], 3), rng.tensor([2, 1]), { dim: 1 }],
    [rng.tensor([]), rng.ints([], 1), rng.tensor([]), { dim: 0 }],
  ],
  errors: (rng) => [
    [
      () => scatter_(rng.tensor([3]).requiresGrad_(), 0, rng.ints([1], 3), 1),
      InPlaceError,
      /scatter_: the target is a leaf that requires grad/,
    ],
  ],
});

const scatterAddInPlaceOp = defineOp<Attrs>()({
  name: "scatterAdd_",
  doc: "x[index[i][j]][j] += src[i][j] for dim 0, and so on.",
  example: ["zeros([3]).scatterAdd_(0, tensor([2n, 2n]), tensor([1, 4]))", "tensor([0., 0., 5.])"],
  kind: "inplace",
  inputs: ["x", "index", "src"],
  outputs: ["y"],
  saves: ["index"],
  shape: (x, index, src, { dim }) => {
    checkIndexShape("scatterAdd_", dim, index, { input: x, src });
    sameDType("scatterAdd_", x, src);
    return x;
  },
  kernel: (k, _x, index, src, y, { dim }) =>
    k.scatterAdd(atLeast1d(index), atLeast1d(src), atLeast1d(y), dim),
  vjp: (gs, { index }, { dim }, _m, need) => ({
    x: gs.y,
    src: need.src ? gatherChecked(gs.y, dim, index) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.ints([2, 5], 3), rng.tensor([2, 5]), { dim: 1 }],
    [rng.tensor([]), rng.ints([], 1), rng.tensor([]), { dim: 0 }],
  ],
  errors: (rng) => [
    [
      () => scatterAdd_(rng.tensor([3]).requiresGrad_(), 0, rng.ints([1], 3), rng.tensor([1])),
      InPlaceError,
      /scatterAdd_: the target is a leaf that requires grad/,
    ],
  ],
});

/**
 * Runs what changes x; temporaries go, and x itself is returned.
 * @throws InPlaceError under the name that the user called, where x is a leaf that requires grad
 */
export function changing(op: string, x: Tensor, change: () => unknown): Tensor {
  checkLive(op, x);
  if (isGradEnabled() && x.source instanceof Leaf) {
    throw new InPlaceError(
      `${op}: the target is a leaf that requires grad, so its value before would be lost; ` +
        "use the out-of-place form, or noGrad()",
    );
  }
  owned(() => [void change()]);
  return x;
}

/** scatter() into x, which it returns; as `torch.Tensor.scatter_`. */
export const scatter_ = (x: Tensor, dim: number, index: Tensor, src: Operand): Tensor =>
  changing("scatter_", x, () => {
    const { d, values } = scatterArguments("scatter_", x, dim, index, src);
    const source = apart(values, x);
    // Not every backend has a kernel that overwrites; the composition of scatter() runs on all.
    return x.storage.backend.kernels.scatterInto === undefined
      ? copy_(x, scatter(x, d, index, source))
      : scatterInPlaceOp(x, apart(index, x), source, { dim: d });
  });

/** scatterAdd() into x, which it returns; as `torch.Tensor.scatter_add_`. */
export const scatterAdd_ = (x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor =>
  changing("scatterAdd_", x, () => {
    const { d, values } = scatterArguments("scatterAdd_", x, dim, index, src);
    return scatterAddInPlaceOp(x, apart(index, x), apart(values, x), { dim: d });
  });

/** scatterReduce() into x, which it returns; as `torch.Tensor.scatter_reduce_`. */
export const scatterReduce_ = (
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor =>
  changing("scatterReduce_", x, () => {
    // Its rule reads x as it was.
    const before = isGradEnabled() ? clone(x) : x;
    return copy_(x, scatterReduce(before, dim, index, src, reduce, options));
  });

declare module "../../tensor.ts" {
  interface TensorMethods {
    scatter_(dim: number, index: Tensor, src: Operand): Tensor;
    scatterAdd_(dim: number, index: Tensor, src: Tensor): Tensor;
    scatterReduce_(
      dim: number,
      index: Tensor,
      src: Tensor,
      reduce: ScatterReduction,
      options?: ScatterReduceOptions,
    ): Tensor;
  }
}
methods({
  scatter_(dim, index, src) {
    return scatter_(this, dim, index, src);
  },
  scatterAdd_(dim, index, src) {
    return scatterAdd_(this, dim, index, src);
  },
  scatterReduce_(dim, index, src, reduce, options) {
    return scatterReduce_(this, dim, index, src, reduce, options);
  },
});
