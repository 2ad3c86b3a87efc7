// cummax and cummin: the extreme so far, and where it is.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { gatherBackward } from "../index/gather-backward.ts";
import type { ValuesAndIndices } from "../reduce/extreme.ts";
import { atLeast1d } from "../views/window.ts";
import "./scan.ts";

function runningExtreme(side: "max" | "min"): (x: Tensor, dim: number) => ValuesAndIndices {
  const name = `cum${side}`;
  const word = side === "max" ? "largest" : "smallest";
  const op = defineOp<{ readonly dim: number }>()({
    name,
    doc: `The ${word} element so far along one dim and where it is, the last of equals; NaN stays.`,
    example: [
      `${name}(tensor([1, 3, 2]), 0).values`,
      side === "max" ? "tensor([1., 3., 3.])" : "tensor([1., 1., 1.])",
    ],
    inputs: ["x"],
    outputs: ["values", "indices"],
    constant: ["indices"],
    saves: ["indices"],
    shape: (x) => ({ values: x, indices: { shape: x.shape, dtype: "int64" } }),
    kernel: (k, x, values, indices, { dim }) =>
      k.scanExtreme?.(side, atLeast1d(x), atLeast1d(values), atLeast1d(indices), dim),
    vjp: (gs, { indices }, { dim }, m) =>
      gs.values === undefined ? {} : { x: gatherBackward(gs.values, indices, m.x.shape, dim) },
    samples: (rng) => [
      [rng.distinct([2, 3, 2]), { dim: 1 }],
      [rng.distinct([5]), { dim: 0 }],
      [rng.tensor([]), { dim: 0 }],
      [rng.tensor([2, 0]), { dim: 1 }],
    ],
    errors: (rng) => [[() => call(rng.tensor([2]), 1), IndexError, /dim 1 is out of range/]],
  });
  const call = (x: Tensor, dim: number): ValuesAndIndices => {
    checkLive(name, x);
    const [values, indices] = op(x, { dim: normalizeDim(name, dim, x.shape.length) });
    return { values, indices };
  };
  return call;
}

const largest = runningExtreme("max");
const smallest = runningExtreme("min");

/** The largest so far along `dim`: { values, indices } (int64, the last of equals); NaN stays. As `torch.cummax`. */
export function cummax(x: Tensor, dim: number): ValuesAndIndices {
  return largest(x, dim);
}
/** The smallest so far along `dim`: { values, indices } (int64, the last of equals); NaN stays. As `torch.cummin`. */
export function cummin(x: Tensor, dim: number): ValuesAndIndices {
  return smallest(x, dim);
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    cummax(dim: number): ValuesAndIndices;
    cummin(dim: number): ValuesAndIndices;
  }
}
methods({
  cummax(dim) {
    return cummax(this, dim);
  },
  cummin(dim) {
    return cummin(this, dim);
  },
});
