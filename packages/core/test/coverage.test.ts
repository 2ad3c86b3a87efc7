// Nothing public without PyTorch's numbers: every function of tensors has a fixture, every differentiable
// one a fixture with gradients, every op of the registry runs in one, and methods do what functions do.
import { onRun, ops, Tensor, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import * as exported from "../src/ops/index.ts";
import { type FunctionCase, functionFiles, readFixture, runCase } from "./fixture-runner.ts";

/** No fixture calls these, and why. */
const WITHOUT_FIXTURE: Readonly<Record<string, string>> = {
  // Random draws: PyTorch's generator is another one. random.test.ts has their distributions.
  rand: "random",
  randn: "random",
  randint: "random",
  randperm: "random",
  randLike: "random",
  randnLike: "random",
  empty: "the content is whatever was there",
  emptyLike: "the content is whatever was there",
  tensor: "makes the inputs of every case",
  conv: "conv1d to conv3d with the geometry spelled out",
  convInputGrad: "the gradient of conv1d to conv3d, and convTranspose1d to 3d",
  convWeightGrad: "the gradient of conv1d to conv3d",
  // No tensors come out.
  convGeometry: "geometry",
  transposedGeometry: "geometry",
  poolGeometry: "geometry",
  divisorAt: "geometry",
  toNdarray: "conversion",
  checkOptions: "a check",
};

/** These have fixtures but no gradient: integers or booleans come out, or nothing flows in. */
const WITHOUT_GRADIENT = new Set([
  ...["eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "isfinite", "any", "all"],
  ...["logicalAnd", "logicalOr", "logicalXor", "logicalNot", "argmax", "argmin", "oneHot"],
  ...["zeros", "ones", "full", "eye", "arange", "zerosLike", "onesLike", "fullLike"],
]);

/** What a Tensor has beyond the functions: properties, reading, memory, autograd. Other tests have them. */
const NO_FUNCTIONS = new Set([
  ...["constructor", "ndim", "numel", "device", "backend", "released", "release", "size"],
  ...["requiresGrad", "requiresGrad_", "grad", "isLeaf", "backward", "detach", "registerHook"],
  ...["item", "itemAsync", "data", "dataSync", "ndarray", "toString"],
  // The function is called contiguous, which is a property of tensors.
  "toContiguous",
]);

const functions = Object.entries(exported).flatMap(([name, f]) =>
  typeof f === "function" ? [name] : [],
);
const cases = new Map<string, FunctionCase[]>();
for (const file of functionFiles) {
  for (const c of readFixture<FunctionCase>(file)) {
    cases.set(c.fn, [...(cases.get(c.fn) ?? []), c]);
  }
}
const hasGradients = (c: FunctionCase): boolean => c.grads?.some((g) => g !== null) ?? false;
const casesOf = (name: string): readonly FunctionCase[] => cases.get(name) ?? [];

/** The case with the tensor in front that the method is called on; none when a number stands there. */
function asMethod(c: FunctionCase): FunctionCase[] {
  // cond stays an argument: x.where(cond, y) is x where cond holds.
  const [a, b, ...rest] = c.args;
  const args = c.fn === "where" ? [b, a, ...rest] : c.args;
  const [self] = args;
  const isTensor = typeof self === "object" && self !== null && "tensor" in self;
  return isTensor ? [{ ...c, args: args as FunctionCase["args"] }] : [];
}

describe("every public function has PyTorch's numbers", () => {
  for (const name of functions) {
    if (name in WITHOUT_FIXTURE) continue;
    it(name, () => {
      expect(casesOf(name).length, `cases of ${name} in fixtures/*.json`).to.be.above(0);
      const gradients = casesOf(name).filter(hasGradients).length;
      const what = `cases of ${name} with gradients`;
      if (WITHOUT_GRADIENT.has(name)) expect(gradients, what).to.equal(0);
      else expect(gradients, what).to.be.above(0);
    });
  }

  it("and the exceptions exist and need to be", () => {
    expect(functions).to.include.members([...Object.keys(WITHOUT_FIXTURE), ...WITHOUT_GRADIENT]);
    expect(Object.keys(WITHOUT_FIXTURE).filter((name) => cases.has(name))).to.deep.equal([]);
  });
});

describe("the other spelling does the same", () => {
  const names = Object.getOwnPropertyNames(Tensor.prototype).filter((n) => !NO_FUNCTIONS.has(n));
  for (const name of names) {
    it(name, () => {
      expect(functions, "functions").to.include(name);
      const [c] = casesOf(name)
        .flatMap(asMethod)
        .sort((a, b) => Number(hasGradients(b)) - Number(hasGradients(a)));
      if (c === undefined) throw new Error(`no case of ${name} with a tensor to call it on`);
      withBackend("reference", () => runCase(c, name.endsWith("_") ? "function" : "method"));
    });
  }
});

describe("every op runs in a fixture", () => {
  // As this file loads: other tests define ops of their own later.
  const names = [...ops().values()].map(({ spec }) => spec.name);
  const most = Math.max(...[...cases.values()].map((list) => list.length));

  it("on the reference backend", () => {
    const missing = new Set(names);
    // A move needs two backends, and what dropout drops is random; torch.maximum takes no numbers. Their own
    // tests have them.
    const exceptions = ["move", "dropout", "maximumScalar", "minimumScalar"];
    for (const name of exceptions) missing.delete(name);
    const stop = onRun(({ op }) => missing.delete(op));
    try {
      // First one case of each function, then a second one, …: soon nothing is missing.
      for (let k = 0; missing.size > 0 && k < most; k++) {
        for (const [c] of [...cases.values()].map((list) => list.slice(k))) {
          if (c !== undefined) withBackend("reference", () => runCase(c));
        }
      }
    } finally {
      stop();
    }
    expect([...missing]).to.deep.equal([]);
  });
});
