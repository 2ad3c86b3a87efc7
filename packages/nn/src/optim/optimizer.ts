// What optimizers share: parameter groups, the walk over gradients, state in and out. State belongs to
// the optimizer: one storage per parameter and kind, flat over steps, tracked by no scope.
import {
  ArgumentError,
  checkOptions,
  enableGrad,
  type KnownOptions,
  noGrad,
  owned,
  ownedOne,
  type Shape,
  Tensor,
  UseAfterFreeError,
  zerosLike,
} from "@tapegrad/core";
import { defined } from "../args.ts";
import { gradientOf } from "../parameter.ts";
import { type OptimizerState, readState, writeState } from "./optimizer-state.ts";

/** Hyper-parameters: numbers, switches, betas, words. */
export type Hyper = Record<string, number | boolean | string | null | readonly (number | null)[]>;

/** Hyper-parameters; what is left out, or undefined, has its default. */
export type HyperOptions<O> = { readonly [K in keyof O]?: O[K] | undefined };
export type ParamGroupInput<O> = { readonly params: Iterable<Tensor> } & HyperOptions<O>;
export type Params<O> = Iterable<Tensor> | Iterable<ParamGroupInput<O>>;
export type ParamGroup<O> = { readonly params: readonly Tensor[] } & {
  -readonly [K in keyof O]-?: O[K];
} & {
  /** The learning rate before any schedule changed it; schedules set it. */
  initialLr?: number | undefined;
};

/** What an optimizer keeps of one parameter. */
export interface Slot {
  /** Steps taken so far. */
  step: number;
  readonly tensors: Record<string, Tensor>;
  readonly numbers: Record<string, number>;
}

/** A parameter that has a gradient, and what the optimizer keeps of it. */
export interface Item {
  readonly p: Tensor;
  readonly g: Tensor;
  readonly slot: Slot;
}

export abstract class Optimizer<O extends { readonly lr: number } = { readonly lr: number }> {
  /** At least one. Change hyper-parameters here (`group.lr = …`), or by a schedule. */
  readonly paramGroups: [ParamGroup<O>, ...ParamGroup<O>[]];
  private readonly slots = new Map<Tensor, Slot>();
  private readonly defaults: O;

  /** @param defaults every hyper-parameter, for groups that do not give it */
  constructor(params: Params<O>, defaults: O) {
    this.defaults = defaults;
    const items = iterated<Tensor | ParamGroupInput<O>>(this.name, params);
    const groups = items.every((item) => item instanceof Tensor)
      ? [{ params: items } as unknown as ParamGroupInput<O>]
      : items;
    // Not empty for longer than this: iterated() refuses an empty list.
    this.paramGroups = [] as unknown as typeof this.paramGroups;
    for (const group of groups) this.addParamGroup(group as ParamGroupInput<O>);
  }
  /** The class's name, for messages. */
  get name(): string {
    return this.constructor.name;
  }

  /** Another group of parameters; hyper-parameters that are not given are the optimizer's. */
  addParamGroup(input: ParamGroupInput<O>): void {
    if (input === null || typeof input !== "object" || !("params" in input)) {
      throw new ArgumentError(
        this.name,
        "expected parameters, or groups { params, … }; got neither (model.parameters() gives them)",
      );
    }
    const { params, ...own } = input;
    // Groups of another optimizer may come with what its schedule noted.
    checkOptions(this.name, own, { ...namesOf(this.defaults), initialLr: true });
    const list = params instanceof Tensor ? [params] : iterated(this.name, params);
    const seen = new Set(this.paramGroups.flatMap((g) => g.params));
    for (const [i, p] of list.entries()) {
      this.checkParam(p, i);
      if (seen.has(p)) {
        throw new ArgumentError(
          this.name,
          `parameter ${i} of group ${this.paramGroups.length} appears twice; give each parameter once`,
        );
      }
      seen.add(p);
    }
    const hyper = { ...this.defaults, ...defined(own) };
    this.checkHyper(hyper);
    this.paramGroups.push({ ...hyper, params: list } as unknown as ParamGroup<O>);
  }
  private checkParam(p: unknown, index: number): asserts p is Tensor {
    if (!(p instanceof Tensor)) {
      throw new ArgumentError(
        this.name,
        `parameter ${index} is no Tensor but ${typeof p}; pass model.parameters()`,
      );
    }
    if (p.released) throw new UseAfterFreeError(this.name, p.origin);
    if (!p.isLeaf) {
      throw new ArgumentError(
        this.name,
        `parameter ${index} was made by '${p.origin}'; only leaves can be optimized, so detach() it`,
      );
    }
  }
  /** Throws ArgumentError for values that make no sense. */
  protected abstract checkHyper(hyper: O): void;

  /** Changes p by its gradient g; both in place, nothing recorded, temporaries are released. */
  protected abstract update(p: Tensor, g: Tensor, group: ParamGroup<O>, slot: Slot): void;

  /**
   * Changes the parameters of a group in one pass, where there is a kernel for it.
   * @returns those that are left for update()
   */
  protected updateTogether(items: readonly Item[], _group: ParamGroup<O>): readonly Item[] {
    return items;
  }

  /** The shape of a state tensor of p. */
  protected stateShape(p: Tensor, _name: string): Shape {
    return p.shape;
  }

