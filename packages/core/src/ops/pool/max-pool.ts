// Max pooling. Its indices are hidden unless asked for; the gradient goes back through them.
import type { Kernels, Ran, View } from "../../backend.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sizeOf } from "../../shape.ts";
import { adopt, owned, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { windowsOf } from "../conv/columns.ts";
import { arange } from "../creation.ts";
import { POOL_OPTIONS, type PoolGeometry, type PoolSettings, poolGeometry } from "./geometry.ts";
import { planeScatter } from "./planes.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * The largest value of each window of [N, C, …spatial]; padding never wins, the first of equals does,
     * NaN beats all. indices: int32, the place of the winner in its plane, row-major. x strided.
     */
    maxPool(x: View, y: View, indices: View | undefined, geometry: PoolGeometry): Ran;
  }
}

/** Value and place of the maximum, from the windows laid side by side. */
function fromWindows(x: Tensor, g: PoolGeometry): { y: Tensor; indices: Tensor } {
  const taps = sizeOf(g.kernel);
  const { values, indices } = windowsOf(x, g, Number.NEGATIVE_INFINITY)
    .reshape([...g.y, taps])
    .max(-1);
  // The same windows on a plane of its own numbers say what each tap looks at.
  const plane = g.x.slice(2);
  const numbered = arange(0, sizeOf(plane), 1, { device: x.backend }).reshape([1, 1, ...plane]);
  const places = windowsOf(numbered, g).reshape([1, 1, ...g.y.slice(2), taps]);
  return {
    y: values,
    indices: places
      .expand(...g.y, taps)
      .gather(-1, indices.unsqueeze(-1))
      .squeeze(-1)
      .to("int32"),
  };
}

const metas = (x: { dtype: View["dtype"] }, g: PoolGeometry) => ({
  y: { shape: g.y, dtype: x.dtype },
  indices: { shape: g.y, dtype: "int32" as const },
});
const kernel = (k: Kernels, x: View, y: View, indices: View | undefined, g: PoolGeometry): Ran =>
  k.maxPool?.(x, y, indices, g);

const maxPoolOp = defineOp<PoolGeometry>()({
  name: "maxPool",
  doc: "The largest value of each window of [N, C, …spatial]; 1 to 3 spatial dims.",
  example: ["maxPool1d(tensor([[1, 3, 2, 4]]), 2)", "tensor([[3., 4.]])"],
  inputs: ["x"],
  outputs: ["y"],
  hidden: ["indices"],
  saves: ["indices"],
  shape: metas,
  kernel,
  compose: (x, g) =>
    windowsOf(x, g, Number.NEGATIVE_INFINITY)
      .reshape([...g.y, sizeOf(g.kernel)])
      .max(-1).values,
  vjp: (gs, s, g) => ({ x: planeScatter(gs.y, s.indices, g.x, g) }),
  samples: (rng) => [
    [rng.distinct([2, 2, 5]), poolGeometry("maxPool", [2, 2, 5], 2, {})],
    [rng.distinct([1, 2, 7]), poolGeometry("maxPool", [1, 2, 7], 3, { stride: 2, padding: 1 })],
    [
      rng.distinct([1, 2, 4, 5]),
      poolGeometry("maxPool", [1, 2, 4, 5], [2, 3], { stride: [1, 2], padding: [1, 0] }),
    ],
    [
      rng.distinct([1, 1, 5, 4]),
      poolGeometry("maxPool", [1, 1, 5, 4], 2, {
        stride: 2,
        dilation: 2,
        padding: 1,
        ceilMode: true,
      }),
    ],
    [
      rng.distinct([1, 1, 3, 2, 4]),
      poolGeometry("maxPool", [1, 1, 3, 2, 4], [2, 1, 2], { ceilMode: true }),
    ],
    [rng.distinct([0, 2, 4]), poolGeometry("maxPool", [0, 2, 4], 2, {})],
  ],
  errors: (rng) => [
    [
      () => maxPool2d(rng.tensor([1, 2, 2, 3]), 3),
      ShapeError,
      /maxPool2d: the window spans 3 in spatial dim 0 but the padded input has 2/,
    ],
    [
      () => maxPool1d(rng.tensor([1, 2, 4]), 2, { padding: 2 }),
      ArgumentError,
      /maxPool1d: padding must be at most half of the kernel; it is 2/,
    ],
    [() => maxPool1d(rng.tensor([1, 2, 4]), 2, { stride: 0 }), ArgumentError, /maxPool1d: stride/],
    [() => maxPool2d(rng.tensor([3, 3]), 2), ShapeError, /maxPool2d: input must have 4 dimensions/],
  ],
});

