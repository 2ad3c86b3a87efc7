// Loading state: everything is checked before anything is copied, and everything that does not fit is
// told at once.
import {
  ArgumentError,
  checkOptions,
  type DType,
  isFloating,
  isHalf,
  noGrad,
  type OptionNames,
  owned,
  TapegradError,
  Tensor,
} from "@tapegrad/core";
import type { Module } from "./module.ts";
import { Buffer, isUnshaped, Parameter, shapeAs } from "./parameter.ts";

export type StateLike = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Changes a state before it is loaded, as one of an older layout; it may change `state`. Keys of the module begin with `prefix`. */
export type LoadStateDictPreHook<M extends Module = Module> = (
  module: M,
  state: Map<string, Tensor>,
  prefix: string,
) => void;

export interface LoadOptions {
  /** Refuse missing and unexpected keys. Default: true. */
  readonly strict?: boolean | undefined;
}
const LOAD_OPTIONS: OptionNames<LoadOptions> = { strict: true };

export interface LoadResult {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

export interface StateProblems {
  /** Keys that the module has and the state has not. */
  readonly missing?: readonly string[];
  /** Keys that the state has and the module has not. */
  readonly unexpected?: readonly string[];
  /** Keys whose values differ in shape or dtype, or are no tensors; and why. */
  readonly mismatched?: ReadonlyMap<string, string>;
}

/** State that does not fit, all of it. Nothing was changed. */
export class StateDictError extends TapegradError {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: ReadonlyMap<string, string>;
  constructor(owner: string, problems: StateProblems, fix: string) {
    const { missing = [], unexpected = [], mismatched = new Map<string, string>() } = problems;
    const list = (title: string, keys: readonly string[]) =>
      keys.length === 0 ? [] : [`${title}: ${keys.map((k) => `"${k}"`).join(", ")}`];
    const lines = [
      ...list("missing keys", missing),
      ...list("unexpected keys", unexpected),
      ...Array.from(mismatched, ([key, why]) => `"${key}": ${why}`),
    ];
    super(`the state does not fit ${owner}; nothing was changed.\n  ${lines.join("\n  ")}\n${fix}`);
    this.missing = missing;
    this.unexpected = unexpected;
    this.mismatched = mismatched;
  }
}

export const entriesOf = <T>(state: ReadonlyMap<string, T> | Readonly<Record<string, T>>) =>
  state instanceof Map ? (state as ReadonlyMap<string, T>) : new Map(Object.entries(state));

const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** 16-bit floats, as many files have, may go to wider ones; else nothing is converted unasked. */
const keeps = (target: DType, value: DType): boolean =>
  target === value || (isHalf(value) && isFloating(target) && !isHalf(target));

/** Why `value` cannot be copied into `target`, or undefined. */
export function mismatch(
  value: unknown,
  target: Pick<Tensor, "dtype" | "shape">,
  anyShape = false,
): string | undefined {
  if (!(value instanceof Tensor)) return `expected a Tensor, got ${typeof value}`;
  if (value.released) return "its tensor was released";
  const holds = keeps(target.dtype, value.dtype);
  if (anyShape && holds) return undefined;
  const wanted = `expected ${target.dtype} ${shapeText(target.shape)}`;
  const got = `got ${value.dtype} ${shapeText(value.shape)}`;
  const same = shapeText(value.shape) === shapeText(target.shape);
  return same && holds ? undefined : `${wanted}, ${got}`;
}

/** Puts what module.stateDict() is to have under `prefix` into `into`, in PyTorch's order: own tensors, then children. */
export function collectState(
  module: Module,
  prefix: string,
  into: Map<string, Tensor>,
  above: readonly Module[] = [],
): void {
  if (above.includes(module)) {
    throw new ArgumentError("stateDict", `module '${prefix}' contains itself; remove the cycle`);
  }
  const inside = [...above, module];
  const members = module.members();
  for (const [key, m] of members) if (m instanceof Parameter) into.set(prefix + key, m);
  for (const [key, m] of members) {
    if (m instanceof Buffer && m.persistent) into.set(prefix + key, m);
  }
  for (const [key, m] of members) {
    if (!(m instanceof Tensor)) collectState(m, `${prefix}${key}.`, into, inside);
  }
}

export function loadInto(
  owner: string,
  own: ReadonlyMap<string, Tensor>,
  state: StateLike,
  options: LoadOptions,
  prepare: (state: Map<string, Tensor>) => void,
): LoadResult {
  checkOptions("loadStateDict", options, LOAD_OPTIONS);
  const { strict = true } = options;
  if (state === null || typeof state !== "object") {
    throw new ArgumentError("loadStateDict", `expected a Map or an object, got ${typeof state}`);
  }
  const given = new Map(entriesOf(state));
  prepare(given);
  const missing = [...own.keys()].filter((key) => !given.has(key));
  const unexpected = [...given.keys()].filter((key) => !own.has(key));
  const mismatched = new Map<string, string>();
  for (const [key, target] of own) {
    const why = given.has(key) ? mismatch(given.get(key), target, isUnshaped(target)) : undefined;
    if (why !== undefined) mismatched.set(key, why);
  }
  if (mismatched.size > 0 || (strict && missing.length + unexpected.length > 0)) {
    const fix =
      mismatched.size > 0
        ? "Build the module with the sizes of the state; to('float64') and the like convert dtypes."
        : "Rename the keys, or pass { strict: false } to load what fits.";
    throw new StateDictError(
      owner,
      strict ? { missing, unexpected, mismatched } : { mismatched },
      fix,
    );
  }
  owned(() => {
    const pairs: [target: Tensor, value: Tensor][] = [];
    for (const [key, target] of own) {
      const value = given.get(key);
      // Fetched before anything is overwritten: from another backend this can fail.
      if (value !== undefined) pairs.push([target, value.to(target.backend)]);
    }
    noGrad(() => {
      for (const [target, value] of pairs) {
        shapeAs(target, value.shape);
        if (value !== target) target.copy_(value);
      }
    });
    return [];
  });
  return { missingKeys: missing, unexpectedKeys: unexpected };
}
