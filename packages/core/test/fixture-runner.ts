// Runs the cases of fixtures/*.json that call a function: values, gradients of first, second and third
// order, against PyTorch's numbers. The schema is in fixtures/README.md.
import { readdirSync, readFileSync } from "node:fs";
import * as core from "@tapegrad/core";
import { type DType, grad, Tensor, tensor, withBackend } from "@tapegrad/core";
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
const OTHERS = /^(modules-.*|init|optim|schedules|clip-grad-norm|training|printing|philox)\.json$/;

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
  const f = table[fn];
  if (f !== undefined && (form ?? (inPlace ? "method" : "function")) === "function") {
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

function compareData(actual: Tensor | null, expected: Data | null, tol: Tolerance, what: string) {
  if (expected === null) {
    // No dependence: no gradient, or one of zeros.
    if (actual !== null) closeTo(actual.dataSync(), new Array(actual.numel).fill(0), tol, what);
    return;
  }
  if (actual === null) {
    // PyTorch writes zeros where nothing depends on the input.
    closeTo(new Array(expected.length).fill(0), numbersOf(expected, "float64"), tol, what);
    return;
  }
  const t = actual;
  closeTo(t.dataSync(), numbersOf(expected, t.dtype), tol, what);
}

export function runCase(c: FunctionCase, form?: Form): void {
  const tol = toleranceOf(c);
  const inputs = c.inputs.map(tensorOf);
  let result = call(
    c.fn,
    c.args.map((a) => resolve(a, inputs)),
    form,
  );
  if (c.then) {
    const [fn, ...rest] = c.then;
    result = call(fn, [tensorsIn(result)[0], ...rest.map((a) => resolve(a, inputs))]);
  }
  const outputs = tensorsIn(result);
  expect(outputs.length, "number of outputs").to.equal(c.outputs.length);
  c.outputs.forEach((spec, k) => {
    const y = outputs[k] as Tensor;
    expect(y.shape, `shape of output ${k}`).to.deep.equal(spec.shape);
    expect(y.dtype, `dtype of output ${k}`).to.equal(spec.dtype);
    const exact = !spec.dtype.startsWith("float");
    closeTo(
      y.dataSync(),
      numbersOf(spec.data, spec.dtype),
      exact ? { rtol: 0, atol: 0 } : tol,
      `output ${k}`,
    );
  });
  c.inputsAfter?.forEach((data, i) => {
    if (data) compareData(inputs[i] as Tensor, data, tol, `input ${i} afterwards`);
  });
  if (c.gradOutputs && c.grads) checkGradients(c, inputs, outputs, tol);
}

function checkGradients(
  c: FunctionCase,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  tol: Tolerance,
): void {
  const used = (c.gradOutputs ?? []).flatMap((g, k) => (g ? [k] : []));
  const seeds = used.map((k) => {
    const y = outputs[k] as Tensor;
    const data = c.gradOutputs?.[k] as Data;
    return tensor(numbersOf(data, y.dtype), {
      shape: y.shape,
      dtype: y.dtype,
      requiresGrad: c.second !== undefined,
    });
  });
  const wanted = inputs.filter((t) => t.requiresGrad);
  const createGraph = c.second !== undefined;
  const first = grad(
    used.map((k) => outputs[k] as Tensor),
    wanted,
    { gradOutputs: seeds, createGraph, allowUnused: true },
  );
  const spread = (gs: readonly (Tensor | null)[]) => {
    const queue = [...gs];
    return inputs.map((t) => (t.requiresGrad ? (queue.shift() as Tensor | null) : null));
  };
  spread(first).forEach((g, i) => {
    compareData(g, c.grads?.[i] ?? null, tol, `gradient of input ${i}`);
  });
  if (!c.second) return;
  const squares = (gs: readonly (Tensor | null)[]) =>
    gs
      .filter((g): g is Tensor => g !== null)
      .map((g) => g.mul(g).sum())
      .reduce((a, b) => a.add(b));
  const loose = { rtol: tol.rtol * 10, atol: tol.atol * 10 };
  const second = grad([squares(first)], [...wanted, ...seeds], {
    createGraph: c.third !== undefined,
    allowUnused: true,
  });
  spread(second.slice(0, wanted.length)).forEach((g, i) => {
    compareData(g, c.second?.grads[i] ?? null, loose, `second derivative by input ${i}`);
  });
  used.forEach((k, j) => {
    const expected = c.second?.gradOutputs[k] ?? null;
    const g = second[wanted.length + j] as Tensor | null;
    compareData(g, expected, loose, `second derivative by upstream gradient ${k}`);
  });
  if (!c.third) return;
  const third = grad([squares(second.slice(0, wanted.length))], wanted, { allowUnused: true });
  const looser = { rtol: tol.rtol * 100, atol: tol.atol * 100 };
  spread(third).forEach((g, i) => {
    compareData(g, c.third?.grads[i] ?? null, looser, `third derivative by input ${i}`);
  });
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
