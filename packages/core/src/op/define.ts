// What an op is. One object says everything; defineOp compiles it (dispatch.ts) and names no op.
//
//   const addOp = defineOp()({
//     name: "add", doc: "a + b, broadcast.", inputs: ["a", "b"], outputs: ["y"],
//     shape: (a, b) => broadcastMeta("add", a, b),
//     kernel: (k, a, b, y) => k.binary("add", a, b, y),
//     vjp: (gs, _s, _a, m, need) => ({ a: need.a ? sumTo(gs.y, m.a.shape) : undefined, … }),
//     samples: (rng) => [[rng.tensor([2, 3]), rng.tensor([3])]],
//   });
//
// Input names carry their kind: "x" a tensor, "bias?" an optional one, "xs[]" a list. TypeScript reads
// the names: a rule that touches what was not saved, a gradient for an input that does not exist, or a
// kernel that nobody declared is a compile error. The public function is a typed declaration beside
// the op; rules call public functions.
import type { Kernels, Meta, Ran, View } from "../backend.ts";
import type { DType } from "../dtype.ts";
import type { TapegradError } from "../errors.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import { compile } from "./dispatch.ts";

export type Names = readonly string[];
type NameOf<D> = D extends `${infer N}?` ? N : D extends `${infer N}[]` ? N : D & string;

/** What T becomes at an input of each kind. */
type At<D, T> = D extends `${string}?` ? T | undefined : D extends `${string}[]` ? readonly T[] : T;
type AtEach<I extends Names, T> = { [K in keyof I]: At<I[K], T> };
type Each<O extends Names, T> = { [K in keyof O]: T };
type DeclOf<I extends Names, N extends string> = Extract<I[number], N | `${N}?` | `${N}[]`>;
type ByName<I extends Names, T> = { readonly [D in I[number] as NameOf<D>]: At<D, T> };

export type ArgsOf<I extends Names, A> = [A] extends [undefined]
  ? [...AtEach<I, Tensor>]
  : [...AtEach<I, Tensor>, A];
export type ResultOf<O extends Names> = O extends readonly [string]
  ? Tensor
  : { -readonly [K in keyof O]: Tensor };
type ComposedOf<O extends Names> = O extends readonly [string]
  ? Tensor
  : Readonly<Record<O[number], Tensor>>;
/** One output: its Meta. More (hidden ones count): one Meta per name. */
type MetasOf<O extends Names, H extends Names> = [...O, ...H] extends readonly [string]
  ? Meta
  : Readonly<Record<O[number] | H[number], Meta>>;
type Savable<I extends Names, O extends Names, H extends Names> =
  | NameOf<I[number]>
  | O[number]
  | H[number];
type SavedOf<I extends Names, O extends Names, H extends Names, S extends string> = {
  readonly [N in S]: N extends O[number] | H[number] ? Tensor : At<DeclOf<I, N>, Tensor>;
};
/** With several outputs a gradient may not have arrived; with one it has, or the rule would not run. */
type GradientsOf<O extends Names, C extends string> = {
  readonly [N in Exclude<O[number], C>]: O extends readonly [string] ? Tensor : Tensor | undefined;
};
type InputGradients<I extends Names> = {
  readonly [D in I[number] as NameOf<D>]?:
    | (D extends `${string}[]` ? readonly (Tensor | undefined)[] : Tensor)
    | undefined;
};
type NeedOf<I extends Names> = {
  readonly [D in I[number] as NameOf<D>]: D extends `${string}[]` ? readonly boolean[] : boolean;
};