  /**
   * Changes every parameter that has a gradient.
   * @param closure computes the loss and its gradients, and is run before; LBFGS runs it several times
   * @returns what the closure gave
   */
  step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure);
    noGrad(() => {
      for (const group of this.paramGroups) {
        const items: Item[] = [];
        for (const p of group.params) {
          const g = gradientOf(p);
          if (g !== null) items.push({ p, g, slot: this.slotOf(p) });
        }
        for (const { slot } of items) slot.step++;
        for (const { p, g, slot } of this.updateTogether(items, group)) {
          owned(() => {
            this.update(p, g, group, slot);
            return [];
          });
        }
      }
    });
    return loss;
  }
  protected slotOf(p: Tensor): Slot {
    let slot = this.slots.get(p);
    if (slot === undefined) {
      slot = { step: 0, tensors: {}, numbers: {} };
      this.slots.set(p, slot);
    }
    return slot;
  }

  /** Lets the gradients go (PyTorch's set_to_none). */
  zeroGrad(): void {
    for (const group of this.paramGroups) for (const p of group.params) p.grad = null;
  }

  /** Hyper-parameters and step counts as JSON, state tensors by stable keys ("0.exp_avg"). */
  stateDict(): OptimizerState {
    return writeState(this.name, this.paramGroups as unknown as ParamGroup<Hyper>[], this.slots);
  }
  /**
   * Takes over what stateDict() gave, also through a checkpoint, so that training goes on to the same bits. The
   * tensors are copied.
   * @throws StateDictError listing everything that does not fit, ArgumentError for hyper-parameters
   * without sense; then nothing was changed
   */
  loadStateDict(state: {
    readonly tensors: OptimizerState["tensors"];
    readonly state: unknown;
  }): void {
    const groups = this.paramGroups as unknown as ParamGroup<Hyper>[];
    readState(this.name, groups, this.slots, state, {
      hyper: (hyper) => this.checkHyper(hyper as never),
      shape: (p, name) => this.stateShape(p, name),
    });
  }
}

/** The hyper-parameters that an optimizer has: those with a default. */
const namesOf = (defaults: object): KnownOptions =>
  Object.fromEntries(Object.keys(defaults).map((name) => [name, true]));

/**
 * What was given, and the defaults of the others.
 * @throws ArgumentError for a hyper-parameter that has no default, as there is none of that name
 */
export function withDefaults<O extends object>(
  optimizer: string,
  defaults: O,
  options: HyperOptions<O>,
): O {
  checkOptions(optimizer, options, namesOf(defaults));
  return { ...defaults, ...defined(options) };
}

function iterated<T>(name: string, items: Iterable<T>): T[] {
  if (items === null || typeof items !== "object" || !(Symbol.iterator in items)) {
    throw new ArgumentError(name, `expected a list of parameters, got ${typeof items}`);
  }
  const list = [...items];
  if (list.length > 0) return list;
  throw new ArgumentError(name, "the list of parameters is empty; pass model.parameters()");
}

/** The state tensor of that name; made at the first use, zero unless told otherwise. */
export function stateOf(slot: Slot, name: string, make: () => Tensor): Tensor {
  let t = slot.tensors[name];
  if (t === undefined) {
    t = ownedOne(make);
    slot.tensors[name] = t;
  }
  return t;
}
export const zerosOf = (p: Tensor) => (): Tensor => zerosLike(p);

/**
 * The gradient as it counts: turned round to climb, with the L2 penalty; where weight decay is decoupled, that shrinks
 * the parameter instead.
 */
export function counted(
  p: Tensor,
  gradient: Tensor,
  hyper: { readonly lr: number; readonly weightDecay: number; readonly maximize: boolean },
  decoupled = false,
): Tensor {
  const { lr, weightDecay, maximize } = hyper;
  const g = maximize ? gradient.neg() : gradient;
  if (weightDecay === 0) return g;
  if (!decoupled) return p.mul(weightDecay).add_(g);
  p.mul_(1 - lr * weightDecay);
  return g;
}

/**
 * Items that one pass can take: on one backend, of one dtype, and equal in what `kind` says.
 */
export function alike(items: readonly Item[], kind: (item: Item) => number): Item[][] {
  const batches: Item[][] = [];
  for (const item of items) {
    const batch = batches.find(([first]) => {
      const { p } = first as Item;
      return (
        p.dtype === item.p.dtype &&
        p.storage.backend === item.p.storage.backend &&
        kind(first as Item) === kind(item)
      );
    });
    if (batch === undefined) batches.push([item]);
    else batch.push(item);
  }
  return batches;
}

/** Decay rates: two numbers in [0, 1). */
export function checkBetas(name: string, betas: readonly [number, number]): void {
  if (Array.isArray(betas) && betas.length === 2 && betas.every((b) => b >= 0 && b < 1)) return;
  throw new ArgumentError(
    name,
    `betas must be two numbers in [0, 1); got ${JSON.stringify(betas)}`,
  );
}

/** A finite number ≥ 0. */
export function nonNegative(name: string, hyper: object, ...keys: readonly string[]): void {
  for (const key of keys) {
    const value = (hyper as Readonly<Record<string, unknown>>)[key];
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) continue;
    throw new ArgumentError(name, `${key} must be a number ≥ 0; got ${String(value)}`);
  }
}
