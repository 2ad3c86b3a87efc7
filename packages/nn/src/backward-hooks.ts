// Full backward hooks, as torch's register_full_backward_hook: around one call of a module stand two nodes that
// pass their tensors on, one behind its outputs and one in front of its inputs, and tell what comes by on the way
// back.
import { ArgumentError, Function, type FunctionContext, Tensor } from "@tapegrad/core";
import type { Module } from "./module.ts";

/** A gradient per tensor argument or result, in order; null where there is none. */
export type Gradients = readonly (Tensor | null)[];

/** Sees the gradients of a module's inputs and outputs; may return others for the inputs. */
export type FullBackwardHook<M extends Module = Module> = (
  module: M,
  gradInputs: Gradients,
  gradOutputs: Gradients,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => Gradients | Tensor | undefined | void;
/** Sees the gradients of a module's outputs before they enter it; may return others. */
export type FullBackwardPreHook<M extends Module = Module> = (
  module: M,
  gradOutputs: Gradients,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => Gradients | Tensor | undefined | void;

type Come = (gradients: Gradients) => Gradients;
const nulls = (gs: readonly (Tensor | undefined)[]): Gradients => gs.map((g) => g ?? null);

/** Hands its tensors on, and the gradients that come back through `come`. */
class Pass extends Function {
  static forward(ctx: FunctionContext & { come?: Come }, come: Come, ...tensors: Tensor[]) {
    ctx.come = come;
    return tensors;
  }
  static backward(ctx: FunctionContext & { come?: Come }, ...gradients: (Tensor | undefined)[]) {
    return (ctx.come as Come)(nulls(gradients)).map((g) => g ?? undefined);
  }
}

/** The hooks of one module. */
export class BackwardHooks {
  readonly pre: readonly FullBackwardPreHook[];
  readonly full: readonly FullBackwardHook[];

  constructor(pre: readonly FullBackwardPreHook[], full: readonly FullBackwardHook[]) {
    this.pre = pre;
    this.full = full;
  }

  /** Runs `forward` on the arguments between the two nodes. */
  around(module: Module, args: unknown[], forward: (args: unknown[]) => unknown): unknown {
    const { pre, full } = this;
    const inputs = args.filter((a): a is Tensor => a instanceof Tensor);
    const reached = inputs.some((t) => t.requiresGrad);
    let gradOutputs: Gradients = [];
    const atInputs: Come = (gradInputs) =>
      full.reduce<Gradients>(
        (gs, hook) => replaced("registerFullBackwardHook", gs, hook(module, gs, gradOutputs)),
        gradInputs,
      );
    const atOutputs: Come = (arrived) => {
      gradOutputs = pre.reduce<Gradients>(
        (gs, hook) => replaced("registerFullBackwardPreHook", gs, hook(module, gs)),
        arrived,
      );
      // No gradient will come by at the inputs.
      if (!reached) atInputs(inputs.map(() => null));
      return gradOutputs;
    };
    const queue = reached && full.length > 0 ? passed(inputs, atInputs) : [...inputs];
    const output = forward(args.map((a) => (a instanceof Tensor ? queue.shift() : a)));
    const outputs = tensorsOf(output);
    if (!outputs.some((t) => t.requiresGrad)) return output;
    return swap(output, passed(outputs, atOutputs));
  }
}

/** Behind a node that tells `come`; those without a gradient go past it. */
function passed(tensors: readonly Tensor[], come: Come): Tensor[] {
  const recording = tensors.filter((t) => t.requiresGrad);
  /** One for each tensor from one for each that records, and back. */
  const spread = <T, E>(list: readonly T[], other: (t: Tensor) => E): (T | E)[] => {
    const queue = [...list];
    return tensors.map((t) => (t.requiresGrad ? (queue.shift() as T) : other(t)));
  };
  const narrowed: Come = (gradients) =>
    come(spread(gradients, () => null)).filter((_, i) => tensors[i]?.requiresGrad);
  return spread(Pass.apply(narrowed, ...recording) as Tensor[], (t) => t);
}

function replaced(op: string, old: Gradients, given: unknown): Gradients {
  if (given === undefined) return old;
  const list = given instanceof Tensor ? [given] : given;
  if (!Array.isArray(list) || list.length !== old.length) {
    const got = Array.isArray(list) ? `${list.length}` : `a ${typeof list}`;
    throw new ArgumentError(
      op,
      `the hook must return nothing, or a list of ${old.length} gradients; got ${got}`,
    );
  }
  return list;
}

/** The tensors in a tensor, a list or a plain object, in order. */
function tensorsOf(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  return isPlain(value) ? Object.values(value).flatMap(tensorsOf) : [];
}

/** The same value with its tensors replaced, in order. */
function swap(value: unknown, tensors: readonly Tensor[]): unknown {
  const queue = [...tensors];
  const walk = (v: unknown): unknown => {
    if (v instanceof Tensor) return queue.shift();
    if (Array.isArray(v)) return v.map(walk);
    return isPlain(v) ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)])) : v;
  };
  return walk(value);
}

const isPlain = (v: unknown): v is Record<string, unknown> =>
  typeof v === "object" && v !== null && Object.getPrototypeOf(v) === Object.prototype;
