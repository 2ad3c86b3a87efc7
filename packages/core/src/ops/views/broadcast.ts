// broadcastTo, expandAs and broadcastTensors: expand() under the names of broadcasting.
import { broadcastShapes, type Shape } from "../../shape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { tensorList } from "./bounds.ts";
import { expand } from "./expand.ts";
import { type Sizes, sizesOf } from "./view.ts";

/** As `torch.broadcast_to`: expand(), dimensions of size 1 repeated without copying. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => expand(x, shape);

/** As `torch.Tensor.expand_as`. */
export const expandAs = (x: Tensor, other: Tensor): Tensor => expand(x, other.shape);

/**
 * As `torch.broadcast_tensors`: all tensors in their common shape, without copying.
 * @throws ShapeError where they do not broadcast
 */
export function broadcastTensors(tensors: readonly Tensor[]): Tensor[] {
  tensorList("broadcastTensors", tensors);
  const shape = tensors
    .map((t) => t.shape)
    .reduce((a, b) => broadcastShapes("broadcastTensors", a, b));
  return tensors.map((t) => expand(t, shape));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    broadcastTo(...sizes: Sizes): Tensor;
    expandAs(other: Tensor): Tensor;
  }
}
methods({
  broadcastTo(...sizes) {
    return broadcastTo(this, sizesOf(sizes));
  },
  expandAs(other) {
    return expandAs(this, other);
  },
});