/** Strided metadata of a view: same storage, new window. */
export interface Window {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Makes the inputs of samples, on the backend and in the dtype under test; seeded. */
export interface SampleRng {
  readonly dtype: DType;
  /** Uniform in [low, high) = [−1, 1) unless told otherwise. */
  tensor(shape: Shape, range?: { low?: number; high?: number }): Tensor;
  /** Values at least 0.05 apart in random order: no ties, so that max and friends have a gradient. */
  distinct(shape: Shape): Tensor;
  /** Integers in [0, below), int64 unless said. No gradient. */
  ints(shape: Shape, below: number, dtype?: DType): Tensor;
  /** Random booleans. */
  bools(shape: Shape): Tensor;
}

/** A call that must fail, the class of its error, and words of its message. */
export type ErrorSample = readonly [
  call: () => unknown,
  type: abstract new (...args: never[]) => TapegradError,
  message: RegExp,
];

export interface OpSpec<
  I extends Names,
  O extends Names,
  H extends Names,
  S extends string,
  C extends string,
  A,
> {
  readonly name: string;
  /** What people call it, for messages, where one function has several ops ("add" of addScalar). Default: name. */
  readonly label?: string;
  /** One or two sentences: meaning, shapes, source. */
  readonly doc: string;
  /** Code that uses the public names, and what printing its value shows. Runs as a test. */
  readonly example?: readonly [code: string, printed: string];
  /** compute: fresh outputs. view: a window on the storage of the first input. inplace: the output is the first input. */
  readonly kind?: "compute" | "view" | "inplace";
  readonly inputs: I;
  readonly outputs: O;
  /** It refuses inputs that are not contiguous, as view() does. */
  readonly contiguousOnly?: true;
  /** Of one run, from the shapes alone: products that are added up. For summaries and profiles. Default: 0. */
  multiplyAdds?(inputs: readonly (Meta | undefined)[], outputs: readonly Meta[]): number;
  /** Written by the kernel for the rule alone (indices, masks, statistics); not even allocated when nothing records. */
  readonly hidden?: H;
  /** Outputs without gradient (statistics, indices). */
  readonly constant?: readonly C[];
  /** What the rule reads: inputs, outputs or hidden outputs. The tape holds these and nothing else. */
  readonly saves?: readonly S[];
  /** The only check of shapes and dtypes. */
  shape?(...args: [...AtEach<I, Meta>, A]): MetasOf<O, H>;
  /** Views only, instead of shape and kernel. */
  view?(...args: [...AtEach<I, View>, A]): Window;
  /** Calls a kernel of the backend; returns the variant that ran, or undefined: compose. */
  kernel?(
    ...args: [Kernels, ...AtEach<I, View>, ...Each<O, View>, ...Each<H, View | undefined>, A]
  ): Ran;
  /** The meaning, in public ops. Needed when no required kernel does it; recorded when there is no vjp. */
  compose?(...args: [...AtEach<I, Tensor>, A]): ComposedOf<O>;
  /**
   * All input gradients together, in public ops. `need` says which are wanted. gs, saved and metas are to be read
   * before it returns.
   */
  vjp?(
    gs: GradientsOf<O, C>,
    saved: SavedOf<I, O, H, S>,
    attrs: A,
    metas: ByName<I, Meta> & Readonly<Record<O[number], Meta>>,
    need: NeedOf<I>,
  ): InputGradients<I>;
  /** Says that there is no gradient on purpose (argmax, comparisons). */
  readonly differentiable?: false;
  /** Floating inputs whose gradient is not known: the rule throws when one is wanted, and no test asks for it. */
  readonly withoutGradient?: readonly I[number][];
  /** Arguments that drive every generic test (opSuite). */
  samples?(rng: SampleRng): Iterable<ArgsOf<I, A>>;
  /** Calls that must be refused. */
  errors?(rng: SampleRng): Iterable<ErrorSample>;
}

export interface Op<I extends Names, O extends Names, A> {
  (...args: ArgsOf<I, A>): ResultOf<O>;
  readonly spec: AnySpec;
  /** The composition, recorded op by op: for tests (kernel ≡ composition) and second derivatives. */
  composed(...args: ArgsOf<I, A>): ResultOf<O>;
}

/** The spec as dispatch and the tests see it, types erased. */
export interface AnySpec {
  readonly name: string;
  readonly label?: string;
  readonly doc: string;
  readonly example?: readonly [code: string, printed: string];
  readonly kind?: "compute" | "view" | "inplace";
  readonly inputs: Names;
  readonly outputs: Names;
  readonly hidden?: Names;
  readonly constant?: Names;
  readonly saves?: Names;
  readonly differentiable?: false;
  readonly withoutGradient?: Names;
  readonly contiguousOnly?: true;
  multiplyAdds?(inputs: readonly (Meta | undefined)[], outputs: readonly Meta[]): number;
  shape?(...args: unknown[]): unknown;
  view?(...args: unknown[]): Window;
  kernel?(...args: unknown[]): Ran;
  compose?(...args: unknown[]): unknown;
  vjp?(gs: object, saved: object, attrs: unknown, metas: object, need: object): object;
  samples?(rng: SampleRng): Iterable<readonly unknown[]>;
  errors?(rng: SampleRng): Iterable<ErrorSample>;
}

/** An op with its types erased, as the registry lists it. */
export interface AnyOp {
  (...args: unknown[]): Tensor | Tensor[];
  readonly spec: AnySpec;
  /** For dispatch. @internal */
  readonly compiled: CompiledOp;
  composed(...args: unknown[]): Tensor | Tensor[];
}

const registry = new Map<string, AnyOp>();

/** Every op defined so far, by name: for opSuite, doctor and the conformance table. */
export const ops = (): ReadonlyMap<string, AnyOp> => registry;

export function defineOp<A = undefined>() {
  return <
    const I extends Names,
    const O extends Names,
    const H extends Names = readonly [],
    const S extends Savable<I, O, H> = never,
    const C extends O[number] = never,
  >(
    spec: OpSpec<I, O, H, S, C, A>,
  ): Op<I, O, A> => {
    const op = compile(spec as unknown as AnySpec);
    registry.set(spec.name, op);
    return op as unknown as Op<I, O, A>;
  };
}
