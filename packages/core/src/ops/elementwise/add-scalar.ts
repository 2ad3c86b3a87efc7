// A tensor plus a JS number: no tensor is made for the number.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { asScalar, promotedWith, type Scalar } from "../promote.ts";

const addScalarOp = defineOp<Scalar>()({
  name: "addScalar",
  label: "add",
  doc: "x + scalar.",
  example: ["tensor([1, 2]).add(10)", "tensor([11., 12.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, s) => k.binaryScalar("add", x, s, y),
  vjp: (gs) => ({ x: gs.y }),
  samples: (rng) => [
    [rng.tensor([2, 3]), 2],
    [rng.tensor([]), -0.5],
  ],
});

export function addScalar(x: Tensor, scalar: Scalar): Tensor {
  const s = asScalar("add", scalar);
  return addScalarOp(promotedWith(x, s), s);
}
