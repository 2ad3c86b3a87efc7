// Custom Function: user code on the tape. Forward and backward run in the user's frame; what they make
// is the user's.
import { isFloating } from "../dtype.ts";
import { ArgumentError, AutogradError } from "../errors.ts";
import { aliasOf, checkLive, Tensor } from "../tensor.ts";
import { saveTensor } from "./saved.ts";
import { GradNode, gradMode, noGrad, type Rule, type Saved } from "./tape.ts";

export class FunctionContext {
  private slots: Saved[] = [];
  private node: GradNode | null = null;
  private toSave: readonly Tensor[] = [];
  private readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  /** The tape holds these until backward lets them go. Anything else may be a property of your own. */
  saveForBackward(...tensors: Tensor[]): void {
    for (const t of tensors) {
      if (t instanceof Tensor) continue;
      throw new ArgumentError(
        this.name,
        `saveForBackward takes tensors, got ${typeof t}; keep anything else as a property of ctx`,
      );
    }
    this.toSave = tensors;
  }
  get savedTensors(): Tensor[] {
    if (this.node?.freed) throw new AutogradError(`${this.name}: its saved tensors were freed`);
    return this.slots.map((s) => s.unpack(this.name));
  }
  /** Aliases are made after the outputs have their source, as dispatch does. @internal */
  attach(node: GradNode): Saved[] {
    this.node = node;
    this.slots = this.toSave.map((t, i) => saveTensor(`saved tensor ${i}`, t));
    this.toSave = [];
    return this.slots;
  }
  /** Nothing records: what was to be saved is forgotten. @internal */
  discard(): void {
    this.toSave = [];
  }
}

/** A class with static forward and backward, as `torch.autograd.Function`. */
export interface FunctionClass<Args extends readonly unknown[]> {
  readonly name: string;
  forward(ctx: FunctionContext, ...args: Args): Tensor | readonly Tensor[];
  /**
   * One gradient per argument, in order, or per tensor among them; undefined (null) where there is none, as for
   * arguments that are no tensors.
   */
  backward(
    ctx: FunctionContext,
    ...gradients: (Tensor | undefined)[]
  ): Tensor | undefined | readonly (Tensor | undefined)[];
}

function apply<Args extends readonly unknown[]>(
  fn: FunctionClass<Args>,
  args: Args,
): Tensor | Tensor[] {
  const ctx = new FunctionContext(fn.name);
  const inputs = args.filter((a): a is Tensor => a instanceof Tensor);
  for (const t of inputs) checkLive(fn.name, t);
  const result = noGrad(() => fn.forward(ctx, ...args));
  const given: unknown[] = Array.isArray(result) ? result : [result];
  for (const y of given) {
    if (y instanceof Tensor) continue;
    throw new ArgumentError(
      `${fn.name}.forward`,
      `must return a tensor or an array of tensors; got ${typeof y}`,
    );
  }
  let outputs = given as Tensor[];
  if (gradMode && inputs.some((t) => t.source !== null)) {
    // A tensor with a history of its own (an input, a captured leaf), or returned twice, becomes an output of its
    // own: else that history would be replaced.
    outputs = outputs.map((y, k) =>
      inputs.includes(y) || y.source !== null || outputs.indexOf(y) < k ? aliasOf(y) : y,
    );
    const node = new GradNode(
      ruleOf(fn, ctx, args),
      inputs.map((t) => t.source),
      inputs.map((t) => t.sourceIndex),
      inputs.map(metaOf),
      outputs.map(metaOf),
      null,
      null,
      [],
    );
    outputs.forEach((y, k) => {
      y.source = isFloating(y.dtype) ? node : null; // integers have no gradient
      y.sourceIndex = k;
    });
    node.saved = ctx.attach(node);
  } else ctx.discard();
  return result instanceof Tensor ? (outputs[0] as Tensor) : outputs;
}

const metaOf = (t: Tensor) => ({ shape: t.shape, dtype: t.dtype });

function ruleOf<Args extends readonly unknown[]>(
  fn: FunctionClass<Args>,
  ctx: FunctionContext,
  args: Args,
): Rule {
  // What follows must not hold the arguments themselves.
  const isTensor = args.map((a) => a instanceof Tensor);
  const inputs = isTensor.filter(Boolean).length;
  return {
    name: fn.name,
    byUser: true,
    backward(_node, gradients) {
      const result = fn.backward(ctx, ...gradients);
      // PyTorch's None is written null by many.
      let list = (Array.isArray(result) ? result : [result]).map((g) => g ?? undefined);
      if (list.length === isTensor.length && list.every((g, i) => isTensor[i] || !g)) {
        list = list.filter((_, i) => isTensor[i]);
      }
      if (list.length !== inputs) {
        throw new AutogradError(
          `${fn.name}.backward gave ${list.length} gradients, but forward had ${inputs} tensor arguments; ` +
            `return one for each, undefined where there is none; or one for each argument, undefined for what is no tensor`,
        );
      }
      const other = list.find((g) => g !== undefined && !(g instanceof Tensor));
      if (other !== undefined) {
        throw new ArgumentError(
          `${fn.name}.backward`,
          `must return a Tensor or undefined for each input; got ${typeof other}`,
        );
      }
      return list;
    },
  };
}

/**
 * Base class of custom differentiable functions, as `torch.autograd.Function`:
 *
 *     class Cube extends Function {
 *       static forward(ctx: FunctionContext, x: Tensor) { ctx.saveForBackward(x); return x.pow(3); }
 *       static backward(ctx: FunctionContext, g?: Tensor) { return g?.mul(ctx.savedTensors[0].pow(2).mul(3)); }
 *     }
 *     const y = Cube.apply(x);
 */
// biome-ignore lint/complexity/noStaticOnlyClass: users extend it, as they extend PyTorch's
export abstract class Function {
  static apply<Args extends readonly unknown[], R extends Tensor | readonly Tensor[]>(
    this: FunctionClass<Args> & { forward(ctx: FunctionContext, ...args: Args): R },
    ...args: Args
  ): R {
    // biome-ignore lint/complexity/noThisInStatic: the subclass is meant, not this base class
    return apply(this, args) as unknown as R;
  }
}
