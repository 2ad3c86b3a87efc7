// Matrix products in all ranks. The op takes batches of matrices; vectors and a single matrix on the
// right become such in matmul(), the latter with its batch folded into rows: one large product.
import type { Meta, View } from "../../backend.ts";
import { promoteTypes } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { broadcastShapes, type Shape, sameShape, sizeOf } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { sumTo } from "../promote.ts";
import { transpose } from "../views/permute.ts";
import { squeeze } from "../views/squeeze.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";
import { windowOn } from "../views/window.ts";

const matmulOp = defineOp()({
  name: "matmul",
  doc: "Matrix products [..., m, k] · [..., k, n] = [..., m, n]; batch dimensions broadcast.",
  example: [
    "matmul(tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 2]]))",
    "tensor([[1., 4.],\n        [3., 8.]])",
  ],
  inputs: ["a", "b"],
  outputs: ["y"],
  multiplyAdds: ([left], [y]) => sizeOf(y?.shape ?? [0]) * (left?.shape.at(-1) ?? 0),
  saves: ["a", "b"],
  shape: (a, b) => productMeta("matmul", a, b),
  kernel: (k, a, b, y) => {
    const batch = y.shape.slice(0, -2);
    return k.matmul(batched(a, batch), batched(b, batch), y);
  },
  vjp: (gs, { a, b }, _a, m, need) => {
    const g = gs.y;
    // A side that the batch shares sums over it: that sum joins the inner sum of one product.
    const shared = (own: Shape, other: Shape) =>
      own.slice(0, -2).every((n) => n === 1) && sameBatch(other, g.shape);
    return {
      a: !need.a
        ? undefined
        : shared(m.a.shape, m.b.shape)
          ? reshape(productOfRows(swapped(g), swapped(b)), m.a.shape)
          : sumTo(matmul(g, swapped(b)), m.a.shape),
      b: !need.b
        ? undefined
        : shared(m.b.shape, m.a.shape)
          ? reshape(productOfRows(a, g), m.b.shape)
          : sumTo(matmul(swapped(a), g), m.b.shape),
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([3, 2])],
    [rng.tensor([2, 2, 3]), rng.tensor([2, 3, 1])],
    [rng.tensor([2, 1, 2, 2]), rng.tensor([3, 2, 1])],
    [rng.tensor([2, 3]), rng.tensor([2, 3, 2])],
    [rng.tensor([2, 2, 3]), rng.tensor([1, 3, 2])],
    [rng.tensor([2, 0]), rng.tensor([0, 3])],
  ],
  errors: (rng) => [
    [
      () => matmul(rng.tensor([2, 3]), rng.tensor([2, 3])),
      ShapeError,
      /matmul: .* 3 columns .* 2 rows[\s\S]*a: \[2, 3\][\s\S]*b: \[2, 3\]/,
    ],
    [
      () => matmul(rng.tensor([2, 1, 3]), rng.tensor([3, 3, 1])),
      ShapeError,
      /matmul: batch sizes 2 and 3[\s\S]*a: \[2, 1, 3\][\s\S]*b: \[3, 3, 1\]/,
    ],
    [() => matmul(rng.tensor([]), rng.tensor([2])), ShapeError, /zero-dimensional[\s\S]*a: \[\]/],
    [
      () => matmul(rng.tensor([2, 2]), rng.ints([2, 2], 3)),
      DTypeError,
      /matmul: a is float.* but b is int64/,
    ],
    [() => matmul(rng.bools([2, 2]), rng.bools([2, 2])), DTypeError, /matmul: no product of bools/],
  ],
});

/** Checks a · b and gives its Meta. @throws ShapeError naming both shapes, DTypeError for mixed dtypes */
function productMeta(op: string, a: Meta, b: Meta): Meta {
  checkDTypes(op, { a, b });
  const [p, q] = [a.shape, b.shape];
  const shapes = { a: p, b: q };
  if (p.length < 2 || q.length < 2) throw new ShapeError(op, "expects matrices", shapes);
  const [columns, rows] = [p[p.length - 1], q[q.length - 2]];
  if (columns !== rows) {
    throw new ShapeError(
      op,
      `a has ${columns} columns but b has ${rows} rows; they must be equal`,
      shapes,
    );
  }
  const batch = batchOf(op, p, q);
  return {
    shape: [...batch, p[p.length - 2] as number, q[q.length - 1] as number],
    dtype: a.dtype,
  };
}

