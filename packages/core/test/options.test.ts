// Options that do not exist are errors with a name and a way out, as JavaScript has no types to say so.
import { expect } from "chai";
import * as tg from "../src/index.ts";
import { ArgumentError, ShapeError, tensor, zeros } from "../src/index.ts";
import { useBackend } from "./use-backend.ts";

/** Calls as JavaScript makes them. */
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript would refuse is what is tested
const js = tg as any;

const x = () => zeros([1, 4, 6, 6]);
const w = () => zeros([4, 4, 3, 3]);
const bias = () => zeros([4]);

const refused = (name: string, call: () => unknown, pattern: RegExp, type = ArgumentError) =>
  it(name, () => expect(call).to.throw(type as typeof ArgumentError, pattern));

describe("options", () => {
  useBackend("reference");

  describe("a name that does not exist", () => {
    refused(
      "is told with the nearest and all known ones",
      () => js.conv2d(x(), w(), { strides: 2 }),
      /^conv2d: there is no option 'strides' \(did you mean 'stride'\?\); there are stride, padding, dilation, groups, bias, activation$/,
    );
    refused(
      "a wild one without",
      () => js.conv2d(x(), w(), { paddingMode: "reflect" }),
      /'paddingMode'; there are/,
    );
    refused(
      "snake_case",
      () => js.crossEntropy(zeros([2, 3]), tensor([0n, 1n]), { label_smoothing: 0.1 }),
      /did you mean 'labelSmoothing'/,
    );
    refused(
      "two letters swapped",
      () => js.sum(x(), 1, { keepdmi: true }),
      /did you mean 'keepdim'/,
    );
    refused(
      "names that every object has",
      () => js.conv2d(x(), w(), { toString: 1 }),
      /no option 'toString'/,
    );
    refused(
      "with an undefined value too",
      () => js.dropout(x(), { prob: undefined }),
      /no option 'prob'/,
    );
    const none = { nonsense: 1 };
    const target = () => tensor([0n, 1n]);
    const calls: Record<string, () => unknown> = {
      conv1d: () => js.conv1d(zeros([1, 2, 4]), zeros([2, 2, 3]), none),
      conv3d: () => js.conv3d(zeros([1, 2, 4, 4, 4]), zeros([2, 2, 3, 3, 3]), none),
      convTranspose2d: () => js.convTranspose2d(x(), w(), none),
      maxPool2d: () => js.maxPool2d(x(), 2, none),
      avgPool2d: () => js.avgPool2d(x(), 2, none),
      batchNorm: () => js.batchNorm(x(), { training: true, ...none }),
      layerNorm: () => js.layerNorm(x(), 6, none),
      dropout: () => js.dropout(x(), none),
      pad: () => js.pad(x(), [1, 1], none),
      embedding: () => js.embedding(target(), zeros([3, 2]), none),
      crossEntropy: () => js.crossEntropy(zeros([2, 3]), target(), none),
      nllLoss: () => js.nllLoss(zeros([2, 3]), target(), none),
      mseLoss: () => js.mseLoss(x(), x(), none),
      l1Loss: () => js.l1Loss(x(), x(), none),
      smoothL1Loss: () => js.smoothL1Loss(x(), x(), none),
      binaryCrossEntropyWithLogits: () => js.binaryCrossEntropyWithLogits(x(), x(), none),
      cat: () => js.cat([x()], none),
      stack: () => js.stack([x()], none),
      split: () => js.split(x(), 2, none),
      chunk: () => js.chunk(x(), 2, none),
      flatten: () => js.flatten(x(), none),
      tril: () => js.tril(x(), none),
      clamp: () => js.clamp(x(), { min: 0, ...none }),
      gelu: () => js.gelu(x(), none),
      softplus: () => js.softplus(x(), none),
      tensor: () => js.tensor([1], none),
      arange: () => js.arange(0, 3, 1, none),
      eye: () => js.eye(2, 2, none),
      full: () => js.full([2], 1, none),
      randint: () => js.randint(0, 3, [2], none),
      randperm: () => js.randperm(3, none),
      registerBackend: () => js.registerBackend("nowhere", () => undefined, none),
    };
    for (const op of ["zeros", "ones", "empty", "rand", "randn"])
      calls[op] = () => js[op]([2], none);
    for (const op of ["zerosLike", "onesLike", "emptyLike", "randLike", "randnLike"]) {
      calls[op] = () => js[op](x(), none);
    }
    for (const op of ["sum", "mean", "prod", "amax", "amin", "max", "min", "argmax", "argmin"]) {
      calls[op] = () => js[op](x(), 1, none);
    }
    for (const op of ["var", "std", "logsumexp"]) calls[op] = () => js[op](x(), none);
    for (const [op, call] of Object.entries(calls)) {
      refused(op, call, new RegExp(`^${op}: there is no option 'nonsense'; there are `));
    }
  });

  describe("something else where the options belong", () => {
    refused(
      "a Tensor, with the option that takes one",
      () => js.conv2d(x(), w(), bias()),
      /^conv2d: got a Tensor where the options belong; options go by name in one object: \{ bias \} \(of stride, /,
    );
    refused(
      "a Tensor where no option takes one",
      () => js.dropout(x(), x()),
      /got a Tensor .* \{ p, training, generator \}$/,
    );
    refused(
      "a number",
      () => js.maxPool2d(x(), 2, 2),
      /^maxPool2d: got 2 where .*\{ stride, padding, /,
    );
    refused("a string", () => js.zeros([2], "int32"), /^zeros: got "int32" where .*\{ dtype, /);
    refused(
      "a boolean",
      () => js.sum(x(), 1, true),
      /^sum: got true where .*\{ dim, keepdim, dtype \}/,
    );
    refused("an array", () => js.avgPool2d(x(), 2, [2, 2]), /got an array where/);
    refused(
      "a typed array",
      () => js.tensor([1, 2], new Float32Array(2)),
      /got Float32Array where/,
    );
    refused("null", () => js.cat([x()], null), /got null where .*\{ dim \}/);
    refused("a dim beside tensors", () => js.kthvalue(x(), 1, 2), /^kthvalue: got 2 where/);
    refused("a Tensor as dim", () => js.max(x(), x()), /^max: got a Tensor where/);
  });

  it("takes what TypeScript takes", () => {
    js.conv2d(x(), w(), undefined);
    js.conv2d(x(), w(), { bias: undefined });
    js.conv2d(x(), w(), Object.assign(Object.create(null), { padding: 1 }));
    expect(x().std([0, 1], { keepdim: true, correction: 0 }).shape).to.deep.equal([1, 1, 6, 6]);
    const generator = new tg.Generator(1);
    expect(tg.randint(0, 5, [3], { generator, dtype: "int32" }).dtype).to.equal("int32");
    expect(tg.randperm(4, { generator }).numel).to.equal(4);
  });
});

describe("a shape that is no array", () => {
  const shape = (name: string, call: () => unknown, pattern: RegExp) =>
    refused(name, call, pattern, ShapeError as never);
  for (const op of ["zeros", "ones", "empty", "rand", "randn"]) {
    shape(
      `${op}(2, 3)`,
      () => js[op](2, 3),
      new RegExp(`^${op}: give the shape as an array: ${op}\\(\\[2, 3\\]\\)$`),
    );
  }
  shape("zeros(2)", () => js.zeros(2), /give the shape as an array: zeros\(\[2\]\)$/);
  shape("full(2, 7)", () => js.full(2, 7), /give the shape as an array: full\(\[2\], value\)$/);
  shape("randint(0, 9, 4)", () => js.randint(0, 9, 4), /array: randint\(low, high, \[4\]\)$/);
  shape("zeros()", () => js.zeros(), /^zeros: the shape must be an array of sizes, got undefined/);
  shape("zeros(tensor)", () => js.zeros(zeros([2])), /got a Tensor/);
});

describe("errors with a way out", () => {
  it("linear names the inFeatures to use", () => {
    expect(() => tg.linear(zeros([2, 3]), zeros([4, 2]))).to.throw(
      ShapeError,
      /input has 3 features but weight wants 2; .*inFeatures 3: new nn\.Linear\(3, 4\)/,
    );
  });
  it("or to flatten, when that is all", () => {
    expect(() => tg.linear(zeros([5, 2, 3, 3]), zeros([4, 18]))).to.throw(
      ShapeError,
      /flatten\(\{ startDim: 1 \}\)/,
    );
  });
  it("setBackend says setBackend, and the name that was meant", () => {
    expect(() => tg.setBackend("refrence")).to.throw(
      ArgumentError,
      /^setBackend: there is no backend 'refrence' \(did you mean 'reference'\?\); registered are /,
    );
    const unregister = tg.registerBackend("turbo", () => tg.getBackend("reference"));
    try {
      expect(() => tg.setBackend("trubo")).to.throw(ArgumentError, /did you mean 'turbo'/);
    } finally {
      unregister();
    }
    expect(() => tg.withBackend("nowhere", () => 1)).to.throw(ArgumentError, /^withBackend: /);
    expect(() => tg.getBackend("nowhere")).to.throw(ArgumentError, /^getBackend: /);
    expect(() => zeros([1], { device: "nowhere" })).to.throw(
      ArgumentError,
      /^zeros: there is no backend/,
    );
  });
});
