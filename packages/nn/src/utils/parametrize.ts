// Parametrizations, as torch.nn.utils.parametrize: a parameter of a module becomes a function of others, which are what
// is learnt. The module changes its class for one that computes the parameter when it is asked for; what it is made of
// lies under `parametrizations.<name>` in the state, with PyTorch's keys.
import {
  ArgumentError,
  checkOptions,
  noGrad,
  type OptionNames,
  ownedOne,
  ShapeError,
  Tensor,
} from "@tapegrad/core";
import { ModuleDict } from "../containers.ts";
import { Module, ModuleList, stateKeyOf } from "../module.ts";
import { Buffer, Parameter, setData } from "../parameter.ts";
import { isLeafForward, isTrusted } from "../trust.ts";

/**
 * One step from what is learnt to what the module uses: forward(x), or forward(x0, x1, …) of the first step. Where there
 * is a rightInverse, the values that the parameter has, or is assigned, go through it; else they are kept as they are.
 */
export interface Parametrization extends Module {
  rightInverse?(value: Tensor): Tensor | readonly Tensor[];
}
type Original = Parameter | Buffer;

/** The steps of one parameter ("0", "1", …), and what they begin with ("original", or "original0", "original1", …). */
class ParametrizationList extends ModuleList {
  /** Whether it begins with one tensor; that one keeps its handle, so that optimizers keep it. */
  readonly isTensor: boolean;

  /** @param begun what the first step begins with, so that `original` comes out */
  constructor(first: Parametrization, original: Original, begun: Tensor | readonly Tensor[]) {
    super([first]);
    this.isTensor = begun instanceof Tensor;
    if (begun instanceof Tensor) {
      if (begun !== original) setData(original, copyOf(begun));
      this.put("original", original);
    } else {
      begun.forEach((t, i) => {
        this.put(`original${i}`, like(original, t));
      });
    }
  }
  private put(key: string, original: Original): void {
    (this as unknown as Record<string, Original>)[key] = original;
  }
  originals(): Original[] {
    return this.members().flatMap(([, m]) => (m instanceof Module ? [] : [m]));
  }
  /** The parameter, computed; recorded. */
  value(): Tensor {
    const known = cache?.get(this);
    if (known !== undefined) return known;
    const [first, ...rest] = [...this];
    const begun: Tensor = (first as Module).call(...this.originals());
    const values = [begun];
    for (const step of rest) values.push(step.call(values.at(-1) as Tensor));
    const value = values.at(-1) as Tensor;
    if (cache !== null) cache.set(this, value);
    else if ([first as Module, ...rest].every(isTrusted)) unseen?.push(...values);
    return value;
  }
  /** Sets what it begins with, so that the parameter becomes `value`. */
  assign(op: string, value: Tensor): void {
    const parts = noGrad(() =>
      [...this].reverse().reduce<Tensor | readonly Tensor[]>((x, step) => {
        const { rightInverse } = step as Parametrization;
        if (rightInverse === undefined || !(x instanceof Tensor)) {
          throw new ArgumentError(
            op,
            `${step.constructor.name} has no rightInverse to assign with`,
          );
        }
        return rightInverse.call(step, x);
      }, value),
    );
    const given = parts instanceof Tensor ? [parts] : parts;
    const own = this.originals();
    if (given.length !== own.length) {
      throw new ArgumentError(op, `rightInverse gave ${given.length} tensors, not ${own.length}`);
    }
    own.forEach((original, i) => {
      const t = given[i] as Tensor;
      if (t !== original) setData(original, copyOf(t));
    });
  }
}

const copyOf = (t: Tensor): Tensor => ownedOne(() => noGrad(() => t.clone()));

/** A parameter or buffer with the data of t, of the kind of `original`. */
const like = (original: Original, t: Tensor): Original =>
  original instanceof Parameter
    ? new Parameter(t, { requiresGrad: original.requiresGrad })
    : new Buffer(t, original.persistent);

// ---- classes that compute parameters ------------------------------------------------------------------

