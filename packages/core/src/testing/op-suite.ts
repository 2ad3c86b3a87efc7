// opSuite: the acceptance test of a backend. Every op × its samples:
//   values      the backend agrees with the reference backend in float64
//   shape       the shape rule says what came out
//   composition kernel ≡ composition
//   strided     non-contiguous and expanded inputs give the same values
//   gradient    analytic ≡ central differences, first and second order, in float64
//   gradient32  the gradients of the fast float32 kernels, and those of 16-bit floats, agree with float64 ones
//   errors      the op's error samples are refused with the promised words
// It yields named checks and knows no test framework: mocha's `it` takes them as they are.
import { grad } from "../autograd/backward.ts";
import { gradcheck, gradgradcheck } from "../autograd/gradcheck.ts";
import { setRequiresGrad } from "../autograd/hooks.ts";
import { noGrad } from "../autograd/tape.ts";
import type { Meta } from "../backend.ts";
import { getBackend, withBackend } from "../backends.ts";
import { type DType, finfo, isFloating, isHalf } from "../dtype.ts";
import { ArgumentError, DTypeError, IndexError } from "../errors.ts";
import type { AnyOp, ErrorSample } from "../op/define.ts";
import { ops } from "../op/define.ts";
import { full, tensor, zeros, zerosLike } from "../ops/creation.ts";
import { clone } from "../ops/elementwise/clone.ts";
import { expand } from "../ops/views/expand.ts";
import { permute } from "../ops/views/permute.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { scope, Tensor } from "../tensor.ts";
import { sampleRng } from "./rng.ts";

export interface Check {
  readonly op: string;
  readonly name: string;
  /** A promise where the backend cannot be read at once. */
  run(): void | Promise<void>;
}

export interface OpSuiteOptions {
  /** Which ops. Default: all that have samples. */
  readonly only?: (op: string) => boolean;
  /** The dtype whose values are compared with the reference. Default float32. */
  readonly dtype?: DType;
  /**
   * Gradient checks: against differences in float64 and, of float32, against float64 (slow). Default true;
   * "float32" leaves the former out, for backends without float64.
   */
  readonly gradients?: boolean | "float32";
  readonly seed?: number;
}

type Args = readonly unknown[];
type Outcome = void | Promise<void>;

/** f in a scope; its promise, if it gives one, has recorded what it reads. */
function scoped(f: () => Outcome): Outcome {
  const outcomes: Outcome[] = [];
  scope(() => void outcomes.push(f()));
  return outcomes[0];
}

/** Whether the backend has the dtypes of a sample's results: a GPU has no float64. */
function holds(
  op: AnyOp,
  samplesOn: (where: string, type: DType) => Args[],
  i: number,
  dtype: DType,
  backend: string,
): boolean {
  const { bytesPer } = getBackend(backend);
  if (bytesPer === undefined || op.spec.shape === undefined) return true;
  const metas = withBackend("reference", () =>
    scope(() => op.spec.shape?.(...padded(op, samplesOn("reference", dtype)[i] as Args))),
  ) as Meta | Record<string, Meta>;
  const list = "dtype" in metas && "shape" in metas ? [metas as Meta] : Object.values(metas);
  try {
    for (const meta of list) bytesPer(meta.dtype);
  } catch (error) {
    if (error instanceof DTypeError) return false;
    throw error;
  }
  return true;
}

const all = (outcomes: readonly Outcome[]): Outcome => {
  const promises = outcomes.filter((o) => o instanceof Promise);
  return promises.length === 0 ? undefined : Promise.all(promises).then(() => undefined);
};

type List = readonly Tensor[];
const asList = (r: Tensor | readonly Tensor[]): List => (r instanceof Tensor ? [r] : r);

