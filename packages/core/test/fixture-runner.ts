// Runs the cases of fixtures/*.json that call a function: values, gradients of first, second and third
// order, against PyTorch's numbers. The schema is in fixtures/README.md.
import { readdirSync, readFileSync } from "node:fs";
import * as core from "@tapegrad/core";
import { type DType, grad, isFloating, Tensor, tensor, withBackend } from "@tapegrad/core";
import { closeTo, type Tolerance } from "@tapegrad/core/testing";
import { expect } from "chai";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Data = readonly (number | string)[];
interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: Data;
  readonly grad?: boolean;
}
export interface FunctionCase {
  readonly name: string;
  readonly fn: string;
  readonly args: readonly Json[];
  readonly inputs: readonly TensorSpec[];
  readonly then?: readonly [string, ...Json[]];
  readonly outputs: readonly TensorSpec[];
  readonly inputsAfter?: readonly (Data | null)[];
  readonly gradOutputs?: readonly (Data | null)[];
  readonly grads?: readonly (Data | null)[];
  readonly second?: {
    readonly grads: readonly (Data | null)[];
    readonly gradOutputs: readonly (Data | null)[];
  };
  readonly third?: { readonly grads: readonly (Data | null)[] };
  readonly rtol?: number;
  readonly atol?: number;
}

const folder = new URL("../../../fixtures/", import.meta.url);

export function readFixture<Case>(file: string): readonly Case[] {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8")).cases;
}

/** Files whose cases are not calls of functions; other tests read them. */
const OTHERS =
  /^(modules-.*|init|optim.*|schedules|clip-grad-norm|training|printing|philox|inventory|inplace-views|functional)\.json$/;

export const functionFiles: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json") && !OTHERS.test(name))
  .sort();

/** JSON's spelling of a number that JSON cannot say. */
const revive = (v: unknown): unknown =>
  v === "NaN" || v === "Infinity" || v === "-Infinity" ? Number(v) : v;

export function numbersOf(data: Data, dtype: DType): (number | bigint)[] {
  return data.map((v) => (dtype === "int64" ? BigInt(v) : (revive(v) as number)));
}

export function tensorOf(spec: TensorSpec): Tensor {
  const { shape, dtype } = spec;
  return tensor(numbersOf(spec.data, dtype), { shape, dtype, requiresGrad: spec.grad ?? false });
}

function resolve(value: Json, inputs: readonly Tensor[]): unknown {
  if (value === null || typeof value !== "object") return revive(value);
  if (Array.isArray(value)) return value.map((v) => resolve(v, inputs));
  const record = value as { readonly [key: string]: Json };
  if (typeof record.tensor === "number") return inputs[record.tensor];
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, resolve(v, inputs)]));
}

/** The two ways to spell a call; in-place functions are methods, the others functions, where both exist. */
export type Form = "function" | "method";

function call(fn: string, args: readonly unknown[], form?: Form): unknown {
  const inPlace = fn.endsWith("_");
  // The recorded input is a leaf, which nothing may be written into.
  const [first, ...rest] = inPlace ? [(args[0] as Tensor).clone(), ...args.slice(1)] : args;
  const table = core as unknown as Record<string, (...args: unknown[]) => unknown>;
  const [space, name] = fn.split(".");
  const f =
    name === undefined ? table[fn] : (table[space as string] as unknown as typeof table)[name];
  // Those of torch.nn.functional (elu_) have no methods.
  const preferred = inPlace && fn in (first as object) ? "method" : "function";
  if (f !== undefined && (form ?? preferred) === "function") {
    return f(first, ...rest);
  }
  const method = (first as Record<string, (...a: unknown[]) => unknown>)[fn];
  expect(method, `the function ${fn}`).to.be.a("function");
  return (method as (...a: unknown[]) => unknown).call(first, ...rest);
}

function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (typeof result === "number" || typeof result === "boolean") return [tensor(result)];
  return Object.values(result as object).flatMap(tensorsIn);
}

const toleranceOf = (c: FunctionCase): Tolerance => {
  const single = [...c.inputs, ...c.outputs].some((t) => t.dtype === "float32");
  return { rtol: c.rtol ?? (single ? 1e-4 : 1e-7), atol: c.atol ?? (single ? 1e-5 : 1e-10) };
};

/** What has to be equal: a tensor and PyTorch's numbers, not read yet, so that any device can be compared. */
export interface Comparison {
  readonly what: string;
  /** null: no gradient. */
  readonly actual: Tensor | null;
  /** null: no dependence, so no gradient or one of zeros. */
  readonly expected: Data | null;
  /** Given where shape and dtype are PyTorch's to say. */
  readonly spec?: TensorSpec;
  readonly tolerance: Tolerance;
}

export type Stage = "values" | "gradient" | "second order" | "third order";

const EXACT: Tolerance = { rtol: 0, atol: 0 };

