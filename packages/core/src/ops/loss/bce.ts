// Binary cross-entropy of probabilities. The logarithms are cut at −100, as PyTorch's are, so that a certain but
// wrong prediction costs 100 and not infinity; its gradient is not cut.
import { ArgumentError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { sub } from "../elementwise/sub.ts";
import {
  checkReduction,
  checkSameShape,
  checkValues,
  LOSS_OPTIONS,
  type LossOptions,
  reduced,
} from "./reduction.ts";

const logs = (x: Tensor): readonly [ofX: Tensor, ofRest: Tensor] => [
  x.log().clamp({ min: -100 }),
  x.neg().log1p().clamp({ min: -100 }),
];

const bceOp = defineOp()({
  name: "binaryCrossEntropyValues",
  label: "binaryCrossEntropy",
  doc: "−[t · log x + (1 − t) · log(1 − x)] of each element, the logarithms at least −100.",
  inputs: ["x", "target"],
  outputs: ["y"],
  saves: ["x", "target"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  compose: (x, target) => {
    const [log, logRest] = logs(x);
    return target.sub(1).mul(logRest).sub(target.mul(log));
  },
  // dy/dx = (x − t) / (x · (1 − x))
  vjp: (gs, { x, target }, _a, _m, need) => {
    const [log, logRest] = logs(x);
    return {
      x: need.x ? gs.y.mul(x.sub(target)).div(x.mul(sub(1, x)).clamp({ min: 1e-12 })) : undefined,
      target: need.target ? gs.y.mul(logRest.sub(log)) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3], { low: 0.1, high: 0.9 }), rng.tensor([2, 3], { low: 0, high: 1 })],
    [rng.tensor([], { low: 0.1, high: 0.9 }), rng.tensor([], { low: 0, high: 1 })],
  ],
  errors: (rng) => [
    [
      () => binaryCrossEntropy(rng.tensor([2], { low: 2, high: 3 }), rng.tensor([2])),
      ArgumentError,
      /binaryCrossEntropy: input holds probabilities, from 0 to 1; .*for logits use binaryCrossEntropyWithLogits/,
    ],
  ],
});

export interface BceOptions extends LossOptions {
  /** A factor per element, broadcast. */
  readonly weight?: Tensor | undefined;
}
const OPTIONS: OptionNames<BceOptions> = { weight: "Tensor", ...LOSS_OPTIONS };

/**
 * −[t · log x + (1 − t) · log(1 − x)], averaged; as `torch.nn.functional.binary_cross_entropy`.
 * @param input probabilities
 * @param target probabilities, of the shape of input
 * @throws ArgumentError input outside of [0, 1]; ShapeError shapes that differ; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: BceOptions = {},
): Tensor {
  const op = "binaryCrossEntropy";
  checkOptions(op, options, OPTIONS);
  const { weight, reduction = "mean" } = options;
  checkDtypes(op, { input, target }, { weight });
  checkSameShape(op, input, target);
  checkReduction(op, reduction);
  checkValues(input, 0, 1, (least, most) => {
    throw new ArgumentError(
      op,
      `input holds probabilities, from 0 to 1; it goes from ${least} to ${most}; ` +
        "for logits use binaryCrossEntropyWithLogits",
    );
  });
  return composite(() => {
    const values = bceOp(input, target);
    return reduced(weight === undefined ? values : values.mul(weight), reduction);
  });
}