export function* opSuite(backend: string, options: OpSuiteOptions = {}): Iterable<Check> {
  const { dtype = "float32", gradients = true, seed = 0, only = () => true } = options;
  for (const [name, op] of ops()) {
    if (!only(name)) continue;
    const on = (f: () => Outcome) => () => withBackend(backend, () => scoped(f));
    const samplesOn = (where: string, type: DType): Args[] => [
      ...(op.spec.samples?.(sampleRng(where, type, seed)) ?? []),
    ];
    const count = withBackend("reference", () => scope(() => samplesOn("reference", dtype).length));
    const check = (what: string, f: () => Outcome): Check => ({ op: name, name: what, run: on(f) });
    // float16 and bfloat16 round their samples: the reference gets what is left of them.
    const wideSample = (i: number): Args =>
      isHalf(dtype)
        ? mapTensors(samplesOn("reference", dtype)[i] as Args, doubled)
        : (samplesOn("reference", widened(dtype))[i] as Args);
    for (let i = 0; i < count; i++) {
      if (!holds(op, samplesOn, i, dtype, backend)) continue;
      const at = `sample ${i}`;
      const sample = (type: DType = dtype) => samplesOn(backend, type)[i] as Args;
      yield check(`${at}: values, shape`, () => {
        const args = sample();
        const actual = run(op, args);
        const truth = run(op, wideSample(i));
        if (op.spec.kind !== "view") checkShapes(op, sample(), actual);
        return compare(actual, truth, tolerance(dtype), "value");
      });
      // Composed and strided they are float32's, which has these checks.
      const single = !isHalf(dtype);
      if (single && op.spec.compose && op.spec.kernel) {
        yield check(`${at}: kernel ≡ composition`, () => {
          const composed = noGrad(() => asList(op.composed(...padded(op, sample()))));
          return compare(run(op, sample()), composed, tolerance(dtype), "composition");
        });
      }
      const strides = single && op.spec.kind !== "inplace" && !op.spec.contiguousOnly;
      const strided = check(`${at}: strided, expanded`, () => {
        const tol = tolerance(dtype);
        const again = (change: (t: Tensor) => Tensor) => run(op, mapTensors(sample(), change));
        const repeated = again(expanded);
        const dense = run(op, mapTensors(mapTensors(sample(), expanded), clone));
        return all([
          ...[transposed, windowed].map((change) =>
            compare(again(change), run(op, sample()), tol, "strided"),
          ),
          compare(repeated, dense, tol, "expanded"),
        ]);
      });
      if (strides) yield strided;
      if (!gradients || op.spec.differentiable === false) continue;
      if (gradients === true && single)
        yield check(`${at}: gradient, second order`, () => {
          const [f, inputs] = asFunction(op, sample("float64"));
          if (inputs.length === 0 || inputs.every((t) => t.numel === 0)) return;
          gradcheck(f, inputs, { atol: 1e-6, rtol: 1e-5 });
          gradgradcheck(f, inputs, { atol: 1e-6, rtol: 1e-5 });
        });
      if (dtype === "float32" || isHalf(dtype)) {
        yield check(`${at}: gradient in ${dtype}`, () => {
          const actual = gradientsOf(op, sample());
          const truth = gradientsOf(op, wideSample(i));
          for (const g of actual) {
            if (g.dtype !== dtype) throw new Error(`the gradient is ${g.dtype}, not ${dtype}`);
          }
          return compare(actual, truth, tolerance(dtype), "gradient");
        });
      }
    }
    if (op.spec.errors && !isHalf(dtype)) yield check("errors", () => checkErrors(op, backend));
  }
}

const doubled = (t: Tensor): Tensor => (isFloating(t.dtype) ? t.to("float64") : t);
const widened = (dtype: DType): DType => (dtype === "float32" ? "float64" : dtype);
function tolerance(dtype: DType): Tolerance {
  // A rule of several ops rounds as often.
  if (isHalf(dtype)) return { rtol: 16 * finfo(dtype).eps, atol: 16 * finfo(dtype).eps };
  return dtype === "float32" ? { rtol: 1e-4, atol: 1e-5 } : { rtol: 1e-9, atol: 1e-10 };
}

/** Runs without recording; what an in-place op changes is a copy. */
function run(op: AnyOp, args: Args): List {
  return noGrad(() => asList(op(...padded(op, args))));
}

