// Cross-entropy of logits that a matrix makes: the head of a language model and its loss.
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { linear } from "../linear/linear.ts";
import { CROSS_ENTROPY_OPTIONS, type CrossEntropyOptions, crossEntropy } from "./cross-entropy.ts";

export interface LinearCrossEntropyOptions extends CrossEntropyOptions {
  /** [C] or [C, …], added to the logits. */
  readonly linearBias?: Tensor | undefined;
}
const OPTIONS: OptionNames<LinearCrossEntropyOptions> = {
  ...CROSS_ENTROPY_OPTIONS,
  linearBias: "Tensor",
};

/**
 * crossEntropy(linear(input, linearWeight, linearBias), target); as `torch.nn.functional.linear_cross_entropy`.
 * @param input [features] or [N, features]
 * @param linearWeight [C, features], or [C, …, features] for losses of [N, …] places
 * @param target class numbers [], [N] or [N, …], or probabilities [C], [N, C] or [N, C, …]
 * @throws ShapeError, DTypeError, IndexError, ArgumentError
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.linear_cross_entropy.html
 */
export function linearCrossEntropy(
  input: Tensor,
  linearWeight: Tensor,
  target: Tensor,
  options: LinearCrossEntropyOptions = {},
): Tensor {
  const op = "linearCrossEntropy";
  checkOptions(op, options, OPTIONS);
  checkLive(op, input);
  checkLive(op, linearWeight);
  const { linearBias, ...rest } = options;
  const sizes = linearWeight.shape.slice(0, -1);
  const fits = input.ndim === 2 || (input.ndim === 1 && sizes.length === 1);
  if (linearWeight.ndim < 2 || !fits) {
    throw new ShapeError(
      op,
      "expects an input [N, features] and a linearWeight [C, features] or [C, …, features]",
      { input: input.shape, linearWeight: linearWeight.shape },
    );
  }
  return composite(() => {
    const features = linearWeight.shape[linearWeight.ndim - 1] as number;
    const logits = linear(input, linearWeight.reshape([-1, features]), linearBias?.reshape([-1]));
    return crossEntropy(logits.reshape([...input.shape.slice(0, -1), ...sizes]), target, rest);
  });
}
