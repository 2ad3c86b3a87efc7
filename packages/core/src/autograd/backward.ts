// backward() and grad(): what they check and refuse, and where the gradients of a walk end.

import { isFloating } from "../dtype.ts";
import {
  ArgumentError,
  AutogradError,
  DTypeError,
  GraphFreedError,
  ShapeError,
} from "../errors.ts";
import { checkOptions, type OptionNames } from "../options.ts";
import { sameShape } from "../shape.ts";
import { adopt, checkLive, inFrame, ownedOne, type Tensor } from "../tensor.ts";
import { runHooks } from "./hooks.ts";
import { GradNode, type Leaf, withGradMode } from "./tape.ts";
import { arithmetic, Wanted, walk } from "./walk.ts";

export interface BackwardOptions {
  /** Keep what the tape saved, so that backward can run again. Default: the value of createGraph. */
  readonly retainGraph?: boolean | undefined;
  /** Record the gradient rules, so that the gradients can be differentiated. */
  readonly createGraph?: boolean | undefined;
}

const BACKWARD_OPTIONS: OptionNames<BackwardOptions> = { retainGraph: true, createGraph: true };

/**
 * Adds the gradient of `t` into `.grad` of every leaf it was made from.
 * @param seed the gradient of t; may be left out when t has one element
 */
export function backward(t: Tensor, seed?: Tensor, options: BackwardOptions = {}): void {
  checkOptions("backward", options, BACKWARD_OPTIONS);
  checkRoot("backward", t, seed);
  const record = options.createGraph ?? false;
  const run = walk([t], [seed], record, options.retainGraph ?? record, null);
  withGradMode(record, () => {
    const { leaves, gradients, users } = run;
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i] as Leaf;
      accumulate(leaf, runHooks(leaf.hooks, gradients[i] as Tensor, users), record);
      if (leaf.after !== null) for (const f of leaf.after.slice()) inFrame(users, f);
    }
  });
}

function accumulate(leaf: Leaf, g: Tensor, record: boolean): void {
  const old = leaf.grad;
  if (old === null) {
    // Steal only what nobody else can see: 'add' hands one gradient to both inputs.
    if (record || (g.storage.count === 1 && g.contiguous)) leaf.grad = g;
    else {
      leaf.grad = ownedOne(() => arithmetic.copy(g));
      g.release();
    }
    return;
  }
  if (record) {
    leaf.grad = ownedOne(() => arithmetic.add(old, g));
    old.release();
    leaf.shown = null;
  } else arithmetic.addInPlace(old, g);
  g.release();
}

export interface GradOptions extends BackwardOptions {
  /** One per output (a tensor alone is that of the first); may be left out for outputs of one element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | undefined)[] | undefined;
  /** Give null for an input that no output depends on, instead of an error. */
  readonly allowUnused?: boolean | undefined;
}

const GRAD_OPTIONS: OptionNames<GradOptions> = {
  ...BACKWARD_OPTIONS,
  gradOutputs: "Tensor",
  allowUnused: true,
};

/**
 * Gradients of outputs with respect to inputs, leaves or not; touches no `.grad`. As `torch.autograd.grad`.
 * @returns one tensor per input, of its shape (null where unused, with allowUnused)
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor,
  options?: GradOptions & { readonly allowUnused?: false | undefined },
): [Tensor];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  checkOptions("grad", options, GRAD_OPTIONS);
  const outs = listOf(outputs);
  const ins = listOf(inputs);
  const seeds = options.gradOutputs === undefined ? NO_SEEDS : listOf(options.gradOutputs);
  if (seeds.length > outs.length) {
    throw new ArgumentError(
      "grad",
      `${seeds.length} gradOutputs for ${outs.length} outputs; give one each`,
    );
  }
  for (let i = 0; i < outs.length; i++) checkRoot("grad", outs[i] as Tensor, seeds[i]);
  const wanted = new Wanted();
  for (const t of ins) {
    checkLive("grad", t);
    if (t.source === null) {
      throw new AutogradError(
        "grad: an input does not require grad; call requiresGrad_() before the forward",
      );
    }
    wanted.add(t.source, t.sourceIndex);
  }
  const { createGraph = false } = options;
  const retain = options.retainGraph ?? createGraph;
  const { leaves, gradients, users } = walk(outs, seeds, createGraph, retain, wanted);
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i] as Leaf;
    const g = runHooks(leaf.hooks, gradients[i] as Tensor, users);
    const place = wanted.find(leaf, 0);
    if (place >= 0) wanted.gradients[place] = g;
    else g.release(); // an output that is a leaf itself
  }
  for (const g of wanted.gradients) if (g !== null) adopt(g); // the user's now, and her scope's
  const results = ins.map((t) => wanted.gradientOf(t.source as GradNode | Leaf, t.sourceIndex));
  const unused = results.indexOf(null);
  if (unused >= 0 && !options.allowUnused) {
    throw new AutogradError(
      `grad: no output depends on input ${unused}; pass { allowUnused: true } to get null for it`,
    );
  }
  return results;
}

const NO_SEEDS: readonly undefined[] = [];
const listOf = <T>(given: T | readonly T[]): readonly T[] =>
  Array.isArray(given) ? given : [given as T];

function checkRoot(op: string, t: Tensor, seed: Tensor | undefined): void {
  checkLive(op, t);
  if (seed !== undefined) checkLive(op, seed);
  if (t.source === null) {
    throw new AutogradError(
      `${op}: the output does not require grad: no input of its graph does, or it was made under noGrad()`,
    );
  }
  if (t.source instanceof GradNode && t.source.freed) throw new GraphFreedError(t.source.rule.name);
  if (!isFloating(t.dtype)) throw new AutogradError(`${op}: a ${t.dtype} tensor has no gradient`);
  if (seed === undefined && t.numel !== 1) {
    throw new ShapeError(
      op,
      "only an output of one element has an implicit gradient; reduce it (sum, mean), or pass the gradient",
      { output: t.shape },
    );
  }
  if (seed !== undefined && !sameShape(seed.shape, t.shape)) {
    throw new ShapeError(op, "gradient and output differ in shape", {
      output: t.shape,
      gradient: seed.shape,
    });
  }
  if (seed !== undefined && seed.dtype !== t.dtype) {
    throw new DTypeError(
      op,
      `the gradient must be ${t.dtype} as the output, got ${seed.dtype}; use to("${t.dtype}")`,
    );
  }
}
