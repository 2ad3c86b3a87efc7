// Leaves, their gradients as the user sees them, and hooks.

import { isFloating } from "../dtype.ts";
import { ArgumentError, AutogradError, DTypeError, ShapeError } from "../errors.ts";
import { inferring } from "../memory/storage.ts";
import { sameShape } from "../shape.ts";
import { aliasOf, inFrame, Tensor } from "../tensor.ts";
import { type Hook, Leaf } from "./tape.ts";

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

/** The user's view of the accumulated gradient: same handle at each look, never released by the framework. */
export function gradOf(t: Tensor): Tensor | null {
  const leaf = t.source;
  if (!(leaf instanceof Leaf) || leaf.grad === null) return null;
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
  const leaf = t.source;
  if (!(leaf instanceof Leaf)) {
    if (gradient === null) return;
    throw new AutogradError("grad: only a leaf that requires grad holds one");
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
  const list = hooksAt(source, t.sourceIndex);
  list.push(hook);
  return () => {
    const at = list.indexOf(hook);
    if (at >= 0) list.splice(at, 1);
  };
}

function hooksAt(source: NonNullable<Tensor["source"]>, index: number): Hook[] {
  if (source instanceof Leaf) {
    source.hooks ??= [];
    return source.hooks;
  }
  source.hooks ??= [];
  source.hooks[index] ??= [];
  return source.hooks[index];
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
