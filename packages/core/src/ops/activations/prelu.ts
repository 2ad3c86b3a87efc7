// prelu: a leaky rectifier whose slopes are learned.
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { gt } from "../elementwise/gt.ts";
import { where } from "../elementwise/where.ts";
import { broadcastMeta, sumTo } from "../promote.ts";

const preluOp = defineOp()({
  name: "prelu",
  doc: "x where x > 0, else w · x, w broadcast. He et al., https://arxiv.org/abs/1502.01852.",
  example: ["prelu(tensor([-1, 2]), tensor([0.25]))", "tensor([-0.2500,  2.0000])"],
  inputs: ["x", "w"],
  outputs: ["y"],
  saves: ["x", "w"],
  shape: (x, w) => broadcastMeta("prelu", x, w),
  compose: (x, w) => where(gt(x, 0), x, x.mul(w)),
  vjp: (gs, { x, w }, _a, m, need) => {
    const positive = gt(x, 0);
    return {
      x: need.x ? where(positive, gs.y, gs.y.mul(w)) : undefined,
      w: need.w ? sumTo(where(positive, 0, gs.y.mul(x)), m.w.shape) : undefined,
    };
  },
  samples: (rng) => [
    [rng.tensor([2, 3], { low: -2, high: -0.1 }), rng.tensor([3])],
    [rng.tensor([2, 3, 2], { low: 0.1, high: 2 }), rng.tensor([3, 1])],
    [rng.tensor([], { low: -2, high: -0.1 }), rng.tensor([])],
  ],
  errors: (rng) => [
    [
      () => prelu(rng.tensor([2, 3]), rng.tensor([2])),
      ShapeError,
      /prelu: weight has 2 slopes, the input 3 channels in dimension 1; give it 3 or 1/,
    ],
    [
      () => prelu(rng.tensor([2, 3]), rng.tensor([1, 3])),
      ShapeError,
      /weight must be \[\] or \[n\]/,
    ],
    [() => prelu(rng.ints([2], 3), rng.tensor([1])), DTypeError, /prelu: input is int64/],
  ],
});

/**
 * x where x > 0, else weight · x; as `torch.nn.functional.prelu`.
 * @param weight one slope ([] or [1]), or one for each channel: dimension 1 of x
 * @throws ShapeError a number of slopes that is neither; DTypeError mixed or integer dtypes
 * @see https://arxiv.org/abs/1502.01852
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkDtypes("prelu", { input: x, weight });
  if (weight.ndim > 1) {
    throw new ShapeError("prelu", "weight must be [] or [n]", {
      input: x.shape,
      weight: weight.shape,
    });
  }
  const slopes = weight.numel;
  const channels = x.ndim < 2 ? 1 : (x.shape[1] as number);
  if (slopes !== 1 && slopes !== channels) {
    throw new ShapeError(
      "prelu",
      `weight has ${slopes} slopes, the input ${channels} channels in dimension 1; give it ${channels} or 1`,
      { input: x.shape, weight: weight.shape },
    );
  }
  return composite(() => {
    const beside = x.ndim < 2 ? [] : [slopes, ...new Array<number>(x.ndim - 2).fill(1)];
    return preluOp(x, weight.reshape(beside));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    prelu(weight: Tensor): Tensor;
  }
}
methods({
  prelu(weight) {
    return prelu(this, weight);
  },
});
