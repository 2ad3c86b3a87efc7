// Tensors brought to a least number of dimensions, and put side by side as NumPy does.
import { ShapeError } from "../../errors.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { tensorList } from "./bounds.ts";
import { cat } from "./cat.ts";
import { pad } from "./pad.ts";
import { unsqueeze } from "./unsqueeze.ts";
import { reshape } from "./view.ts";

/** As `torch.atleast_1d`: a zero-dim tensor as a vector, any other as it is. Shares memory. */
export function atleast1d(x: Tensor): Tensor {
  checkLive("atleast1d", x);
  return x.ndim === 0 ? unsqueeze(x, 0) : x;
}

/** As `torch.atleast_2d`: a vector as a row [1, n]. Shares memory. */
export function atleast2d(x: Tensor): Tensor {
  checkLive("atleast2d", x);
  return x.ndim >= 2 ? x : composite(() => unsqueeze(atleast1d(x), 0));
}

/** As `torch.atleast_3d`: a matrix as [m, n, 1], a vector as [1, n, 1]. Shares memory. */
export function atleast3d(x: Tensor): Tensor {
  checkLive("atleast3d", x);
  return x.ndim >= 3 ? x : composite(() => unsqueeze(atleast2d(x), 2));
}

function joined(
  op: string,
  tensors: readonly Tensor[],
  fit: (t: Tensor) => Tensor,
  dimOf: (first: Tensor) => number,
): Tensor {
  tensorList(op, tensors);
  return composite(() => {
    const fitted = tensors.map(fit);
    return cat(fitted, { dim: dimOf(fitted[0] as Tensor) });
  });
}

/** As `torch.hstack`: tensors beside each other, along dim 1 (vectors: along dim 0). */
export const hstack = (tensors: readonly Tensor[]): Tensor =>
  joined("hstack", tensors, atleast1d, (first) => (first.ndim === 1 ? 0 : 1));

/** As `torch.vstack`: tensors below each other, along dim 0; vectors are rows. */
export const vstack = (tensors: readonly Tensor[]): Tensor =>
  joined("vstack", tensors, atleast2d, () => 0);

/** As `torch.dstack`: tensors behind each other, along dim 2. */
export const dstack = (tensors: readonly Tensor[]): Tensor =>
  joined("dstack", tensors, atleast3d, () => 2);

/** As `torch.column_stack`: vectors as the columns of a matrix; matrices beside each other. */
export const columnStack = (tensors: readonly Tensor[]): Tensor =>
  joined(
    "columnStack",
    tensors,
    (t) => (t.ndim < 2 ? reshape(t, [t.numel, 1]) : t),
    () => 1,
  );

/**
 * As `torch.block_diag`: a matrix of zeros with the given matrices along its diagonal; a vector is a row, a zero-dim
 * tensor one element. Dtypes promote.
 * @throws ShapeError for tensors of more than two dimensions
 */
export function blockDiag(...tensors: readonly Tensor[]): Tensor {
  const op = "blockDiag";
  tensorList(op, tensors);
  tensors.forEach((t, i) => {
    if (t.ndim > 2) {
      throw new ShapeError(op, "expects matrices, vectors or zero-dimensional tensors", {
        [`tensors[${i}]`]: t.shape,
      });
    }
  });
  return composite(() => {
    const blocks = tensors.map(atleast2d);
    const width = blocks.reduce((n, b) => n + (b.shape[1] as number), 0);
    let left = 0;
    const rows = blocks.map((block) => {
      const n = block.shape[1] as number;
      const row = pad(block, [left, width - left - n]);
      left += n;
      return row;
    });
    return cat(rows);
  });
}
