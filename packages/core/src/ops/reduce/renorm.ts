// renorm: slices made shorter where their norm passes a limit.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { div } from "../elementwise/div.ts";
import { gt } from "../elementwise/gt.ts";
import { mul } from "../elementwise/mul.ts";
import { where } from "../elementwise/where.ts";
import { norm } from "./norm.ts";

/**
 * As `torch.renorm`: each slice of x along `dim` whose p-norm is above maxnorm is scaled down to it.
 * @throws ShapeError for fewer than two dimensions; ArgumentError; DTypeError
 */
export function renorm(x: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  const op = "renorm";
  checkLive(op, x);
  if (x.ndim < 2) throw new ShapeError(op, "expects at least 2 dimensions", { input: x.shape });
  if (!(p > 0)) throw new ArgumentError(op, `p must be > 0; got ${p}`);
  if (!(maxnorm >= 0)) throw new ArgumentError(op, `maxnorm must be ≥ 0; got ${maxnorm}`);
  const d = normalizeDim(op, dim, x.ndim);
  const others = x.shape.map((_, i) => i).filter((i) => i !== d);
  return composite(() => {
    const size = norm(x, { p, dim: others, keepdim: true });
    // PyTorch's 1e-7 keeps the quotient finite.
    const scale = div(maxnorm, add(size, 1e-7));
    return mul(x, where(gt(size, maxnorm), scale, 1));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    renorm(p: number, dim: number, maxnorm: number): Tensor;
  }
}
methods({
  renorm(p, dim, maxnorm) {
    return renorm(this, p, dim, maxnorm);
  },
});
