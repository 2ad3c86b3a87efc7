// permute, transpose, movedim, T and mT: dimensions in another order.
import { IndexError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, methods, Tensor } from "../../tensor.ts";
import { type Sizes, sizesOf } from "./view.ts";

const permuteOp = defineOp<{ readonly order: readonly number[] }>()({
  name: "permute",
  doc: "x with its dimensions in another order, sharing memory.",
  example: ["tensor([[1, 2], [3, 4]]).permute(1, 0)", "tensor([[1., 3.],\n        [2., 4.]])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, { order }) => ({
    shape: order.map((d) => x.shape[d] as number),
    strides: order.map((d) => x.strides[d] as number),
    offset: x.offset,
  }),
  vjp: (gs, _s, { order }) => ({
    x: permute(
      gs.y,
      order.map((_, d) => order.indexOf(d)),
    ),
  }),
  samples: (rng) => [[rng.tensor([2, 3, 4]), { order: [2, 0, 1] }]],
  errors: (rng) => [
    [
      () => permute(rng.tensor([2, 3]), [0]),
      ShapeError,
      /permute: \[0\] does not order 2 dimensions/,
    ],
    [() => permute(rng.tensor([2, 3]), [0, 0]), ShapeError, /does not order/],
    [() => permute(rng.tensor([2, 3]), [0, 2]), IndexError, /dim 2 is out of range/],
    [() => movedim(rng.tensor([2, 3]), [0, 1], 0), ShapeError, /movedim: source names 2 .* 1/],
    [() => movedim(rng.tensor([2, 3]), [0, 0], [0, 1]), IndexError, /movedim: .* twice/],
    [() => rng.tensor([2, 3, 4]).T, ShapeError, /t: expects at most 2 dimensions/],
    [() => rng.tensor([2]).mT, ShapeError, /mT: expects matrices/],
  ],
});

/** As `torch.permute`: order[i] is the dimension of x that becomes dimension i. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  checkLive("permute", x);
  const rank = x.shape.length;
  const dims = order.map((d) => normalizeDim("permute", d, rank));
  if (dims.length !== rank || new Set(dims).size !== rank) {
    throw new ShapeError("permute", `[${order.join(", ")}] does not order ${rank} dimensions`, {
      input: x.shape,
    });
  }
  return permuteOp(x, { order: dims });
}

/** As `torch.transpose`: swaps two dimensions. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  checkLive("transpose", x);
  const rank = x.shape.length;
  const p = normalizeDim("transpose", dim0, rank);
  const q = normalizeDim("transpose", dim1, rank);
  const order = x.shape.map((_, d) => (d === p ? q : d === q ? p : d));
  return permuteOp(x, { order });
}

/** The transpose of a matrix; as `torch.t`. */
export function t(x: Tensor): Tensor {
  if (x.shape.length > 2) {
    throw new ShapeError("t", "expects at most 2 dimensions; use transpose or permute", {
      input: x.shape,
    });
  }
  return x.shape.length < 2 ? x : transpose(x, 0, 1);
}

/**
 * As `torch.movedim`: dimension source[i] of x goes to destination[i]; the others keep their order. Shares memory.
 * @throws ShapeError unless both name as many dims
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  checkLive("movedim", x);
  const rank = x.shape.length;
  const dims = (list: number | readonly number[]) => {
    const all = [list].flat().map((d) => normalizeDim("movedim", d, rank));
    if (new Set(all).size !== all.length) {
      throw new IndexError("movedim", `dims [${[list].flat().join(", ")}] name a dimension twice`);
    }
    return all;
  };
  const [from, to] = [dims(source), dims(destination)];
  if (from.length !== to.length) {
    throw new ShapeError(
      "movedim",
      `source names ${from.length} dimensions and destination ${to.length}; they must be as many`,
      { input: x.shape },
    );
  }
  const rest = x.shape.map((_, d) => d).filter((d) => !from.includes(d));
  const order = x.shape.map((_, d) => {
    const at = to.indexOf(d);
    return at >= 0 ? (from[at] as number) : (rest.shift() as number);
  });
  return permuteOp(x, { order });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    /** The transpose of a matrix, as t(). */
    readonly T: Tensor;
    /** The last two dimensions swapped: the transposes of a batch of matrices. */
    readonly mT: Tensor;
    movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor;
    permute(...order: Sizes): Tensor;
    transpose(dim0: number, dim1: number): Tensor;
    t(): Tensor;
  }
}
methods({
  permute(...order) {
    return permute(this, sizesOf(order));
  },
  transpose(dim0, dim1) {
    return transpose(this, dim0, dim1);
  },
  t() {
    return t(this);
  },
  movedim(source, destination) {
    return movedim(this, source, destination);
  },
});

const swapped = {
  T: (x: Tensor) => t(x),
  mT: (x: Tensor) => {
    if (x.shape.length < 2) {
      throw new ShapeError("mT", "expects matrices [..., rows, columns]", { input: x.shape });
    }
    return transpose(x, -2, -1);
  },
};
for (const [name, of] of Object.entries(swapped)) {
  Object.defineProperty(Tensor.prototype, name, {
    get(this: Tensor) {
      return of(this);
    },
    configurable: true,
  });
}