/** What a prototype of ours stands on, and which properties it computes. */
interface Made {
  readonly base: object;
  readonly names: readonly string[];
}
const madeOf = new WeakMap<object, Made>();
/** Base prototype to names to prototype: modules alike share a class, as copies of one do. */
const prototypes = new WeakMap<object, Map<string, object>>();

const made = (module: Module): Made => {
  const base = Object.getPrototypeOf(module) as object;
  return madeOf.get(base) ?? { base, names: [] };
};

function prototypeWith(base: object, names: readonly string[]): object {
  const all = prototypes.get(base) ?? new Map<string, object>();
  prototypes.set(base, all);
  const key = names.join(" ");
  const known = all.get(key);
  if (known !== undefined) return known;
  const type = class {};
  Object.setPrototypeOf(type, base.constructor);
  Object.setPrototypeOf(type.prototype, base);
  Object.defineProperty(type, "name", { value: `Parametrized${base.constructor.name}` });
  for (const name of names) {
    Object.defineProperty(type.prototype, name, {
      get(this: Module) {
        return listOf(this, name).value();
      },
      set(this: Module, value: Tensor) {
        listOf(this, name).assign(`${this.constructor.name}.${name}`, value);
      },
    });
  }
  const { forward } = base as Module;
  if (isLeafForward(forward)) {
    Object.defineProperty(type.prototype, "forward", {
      value(this: Module, ...args: unknown[]) {
        return withoutRemains(() => forward.apply(this, args));
      },
    });
  }
  all.set(key, type.prototype);
  madeOf.set(type.prototype, { base, names });
  return type.prototype;
}

/** While a forward of ours runs: the parameters computed in it by parametrizations of ours, which nobody else sees. */
let unseen: Tensor[] | null = null;

/** Runs a forward and releases the parameters that were computed in it. */
function withoutRemains<R>(forward: () => R): R {
  const outer = unseen;
  const made: Tensor[] = [];
  unseen = made;
  try {
    return forward();
  } finally {
    unseen = outer;
    for (const t of made) t.release();
  }
}

/** Lets a module compute these properties, and no others. */
function compute(module: Module, names: readonly string[]): void {
  const { base } = made(module);
  Object.setPrototypeOf(module, names.length === 0 ? base : prototypeWith(base, names));
}

interface Parametrized {
  parametrizations?: ModuleDict;
}
const listOf = (module: Module, name: string): ParametrizationList =>
  (module as Parametrized).parametrizations?.get(stateKeyOf(module, name)) as ParametrizationList;

/** While it runs, each parametrized parameter is computed once, as in `torch.nn.utils.parametrize.cached`. */
let cache: Map<ParametrizationList, Tensor> | null = null;

/**
 * Runs f; each parametrized parameter is computed once in it, at its first use. For modules that read a weight in every
 * step of a sequence. As `torch.nn.utils.parametrize.cached`.
 */
export function cachedParametrizations<R>(f: () => R): R {
  const outer = cache;
  cache ??= new Map();
  try {
    return f();
  } finally {
    cache = outer;
  }
}

// ---- the functions --------------------------------------------------------------------------------------

export interface IsParametrizedOptions {
  /** Of this parameter alone. Default: of any. */
  readonly tensorName?: string | undefined;
}
const IS_OPTIONS: OptionNames<IsParametrizedOptions> = { tensorName: true };

/** Whether parameters of the module itself are parametrized; as `torch.nn.utils.parametrize.is_parametrized`. */
export function isParametrized(module: Module, options: IsParametrizedOptions = {}): boolean {
  checkOptions("isParametrized", options, IS_OPTIONS);
  const { names } = made(module);
  return options.tensorName === undefined ? names.length > 0 : names.includes(options.tensorName);
}

export interface ParametrizeOptions {
  /** Let the parametrization change shape or dtype. Default: false. */
  readonly unsafe?: boolean | undefined;
}
const PARAMETRIZE_OPTIONS: OptionNames<ParametrizeOptions> = { unsafe: true };

/**
 * Lets `module[tensorName]`, a parameter or buffer, be parametrization.call(…) of what is learnt in its place; a second
 * one is applied to what the first gives. The parameter's handle becomes `parametrizations.<name>.original`, so an
 * optimizer goes on with it; where rightInverse gives several tensors, they are new parameters that an optimizer must be
 * given. As `torch.nn.utils.parametrize.register_parametrization`.
 * @returns the module
 * @throws ArgumentError without such a parameter; ShapeError when another shape or dtype comes out, unless `unsafe`
 */
