// broadcastTo, expandAs and broadcastTensors: expand() under the names of broadcasting.
import { ShapeError } from "../../errors.ts";
import { broadcastShapes, type Shape } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { sumTo } from "../promote.ts";
import { tensorList } from "./bounds.ts";
import { expand } from "./expand.ts";
import { type Sizes, sizesOf } from "./view.ts";

/** As `torch.broadcast_to`: expand(), dimensions of size 1 repeated without copying. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => expand(x, shape);

/** As `torch.Tensor.expand_as`. */
export const expandAs = (x: Tensor, other: Tensor): Tensor => expand(x, other.shape);

/**
 * As `torch.Tensor.sum_to_size`: x summed over the dimensions that expanding from `shape` would have repeated.
 * @throws ShapeError unless shape expands to x's
 */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  checkLive("sumToSize", x);
  const lead = x.ndim - shape.length;
  if (lead < 0 || shape.some((n, d) => n !== 1 && n !== x.shape[d + lead])) {
    throw new ShapeError("sumToSize", "the size asked for does not expand to the input's", {
      input: x.shape,
      asked: shape,
    });
  }
  return composite(() => sumTo(x, shape));
}

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
    sumToSize(...sizes: Sizes): Tensor;
  }
}
methods({
  broadcastTo(...sizes) {
    return broadcastTo(this, sizesOf(sizes));
  },
  expandAs(other) {
    return expandAs(this, other);
  },
  sumToSize(...sizes) {
    return sumToSize(this, sizesOf(sizes));
  },
});
