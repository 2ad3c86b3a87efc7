// Addition.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { asScalar, broadcastMeta, isTensor, type Operand, promoted, sumTo } from "../promote.ts";
import { addScalar } from "./add-scalar.ts";

const addOp = defineOp()({
  name: "add",
  doc: "a + b, broadcast.",
  example: ["add(tensor([1, 2]), tensor([10, 20]))", "tensor([11., 22.])"],
  inputs: ["a", "b"],
  outputs: ["y"],
  shape: (a, b) => broadcastMeta("add", a, b),
  kernel: (k, a, b, y) => k.binary("add", a, b, y),
  vjp: (gs, _s, _a, m, need) => ({
    a: need.a ? sumTo(gs.y, m.a.shape) : undefined,
    b: need.b ? sumTo(gs.y, m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.tensor([2, 1, 3]), rng.tensor([4, 1])],
    [rng.tensor([]), rng.tensor([2])],
    [rng.tensor([0, 3]), rng.tensor([3])],
  ],
  errors: (rng) => [
    [
      () => add(rng.tensor([2, 3]), rng.tensor([2])),
      ShapeError,
      /add: sizes 3 and 2 in dimension -1 do not broadcast[\s\S]*a: \[2, 3\][\s\S]*b: \[2\]/,
    ],
  ],
});

/**
 * a + alpha · b, broadcast; dtypes promote as PyTorch's.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.add.html
 */
export function add(a: Operand, b: Operand, options: { alpha?: number | undefined } = {}): Tensor {
  const { alpha = 1 } = options;
  if (isTensor(a) && isTensor(b)) {
    const scaled = alpha === 1 ? b : b.mul(alpha);
    if (a.dtype === scaled.dtype) return addOp(a, scaled);
    const [p, q] = promoted(a, scaled);
    return addOp(p, q);
  }
  if (isTensor(a)) {
    const s = asScalar("add", b);
    return addScalar(a, alpha === 1 ? s : Number(s) * alpha);
  }
  checkLive("add", b);
  return addScalar(alpha === 1 ? b : b.mul(alpha), asScalar("add", a));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    add(b: Operand, options?: { alpha?: number | undefined }): Tensor;
  }
}
methods({
  add(b, options) {
    return add(this, b, options);
  },
});
