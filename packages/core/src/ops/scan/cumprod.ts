// Running products.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { mul } from "../elementwise/mul.ts";
import { where } from "../elementwise/where.ts";
import { prod } from "../reduce/prod.ts";
import { sum } from "../reduce/sum.ts";
import { transpose } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { atLeast1d } from "../views/window.ts";
import { foldOfTable, notBefore, type ScanAttrs, type ScanOptions, scanned } from "./scan.ts";

const cumprodOp = defineOp<ScanAttrs>()({
  name: "cumprod",
  doc: "Running products along one dim.",
  example: ["cumprod(tensor([1, 2, 3]), 0)", "tensor([1., 2., 6.])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { dim, reverse }) => k.scan?.("prod", atLeast1d(x), atLeast1d(y), dim, reverse),
  compose: (x, a) => foldOfTable(x, a, 1, prod),
  vjp: (gs, { x }, { dim }) => ({ x: cumprodGrad(gs.y, x, dim) }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dim: 1, reverse: false }],
    [mul(rng.tensor([4]), rng.ints([4], 2)), { dim: 0, reverse: false }],
    [rng.tensor([]), { dim: 0, reverse: false }],
    [rng.tensor([2, 0]), { dim: 1, reverse: false }],
  ],
  errors: (rng) => [
    [() => cumprod(rng.tensor([2]), 1), IndexError, /cumprod: dim 1 is out of range/],
  ],
});

/**
 * Σ_{j ≥ k} g_j · Π_{i ≤ j, i ≠ k} x_i. Without dividing by x_k, so that zeros are nothing special: row k of a
 * table has the running products with 1 in place of x_k. n² for lines of n.
 */
function cumprodGrad(g: Tensor, x: Tensor, dim: number): Tensor {
  if (x.shape.length === 0) return g;
  const n = x.shape[dim] as number;
  const last = (t: Tensor): Tensor => transpose(t, dim, -1);
  const without = where(eye(n, n, { dtype: "bool", device: x.backend }), 1, unsqueeze(last(x), -2));
  const products = cumprodOp(without, { dim: without.shape.length - 1, reverse: false });
  const terms = where(notBefore(n, x), mul(unsqueeze(last(g), -2), products), 0);
  return last(sum(terms, -1));
}

/** Running products along `dim`; integers and bools give int64. As `torch.cumprod`. */
export function cumprod(x: Tensor, dim: number, options: ScanOptions = {}): Tensor {
  const [from, d] = scanned("cumprod", x, dim, options);
  return cumprodOp(from, { dim: d, reverse: false });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cumprod(dim: number, options?: ScanOptions): Tensor;
  }
}
methods({
  cumprod(dim, options) {
    return cumprod(this, dim, options);
  },
});
