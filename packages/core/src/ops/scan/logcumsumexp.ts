// Running logarithms of sums of exponentials.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { exp } from "../elementwise/exp.ts";
import { gt } from "../elementwise/gt.ts";
import { logicalAnd } from "../elementwise/logical-and.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { where } from "../elementwise/where.ts";
import { floating } from "../promote.ts";
import { logsumexp } from "../reduce/logsumexp.ts";
import { sum } from "../reduce/sum.ts";
import { transpose } from "../views/permute.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { atLeast1d } from "../views/window.ts";
import { foldOfTable, notBefore, type ScanAttrs, scanned } from "./scan.ts";

const logcumsumexpOp = defineOp<ScanAttrs>()({
  name: "logcumsumexp",
  doc: "Running log Σ exp(x) along one dim, without overflow.",
  example: ["logcumsumexp(tensor([0, 0]), 0)", "tensor([0.0000, 0.6931])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { dim, reverse }) =>
    k.scan?.("logsumexp", atLeast1d(x), atLeast1d(y), dim, reverse),
  compose: (x, a) => foldOfTable(x, a, -Infinity, logsumexp),
  vjp: (gs, { x, y }, { dim }) => {
    if (x.shape.length === 0) return { x: gs.y };
    const last = (t: Tensor): Tensor => transpose(t, dim, -1);
    // Σ_{j ≥ k} g_j · exp(x_k − y_j): no exponent is positive, whatever the range. n² for lines of n.
    const [xk, yj] = [unsqueeze(last(x), -1), unsqueeze(last(y), -2)];
    const known = logicalAnd(notBefore(x.shape[dim] as number, x), gt(xk, -Infinity));
    const share = exp(where(known, sub(xk, yj), -Infinity));
    return { x: last(sum(where(known, mul(unsqueeze(last(gs.y), -2), share), 0), -1)) };
  },
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dim: 1, reverse: false }],
    [rng.tensor([]), { dim: 0, reverse: false }],
    [rng.tensor([2, 0]), { dim: 1, reverse: false }],
  ],
  errors: (rng) => [
    [() => logcumsumexp(rng.tensor([2]), 1), IndexError, /logcumsumexp: dim 1 is out of range/],
  ],
});

/** Running log Σ exp(x) along `dim`, without overflow; integers give float32. As `torch.logcumsumexp`. */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  const [from, d] = scanned("logcumsumexp", floating(x), dim, {});
  return logcumsumexpOp(from, { dim: d, reverse: false });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logcumsumexp(dim: number): Tensor;
  }
}
methods({
  logcumsumexp(dim) {
    return logcumsumexp(this, dim);
  },
});
