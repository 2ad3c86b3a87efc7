// The way back from max pooling: each value to the place that its index names, zeros elsewhere.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { perDim } from "../conv/geometry.ts";
import { zeros } from "../creation.ts";

export interface MaxUnpoolOptions {
  /** Default: the kernel. */
  readonly stride?: number | readonly number[] | undefined;
  /** That the pooling had. Default 0. */
  readonly padding?: number | readonly number[] | undefined;
  /** The size before pooling, one per spatial dim; the settings leave several open. */
  readonly outputSize?: readonly number[] | undefined;
}
const OPTIONS: OptionNames<MaxUnpoolOptions> = { stride: true, padding: true, outputSize: true };

type Size = number | readonly number[];

function maxUnpool(
  dims: number,
  x: Tensor,
  indices: Tensor,
  kernelSize: Size,
  options: MaxUnpoolOptions,
): Tensor {
  const op = `maxUnpool${dims}d`;
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  checkLive(op, indices);
  if (!sameShape(x.shape, indices.shape)) {
    throw new ShapeError(op, "input and indices must have the same shape", {
      input: x.shape,
      indices: indices.shape,
    });
  }
  const kernel = perDim(op, "kernel", kernelSize, dims, 1);
  const stride = perDim(op, "stride", options.stride ?? kernel, dims, 1);
  const padding = perDim(op, "padding", options.padding ?? 0, dims, 0);
  return composite(() => {
    const [input, isBatch] = batched(op, x, dims);
    const usual = kernel.map((k, d) => {
      const [n, s, p] = [input.shape[d + 2], stride[d], padding[d]] as [number, number, number];
      return (n - 1) * s - 2 * p + k;
    });
    const output = (options.outputSize ?? usual).slice(-dims);
    output.forEach((n, d) => {
      const [near, s] = [usual[d] as number, stride[d] as number];
      if (output.length === dims && n > near - s && n < near + s) return;
      throw new ArgumentError(
        op,
        `outputSize must lie between ${near - s} and ${near + s} in spatial dim ${d}; got ${JSON.stringify(options.outputSize)}`,
      );
    });
    const [batch, channels] = input.shape as [number, number];
    const flat = (t: Tensor): Tensor => t.reshape([batch, channels, sizeOf(input.shape.slice(2))]);
    const empty = zeros([batch, channels, sizeOf(output)], { dtype: x.dtype, device: x.backend });
    const y = empty.scatter(2, flat(indices), flat(input));
    return unbatched(y.reshape([batch, channels, ...output]), isBatch);
  });
}

/**
 * Puts each value of x [N, C, L] or [C, L] where its index says, among zeros; as
 * `torch.nn.functional.max_unpool1d`.
 * @param indices from maxPool1d with returnIndices, of the shape of x
 * @returns [N, C, outputSize], which is (L − 1) · stride − 2 · padding + kernel unless given
 * @throws IndexError an index beyond the output; ShapeError shapes that differ; ArgumentError an outputSize that these
 * settings cannot come from
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html
 */
export const maxUnpool1d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: Size,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(1, x, indices, kernelSize, options);
/** maxUnpool1d for x [N, C, H, W] or [C, H, W]; as `torch.nn.functional.max_unpool2d`. */
export const maxUnpool2d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: Size,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(2, x, indices, kernelSize, options);
/** maxUnpool1d for x [N, C, D, H, W] or [C, D, H, W]; as `torch.nn.functional.max_unpool3d`. */
export const maxUnpool3d = (
  x: Tensor,
  indices: Tensor,
  kernelSize: Size,
  options: MaxUnpoolOptions = {},
): Tensor => maxUnpool(3, x, indices, kernelSize, options);