export function registerParametrization<M extends Module>(
  module: M,
  tensorName: string,
  parametrization: Parametrization,
  options: ParametrizeOptions = {},
): M {
  const op = "registerParametrization";
  checkOptions(op, options, PARAMETRIZE_OPTIONS);
  const { unsafe = false } = options;
  const record = module as unknown as Record<string, unknown>;
  parametrization.train(module.training);
  const before = record[tensorName];
  if (!(before instanceof Tensor)) {
    throw new ArgumentError(op, `${module.constructor.name} has no parameter '${tensorName}'`);
  }
  /** Asked before anything is changed. */
  const check = (...begun: readonly Tensor[]): void => {
    if (unsafe) return;
    const value: Tensor = noGrad(() => parametrization.call(...begun));
    if (`${value.shape}` === `${before.shape}` && value.dtype === before.dtype) return;
    throw new ShapeError(
      op,
      `'${tensorName}' would become another shape or dtype (${before.dtype} to ${value.dtype}); { unsafe: true } permits that`,
      { before: before.shape, parametrized: value.shape },
    );
  };
  if (isParametrized(module, { tensorName })) {
    check(before);
    listOf(module, tensorName).append(parametrization);
    return module;
  }
  if (!(before instanceof Parameter || before instanceof Buffer)) {
    throw new ArgumentError(op, `'${tensorName}' is neither a parameter nor a buffer`);
  }
  const begun = noGrad(() => parametrization.rightInverse?.(before) ?? before);
  check(...(begun instanceof Tensor ? [begun] : begun));
  const list = new ParametrizationList(parametrization, before, begun);
  const key = stateKeyOf(module, tensorName);
  delete record[tensorName];
  compute(module, [...made(module).names, tensorName]);
  const parametrized = module as Parametrized;
  parametrized.parametrizations ??= new ModuleDict();
  parametrized.parametrizations.set(key, list);
  return module;
}

export interface RemoveParametrizationsOptions {
  /** Keep the values that the parametrization gives; else those it began with. Default: true. */
  readonly leaveParametrized?: boolean | undefined;
}
const REMOVE_OPTIONS: OptionNames<RemoveParametrizationsOptions> = { leaveParametrized: true };

/**
 * Makes `module[tensorName]` a plain parameter again; as `torch.nn.utils.parametrize.remove_parametrizations`. It is the
 * handle that was there before, or a new parameter where the parametrization began with several.
 * @returns the module
 * @throws ArgumentError unless it is parametrized
 */
export function removeParametrizations<M extends Module>(
  module: M,
  tensorName: string,
  options: RemoveParametrizationsOptions = {},
): M {
  const op = "removeParametrizations";
  checkOptions(op, options, REMOVE_OPTIONS);
  const { leaveParametrized = true } = options;
  const { names } = made(module);
  if (!names.includes(tensorName)) {
    throw new ArgumentError(
      op,
      `'${tensorName}' of ${module.constructor.name} is not parametrized`,
    );
  }
  const list = listOf(module, tensorName);
  const originals = list.originals();
  if (!list.isTensor && !leaveParametrized) {
    throw new ArgumentError(
      op,
      `'${tensorName}' is made of ${originals.length} tensors, so there is no value to go back to; leave { leaveParametrized: false } out`,
    );
  }
  let [restored] = originals as [Original];
  if (leaveParametrized) {
    const value = ownedOne(() => noGrad(() => list.value().clone()));
    if (list.isTensor) setData(restored, value);
    else restored = like(originals.find((t) => t.requiresGrad) ?? restored, value);
  }
  const rest = names.filter((name) => name !== tensorName);
  const parametrized = module as Parametrized;
  parametrized.parametrizations?.delete(stateKeyOf(module, tensorName));
  compute(module, rest);
  if (rest.length === 0) delete parametrized.parametrizations;
  (module as unknown as Record<string, unknown>)[tensorName] = restored;
  return module;
}
