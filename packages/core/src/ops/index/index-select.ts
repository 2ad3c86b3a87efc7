// indexSelect: whole slices picked by a list of indices. A gather whose index is expanded, not copied.
import { ShapeError } from "../../errors.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { expand } from "../views/expand.ts";
import { reshape } from "../views/view.ts";
import { gatherChecked } from "./gather.ts";
import { checkIndices } from "./indices.ts";

/**
 * As `torch.index_select`: the slices of x at `index` along `dim`, in that order; repeats are fine.
 * @param index 1-D (or one number), any integer dtype, each in [0, size of dim)
 * @throws IndexError naming the first index out of range
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkLive("indexSelect", x);
  const d = normalizeDim("indexSelect", dim, x.shape.length);
  checkIndices("indexSelect", index, d, x.shape[d] ?? 1);
  if (index.shape.length > 1 || (x.shape.length === 0 && index.numel !== 1)) {
    throw new ShapeError("indexSelect", "index must have one dimension; use gather for more", {
      input: x.shape,
      index: index.shape,
    });
  }
  const n = index.numel;
  return composite(() => {
    const column = reshape(
      index,
      x.shape.map((_, i) => (i === d ? n : 1)),
    );
    return gatherChecked(
      x,
      d,
      expand(
        column,
        x.shape.map((size, i) => (i === d ? n : size)),
      ),
    );
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    indexSelect(dim: number, index: Tensor): Tensor;
  }
}
methods({
  indexSelect(dim, index) {
    return indexSelect(this, dim, index);
  },
});
