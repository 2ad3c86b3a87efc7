// take: elements by their number in row-major order.
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { reshape } from "../views/view.ts";
import { gatherChecked } from "./gather.ts";
import { linearIndex } from "./linear-index.ts";

/**
 * As `torch.take`: x seen as one row, its elements at `index`; negative ones count from the end.
 * @returns the shape of index
 * @throws IndexError naming the first index out of range
 */
export function take(x: Tensor, index: Tensor): Tensor {
  checkLive("take", x);
  checkLive("take", index);
  return composite(() => {
    const at = linearIndex("take", [{ index, dim: 0, size: x.numel }], index.shape);
    return reshape(gatherChecked(reshape(x, [x.numel]), 0, at), index.shape);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    take(index: Tensor): Tensor;
  }
}
methods({
  take(index) {
    return take(this, index);
  },
});
