// unfold and fold: sliding blocks of images as columns (im2col), and columns added up to images (col2im).
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sizeOf } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, unbatched } from "../conv/check.ts";
import { fromWindows, type WindowGeometry, windowsOf } from "../conv/columns.ts";
import { perDim } from "../conv/geometry.ts";

type Size = number | readonly number[];
export interface FoldOptions {
  /** Distance of two taps of a block. Default 1. */
  readonly dilation?: Size | undefined;
  /** Zeros at both ends. Default 0. */
  readonly padding?: Size | undefined;
  /** Distance of two blocks. Default 1. */
  readonly stride?: Size | undefined;
}
const OPTIONS: OptionNames<FoldOptions> = { dilation: true, padding: true, stride: true };

function geometryOf(
  op: string,
  batch: number,
  channels: number,
  size: readonly number[],
  kernelSize: Size,
  options: FoldOptions,
): WindowGeometry {
  const kernel = perDim(op, "kernelSize", kernelSize, 2, 1);
  const dilation = perDim(op, "dilation", options.dilation ?? 1, 2, 1);
  const padding = perDim(op, "padding", options.padding ?? 0, 2, 0);
  const stride = perDim(op, "stride", options.stride ?? 1, 2, 1);
  const out = size.map((n, d) => {
    const [k, gap, p, s] = [kernel[d], dilation[d], padding[d], stride[d]] as [
      ...[number, number],
      ...[number, number],
    ];
    const count = Math.floor((n + 2 * p - gap * (k - 1) - 1) / s) + 1;
    if (count >= 1) return count;
    throw new ShapeError(
      op,
      `the block spans ${gap * (k - 1) + 1} in spatial dim ${d} but the padded image has ${n + 2 * p}`,
      { image: size },
    );
  });
  const x = [batch, channels, ...size];
  return { x, y: [batch, channels, ...out], kernel, stride, padding, dilation };
}

/**
 * The sliding blocks of x [N, C, H, W] or [C, H, W] as columns; as `torch.nn.functional.unfold`.
 * @returns [N, C · taps, blocks] or [C · taps, blocks]
 * @throws ShapeError wrong rank, the block does not fit; ArgumentError settings that make no sense; DTypeError integers
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 */
export function unfold(x: Tensor, kernelSize: Size, options: FoldOptions = {}): Tensor {
  const op = "unfold";
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  return composite(() => {
    const [input, isBatch] = batched(op, x, 2);
    const [batch, channels, ...size] = input.shape as [number, number, number, number];
    const g = geometryOf(op, batch, channels, size, kernelSize, options);
    const windows = windowsOf(input, g).permute([0, 1, 4, 5, 2, 3]);
    const taps = sizeOf(g.kernel);
    return unbatched(windows.reshape([batch, channels * taps, sizeOf(g.y.slice(2))]), isBatch);
  });
}

/**
 * Columns [N, C · taps, blocks] or [C · taps, blocks] added up to images: the adjoint of unfold; as
 * `torch.nn.functional.fold`.
 * @param outputSize of the images, [H, W]
 * @returns [N, C, H, W] or [C, H, W]
 * @throws ShapeError columns that do not fit; ArgumentError settings that make no sense; DTypeError integers
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 */
export function fold(
  x: Tensor,
  outputSize: Size,
  kernelSize: Size,
  options: FoldOptions = {},
): Tensor {
  const op = "fold";
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { input: x });
  const size = perDim(op, "outputSize", outputSize, 2, 1);
  const taps = sizeOf(perDim(op, "kernelSize", kernelSize, 2, 1));
  if (x.ndim !== 2 && x.ndim !== 3) {
    throw new ShapeError(op, "expected [N, C · taps, blocks] or [C · taps, blocks]", {
      input: x.shape,
    });
  }
  const [rows, blocks] = x.shape.slice(-2) as [number, number];
  const batch = x.ndim === 3 ? (x.shape[0] as number) : 1;
  if (rows % taps !== 0) {
    throw new ArgumentError(
      op,
      `columns of ${rows} values are not channels of ${taps} taps: ${taps} must divide ${rows}`,
    );
  }
  const channels = rows / taps;
  const g = geometryOf(op, batch, channels, size, kernelSize, options);
  const out = g.y.slice(2);
  if (sizeOf(out) !== blocks) {
    throw new ShapeError(
      op,
      `${blocks} blocks were given; ${out.join(" × ")} = ${sizeOf(out)} fit into ${size.join(" × ")}`,
      { input: x.shape },
    );
  }
  return composite(() => {
    const windows = x.reshape([batch, channels, ...g.kernel, ...out]).permute([0, 1, 4, 5, 2, 3]);
    return unbatched(fromWindows(windows, g), x.ndim === 3);
  });
}
