// Dropout. The key of the draw is an attribute, so that running the op again drops the same elements.
import type { RandomKey } from "../../backend.ts";
import { ArgumentError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { defaultGenerator, Generator } from "../../random/generator.ts";
import type { Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { rand } from "./draws.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * Element i lives iff the i-th float32 uniform of `key` is ≥ p (whatever the dtype of x), and is scaled by
     * 1 / (1 − p). mask gets that factor or 0. 0 < p < 1; x strided, counted in row-major order.
     */
    dropout(x: View, y: View, mask: View | undefined, p: number, key: RandomKey): Ran;
  }
}

const dropoutOp = defineOp<{ readonly p: number; readonly key: RandomKey }>()({
  name: "dropout",
  doc: "Zeroes elements with probability p and scales the others by 1 / (1 − p). Srivastava et al., https://jmlr.org/papers/v15/srivastava14a.html.",
  inputs: ["x"],
  outputs: ["y"],
  hidden: ["mask"],
  saves: ["mask"],
  shape(x) {
    const meta = { shape: x.shape, dtype: x.dtype };
    return { y: meta, mask: meta };
  },
  kernel: (k, x, y, mask, { p, key }) => k.dropout?.(x, y, mask, p, key),
  compose(x, { p, key }) {
    const generator = new Generator();
    generator.setState(key);
    const drawn = rand(x.shape, { device: x.backend, generator }); // float32: one mask for all dtypes
    return x.mul(
      drawn
        .ge(p)
        .to(x.dtype)
        .mul(1 / (1 - p)),
    );
  },
  vjp: (gs, s) => ({ x: gs.y.mul(s.mask) }),
  samples: (rng) => [
    [rng.tensor([3, 5]), { p: 0.5, key: { seed: 1n, offset: 0n } }],
    [rng.tensor([11]), { p: 0.1, key: { seed: 7n, offset: 3n } }],
  ],
  errors: (rng) => [
    [
      () => dropout(rng.tensor([2]), { p: 1.5 }),
      ArgumentError,
      /dropout: p is a probability, from 0 to 1; got 1.5/,
    ],
    [() => dropout(rng.tensor([2]), { p: -0.1 }), ArgumentError, /got -0.1/],
  ],
});

export interface DropoutOptions {
  /** The probability of an element to be zeroed. Default 0.5. */
  readonly p?: number | undefined;
  /** Default true, as in PyTorch. */
  readonly training?: boolean | undefined;
  /** Default: the generator that manualSeed seeds. */
  readonly generator?: Generator | undefined;
}
const OPTIONS: OptionNames<DropoutOptions> = { p: true, training: true, generator: true };

/**
 * x with elements zeroed at random and the others scaled by 1 / (1 − p), as
 * `torch.nn.functional.dropout`. In evaluation, or with p = 0, it is x itself.
 * @throws ArgumentError when p is no probability; DTypeError for integers
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkOptions("dropout", options, OPTIONS);
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  checkDtypes("dropout", { input: x });
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError("dropout", `p is a probability, from 0 to 1; got ${p}`);
  }
  if (!training || p === 0) return x;
  if (p === 1) return x.mul(0);
  return dropoutOp(x, { p, key: generator.next(x.numel) });
}
