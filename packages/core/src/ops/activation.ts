// Activations that a convolution, a linear map or a normalisation applies to its own result. They are known
// where it is made and again in the gradient, so that neither a pass over memory nor a tensor more to save is spent on them.
import { ArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { relu } from "./elementwise/relu.ts";
import { reluGrad } from "./elementwise/relu-grad.ts";
import { relu6 } from "./elementwise/relu6.ts";
import { relu6Grad } from "./elementwise/relu6-grad.ts";

export const ACTIVATIONS = ["none", "relu", "relu6"] as const;
/** max(x, 0); min(max(x, 0), 6); or nothing. */
export type Activation = (typeof ACTIVATIONS)[number];

interface Pair {
  apply(x: Tensor): Tensor;
  /** g where the activation lets it through; z is its input or its output. */
  grad(g: Tensor, z: Tensor): Tensor;
}
const PAIRS: Readonly<Record<Exclude<Activation, "none">, Pair>> = {
  relu: { apply: relu, grad: reluGrad },
  relu6: { apply: relu6, grad: relu6Grad },
};

export const activated = (x: Tensor, activation: Activation): Tensor =>
  activation === "none" ? x : PAIRS[activation].apply(x);

/** The gradient of activated(): `z` gives its input or its output, and is not asked for "none". */
export const activatedGrad = (g: Tensor, z: () => Tensor, activation: Activation): Tensor =>
  activation === "none" ? g : PAIRS[activation].grad(g, z());

export function checkActivation(op: string, activation: Activation): void {
  if (ACTIVATIONS.includes(activation)) return;
  const known = ACTIVATIONS.map((name) => JSON.stringify(name)).join(", ");
  throw new ArgumentError(
    op,
    `activation must be one of ${known}; got ${JSON.stringify(activation)}`,
  );
}
