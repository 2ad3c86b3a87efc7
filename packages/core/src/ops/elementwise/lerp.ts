// Linear interpolation.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { isTensor, type Operand, promoted, sumTo } from "../promote.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { sub } from "./sub.ts";
import { floatingOnly } from "./unary.ts";

// No kernel: three passes that no workload spends its time in.
const lerpOp = defineOp()({
  name: "lerp",
  doc: "a + weight · (b − a), elementwise, broadcast.",
  example: ["lerp(tensor([0, 10]), tensor([4, 20]), tensor(0.25))", "tensor([ 1.0000, 12.5000])"],
  inputs: ["a", "b", "weight"],
  outputs: ["y"],
  saves: ["a", "b", "weight"],
  compose: (a, b, weight) => add(a, mul(sub(b, a), weight)),
  vjp: (gs, { a, b, weight }, _a, m, need) => ({
    a: need.a ? sumTo(mul(gs.y, sub(1, weight)), m.a.shape) : undefined,
    b: need.b ? sumTo(mul(gs.y, weight), m.b.shape) : undefined,
    weight: need.weight ? sumTo(mul(gs.y, sub(b, a)), m.weight.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3]), rng.tensor([])],
    [rng.tensor([2, 1, 3]), rng.tensor([4, 1]), rng.tensor([3])],
  ],
  errors: (rng) => [
    [() => lerp(rng.tensor([4]), rng.tensor([3]), 0.5), ShapeError, /sizes 3 and 4/],
  ],
});

/**
 * a + weight · (b − a), broadcast; the weight is a number or a tensor. As `torch.lerp`.
 * @throws DTypeError unless a and b are floating-point
 */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  const [p, q] = promoted(floatingOnly("lerp", a), floatingOnly("lerp", b));
  if (isTensor(weight)) return lerpOp(p, q, weight.to(p.dtype));
  return composite(() => add(p, mul(sub(q, p), weight)));
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    lerp(b: Tensor, weight: Operand): Tensor;
  }
}
methods({
  lerp(b, weight) {
    return lerp(this, b, weight);
  },
});
