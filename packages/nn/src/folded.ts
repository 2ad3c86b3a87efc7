// A batch norm in evaluation scales and shifts each channel. Folded into the weights and the bias of the
// convolution or Linear in front of it, (w·x + b)·scale + shift = (w·scale)·x + (b·scale + shift), it costs no
// pass over the activations. What was folded is kept until one of the tensors that it was made of changes.
import { isGradEnabled, keep, noGrad, type Shape, scope, type Tensor } from "@tapegrad/core";
import type { Module } from "./module.ts";

/** What takes the place of a layer's own. */
export interface Weights {
  /** The first dim is that of the output's channels. */
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}

/** What a norm in evaluation does to each channel: x · scale + shift. */
export interface Channelwise {
  /** What it depends on. */
  readonly sources: readonly (Tensor | null)[];
  scaleAndShift(): readonly [scale: Tensor, shift: Tensor];
}
/** A norm whose forward may be nothing more. */
export interface ChannelwiseNorm extends Module {
  /** @returns undefined where it is more for outputs of such weights: in training, or of another rank or size */
  channelwise(weight: Shape): Channelwise | undefined;
}

const isNorm = (module: Module): module is ChannelwiseNorm => "channelwise" in module;

/** (x − mean) / √(variance + eps) · weight + bias, as x · scale + shift. */
export function scaleAndShift(
  mean: Tensor,
  variance: Tensor,
  eps: number,
  weight: Tensor | null,
  bias: Tensor | null,
): readonly [scale: Tensor, shift: Tensor] {
  const rstd = variance.add(eps).rsqrt();
  const scale = weight === null ? rstd : rstd.mul(weight);
  const shift = mean.mul(scale).neg();
  return [scale, bias === null ? shift : shift.add(bias)];
}

/** New weights that scale and shift each channel of the output as well. */
export function rescaled(
  { weight, bias }: Weights,
  [scale, shift]: readonly [Tensor, Tensor],
): Weights & { readonly bias: Tensor } {
  const perOutput = scale.reshape([-1, ...weight.shape.slice(1).map(() => 1)]);
  return {
    weight: weight.mul(perOutput),
    bias: bias === null ? shift.clone() : bias.mul(scale).add(shift),
  };
}

interface Folded extends Weights {
  readonly norm: Module;
  /** Storage and version of each source. */
  readonly state: readonly unknown[];
}
const kept = new WeakMap<Module, Folded>();

const stateOf = (sources: readonly (Tensor | null)[]): unknown[] =>
  sources.flatMap((t) => (t === null ? [null] : [t.storage, t.storage.version, t.offset]));

/**
 * Weight and bias of `layer` that do what `norm` does behind it as well; undefined where that cannot be, or where
 * gradients are wanted. Both must be modules of ours that nobody watches.
 */
export function folded(layer: Module & Weights, norm: Module, x: Tensor): Weights | undefined {
  const { weight, bias } = layer;
  // Without a batch, channels lie where a norm does not look for them.
  if (!isNorm(norm) || x.ndim !== weight.ndim) return undefined;
  const affine = norm.channelwise(weight.shape);
  if (affine === undefined) return undefined;
  const sources = [weight, bias, ...affine.sources];
  if (isGradEnabled() && (x.requiresGrad || sources.some((t) => t?.requiresGrad))) return undefined;
  if (sources.some((t) => t !== null && t.dtype !== weight.dtype)) return undefined;
  const state = stateOf(sources);
  const before = kept.get(layer);
  if (before?.norm === norm && before.state.every((value, i) => value === state[i])) return before;
  const made = noGrad(() =>
    scope(() => {
      const { weight, bias } = rescaled(layer, affine.scaleAndShift());
      return { weight: keep(weight), bias: keep(bias) };
    }),
  );
  before?.weight.release();
  before?.bias?.release();
  kept.set(layer, { ...made, norm, state });
  return made;
}
