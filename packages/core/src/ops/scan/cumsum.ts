// Running sums. The gradient of one is the running sum from the other end.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { sum } from "../reduce/sum.ts";
import { atLeast1d } from "../views/window.ts";
import { foldOfTable, type ScanAttrs, type ScanOptions, scanned } from "./scan.ts";

const cumsumOp = defineOp<ScanAttrs>()({
  name: "cumsum",
  doc: "Running sums along one dim.",
  example: ["cumsum(tensor([1, 2, 3]), 0)", "tensor([1., 3., 6.])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  kernel: (k, x, y, { dim, reverse }) => k.scan?.("sum", atLeast1d(x), atLeast1d(y), dim, reverse),
  compose: (x, a) => foldOfTable(x, a, 0, sum),
  vjp: (gs, _s, { dim, reverse }) => ({ x: runningSum(gs.y, dim, !reverse) }),
  samples: (rng) => [
    [rng.tensor([2, 3, 2]), { dim: 1, reverse: false }],
    [rng.tensor([3]), { dim: 0, reverse: true }],
    [rng.tensor([]), { dim: 0, reverse: false }],
    [rng.tensor([2, 0]), { dim: 1, reverse: false }],
  ],
  errors: (rng) => [
    [() => cumsum(rng.tensor([2]), 1), IndexError, /cumsum: dim 1 is out of range/],
  ],
});

/** Running sums along `dim`; integers and bools give int64. As `torch.cumsum`. */
export function cumsum(x: Tensor, dim: number, options: ScanOptions = {}): Tensor {
  const [from, d] = scanned("cumsum", x, dim, options);
  return cumsumOp(from, { dim: d, reverse: false });
}

const runningSum = (x: Tensor, dim: number, reverse: boolean): Tensor =>
  cumsumOp(x, { dim, reverse });

declare module "../../tensor.ts" {
  interface TensorMethods {
    cumsum(dim: number, options?: ScanOptions): Tensor;
  }
}
methods({
  cumsum(dim, options) {
    return cumsum(this, dim, options);
  },
});
