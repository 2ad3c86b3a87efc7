// The gradient of gelu in one pass.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import type { GeluApproximation } from "./gelu.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { sub } from "./sub.ts";
import { tanh } from "./tanh.ts";

const geluGradOp = defineOp<{ readonly approximate: GeluApproximation }>()({
  name: "geluGrad",
  doc: "g · (Φ(x) + x Φ′(x)): the gradient of gelu.",
  inputs: ["g", "x"],
  outputs: ["y"],
  shape: (_g, x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, g, x, y, { approximate }) =>
    k.binary(approximate === "tanh" ? "geluTanhGrad" : "geluGrad", g, x, y),
  compose: (g, x, { approximate }) => mul(g, approximate === "tanh" ? slopeTanh(x) : slope(x)),
  samples: (rng) => [
    [rng.tensor([2, 3]), rng.tensor([2, 3], { low: -3, high: 3 }), { approximate: "none" }],
    [rng.tensor([2, 3]), rng.tensor([2, 3], { low: -3, high: 3 }), { approximate: "tanh" }],
  ],
});

/** Φ(x) + x φ(x), with Φ(x) = ½ (1 + erf(x / √2)) and φ(x) = exp(−x² / 2) / √(2π). */
function slope(x: Tensor): Tensor {
  const distribution = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(distribution, mul(x, density));
}

/** With u = √(2/π) (x + c x³) and t = tanh u: ½ (1 + t) + ½ x (1 − t²) u′. */
function slopeTanh(x: Tensor): Tensor {
  const scale = Math.sqrt(2 / Math.PI);
  const cubic = 0.044715;
  const xx = square(x);
  const t = tanh(mul(mul(x, add(mul(xx, cubic), 1)), scale));
  const inner = mul(add(mul(xx, 3 * cubic), 1), scale);
  return mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), inner)), 0.5);
}

/** g · (Φ(x) + x Φ′(x)): the gradient of gelu, for the same approximation of Φ. */
export function geluGrad(g: Tensor, x: Tensor, approximate: GeluApproximation): Tensor {
  return geluGradOp(g, x, { approximate });
}
