// squeeze: dimensions of size 1 dropped.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { normalizeDims } from "../../shape.ts";
import { methods, type Tensor } from "../../tensor.ts";
import { unsqueeze } from "./unsqueeze.ts";

const squeezeOp = defineOp<{ readonly dims: readonly number[] }>()({
  name: "squeeze",
  doc: "x without some of its dimensions of size 1, sharing memory.",
  example: ["squeeze(tensor([[1, 2]]))", "tensor([1., 2.])"],
  kind: "view",
  inputs: ["x"],
  outputs: ["y"],
  view: (x, { dims }) => ({
    shape: x.shape.filter((_, d) => !dims.includes(d)),
    strides: x.strides.filter((_, d) => !dims.includes(d)),
    offset: x.offset,
  }),
  vjp: (gs, _s, { dims }) => ({ x: dims.reduce((g, d) => unsqueeze(g, d), gs.y) }),
  samples: (rng) => [
    [rng.tensor([1, 3, 1]), { dims: [0, 2] }],
    [rng.tensor([1, 3, 1]), { dims: [2] }],
    [rng.tensor([2]), { dims: [] }],
  ],
  errors: (rng) => [
    [() => squeeze(rng.tensor([2, 3]), 2), IndexError, /squeeze: dim 2 is out of range/],
  ],
});

/** As `torch.squeeze`: drops `dim` (one, several, or all) where its size is 1. Shares memory. */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  const dims = normalizeDims("squeeze", dim, x.shape.length).filter((d) => x.shape[d] === 1);
  return squeezeOp(x, { dims });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    squeeze(dim?: number | readonly number[]): Tensor;
  }
}
methods({
  squeeze(dim) {
    return squeeze(this, dim);
  },
});