const maxPoolIndicesOp = defineOp<PoolGeometry>()({
  name: "maxPoolIndices",
  doc: "maxPool that also shows where each maximum was: its row-major place in its plane.",
  inputs: ["x"],
  outputs: ["y", "indices"],
  constant: ["indices"],
  saves: ["indices"],
  shape: metas,
  kernel,
  compose: fromWindows,
  vjp: (gs, s, g) => ({
    x: gs.y === undefined ? undefined : planeScatter(gs.y, s.indices, g.x, g),
  }),
  samples: (rng) => [
    [
      rng.distinct([1, 2, 4, 5]),
      poolGeometry("maxPool", [1, 2, 4, 5], [2, 3], { stride: [1, 2], padding: [1, 0] }),
    ],
  ],
});

export interface MaxPoolOptions extends PoolSettings {
  /** Distance of two taps of a window. Default 1. */
  readonly dilation?: number | readonly number[] | undefined;
  /** Also gives the place of each maximum in its plane, row-major, int64. Default false. */
  readonly returnIndices?: boolean | undefined;
}
const OPTIONS: OptionNames<MaxPoolOptions> = {
  ...POOL_OPTIONS,
  dilation: true,
  returnIndices: true,
};
export interface ValuesAndIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

function maxPoolNd(
  op: string,
  dims: number,
  x: Tensor,
  kernelSize: number | readonly number[],
  options: MaxPoolOptions,
): Tensor | ValuesAndIndices {
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  const { returnIndices = false } = options;
  const results = owned(() => {
    const [input, isBatch] = batched(op, x, dims);
    const geometry = poolGeometry(op, input.shape, kernelSize, options);
    if (!returnIndices) return [unbatched(maxPoolOp(input, geometry), isBatch)];
    const [values, indices] = maxPoolIndicesOp(input, geometry);
    return [unbatched(values, isBatch), unbatched(indices, isBatch).to("int64")];
  }).map((t) => adopt(t as Tensor));
  const [values, indices] = results as [Tensor, Tensor];
  return returnIndices ? { values, indices } : values;
}

type WithIndices = MaxPoolOptions & { readonly returnIndices: true };
type Size = number | readonly number[];

/**
 * The largest value of each window of x [N, C, L] or [C, L], as `torch.nn.functional.max_pool1d`.
 * @param kernelSize of the window
 * @param options stride (default: the kernel), padding (never wins), dilation, ceilMode, returnIndices
 * @returns [N, C, L′], L′ = floor((L + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1 (ceil with
 * ceilMode, if the last window starts inside); with returnIndices { values, indices }
 * @throws ShapeError wrong rank, the window does not fit; ArgumentError settings that make no sense
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export function maxPool1d(x: Tensor, kernelSize: Size, options: WithIndices): ValuesAndIndices;
export function maxPool1d(x: Tensor, kernelSize: Size, options?: MaxPoolOptions): Tensor;
export function maxPool1d(x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}) {
  return maxPoolNd("maxPool1d", 1, x, kernelSize, options);
}

/** maxPool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.max_pool2d`. */
export function maxPool2d(x: Tensor, kernelSize: Size, options: WithIndices): ValuesAndIndices;
export function maxPool2d(x: Tensor, kernelSize: Size, options?: MaxPoolOptions): Tensor;
export function maxPool2d(x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}) {
  return maxPoolNd("maxPool2d", 2, x, kernelSize, options);
}

/** maxPool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.max_pool3d`. */
export function maxPool3d(x: Tensor, kernelSize: Size, options: WithIndices): ValuesAndIndices;
export function maxPool3d(x: Tensor, kernelSize: Size, options?: MaxPoolOptions): Tensor;
export function maxPool3d(x: Tensor, kernelSize: Size, options: MaxPoolOptions = {}) {
  return maxPoolNd("maxPool3d", 3, x, kernelSize, options);
}