/** Throws where they differ. `data` is what `actual` holds. */
export function settle(
  { what, actual, expected, spec, tolerance }: Comparison,
  data: Values,
): void {
  if (actual === null) {
    // PyTorch writes zeros where nothing depends on the input.
    const zeros = new Array(expected?.length ?? 0).fill(0);
    closeTo(zeros, numbersOf(expected ?? [], "float64"), tolerance, what);
    return;
  }
  if (spec) {
    expect(actual.shape, `shape of ${what}`).to.deep.equal(spec.shape);
    expect(actual.dtype, `dtype of ${what}`).to.equal(spec.dtype);
  }
  const truth = expected ? numbersOf(expected, actual.dtype) : new Array(actual.numel).fill(0);
  closeTo(data, truth, tolerance, what);
}
type Values = ArrayLike<number | bigint>;

/**
 * The stages of a case, to be run in their order: each computes, and says what has to be equal. A case
 * without gradients has one stage.
 */
export function stagesOf(c: FunctionCase, form?: Form): Map<Stage, () => Comparison[]> {
  const tolerance = toleranceOf(c);
  const times = (k: number): Tolerance => ({ rtol: tolerance.rtol * k, atol: tolerance.atol * k });
  const { gradOutputs = [], grads, second, third } = c;
  let inputs: Tensor[] = [];
  let outputs: Tensor[] = [];
  let seeds: Tensor[] = [];
  let first: (Tensor | null)[] = [];
  let next: (Tensor | null)[] = [];
  const used = gradOutputs.flatMap((g, k) => (g ? [k] : []));
  const wanted = () => inputs.filter((t) => t.requiresGrad);
  const byInput = (
    gs: readonly (Tensor | null)[],
    truths: readonly (Data | null)[],
    what: string,
    tol: Tolerance,
  ): Comparison[] => {
    const queue = [...gs];
    return inputs.map((t, i) => ({
      what: `${what} input ${i}`,
      actual: t.requiresGrad ? (queue.shift() ?? null) : null,
      expected: truths[i] ?? null,
      tolerance: tol,
    }));
  };

  const stages = new Map<Stage, () => Comparison[]>();
  stages.set("values", () => {
    inputs = c.inputs.map(tensorOf);
    const args = c.args.map((a) => resolve(a, inputs));
    let result = call(c.fn, args, form);
    if (c.then) {
      const [fn, ...rest] = c.then;
      result = call(fn, [tensorsIn(result)[0], ...rest.map((a) => resolve(a, inputs))]);
    }
    outputs = tensorsIn(result);
    expect(outputs.length, "number of outputs").to.equal(c.outputs.length);
    const values = c.outputs.map((spec, k) => ({
      what: `output ${k}`,
      actual: outputs[k] as Tensor,
      expected: spec.data,
      spec,
      tolerance: isFloating(spec.dtype) ? tolerance : EXACT,
    }));
    const written = (c.inputsAfter ?? []).flatMap((expected, i) => {
      const actual = inputs[i] as Tensor;
      return expected ? [{ what: `input ${i} afterwards`, actual, expected, tolerance }] : [];
    });
    return [...values, ...written];
  });
  if (!c.gradOutputs || !grads) return stages;
  stages.set("gradient", () => {
    seeds = used.map((k) => {
      const { shape, dtype } = outputs[k] as Tensor;
      const requiresGrad = second !== undefined;
      return tensor(numbersOf(gradOutputs[k] as Data, dtype), { shape, dtype, requiresGrad });
    });
    const ys = used.map((k) => outputs[k] as Tensor);
    const createGraph = second !== undefined;
    first = grad(ys, wanted(), { gradOutputs: seeds, createGraph, allowUnused: true });
    return byInput(first, grads, "gradient of", tolerance);
  });
  if (!second) return stages;
  stages.set("second order", () => {
    const createGraph = third !== undefined;
    next = grad([squares(first)], [...wanted(), ...seeds], { createGraph, allowUnused: true });
    const upstream = next.splice(wanted().length);
    return [
      ...byInput(next, second.grads, "second derivative by", times(10)),
      ...used.map((k, j) => ({
        what: `second derivative by upstream gradient ${k}`,
        actual: upstream[j] ?? null,
        expected: second.gradOutputs[k] ?? null,
        tolerance: times(10),
      })),
    ];
  });
  if (!third) return stages;
  stages.set("third order", () => {
    const last = grad([squares(next)], wanted(), { allowUnused: true });
    return byInput(last, third.grads, "third derivative by", times(100));
  });
  return stages;
}

const squares = (gs: readonly (Tensor | null)[]): Tensor =>
  gs
    .filter((g): g is Tensor => g !== null)
    .map((g) => g.mul(g).sum())
    .reduce((a, b) => a.add(b));

export function runCase(c: FunctionCase, form?: Form): void {
  for (const [, run] of stagesOf(c, form)) {
    for (const comparison of run()) settle(comparison, comparison.actual?.dataSync() ?? []);
  }
}

/** One mocha test a case, for every fixture file whose cases call functions. */
export function describeFixtures(backend: string, files: readonly string[]): void {
  for (const file of files) {
    describe(file, () => {
      for (const c of readFixture<FunctionCase>(file)) {
        it(`${c.fn}: ${c.name}`, () => withBackend(backend, () => runCase(c)));
      }
    });
  }
}
