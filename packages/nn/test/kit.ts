// What the tests of this package share: fixtures, modules built from their description, comparison.
import { readdirSync, readFileSync } from "node:fs";
import { type DType, memory, type Tensor, tensor } from "@tapegrad/core";
import * as nn from "../src/index.ts";

/** Numbers of a fixture; NaN and the infinities are strings there. */
export type Numbers = readonly (number | string)[];
export interface Described {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: Numbers;
  readonly grad?: boolean;
}
export interface ModuleSpec {
  readonly module: string;
  readonly args: readonly unknown[];
  /** Of "Custom": a class with these properties, whose forward applies them in order. */
  readonly className?: string;
  readonly children?: readonly (readonly [key: string, spec: ModuleSpec])[];
  /** Functions of nn that parametrize it, with their options. */
  readonly parametrized?: readonly (readonly [
    fn: keyof typeof PARAMETRIZATIONS,
    options: object,
  ])[];
}

export function fixture<C>(name: string): readonly C[] {
  const url = new URL(`../../../fixtures/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: C[] }).cases;
}

/** Families of fixtures/modules-*.json whose cases run modules; of "repr" only the printed form is looked at. */
export const moduleFamilies: readonly string[] = readdirSync(
  new URL("../../../fixtures/", import.meta.url),
)
  .flatMap((name) => /^modules-(.*)\.json$/.exec(name)?.[1] ?? [])
  .filter((family) => !family.startsWith("repr"))
  .sort();

export const made = (d: Described): Tensor =>
  tensor(d.data.map(Number), { shape: d.shape, dtype: d.dtype, requiresGrad: d.grad ?? false });

const isSpec = (value: unknown): value is ModuleSpec =>
  value !== null && typeof value === "object" && "module" in value;
const isDescribed = (value: unknown): value is Described =>
  value !== null && typeof value === "object" && "data" in value && "dtype" in value;

function argument(value: unknown): unknown {
  if (isSpec(value)) return build(value);
  if (isDescribed(value)) return made(value);
  if (Array.isArray(value)) return value.map(argument);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, argument(v)]));
}

function custom(className: string, children: NonNullable<ModuleSpec["children"]>): nn.Module {
  const type = class extends nn.Module {
    forward(x: Tensor): Tensor {
      return this.children().reduce((y, child) => child.call(y), x);
    }
  };
  Object.defineProperty(type, "name", { value: className });
  return Object.assign(
    new type(),
    Object.fromEntries(children.map(([key, child]) => [key, build(child)])),
  );
}

const PARAMETRIZATIONS = {
  weightNorm: nn.weightNorm,
  spectralNorm: nn.spectralNorm,
  orthogonal: nn.orthogonal,
};

/** The module that a fixture describes. */
export function build(spec: ModuleSpec): nn.Module {
  if (spec.children !== undefined) return custom(spec.className ?? "Custom", spec.children);
  type Anything = Record<string, new (...args: unknown[]) => nn.Module>;
  const type = (nn as unknown as Anything)[spec.module];
  if (type === undefined) throw new Error(`there is no module ${spec.module}`);
  const made = new type(...spec.args.map(argument));
  for (const [fn, options] of spec.parametrized ?? []) PARAMETRIZATIONS[fn](made, options);
  return made;
}

/** Every number within the house's tolerance for the dtype. */
export function close(what: string, got: Tensor | Numbers, expected: Numbers, dtype: DType): void {
  const values = "dataSync" in got ? Array.from(got.dataSync(), Number) : got.map(Number);
  const [rtol, atol] = dtype === "float32" ? [1e-4, 1e-5] : [1e-7, 1e-10];
  if (values.length !== expected.length) {
    throw new Error(`${what}: ${values.length} values, expected ${expected.length}`);
  }
  for (const [i, v] of values.entries()) {
    const e = Number(expected[i]);
    if (Object.is(v, e) || Math.abs(v - e) <= atol + rtol * Math.abs(e)) continue;
    throw new Error(`${what}: element ${i} is ${v}, expected ${e}`);
  }
}

/** The arguments of a call, with the inputs in their places. */
export function placed(call: readonly unknown[], inputs: readonly Tensor[]): unknown[] {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (node === null || typeof node !== "object") return node;
    const record = node as Readonly<Record<string, unknown>>;
    if (typeof record.tensor === "number") return inputs[record.tensor];
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, walk(value)]));
  };
  return call.map(walk);
}

/** Storages that f leaves behind. Nothing is collected: counts alone must get it right. */
export function left(f: () => unknown): number {
  const before = memory().storages;
  f();
  return memory().storages - before;
}
