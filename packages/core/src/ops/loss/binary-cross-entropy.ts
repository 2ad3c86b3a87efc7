// Binary cross-entropy of logits.
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import {
  checkReduction,
  checkSameShape,
  LOSS_OPTIONS,
  type LossOptions,
  reduced,
} from "./reduction.ts";

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** A factor per element, broadcast. */
  readonly weight?: Tensor | undefined;
  /** A factor for positive targets, broadcast: above 1 it raises recall. */
  readonly posWeight?: Tensor | undefined;
}
const OPTIONS: OptionNames<BinaryCrossEntropyOptions> = {
  weight: "Tensor",
  posWeight: "Tensor",
  ...LOSS_OPTIONS,
};

/**
 * −[t · log σ(x) + (1 − t) · log(1 − σ(x))], averaged; as
 * `torch.nn.functional.binary_cross_entropy_with_logits`. Stable for large |x|.
 * @param target probabilities, of the shape of input
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  const op = "binaryCrossEntropyWithLogits";
  checkOptions(op, options, OPTIONS);
  const { weight, posWeight, reduction = "mean" } = options;
  checkDtypes(op, { input, target }, { weight, posWeight });
  checkSameShape(op, input, target);
  checkReduction(op, reduction);
  return composite(() => {
    // −log σ(x) = softplus(−x) and −log(1 − σ(x)) = x + softplus(−x)
    const negative = input.neg().softplus();
    const factor = posWeight === undefined ? undefined : target.mul(posWeight.sub(1)).add(1);
    const values = input
      .sub(input.mul(target))
      .add(factor === undefined ? negative : negative.mul(factor));
    return reduced(weight === undefined ? values : values.mul(weight), reduction);
  });
}
