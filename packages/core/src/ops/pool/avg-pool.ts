// Average pooling and its gradient. Both are linear, each the adjoint of the other.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sizeOf } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { fromWindows, windowsOf } from "../conv/columns.ts";
import { tensor } from "../creation.ts";
import {
  divisorAt,
  POOL_OPTIONS,
  type PoolGeometry,
  type PoolSettings,
  poolGeometry,
} from "./geometry.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** The sum of each window of [N, C, …spatial] over its divisor (divisorAt in geometry.ts). */
    avgPool(x: View, y: View, geometry: PoolGeometry): Ran;
    /** Its adjoint: spreads each g over its window, divided likewise. */
    avgPoolGrad(g: View, dx: View, geometry: PoolGeometry): Ran;
  }
}

/** 1 / divisor of each window, as [1, 1, …output]. */
function weights(g: PoolGeometry, like: Tensor): Tensor {
  const out = g.y.slice(2);
  const values = new Float64Array(sizeOf(out));
  values.forEach((_, i) => {
    let divisor = 1;
    let rest = i;
    for (let d = out.length - 1; d >= 0; d--) {
      divisor *= divisorAt(g, d, rest % (out[d] as number));
      rest = Math.floor(rest / (out[d] as number));
    }
    values[i] = 1 / divisor;
  });
  return tensor(values, { shape: [1, 1, ...out], dtype: like.dtype, device: like.backend });
}

const onesFor = (g: PoolGeometry): number[] => g.kernel.map(() => 1);

const avgPoolOp = defineOp<PoolGeometry>()({
  name: "avgPool",
  doc: "The mean of each window of [N, C, …spatial]; 1 to 3 spatial dims.",
  example: ["avgPool1d(tensor([[1, 3, 2, 4]]), 2)", "tensor([[2., 3.]])"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, g) => ({ shape: g.y, dtype: x.dtype }),
  kernel: (k, x, y, g) => k.avgPool?.(x, y, g),
  compose: (x, g) =>
    windowsOf(x, g)
      .sum(g.kernel.map((_, d) => 2 + g.kernel.length + d))
      .mul(weights(g, x)),
  vjp: (gs, _s, g) => ({ x: avgPoolGrad(gs.y, g) }),
  samples: (rng) => avgSamples().map((g) => [rng.tensor(g.x), g]),
  errors: (rng) => [
    [
      () => avgPool2d(rng.tensor([1, 2, 2, 3]), 3),
      ShapeError,
      /avgPool2d: the window spans 3 in spatial dim 0 but the padded input has 2/,
    ],
    [
      () => avgPool1d(rng.tensor([1, 2, 4]), 2, { padding: 2 }),
      ArgumentError,
      /avgPool1d: padding must be at most half/,
    ],
    [() => avgPool1d(rng.tensor([1, 2, 4]), 0), ArgumentError, /avgPool1d: kernel .* ≥ 1/],
  ],
});

const avgPoolGradOp = defineOp<PoolGeometry>()({
  name: "avgPoolGrad",
  doc: "The gradient of avgPool: each g spread over its window.",
  inputs: ["g"],
  outputs: ["dx"],
  shape: (g, geometry) => ({ shape: geometry.x, dtype: g.dtype }),
  kernel: (k, g, dx, geometry) => k.avgPoolGrad?.(g, dx, geometry),
  compose(g, geometry) {
    const spread = g.mul(weights(geometry, g)).reshape([...geometry.y, ...onesFor(geometry)]);
    return fromWindows(spread.expand(...geometry.y, ...geometry.kernel), geometry);
  },
  vjp: (gs, _s, geometry) => ({ g: avgPoolOp(gs.dx, geometry) }),
  samples: (rng) => avgSamples().map((g) => [rng.tensor(g.y), g]),
});

const avgPoolGrad = (g: Tensor, geometry: PoolGeometry): Tensor => avgPoolGradOp(g, geometry);

const avgSamples = (): PoolGeometry[] => [
  poolGeometry("avgPool", [2, 2, 5], 2, {}),
  poolGeometry("avgPool", [1, 2, 7], 3, { stride: 2, padding: 1, countIncludePad: false }),
  poolGeometry("avgPool", [1, 2, 4, 5], [2, 3], { stride: [1, 2], padding: [1, 0] }),
  poolGeometry("avgPool", [1, 1, 5, 4], [2, 3], { stride: 3, padding: 1, ceilMode: true }),
  poolGeometry("avgPool", [1, 1, 3, 2, 4], [2, 1, 2], { ceilMode: true, countIncludePad: false }),
  poolGeometry("avgPool", [0, 2, 4], 2, {}),
];

export interface AvgPoolOptions extends PoolSettings {
  /** Whether padding counts in the mean. Default true. */
  readonly countIncludePad?: boolean | undefined;
  /** What each sum is divided by, whatever its window. Not in one dimension, as in PyTorch. */
  readonly divisorOverride?: number | undefined;
}
const OPTIONS: OptionNames<AvgPoolOptions> = {
  ...POOL_OPTIONS,
  countIncludePad: true,
  divisorOverride: true,
};

function avgPoolNd(
  op: string,
  dims: number,
  x: Tensor,
  kernelSize: number | readonly number[],
  options: AvgPoolOptions,
): Tensor {
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  return composite(() => {
    const [input, isBatch] = batched(op, x, dims);
    const geometry = poolGeometry(op, input.shape, kernelSize, options);
    const { divisorOverride } = options;
    if (divisorOverride === undefined) return unbatched(avgPoolOp(input, geometry), isBatch);
    if (!Number.isInteger(divisorOverride) || divisorOverride === 0 || dims === 1) {
      throw new ArgumentError(
        op,
        `divisorOverride is a whole number other than 0, in two and three dims; got ${divisorOverride}`,
      );
    }
    const sums = windowsOf(input, geometry).sum(onesFor(geometry).map((_, d) => 2 + dims + d));
    return unbatched(sums.div(divisorOverride), isBatch);
  });
}

type Size = number | readonly number[];

/**
 * The mean of each window of x [N, C, L] or [C, L], as `torch.nn.functional.avg_pool1d`.
 * @param options stride (default: the kernel), padding, ceilMode, countIncludePad
 * @returns [N, C, L′], L′ = floor((L + 2·padding − kernel) / stride) + 1 (ceil with ceilMode, if the last
 * window starts inside)
 * @throws ShapeError wrong rank, the window does not fit; ArgumentError settings that make no sense
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 */
export const avgPool1d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPoolNd("avgPool1d", 1, x, kernelSize, options);
/** avgPool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.avg_pool2d`. */
export const avgPool2d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPoolNd("avgPool2d", 2, x, kernelSize, options);
/** avgPool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.avg_pool3d`. */
export const avgPool3d = (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPoolNd("avgPool3d", 3, x, kernelSize, options);
