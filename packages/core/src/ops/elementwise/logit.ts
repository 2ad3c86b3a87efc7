// The inverse of the sigmoid.
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { clamp } from "./clamp.ts";
import { div } from "./div.ts";
import { log } from "./log.ts";
import { sub } from "./sub.ts";

export interface LogitOptions {
  /** x is clamped to [eps, 1 − eps] first. Default: not at all, and NaN outside of [0, 1]. */
  readonly eps?: number | undefined;
}
const OPTIONS: OptionNames<LogitOptions> = { eps: true };

/** log(x / (1 − x)); integers give float32. As `torch.logit`. */
export function logit(x: Tensor, options: LogitOptions = {}): Tensor {
  checkOptions("logit", options, OPTIONS);
  const { eps } = options;
  return composite(() => {
    const p = floating(x);
    const inside = eps === undefined ? p : clamp(p, { min: eps, max: 1 - eps });
    return log(div(inside, sub(1, inside)));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    logit(options?: LogitOptions): Tensor;
  }
}
methods({
  logit(options) {
    return logit(this, options);
  },
});
