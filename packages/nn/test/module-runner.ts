// Runs the cases of fixtures/modules-*.json: outputs, gradients, state after training, printed form.
import { inspect } from "node:util";
import { noGrad, type Tensor, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import type { Module } from "../src/index.ts";
import {
  build,
  close,
  type Described,
  fixture,
  type ModuleSpec,
  made as madeAs,
  moduleFamilies,
  type Numbers,
  placed,
} from "./kit.ts";

export interface Case extends ModuleSpec {
  readonly name: string;
  readonly training: boolean;
  readonly state: Readonly<Record<string, Described>>;
  readonly warmup?: readonly (readonly Described[])[];
  readonly inputs: readonly Described[];
  /** How the inputs are given where they are not just one after the other: {"tensor": i}, lists, options. */
  readonly call?: readonly unknown[];
  readonly outputs: readonly Described[];
  readonly gradOutputs: readonly Numbers[];
  readonly grads: readonly (Numbers | null)[];
  readonly paramGrads?: Readonly<Record<string, Numbers | null>>;
  readonly stateAfter?: Readonly<Record<string, Described>>;
  readonly repr?: string;
}

const isFloat = (d: Described): boolean => d.dtype.startsWith("float");

/** The fixtures of separable convolutions come from a Sequential of two. */
const ownKey = (c: Case, key: string): string =>
  c.module.startsWith("Separable")
    ? key.replace(/^0\./, "depthwise.").replace(/^1\./, "pointwise.")
    : key;

/** @param as the dtype that floats of the case are given in; default: their own */
function check(c: Case, as?: "float32"): void {
  const own = (c.inputs.find((x) => x.dtype.startsWith("float")) ?? c.outputs[0])?.dtype;
  const dtype = as ?? (own as "float32");
  const made = (d: Described): Tensor => madeAs({ ...d, dtype: as && isFloat(d) ? as : d.dtype });
  const net = build(c).to(dtype);
  net.train(c.training);
  const state = Object.entries(c.state).map(([key, d]): [string, Tensor] => [
    ownKey(c, key),
    made(d),
  ]);
  expect([...net.stateDict().keys()], "keys of the stateDict").to.deep.equal(state.map(([k]) => k));
  net.loadStateDict(new Map(state));
  for (const inputs of c.warmup ?? []) noGrad(() => net.call(...inputs.map(made)));

  const inputs = c.inputs.map(made);
  const result = net.call(...(c.call === undefined ? inputs : placed(c.call, inputs)));
  const outputs = [result].flat(2).filter((t): t is Tensor => t !== null);
  expect(outputs.map((t) => [...t.shape])).to.deep.equal(c.outputs.map((d) => d.shape));
  outputs.forEach((t, k) => {
    close(`output ${k}`, t, (c.outputs[k] as Described).data, dtype);
  });
  const used = outputs.flatMap((t, k) => (t.requiresGrad ? [k] : []));
  if (used.length > 0) {
    const losses = used.map((k) => {
      const upstream = made({ ...(c.outputs[k] as Described), data: c.gradOutputs[k] as Numbers });
      return (outputs[k] as Tensor).mul(upstream).sum();
    });
    losses.reduce((x, y) => x.add(y)).backward();
    inputs.forEach((x, i) => {
      const g = c.grads[i];
      if (g) close(`gradient of input ${i}`, x.grad as Tensor, g, dtype);
    });
    const params = new Map(net.namedParameters());
    for (const [key, g] of Object.entries(c.paramGrads ?? {})) {
      if (g) close(`gradient of ${key}`, params.get(ownKey(c, key))?.grad as Tensor, g, dtype);
    }
  }
  const after = { ...c.state, ...c.stateAfter };
  for (const [key, d] of Object.entries(after)) {
    close(`${key} afterwards`, net.stateDict().get(ownKey(c, key)) as Tensor, d.data, dtype);
  }
  if (c.repr !== undefined) expectPrinted(net, c.repr);
}

export function expectPrinted(net: Module, repr: string): void {
  expect(String(net)).to.equal(repr);
  expect(inspect(net)).to.equal(repr);
}

/** One mocha test a case, for every fixture of modules. */
export function describeModules(backend: string, as?: "float32"): void {
  for (const family of moduleFamilies) {
    describe(`modules-${family}: as PyTorch`, () => {
      for (const c of fixture<Case>(`modules-${family}`)) {
        it(c.name, () => withBackend(backend, () => check(c, as)));
      }
    });
  }
}
