// `out`: a result written into a tensor that is there already, for every function below. Computed as usual,
// then copied: it saves the caller an assignment, not the memory. Core's own rules and methods call the plain
// functions.
import { isGradEnabled, noGrad } from "../autograd/tape.ts";
import { ArgumentError, AutogradError, ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import { checkLive, owned, Tensor } from "../tensor.ts";
import { copyOver } from "./inplace/copy_.ts";
import { requireStorable } from "./inplace/storable.ts";
import type { TensorOptions } from "./place.ts";

/** Where results go: one tensor; of functions with several results a list in their order, or a record by their names. */
export type Out = Tensor | readonly Tensor[] | object;
export interface OutOption {
  readonly out: Out;
}

type IsOptions<O> = O extends object
  ? O extends Tensor | readonly unknown[]
    ? false
    : true
  : false;
/** Whether O, apart from a dim that may stand there by itself, is an object of options. */
type IsBag<O> = [Exclude<O, number>] extends [never] ? false : IsOptions<Exclude<O, number>>;
/**
 * F, and F with `out` among its options; options get a place where F has none, and may follow the first argument where
 * the others have defaults.
 */
export type WithOut<F> = F extends (...args: infer A) => infer R
  ? F &
      (Required<A> extends [...infer L, infer O]
        ? [IsBag<O>] extends [true]
          ? ((...args: [...L, Exclude<O, number> & OutOption]) => R) &
              ((x: L[0], options: Exclude<O, number> & OutOption) => R)
          : ((...args: [...Required<A>, OutOption]) => R) &
              ([A[0]] extends A ? (x: A[0], options: OutOption) => R : unknown)
        : never)
  : never;

type AnyFunction = (...args: unknown[]) => Tensor | object;

const hasOut = (v: unknown): v is OutOption =>
  typeof v === "object" && v !== null && !(v instanceof Tensor) && "out" in v;

/** f, which also takes `out`. */
// biome-ignore lint/suspicious/noExplicitAny: any function of tensors
export function withOut<F extends (...args: any[]) => Tensor | object>(
  name: string,
  f: F,
): WithOut<F> {
  const call = f as unknown as AnyFunction;
  const both = (...args: unknown[]): unknown => {
    const last = args[args.length - 1];
    if (!hasOut(last)) return call(...args);
    const { out, ...options } = last;
    const rest = args.slice(0, -1);
    if (Object.keys(options).length > 0) rest.push(options);
    return out === undefined ? call(...rest) : writeInto(name, () => call(...rest), rest, out);
  };
  return both as unknown as WithOut<F>;
}

/**
 * f, which makes tensors out of nothing, and also takes `out`, whose dtype and device are then those of what is made
 * unless they are given.
 * @param place of the options among f's arguments
 */
// biome-ignore lint/suspicious/noExplicitAny: any function of that kind
export function makerWithOut<F extends (...args: any[]) => Tensor>(
  name: string,
  f: F,
  place: number,
): WithOut<F> {
  const call = withOut(name, f) as unknown as AnyFunction;
  const both = (...args: unknown[]): unknown => {
    const last = args[args.length - 1];
    if (!hasOut(last) || !(last.out instanceof Tensor)) return call(...args);
    const { dtype, device, ...options }: OutOption & TensorOptions = last;
    const rest = args.slice(0, -1);
    // Drawn around tensors, they follow those.
    if (rest.some((a) => a instanceof Tensor)) return call(...args);
    if (options.requiresGrad) {
      throw new ArgumentError(name, "requiresGrad is for new tensors; use out.requiresGrad_()");
    }
    while (rest.length < place) rest.push(undefined);
    const { out } = last;
    return call(...rest, {
      ...options,
      dtype: dtype ?? out.dtype,
      device: device ?? out.backend,
    });
  };
  return both as unknown as WithOut<F>;
}

function writeInto(
  op: string,
  compute: () => Tensor | object,
  args: readonly unknown[],
  out: Out,
): unknown {
  const byName = !(out instanceof Tensor) && !Array.isArray(out);
  const targets = (out instanceof Tensor ? [out] : Object.values(out)) as readonly Tensor[];
  for (const t of targets) checkLive(op, t);
  if (
    isGradEnabled() &&
    [...args.flat(), ...targets].some((t) => t instanceof Tensor && t.requiresGrad)
  ) {
    throw new AutogradError(
      `${op}: out takes no gradients, but an argument requires one; leave out away, or use noGrad()`,
    );
  }
  let names: string[] = [];
  noGrad(() =>
    owned(() => {
      const result = compute();
      const single = result instanceof Tensor;
      names = single ? [] : Object.keys(result);
      if (byName && Object.keys(out).join() !== names.join()) {
        throw new ArgumentError(
          op,
          `out needs ${names.length === 0 ? "a tensor" : `{ ${names.join(", ")} }`}; got { ${Object.keys(out).join(", ")} }`,
        );
      }
      const results = (single ? [result] : Object.values(result)) as Tensor[];
      if (results.length !== targets.length) {
        throw new ArgumentError(
          op,
          `out needs ${results.length} tensors, one for each result; got ${targets.length}`,
        );
      }
      results.forEach((y, k) => {
        const target = targets[k] as Tensor;
        if (!sameShape(y.shape, target.shape)) {
          throw new ShapeError(op, "out has another shape than the result", {
            out: target.shape,
            result: y.shape,
          });
        }
        copyOver(target, requireStorable(op, target, y));
      });
      return [];
    }),
  );
  return names.length === 0
    ? targets[0]
    : Object.fromEntries(names.map((name, k) => [name, targets[k]]));
}
