// Leaves, their gradients as the user sees them, and hooks.

import { isFloating } from "../dtype.ts";
import { ArgumentError, AutogradError, DTypeError, ShapeError } from "../errors.ts";
import { inferring } from "../memory/storage.ts";
import { sameShape } from "../shape.ts";
import { aliasOf, inFrame, Tensor } from "../tensor.ts";
import { type AccumulatedHook, GradNode, type Hook, Leaf, type OutputHooks } from "./tape.ts";

export function setRequiresGrad(t: Tensor, on: boolean): Tensor {
  if (on && !isFloating(t.dtype)) {
    throw new AutogradError(
      `requiresGrad: only floating-point tensors have gradients, this one is ${t.dtype}; use to("float32")`,
    );
  }
  if (on && t.source === null && t.storage.inference && !inferring) {
    throw new AutogradError(
      "requiresGrad: this tensor was made in inferenceMode(); clone() it outside for one that can require grad",
    );
  }
  if (!on && t.source !== null && !(t.source instanceof Leaf)) {
    throw new AutogradError(
      `requiresGrad: this tensor was made by '${t.origin}', not by you; use detach() to leave the graph`,
    );
  }
  if (!on) t.source = null;
  else if (t.source === null) {
    t.source = new Leaf();
    t.sourceIndex = 0;
    t.link = null; // what it was a view of is no longer where it comes from
  }
  return t;
}

/** What holds `t.grad`: the leaf, or what retainGrad() has put beside the node that made t. */
function holderOf({ source, sourceIndex }: Tensor): Leaf | null {
  return source instanceof GradNode ? (source.hooks?.[sourceIndex]?.retained ?? null) : source;
}

/** The user's view of the accumulated gradient: same handle at each look, never released by the framework. */
export function gradOf(t: Tensor): Tensor | null {
  const leaf = holderOf(t);
  if (leaf === null || leaf.grad === null) return null;
  if (leaf.shown === null || leaf.shown.released) leaf.shown = aliasOf(leaf.grad);
  return leaf.shown;
}

/** A gradient that the user hands in takes the place of ours, so it must be like it. */
export function checkGradient(op: string, g: unknown, like: Tensor): asserts g is Tensor {
  if (!(g instanceof Tensor)) {
    throw new ArgumentError(op, `expected a gradient, a Tensor; got ${g === null ? g : typeof g}`);
  }
  if (!sameShape(g.shape, like.shape)) {
    throw new ShapeError(op, "the gradient does not have the shape of what it belongs to", {
      gradient: g.shape,
      expected: like.shape,
    });
  }
  if (g.dtype !== like.dtype) {
    throw new DTypeError(
      op,
      `the gradient must be ${like.dtype}, got ${g.dtype}; use to("${like.dtype}")`,
    );
  }
}

/** `t.grad = null`: the accumulator lets go; a handle that the user took lives on. */
export function setGrad(t: Tensor, gradient: Tensor | null): void {
  const leaf = holderOf(t);
  if (leaf === null) {
    if (gradient === null) return;
    throw new AutogradError(
      "grad: only a leaf that requires grad holds one, and what retainGrad() was called on",
    );
  }
  if (gradient !== null) checkGradient("grad", gradient, t);
  leaf.grad?.release();
  leaf.grad = gradient === null ? null : aliasOf(gradient);
  leaf.shown = null;
}

/**
 * Calls `hook` with each gradient of t that backward computes; what it returns replaces the gradient.
 * @returns a function that removes the hook
 */
export function registerHook(t: Tensor, hook: Hook): () => void {
  if (typeof hook !== "function") {
    throw new ArgumentError("registerHook", `expected a function, got ${typeof hook}`);
  }
  const source = t.source;
  if (source === null) {
    throw new AutogradError(
      "registerHook: this tensor does not require grad, so no gradient passes",
    );
  }
  if (source instanceof GradNode) return added(outputHooks(source, t.sourceIndex).list, hook);
  source.hooks ??= [];
  return added(source.hooks, hook);
}

/** Puts an item at the end of a list; returns what takes it out again. */
function added<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
}

function outputHooks(node: GradNode, index: number): OutputHooks {
  node.hooks ??= [];
  node.hooks[index] ??= { list: [], retained: null };
  return node.hooks[index];
}

/**
 * Calls `hook` with the leaf whenever backward() has brought its `.grad` up to date, after all other hooks and when
 * the walk is over: an optimizer may step there, and clear `.grad`. Nothing records meanwhile, unless createGraph.
 * grad() accumulates nothing and calls none. As `torch.Tensor.register_post_accumulate_grad_hook`.
 * @returns a function that removes the hook
 * @throws AutogradError unless t is a leaf that requires grad
 */
export function registerPostAccumulateGradHook(t: Tensor, hook: AccumulatedHook): () => void {
  const op = "registerPostAccumulateGradHook";
  if (typeof hook !== "function") {
    throw new ArgumentError(op, `expected a function, got ${typeof hook}`);
  }
  const { source } = t;
  if (source === null) {
    throw new AutogradError(`${op}: this tensor does not require grad; call requiresGrad_() first`);
  }
  if (source instanceof GradNode) {
    throw new AutogradError(
      `${op}: this tensor was made by '${t.origin}', and only leaves accumulate; use registerHook()`,
    );
  }
  source.after ??= [];
  return added(source.after, () => {
    const result: unknown = hook(t);
    if (result !== undefined && result !== null) {
      throw new ArgumentError(
        op,
        `the hook must return nothing, got ${typeof result}; set leaf.grad`,
      );
    }
  });
}

/**
 * Keeps the gradient of a tensor that is no leaf in its `.grad`, whenever backward() or grad() computes it: what
 * hooks have left of it, added up over several walks. A leaf does so anyway. As `torch.Tensor.retain_grad`.
 * @throws AutogradError unless t requires grad
 */
export function retainGrad(t: Tensor): void {
  const { source, sourceIndex } = t;
  if (source === null) {
    throw new AutogradError(
      "retainGrad: this tensor does not require grad, so it gets no gradient",
    );
  }
  if (source instanceof GradNode) outputHooks(source, sourceIndex).retained ??= new Leaf();
}
export const retainsGrad = (t: Tensor): boolean =>
  t.source instanceof GradNode && holderOf(t) !== null;

/** What is retained belongs to the tensor: it goes along when an in-place op gives that another node. */
export function followRetained(from: GradNode, index: number, to: GradNode, toIndex: number): void {
  const hooks = from.hooks?.[index];
  if (!hooks?.retained) return;
  outputHooks(to, toIndex).retained = hooks.retained;
  hooks.retained = null;
}

/** Hooks are user code: they see an alias that stays theirs, and what they return stays theirs too. */
export function runHooks(
  hooks: readonly Hook[] | null | undefined,
  g: Tensor,
  users: Tensor[] | null,
): Tensor {
  if (!hooks || hooks.length === 0) return g;
  let current = g;
  for (const hook of hooks.slice()) {
    const replaced = inFrame(users, () => hook(aliasOf(current)));
    if (replaced) {
      checkGradient("registerHook: what the hook returned", replaced, current);
      const mine = aliasOf(replaced);
      current.release();
      current = mine;
    }
  }
  return current;
}
