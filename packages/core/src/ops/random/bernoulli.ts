// bernoulli: coins, one for each probability.
import { composite, methods, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { lt } from "../elementwise/lt.ts";
import { to } from "../elementwise/to.ts";
import { checkDrawOptions, checkProbabilities, type DrawOptions } from "./check.ts";
import { rand } from "./draws.ts";

/**
 * 1 with the probability that each element of p gives, else 0; as `torch.bernoulli`. No gradient flows.
 * @returns p's shape and dtype
 * @throws ArgumentError where an element is no probability; DTypeError unless p is floating
 * @see https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html
 */
export function bernoulli(p: Tensor, options: DrawOptions = {}): Tensor {
  checkDrawOptions("bernoulli", options);
  checkDtypes("bernoulli", { p });
  checkProbabilities("bernoulli", p);
  return composite(() => {
    // float32 draws for every dtype: one sequence of coins.
    const drawn = rand(p.shape, { device: p.backend, generator: options.generator });
    return to(lt(drawn, p), p.dtype);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    bernoulli(options?: DrawOptions): Tensor;
  }
}
methods({
  bernoulli(options) {
    return bernoulli(this, options);
  },
});
