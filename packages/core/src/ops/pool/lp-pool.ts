// Power-average pooling: the p-norm of each window.
import { ArgumentError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sizeOf } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { perDim } from "../conv/geometry.ts";
import { relu } from "../elementwise/relu.ts";
import { avgPool1d, avgPool2d, avgPool3d } from "./avg-pool.ts";

export interface LpPoolOptions {
  /** Default: the kernel. */
  readonly stride?: number | readonly number[] | undefined;
  /** Rounds the output size up. Default false. */
  readonly ceilMode?: boolean | undefined;
}
const OPTIONS: OptionNames<LpPoolOptions> = { stride: true, ceilMode: true };

type Size = number | readonly number[];
const AVG = [avgPool1d, avgPool2d, avgPool3d];

function lpPool(
  dims: number,
  x: Tensor,
  p: number,
  kernelSize: Size,
  options: LpPoolOptions,
): Tensor {
  const op = `lpPool${dims}d`;
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  if (!(Number.isFinite(p) && p !== 0)) {
    throw new ArgumentError(op, `normType must be a number other than 0; got ${p}`);
  }
  const kernel = perDim(op, "kernel", kernelSize, dims, 1);
  const { stride = kernel, ceilMode = false } = options;
  return composite(() => {
    const mean = (AVG[dims - 1] as typeof avgPool1d)(x.pow(p), kernel, { stride, ceilMode });
    return mean
      .sign()
      .mul(relu(mean.abs()))
      .mul(sizeOf(kernel))
      .pow(1 / p);
  });
}

/**
 * (Σ xᵖ)^(1/p) of each window of x [N, C, L] or [C, L]; as `torch.nn.functional.lp_pool1d`. At the ends a window of
 * ceilMode counts as if it were whole.
 * @param normType p; 1 is the sum, and the larger it is, the closer to the maximum
 * @throws ShapeError wrong rank, the window does not fit; ArgumentError settings that make no sense
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html
 */
export const lpPool1d = (
  x: Tensor,
  normType: number,
  kernelSize: Size,
  options: LpPoolOptions = {},
): Tensor => lpPool(1, x, normType, kernelSize, options);
/** lpPool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.lp_pool2d`. */
export const lpPool2d = (
  x: Tensor,
  normType: number,
  kernelSize: Size,
  options: LpPoolOptions = {},
): Tensor => lpPool(2, x, normType, kernelSize, options);
/** lpPool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.lp_pool3d`. */
export const lpPool3d = (
  x: Tensor,
  normType: number,
  kernelSize: Size,
  options: LpPoolOptions = {},
): Tensor => lpPool(3, x, normType, kernelSize, options);
