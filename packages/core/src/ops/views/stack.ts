// stack: tensors of one shape joined along a new dimension.
import { IndexError, ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { type Along, alongDim, tensorList } from "./bounds.ts";
import { cat } from "./cat.ts";
import { unsqueeze } from "./unsqueeze.ts";

/**
 * As `torch.stack`: tensors of equal shapes along a new dimension `dim` (default 0); dtypes promote.
 * @throws ShapeError naming the shapes that differ
 */
export function stack(tensors: readonly Tensor[], along: Along = 0): Tensor {
  const dim = alongDim("stack", along);
  tensorList("stack", tensors);
  const [first] = tensors as [Tensor];
  const misfit = tensors.findIndex((t) => !sameShape(t.shape, first.shape));
  if (misfit >= 0) {
    throw new ShapeError(
      "stack",
      `all shapes must be equal; tensor ${misfit} differs from tensor 0`,
      {
        "tensors[0]": first.shape,
        [`tensors[${misfit}]`]: (tensors[misfit] as Tensor).shape,
      },
    );
  }
  const rank = first.shape.length;
  if (!Number.isInteger(dim) || dim < -rank - 1 || dim > rank) {
    throw new IndexError(
      "stack",
      `dim ${dim} is out of range for tensors of ${rank} dimensions; expected ${-rank - 1} to ${rank}`,
    );
  }
  return composite(() =>
    cat(
      tensors.map((t) => unsqueeze(t, dim)),
      { dim: dim < 0 ? dim + rank + 1 : dim },
    ),
  );
}