/** Every argument in its place: the op's inputs, then its attributes. */
const padded = (op: AnyOp, args: Args): unknown[] =>
  Array.from({ length: op.spec.inputs.length + 1 }, (_, i) => args[i]);

// ---- inputs that are laid out differently ---------------------------------------------------------------

function mapTensors(args: Args, f: (t: Tensor) => Tensor): Args {
  return args.map((a) =>
    a instanceof Tensor
      ? f(a)
      : Array.isArray(a) && a.every((t) => t instanceof Tensor)
        ? a.map(f)
        : a,
  );
}

/** The same values in column-major memory. */
function transposed(t: Tensor): Tensor {
  const order = t.shape.map((_, d) => t.ndim - 1 - d);
  return permute(clone(permute(t, order)), order);
}

/** The same values inside a larger block: an offset, and gaps between rows. */
function windowed(t: Tensor): Tensor {
  if (t.ndim === 0) return t;
  const wide = [...t.shape.slice(0, -1), (t.shape[t.ndim - 1] as number) + 3];
  const filler = t.dtype === "bool" ? 1 : 77;
  const block = full(wide, filler, { dtype: t.dtype, device: t.backend });
  const strides = block.strides;
  const window = { ...viewFields(block), shape: t.shape, strides, offset: 2, contiguous: false };
  t.storage.backend.kernels.copy(t, window);
  return new Tensor(claim(block), 2, t.shape, strides, t.dtype, sizeOf(t.shape) <= 1, "windowed");
}
const viewFields = (t: Tensor) => ({ storage: t.storage, dtype: t.dtype });
function claim(t: Tensor) {
  t.storage.count++;
  return t.storage;
}

/** The first slice of the first dimension, repeated without copying. */
function expanded(t: Tensor): Tensor {
  if (t.ndim === 0 || (t.shape[0] as number) === 0) return t;
  const first = new Tensor(
    claim(t),
    t.offset,
    [1, ...t.shape.slice(1)],
    t.strides,
    t.dtype,
    t.contiguous,
    "first",
  );
  return expand(first, t.shape);
}

// ---- gradients ------------------------------------------------------------------------------------------

const differentiable = (t: unknown): t is Tensor => t instanceof Tensor && isFloating(t.dtype);

/** The op as a function of its floating inputs alone. */
function asFunction(op: AnyOp, args: Args): [(...xs: Tensor[]) => List, Tensor[]] {
  const inputs: Tensor[] = [];
  const { withoutGradient = [], inputs: names } = op.spec;
  const take = (a: unknown): unknown => {
    if (Array.isArray(a) && a.some(differentiable)) return a.map(take);
    if (!differentiable(a)) return () => a;
    inputs.push(setRequiresGrad(a, true));
    const at = inputs.length - 1;
    return (xs: Tensor[]) => xs[at];
  };
  const takers = padded(op, args).map((a, i) =>
    withoutGradient.includes(names[i] as string) ? () => a : take(a),
  );
  const give = (taker: unknown, xs: Tensor[]): unknown =>
    Array.isArray(taker) ? taker.map((t) => give(t, xs)) : (taker as (xs: Tensor[]) => unknown)(xs);
  const inplace = op.spec.kind === "inplace";
  const f = (...xs: Tensor[]): List => {
    const full = takers.map((taker) => give(taker, xs));
    if (inplace) full[0] = clone(full[0] as Tensor); // a leaf cannot be changed while it records
    const constant = op.spec.constant ?? [];
    return asList(op(...full)).filter((_, k) => !constant.includes(op.spec.outputs[k] as string));
  };
  return [f, inputs];
}

function gradientsOf(op: AnyOp, args: Args): List {
  const [f, inputs] = asFunction(op, args);
  if (inputs.length === 0) return [];
  const outputs = f(...inputs).filter((y) => y.requiresGrad);
  if (outputs.length === 0) return [];
  const gradOutputs = outputs.map((y, k) => {
    const values = Float64Array.from({ length: y.numel }, (_, i) =>
      Math.fround(Math.cos(i * 1.7 + k)),
    );
    return tensor(values, { shape: y.shape, dtype: y.dtype, device: y.backend });
  });
  return grad(outputs, inputs, { gradOutputs, allowUnused: true }).map(
    (g, i) => g ?? zerosLike(inputs[i] as Tensor),
  );
}

