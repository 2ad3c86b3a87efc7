// The logarithm of the multivariate gamma function.
import { ArgumentError } from "../../errors.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { add } from "./add.ts";
import { lgamma } from "./lgamma.ts";
import { sub } from "./sub.ts";

/**
 * log Γ_p(x) = p (p − 1) / 4 · log π + Σ log Γ(x − i / 2) for i in [0, p); x > (p − 1) / 2; integers give float32. As
 * `torch.mvlgamma`.
 */
export function mvlgamma(x: Tensor, p: number): Tensor {
  checkLive("mvlgamma", x);
  if (!Number.isInteger(p) || p < 1) {
    throw new ArgumentError("mvlgamma", `p must be a whole number ≥ 1; got ${p}`);
  }
  return composite(() => {
    const v = floating(x);
    const parts = Array.from({ length: p }, (_, i) => lgamma(sub(v, i / 2)));
    return add(
      parts.reduce((a, b) => add(a, b)),
      ((p * (p - 1)) / 4) * Math.log(Math.PI),
    );
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    mvlgamma(p: number): Tensor;
  }
}
methods({
  mvlgamma(p) {
    return mvlgamma(this, p);
  },
});