function batchOf(op: string, p: Shape, q: Shape): Shape {
  try {
    return broadcastShapes(op, p.slice(0, -2), q.slice(0, -2));
  } catch {
    throw new ShapeError(
      op,
      `batch sizes ${p.slice(0, -2).join(" × ")} and ${q.slice(0, -2).join(" × ")} do not broadcast`,
      { a: p, b: q },
    );
  }
}

/** Products want one dtype; a silent cast of a large matrix would be an expensive surprise. */
export function checkDTypes(op: string, inputs: Readonly<Record<string, Meta | undefined>>): void {
  const given = Object.entries(inputs).filter((e): e is [string, Meta] => e[1] !== undefined);
  const [[first, { dtype }]] = given as [[string, Meta]];
  const other = given.find(([, m]) => m.dtype !== dtype);
  if (other !== undefined) {
    throw new DTypeError(
      op,
      `${first} is ${dtype} but ${other[0]} is ${other[1].dtype}; cast one of them with to("${promoteTypes(dtype, other[1].dtype)}")`,
    );
  }
  if (dtype === "bool") {
    throw new DTypeError(op, `no product of bools; cast them with to("float32")`);
  }
}

/** v with its batch dimensions broadcast to `batch`, by stride 0. */
function batched(v: View, batch: Shape): View {
  const lead = batch.length + 2 - v.shape.length;
  if (lead === 0 && batch.every((n, d) => n === v.shape[d])) return v;
  const strides = batch.map((n, d) =>
    d < lead || (v.shape[d - lead] === 1 && n !== 1) ? 0 : (v.strides[d - lead] as number),
  );
  return windowOn(
    v,
    [...batch, ...v.shape.slice(-2)],
    [...strides, ...v.strides.slice(-2)],
    v.offset,
  );
}

const sameBatch = (p: Shape, q: Shape): boolean => sameShape(p.slice(0, -2), q.slice(0, -2));
const swapped = (x: Tensor): Tensor => transpose(x, -1, -2);

/** x as a matrix: its last dimension is the columns, all others are rows. */
const rowsOf = (x: Tensor): Tensor =>
  reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.shape.length - 1] as number]);

/** xᵀ · y of all rows of [..., r, i] and [..., r, j]: [i, j]. */
export const productOfRows = (x: Tensor, y: Tensor): Tensor =>
  matmul(transpose(rowsOf(x), 0, 1), rowsOf(y));

/**
 * As `torch.matmul`: vector · vector is a number, matrices multiply, a 1-D side counts as a row (left) or
 * column (right) and is dropped again, leading dimensions are batches and broadcast.
 * @throws ShapeError naming both shapes; DTypeError unless both have the same dtype
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkLive("matmul", a);
  checkLive("matmul", b);
  const [p, q] = [a.shape.length, b.shape.length];
  if (p === 0 || q === 0) {
    throw new ShapeError("matmul", "a zero-dimensional tensor is no matrix; multiply with mul()", {
      a: a.shape,
      b: b.shape,
    });
  }
  if (p > 2 && q === 2) {
    // Checked before the batch disappears from the shapes.
    const { shape } = productMeta("matmul", a, b);
    return composite(() => reshape(matmulOp(rowsOf(a), b), shape));
  }
  if (p > 1 && q > 1) return matmulOp(a, b);
  const rows = a.shape[p - 1];
  const columns = b.shape[Math.max(0, q - 2)];
  if (rows !== columns) {
    throw new ShapeError("matmul", `sizes ${rows} and ${columns} to be summed over differ`, {
      a: a.shape,
      b: b.shape,
    });
  }
  return composite(() => {
    const y = matmul(p === 1 ? unsqueeze(a, 0) : a, q === 1 ? unsqueeze(b, 1) : b);
    const dims = [...(p === 1 ? [-2] : []), ...(q === 1 ? [-1] : [])];
    return squeeze(y, dims);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    matmul(b: Tensor): Tensor;
  }
}
methods({
  matmul(b) {
    return matmul(this, b);
  },
});