// ---- comparing ------------------------------------------------------------------------------------------

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

function checkShapes(op: AnyOp, args: Args, actual: List): void {
  if (op.spec.shape === undefined) return;
  const rule = op.spec.shape(...padded(op, args)) as Meta | Record<string, Meta>;
  const hidden = op.spec.hidden?.length ?? 0;
  actual.forEach((y, k) => {
    const single = actual.length === 1 && hidden === 0;
    const said = (
      single ? rule : (rule as Record<string, Meta>)[op.spec.outputs[k] as string]
    ) as Meta;
    if (!sameShape(said.shape, y.shape) || said.dtype !== y.dtype) {
      throw new Error(
        `the shape rule says ${said.dtype}[${said.shape}], the result is ${y.dtype}[${y.shape}]`,
      );
    }
  });
}

/**
 * Throws where two lists of tensors differ: shape, or |a − b| > atol + rtol·|b|; NaN equals NaN. Where one of them
 * cannot be read at once it is a promise that does; the tensors may be released meanwhile.
 */
export function compare(
  actual: List,
  expected: List,
  tol: Tolerance,
  what: string,
): void | Promise<void> {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} results, expected ${expected.length}`);
  }
  return all(
    actual.map((y, k) => {
      const truth = expected[k] as Tensor;
      const name = `${what} ${k}`;
      if (!sameShape(y.shape, truth.shape)) {
        throw new Error(`${name}: shape [${y.shape}], expected [${truth.shape}]`);
      }
      if (readsAtOnce(y) && readsAtOnce(truth)) {
        return closeTo(y.dataSync(), truth.dataSync(), tol, name);
      }
      return Promise.all([y.data(), truth.data()]).then(([a, b]) => closeTo(a, b, tol, name));
    }),
  );
}

const readsAtOnce = (t: Tensor): boolean => t.storage.backend.readSync !== undefined;

export function closeTo(
  actual: ArrayLike<number | bigint>,
  expected: ArrayLike<number | bigint>,
  { rtol, atol }: Tolerance,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} elements, expected ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    const a = Number(actual[i]);
    const b = Number(expected[i]);
    const same = Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (!same && !(Math.abs(a - b) <= atol + rtol * Math.abs(b))) {
      throw new Error(`${what}, element ${i}: ${a}, expected ${b}`);
    }
  }
}

/** What is thrown for values, rather than for shapes and options. */
const VALUES: readonly unknown[] = [IndexError, ArgumentError];

function checkErrors(op: AnyOp, backend: string): Outcome {
  const { readSync, watch } = getBackend(backend);
  const samples = [...(op.spec.errors?.(sampleRng(backend, "float32")) ?? [])];
  if (watch !== undefined) return errorsAtReads(samples, backend);
  for (const [k, [call, type, message]] of samples.entries()) {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    // Nobody has seen the values that such a backend was given; its kernels stay inside of their tensors.
    if (thrown === undefined && VALUES.includes(type) && readSync === undefined) continue;
    mustBe(k, thrown, type, message);
  }
}

/** A backend that looks at values on the device says so at the next read, whatever is read. */
async function errorsAtReads(samples: readonly ErrorSample[], backend: string): Promise<void> {
  for (const [k, [call, type, message]] of samples.entries()) {
    let thrown: unknown;
    try {
      await withBackend(backend, () => {
        call();
        return zeros([1]).data();
      });
    } catch (error) {
      thrown = error;
    }
    // Not all values are looked at: probabilities, offsets of bags.
    if (thrown === undefined && VALUES.includes(type)) continue;
    mustBe(k, thrown, type, message);
  }
}

function mustBe(k: number, thrown: unknown, type: ErrorSample[1], message: RegExp): void {
  if (!(thrown instanceof type) || !message.test(thrown.message)) {
    throw new Error(`error sample ${k}: expected ${type.name} ${message}, got ${String(thrown)}`);
  }
}
