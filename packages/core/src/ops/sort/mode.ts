// The most frequent element along one dim.
import { IndexError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDim } from "../../shape.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";
import { gatherBackward } from "../index/gather-backward.ts";
import type { DimAttrs, DimOptions, ValuesAndIndices } from "../reduce/extreme.ts";
import { dimAndOptions, keptView, reducedMeta, requireElements } from "../reduce/reduce.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { atLeast1d } from "../views/window.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** The most frequent element of each line along dim, the smallest of equally frequent ones, and its last place (int64). */
    mode(x: View, values: View, indices: View, dim: number): Ran;
  }
}

const OPTIONS: OptionNames<DimOptions> = { dim: true, keepdim: true };

const modeOp = defineOp<DimAttrs>()({
  name: "mode",
  doc: "The most frequent element along one dim, the smallest of equally frequent ones, and where it stands last.",
  example: ["mode(tensor([1, 2, 2, 1, 3])).indices", "tensor(3)"],
  inputs: ["x"],
  outputs: ["values", "indices"],
  constant: ["indices"],
  saves: ["indices"],
  shape: (x, { dim, keepdim }) => {
    const over = { dims: x.shape.length === 0 ? [] : [dim], keepdim };
    requireElements("mode", x.shape, over.dims);
    return { values: reducedMeta(x, over), indices: reducedMeta(x, over, "int64") };
  },
  kernel: (k, x, values, indices, { dim }) => {
    const from = atLeast1d(x);
    return k.mode?.(from, keptView(from, values, [dim]), keptView(from, indices, [dim]), dim);
  },
  vjp: (gs, { indices }, { dim, keepdim }, m) => {
    if (gs.values === undefined) return {};
    const flat = keepdim || m.x.shape.length === 0;
    const [g, places] = flat
      ? [gs.values, indices]
      : [unsqueeze(gs.values, dim), unsqueeze(indices, dim)];
    return { x: gatherBackward(g, places, m.x.shape, dim) };
  },
  samples: (rng) => [
    [rng.distinct([2, 3, 2]), { dim: 1, keepdim: false }],
    [rng.distinct([2, 3]), { dim: 0, keepdim: true }],
    [rng.tensor([]), { dim: 0, keepdim: false }],
  ],
  errors: (rng) => [[() => mode(rng.tensor([2]), 1), IndexError, /mode: dim 1 is out of range/]],
});

/**
 * The most frequent element along `dim` (default the last): { values, indices } (int64, its last place). As
 * `torch.mode`.
 * @throws ShapeError when there is nothing to reduce
 */
export function mode(
  x: Tensor,
  dim?: number | DimOptions,
  options: DimOptions = {},
): ValuesAndIndices {
  checkLive("mode", x);
  checkOptions("mode", options, OPTIONS);
  const [along = -1, { keepdim = false }] = dimAndOptions<number, DimOptions>(
    "mode",
    dim,
    options,
    OPTIONS,
  );
  const [values, indices] = modeOp(x, { dim: normalizeDim("mode", along, x.ndim), keepdim });
  return { values, indices };
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    mode(dim?: number | DimOptions, options?: DimOptions): ValuesAndIndices;
  }
}
methods({
  mode(dim, options) {
    return mode(this, dim, options);
  },
});
