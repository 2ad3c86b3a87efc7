// convTranspose1d, 2d, 3d: the input gradient of a convolution, with its input for g.
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, checkBias, unbatched } from "./check.ts";
import { convInputGrad } from "./input-grad.ts";
import { type TransposedSettings, transposedGeometry } from "./transposed-geometry.ts";

export interface ConvTransposeOptions extends TransposedSettings {
  /** [outChannels] */
  readonly bias?: Tensor | undefined;
}
const OPTIONS: OptionNames<ConvTransposeOptions> = {
  stride: true,
  padding: true,
  outputPadding: true,
  dilation: true,
  groups: true,
  bias: "Tensor",
};

function transposeNd(
  op: string,
  dims: number,
  x: Tensor,
  w: Tensor,
  options: ConvTransposeOptions,
): Tensor {
  checkOptions(op, options, OPTIONS);
  const { bias } = options;
  checkDtypes(op, { input: x, weight: w }, { bias });
  return composite(() => {
    const [input, isBatch] = batched(op, x, dims);
    const geometry = transposedGeometry(op, input.shape, w.shape, options);
    const channels = geometry.x[1] as number;
    checkBias(op, bias, channels);
    const y = convInputGrad(input, w, geometry);
    const ones = new Array<number>(dims).fill(1);
    return unbatched(bias === undefined ? y : y.add(bias.reshape([channels, ...ones])), isBatch);
  });
}

/**
 * Transposed convolution of x [N, C, L] or [C, L] with w [C, O / groups, K], as
 * `torch.nn.functional.conv_transpose1d`: the input gradient of conv1d with the same settings.
 * @param options stride, padding, outputPadding (below stride or dilation), dilation, groups, bias [O]
 * @returns [N, O, L′] with L′ = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1
 * @throws ShapeError channels or groups do not match, the output would be empty, wrong rank;
 * ArgumentError a setting that makes no sense; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export const convTranspose1d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  transposeNd("convTranspose1d", 1, x, w, options);

/**
 * Transposed convolution of x [N, C, H, W] or [C, H, W] with w [C, O / groups, KH, KW], as
 * `torch.nn.functional.conv_transpose2d`. Options and errors as convTranspose1d's.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 */
export const convTranspose2d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  transposeNd("convTranspose2d", 2, x, w, options);

/**
 * Transposed convolution of x [N, C, D, H, W] or [C, D, H, W] with w [C, O / groups, KD, KH, KW], as
 * `torch.nn.functional.conv_transpose3d`. Options and errors as convTranspose1d's.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html
 */
export const convTranspose3d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  transposeNd("convTranspose3d", 3, x, w, options);
