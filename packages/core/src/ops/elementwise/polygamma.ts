// Derivatives of digamma, of any order.
import { ArgumentError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { digamma } from "./digamma.ts";
import { mul } from "./mul.ts";

const polygammaOp = defineOp<{ readonly n: number }>()({
  name: "polygamma",
  doc: "The n-th derivative of digamma, n ≥ 1.",
  example: ["polygamma(1, tensor([1, 2]))", "tensor([1.6449, 0.6449])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { n }) => k.binaryScalar("polygamma", x, n, y),
  vjp: (gs, { x }, { n }) => ({ x: mul(gs.y, polygamma(n + 1, x)) }),
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 0.5, high: 4 }), { n: 1 }],
    [rng.tensor([3], { low: 1, high: 3 }), { n: 2 }],
    [rng.tensor([], { low: 1, high: 3 }), { n: 1 }],
  ],
  errors: (rng) => [
    [
      () => polygamma(-1, rng.tensor([2])),
      ArgumentError,
      /polygamma: n must be a whole number ≥ 0/,
    ],
  ],
});

/**
 * The n-th derivative of digamma (0: digamma itself); integers give float32. As `torch.polygamma`.
 * @throws ArgumentError unless n is a whole number ≥ 0
 */
export function polygamma(n: number, x: Tensor): Tensor {
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError("polygamma", `n must be a whole number ≥ 0; got ${n}`);
  }
  return n === 0 ? digamma(x) : polygammaOp(floating(x), { n });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    polygamma(n: number): Tensor;
  }
}
methods({
  polygamma(n) {
    return polygamma(n, this);
  },
});
