// Overwriting with the elements of another tensor.
import { isFloating } from "../../dtype.ts";
import { DeviceError, InPlaceError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { broadcastShapes, sameShape } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { to } from "../elementwise/to.ts";
import { expand } from "../views/expand.ts";
import { apart } from "./storable.ts";

const copyInPlaceOp = defineOp()({
  name: "copy_",
  doc: "x becomes a copy of src, which has its shape; cast to its dtype.",
  example: ["zeros([2]).copy_(tensor([1n, 2n]))", "tensor([1., 2.])"],
  kind: "inplace",
  inputs: ["x", "src"],
  outputs: ["y"],
  shape: (x) => x,
  kernel: (k, _x, src, y) => k.copy(src, y),
  vjp: (gs, _s, _a, m, need) => ({
    x: need.x ? zerosLike(gs.y) : undefined,
    src: need.src && isFloating(m.src.dtype) ? to(gs.y, m.src.dtype) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([]), rng.tensor([])],
  ],
  errors: (rng) => [
    [
      () => copy_(rng.tensor([3]), rng.tensor([2, 3])),
      ShapeError,
      /copy_: src does not broadcast to the target[\s\S]*target: \[3\][\s\S]*src: \[2, 3\]/,
    ],
    [
      () => copy_(rng.tensor([3]).requiresGrad_(), rng.tensor([3])),
      InPlaceError,
      /copy_: the target is a leaf that requires grad/,
    ],
  ],
});

/**
 * x becomes a copy of src, broadcast to its shape and cast to its dtype. Returns x. As
 * `torch.Tensor.copy_`, but both must lie on the same backend.
 * @throws ShapeError, DeviceError
 */
export function copy_(x: Tensor, src: Tensor): Tensor {
  checkLive("copy_", x);
  checkLive("copy_", src);
  const [target, source] = [x.storage.backend, src.storage.backend];
  if (target !== source) {
    throw new DeviceError(
      `copy_: x lies on '${target.name}', src on '${source.name}'; pass src.to("${target.name}")`,
    );
  }
  if (!sameShape(broadcastShapes("copy_", x.shape, src.shape), x.shape)) {
    throw new ShapeError("copy_", "src does not broadcast to the target", {
      target: x.shape,
      src: src.shape,
    });
  }
  const wide = sameShape(src.shape, x.shape) ? src : expand(src, x.shape);
  return copyInPlaceOp(x, apart(wide, x));
}

/** copy_ of what is known to fit: equal shapes, memories apart. */
export function copyOver(x: Tensor, src: Tensor): void {
  copyInPlaceOp(x, src);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    copy_(src: Tensor): Tensor;
  }
}
methods({
  copy_(src) {
    return copy_(this, src);
  },
});
