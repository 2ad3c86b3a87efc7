// LinearCrossEntropyLoss: a Linear that makes logits, and their loss.
import { linearCrossEntropy, type OptionNames, sizeOf, type Tensor } from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, given, whole, within } from "../args.ts";
import { python, pythonFloat } from "../print.ts";
import { Linear } from "./linear.ts";
import type { CrossEntropyLossOptions } from "./loss.ts";
import { LOSS_OPTIONS, Loss, shared } from "./loss-base.ts";

export interface LinearCrossEntropyLossOptions extends CrossEntropyLossOptions, FactoryOptions {
  /** Places of the target behind the batch, each with logits of its own. Default: []. */
  readonly outFeatures?: readonly number[] | undefined;
  /** Default: false. */
  readonly bias?: boolean | undefined;
}
const OPTIONS: OptionNames<LinearCrossEntropyLossOptions> = {
  weight: "Tensor",
  ignoreIndex: true,
  labelSmoothing: true,
  outFeatures: true,
  bias: true,
  ...FACTORY_OPTIONS,
  ...LOSS_OPTIONS,
};

/**
 * Cross-entropy of what a Linear makes of [N, inFeatures], with class indices [N, …] or probabilities [N, C, …]; as
 * `torch.nn.LinearCrossEntropyLoss`.
 */
export class LinearCrossEntropyLoss extends Loss {
  weight: Tensor | null;
  linear: Linear;
  readonly numClasses: number;
  readonly outFeatures: readonly number[];
  readonly ignoreIndex: number | null;
  readonly labelSmoothing: number;
  constructor(inFeatures: number, numClasses: number, options: LinearCrossEntropyLossOptions = {}) {
    const name = "LinearCrossEntropyLoss";
    super(name, options, OPTIONS);
    const { weight, outFeatures = [], bias = false, ignoreIndex, labelSmoothing = 0 } = options;
    this.numClasses = whole(name, "numClasses", numClasses);
    for (const size of outFeatures) whole(name, "outFeatures", size);
    this.outFeatures = outFeatures;
    this.weight = shared(weight);
    this.ignoreIndex = ignoreIndex ?? null;
    this.labelSmoothing = within(name, "labelSmoothing", labelSmoothing, 0, 1);
    const { dtype, device } = options;
    const outputs = numClasses * sizeOf(outFeatures);
    this.linear = new Linear(inFeatures, outputs, { bias, ...given({ dtype, device }) });
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { linear, numClasses, outFeatures, weight, ignoreIndex, reduction, labelSmoothing } =
      this;
    const sizes = [numClasses, ...outFeatures];
    return linearCrossEntropy(input, linear.weight.reshape([...sizes, linear.inFeatures]), target, {
      ...given({ linearBias: linear.bias?.reshape(sizes), weight, ignoreIndex }),
      ...{ reduction, labelSmoothing },
    });
  }
  override extraRepr(): string {
    const { linear, numClasses, outFeatures, reduction, ignoreIndex, labelSmoothing } = this;
    return (
      `in_features=${linear.inFeatures}, num_classes=${numClasses}, out_features=${python(outFeatures)}, ` +
      `bias=${python(linear.bias !== null)}, reduction=${reduction}, ignore_index=${python(ignoreIndex)}, ` +
      `label_smoothing=${pythonFloat(labelSmoothing)}, options=None`
    );
  }
}
