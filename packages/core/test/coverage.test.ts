// Nothing public without PyTorch's numbers: every function of tensors has a fixture, every differentiable
// one a fixture with gradients, every op of the registry runs in one, and methods do what functions do.
import { onRun, ops, Tensor, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import * as exported from "../src/ops/index.ts";
import { type FunctionCase, functionFiles, readFixture, runCase } from "./fixture-runner.ts";

/**
 * Functions and ops of our own, which PyTorch has no number for, and why: name to reason. A line here is all
 * that such an op needs outside its file and the list of ops; opSuite, which compares it with its composition
 * and its gradients with differences, is then its only check. What PyTorch has needs a case instead.
 */
const OURS: Readonly<Record<string, string>> = {
  // swish: "PyTorch has no beta; beta = 1 is silu",
  ...Object.fromEntries(
    [
      "lstmSequence",
      "lstmSequenceGrad",
      "lstmStep",
      "gruSequence",
      "gruSequenceGrad",
      "gruStep",
    ].map((name) => [name, "a part of nn's recurrent layers, which modules-recurrent.json has"]),
  ),
};

/** What a new function or op is told. */
const missingCase = (name: string): string =>
  `no case calls ${name}. Either PyTorch has it: write a case in fixtures/generate/ and run ` +
  "fixtures/generate.py (CONTRIBUTING.md, 'Fixtures'). Or it has not: add the line " +
  `\`${name}: "the reason",\` to OURS in packages/core/test/coverage.test.ts`;

/** No fixture calls these, which are no ops, or are made of ones that have cases; and why. */
const WITHOUT_FIXTURE: Readonly<Record<string, string>> = {
  // Random draws: PyTorch's generator is another one. random.test.ts has their distributions.
  rand: "random",
  randn: "random",
  randint: "random",
  randperm: "random",
  randLike: "random",
  randnLike: "random",
  randintLike: "random",
  gumbelSoftmax: "random",
  empty: "the content is whatever was there",
  emptyLike: "the content is whatever was there",
  newEmpty: "the content is whatever was there",
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
};

/** These have fixtures but no gradient, as ops have that say `differentiable: false`: nothing flows in. */
const WITHOUT_GRADIENT = new Set([
  ...["zeros", "ones", "full", "eye", "arange", "zerosLike", "onesLike", "fullLike", "oneHot"],
  ...["isposinf", "isneginf", "isclose", "allclose", "equal"],
  ...["countNonzero", "argsort", "isin", "bincount", "histc", "bucketize"],
  ...["unique", "uniqueConsecutive"],
  ...["greater", "greaterEqual", "less", "lessEqual", "notEqual"],
  // PyTorch raises; its quotient has slope 0.
  "floorDivide",
  // PyTorch has no derivatives of these in place.
  ...["acosh_", "asinh_", "atanh_"],
  // PyTorch raises.
  ...["linalg.ldlFactor", "linalg.ldlFactorEx", "linalg.ldlSolve"],
  ...["linspace", "logspace", "newZeros", "newOnes", "newFull", "newTensor"],
  ...["bernoulli", "multinomial", "normal", "nonzero", "linalg.matrixRank"],
  ...["binomial", "poisson", "histogram", "argwhere", "nonzeroStatic", "unravelIndex"],
  ...["trilIndices", "triuIndices"],
]);

/** What a Tensor has beyond the functions: properties, reading, memory, autograd. Other tests have them. */
const NO_FUNCTIONS = new Set([
  ...["constructor", "ndim", "numel", "device", "backend", "released", "release", "size"],
  ...[
    "requiresGrad",
    "requiresGrad_",
    "isInference",
    "grad",
    "isLeaf",
    "backward",
    "detach",
    "registerHook",
    "registerPostAccumulateGradHook",
    "retainGrad",
    "retainsGrad",
  ],
  ...["item", "itemAsync", "data", "dataSync", "ndarray", "tolist", "toJSON", "toString"],
  ...["T", "mT", "newEmpty", "source"],
  // to() by other names.
  ...["half", "bfloat16", "float", "double", "byte", "int", "long", "bool", "typeAs"],
  // The function is called unfoldDim; unfold of nn.functional is another.
  "unfold",
  // The function is called contiguous, which is a property of tensors.
  "toContiguous",
]);

const functions = [
  ...Object.entries(exported).flatMap(([name, f]) => (typeof f === "function" ? [name] : [])),
  ...Object.keys(exported.linalg).map((name) => `linalg.${name}`),
];
/** As this file loads: other tests define ops of their own later. */
const opNames = [...ops().values()].map(({ spec }) => spec.name);
const cases = new Map<string, FunctionCase[]>();
for (const file of functionFiles) {
  for (const c of readFixture<FunctionCase>(file)) {
    cases.set(c.fn, [...(cases.get(c.fn) ?? []), c]);
  }
}
const hasGradients = (c: FunctionCase): boolean => c.grads?.some((g) => g !== null) ?? false;
const casesOf = (name: string): readonly FunctionCase[] => cases.get(name) ?? [];

/** An in-place form has what its function has. */
const withoutGradient = (name: string): boolean =>
  WITHOUT_GRADIENT.has(name) ||
  ops().get(name)?.spec.differentiable === false ||
  (name.endsWith("_") && withoutGradient(name.slice(0, -1)));

/** Methods of their second argument: x.where(cond, y) is x where cond holds, x.polygamma(n). */
const SECOND = new Set(["where", "polygamma"]);

/** The case with the tensor in front that the method is called on; none when a number stands there. */
function asMethod(c: FunctionCase): FunctionCase[] {
  const [a, b, ...rest] = c.args;
  const args = SECOND.has(c.fn) ? [b, a, ...rest] : c.args;
  const [self] = args;
  const isTensor = typeof self === "object" && self !== null && "tensor" in self;
  return isTensor ? [{ ...c, args: args as FunctionCase["args"] }] : [];
}

describe("every public function has PyTorch's numbers", () => {
  for (const name of functions) {
    if (name in WITHOUT_FIXTURE || name in OURS) continue;
    it(name, () => {
      if (casesOf(name).length === 0) throw new Error(missingCase(name));
      const gradients = casesOf(name).filter(hasGradients).length;
      if (withoutGradient(name)) {
        expect(gradients, `cases of ${name}, which has no gradient, with gradients`).to.equal(0);
      } else if (gradients === 0) {
        throw new Error(
          `no case of ${name} has gradients. Record one with gradients (a floating-point input, without ` +
            "grad=False) in fixtures/generate/; an op without gradient says `differentiable: false`, " +
            "a function of another kind is listed in WITHOUT_GRADIENT",
        );
      }
    });
  }

  it("and the exceptions exist and need to be", () => {
    const listed = [...Object.keys(WITHOUT_FIXTURE), ...WITHOUT_GRADIENT];
    expect(listed.filter((name) => !functions.includes(name))).to.deep.equal([]);
    const excused = [...Object.keys(WITHOUT_FIXTURE), ...Object.keys(OURS)];
    expect(
      excused.filter((name) => cases.has(name)),
      "these have cases: take them off WITHOUT_FIXTURE and OURS",
    ).to.deep.equal([]);
    const known = [...functions, ...opNames];
    expect(Object.keys(OURS).filter((name) => !known.includes(name))).to.deep.equal([]);
  });
});

describe("the other spelling does the same", () => {
  const names = Object.getOwnPropertyNames(Tensor.prototype).filter((n) => !NO_FUNCTIONS.has(n));
  for (const name of names) {
    if (name in OURS) continue;
    it(name, () => {
      expect(functions, `functions; the method ${name} has none of its name`).to.include(name);
      const [c] = casesOf(name)
        .flatMap(asMethod)
        .sort((a, b) => Number(hasGradients(b)) - Number(hasGradients(a)));
      if (c === undefined) throw new Error(`with a tensor in front, ${missingCase(name)}`);
      withBackend("reference", () => runCase(c, name.endsWith("_") ? "function" : "method"));
    });
  }
});

describe("every op runs in a fixture", () => {
  const most = Math.max(...[...cases.values()].map((list) => list.length));

  it("on the reference backend", () => {
    const missing = new Set(opNames.filter((name) => !(name in OURS)));
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
    if (missing.size > 0) throw new Error([...missing].map(missingCase).join("\n"));
  });
});
