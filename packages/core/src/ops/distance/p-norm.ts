// The p-norm along one dimension, with the gradient 0 where the norm is 0, as PyTorch has it: what distances and
// normalize are made of.
import type { Tensor } from "../../tensor.ts";
import { eq } from "../elementwise/eq.ts";
import { ne } from "../elementwise/ne.ts";
import { where } from "../elementwise/where.ts";

/** p may be 0 (how many are not 0) and Infinity (the largest |x|). */
export function pNorm(x: Tensor, p: number, dim: number, keepdim: boolean): Tensor {
  const options = { keepdim };
  if (p === 0) return ne(x, 0).to(x.dtype).sum(dim, options);
  if (p === 1) return x.abs().sum(dim, options);
  if (p === Number.POSITIVE_INFINITY) return x.abs().amax(dim, options);
  const powers = p === 2 ? x.square() : powerOf(x.abs(), p);
  const total = powers.sum(dim, options);
  // The root has an infinite slope at 0: there 1 stands in for it, and nothing flows.
  const zero = eq(total, 0);
  const positive = where(zero, 1, total);
  return where(zero, 0, p === 2 ? positive.sqrt() : positive.pow(1 / p));
}

/** |x|ᵖ, whose slope at 0 is taken as 0 where it would be infinite. */
function powerOf(size: Tensor, p: number): Tensor {
  if (p >= 1) return size.pow(p);
  const zero = eq(size, 0);
  return where(zero, 0, where(zero, 1, size).pow(p));
}
