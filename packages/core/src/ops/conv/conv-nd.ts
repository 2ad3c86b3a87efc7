// conv1d, conv2d, conv3d: what people call. Arguments are checked here, once; the op gets a geometry.
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { type Activation, checkActivation } from "../activation.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { batched, checkBias, unbatched } from "./check.ts";
import { conv } from "./conv.ts";
import { convActivated } from "./conv-activated.ts";
import { type ConvSettings, convGeometry } from "./geometry.ts";

export interface ConvOptions extends ConvSettings {
  /** [outChannels] */
  readonly bias?: Tensor | undefined;
  /** Applied to the result in the same pass, as relu(…) would be. Default "none". */
  readonly activation?: Activation | undefined;
}
const OPTIONS: OptionNames<ConvOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: "Tensor",
  activation: true,
};

function convNd(op: string, dims: number, x: Tensor, w: Tensor, options: ConvOptions): Tensor {
  checkOptions(op, options, OPTIONS);
  const { bias, activation = "none" } = options;
  checkActivation(op, activation);
  checkDtypes(op, { input: x, weight: w }, { bias });
  return composite(() => {
    const [input, isBatch] = batched(op, x, dims);
    const geometry = convGeometry(op, input.shape, w.shape, options);
    checkBias(op, bias, w.shape[0] as number);
    const y =
      activation === "none"
        ? conv(input, w, bias, geometry)
        : convActivated(input, w, bias, { geometry, activation });
    return unbatched(y, isBatch);
  });
}

/**
 * Convolves x [N, C, L] or [C, L] with w [O, C / groups, K], as `torch.nn.functional.conv1d`.
 * @param options stride, padding (numbers, "same", "valid"), dilation, groups, bias [O], activation
 * @returns [N, O, L′] or [O, L′] with L′ = floor((L + 2·padding − dilation·(K − 1) − 1) / stride) + 1
 * @throws ShapeError channels do not match, the kernel does not fit, wrong rank; ArgumentError a stride,
 * padding, dilation or groups that makes no sense; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 */
export const conv1d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor =>
  convNd("conv1d", 1, x, w, options);

/**
 * Convolves x [N, C, H, W] or [C, H, W] with w [O, C / groups, KH, KW], as
 * `torch.nn.functional.conv2d`. groups = C is depthwise convolution. Options and errors as conv1d's.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export const conv2d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor =>
  convNd("conv2d", 2, x, w, options);

/**
 * Convolves x [N, C, D, H, W] or [C, D, H, W] with w [O, C / groups, KD, KH, KW], as
 * `torch.nn.functional.conv3d`. Options and errors as conv1d's.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html
 */
export const conv3d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor =>
  convNd("conv3d", 3, x, w, options);
