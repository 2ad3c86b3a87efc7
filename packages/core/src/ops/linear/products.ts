// Products of fixed rank: matmul for those who want the rank checked.
import { ShapeError } from "../../errors.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { matmul } from "./matmul.ts";

function ranked(op: string, a: Tensor, b: Tensor, ranks: readonly [number, number]): Tensor {
  checkLive(op, a);
  checkLive(op, b);
  const shapes = { a: a.shape, b: b.shape };
  if (a.shape.length !== ranks[0] || b.shape.length !== ranks[1]) {
    throw new ShapeError(
      op,
      `expects tensors of ${ranks[0]} and ${ranks[1]} dimensions; use matmul for other ranks`,
      shapes,
    );
  }
  if (ranks[0] === 3 && a.shape[0] !== b.shape[0]) {
    throw new ShapeError(op, "both need the same batch size; use matmul to broadcast", shapes);
  }
  return matmul(a, b);
}

/** [m, k] · [k, n], as `torch.mm`. */
export const mm = (a: Tensor, b: Tensor): Tensor => ranked("mm", a, b, [2, 2]);
/** [B, m, k] · [B, k, n], as `torch.bmm`. */
export const bmm = (a: Tensor, b: Tensor): Tensor => ranked("bmm", a, b, [3, 3]);
/** [m, k] · [k], as `torch.mv`. */
export const mv = (a: Tensor, b: Tensor): Tensor => ranked("mv", a, b, [2, 1]);
/** [k] · [k], a number, as `torch.dot`. */
export const dot = (a: Tensor, b: Tensor): Tensor => ranked("dot", a, b, [1, 1]);

declare module "../../tensor.ts" {
  interface TensorMethods {
    mm(b: Tensor): Tensor;
    bmm(b: Tensor): Tensor;
    mv(b: Tensor): Tensor;
    dot(b: Tensor): Tensor;
  }
}
methods({
  mm(b) {
    return mm(this, b);
  },
  bmm(b) {
    return bmm(this, b);
  },
  mv(b) {
    return mv(this, b);
  },
  dot(b) {
    return dot(this, b);
  },
});
