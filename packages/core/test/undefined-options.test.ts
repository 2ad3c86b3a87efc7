// An option that is undefined has its default, so that wrappers can pass options through; also for
// TypeScript, under exactOptionalPropertyTypes.
import {
  arange,
  avgPool2d,
  conv2d,
  convTranspose2d,
  crossEntropy,
  empty,
  eye,
  full,
  fullLike,
  gelu,
  grad,
  layerNorm,
  manualSeed,
  maxPool2d,
  mseLoss,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randnLike,
  randperm,
  softplus,
  std,
  sum,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from "@tapegrad/core";
import { expect } from "chai";

const place = { dtype: undefined, device: undefined, requiresGrad: undefined };
const random = { ...place, generator: undefined };
const image = () => arange(0, 72).to("float32").reshape([1, 2, 6, 6]);
const kernel = () => ones([2, 2, 3, 3]);
const conv = {
  stride: undefined,
  padding: undefined,
  dilation: undefined,
  groups: undefined,
  bias: undefined,
};
const pool = { stride: undefined, padding: undefined, ceilMode: undefined };
const float = (): Tensor => tensor([[1, 2.5]], { dtype: "float64" });

const calls: Record<string, readonly [left: () => Tensor, undef: () => Tensor]> = {
  tensor: [() => tensor([1, 2]), () => tensor([1, 2], { ...place, shape: undefined })],
  zeros: [() => zeros([2]), () => zeros([2], place)],
  full: [() => full([2], 3n), () => full([2], 3n, place)],
  eye: [() => eye(2), () => eye(2, 2, place)],
  arange: [() => arange(3), () => arange(0, 3, 1, place)],
  zerosLike: [() => zerosLike(float()), () => zerosLike(float(), place)],
  onesLike: [() => onesLike(float()), () => onesLike(float(), place)],
  fullLike: [() => fullLike(float(), 2), () => fullLike(float(), 2, place)],
  rand: [() => rand([3]), () => rand([3], random)],
  randn: [() => randn([3]), () => randn([3], random)],
  randnLike: [() => randnLike(float()), () => randnLike(float(), random)],
  randint: [() => randint(0, 9, [4]), () => randint(0, 9, [4], random)],
  randperm: [() => randperm(5), () => randperm(5, random)],
  conv2d: [() => conv2d(image(), kernel()), () => conv2d(image(), kernel(), conv)],
  convTranspose2d: [
    () => convTranspose2d(image(), kernel()),
    () => convTranspose2d(image(), kernel(), { ...conv, outputPadding: undefined }),
  ],
  maxPool2d: [
    () => maxPool2d(image(), 2),
    () => maxPool2d(image(), 2, { ...pool, dilation: undefined }),
  ],
  avgPool2d: [
    () => avgPool2d(image(), 2),
    () => avgPool2d(image(), 2, { ...pool, countIncludePad: undefined }),
  ],
  layerNorm: [
    () => layerNorm(float(), [2]),
    () => layerNorm(float(), [2], { weight: undefined, bias: undefined, eps: undefined }),
  ],
  gelu: [() => gelu(float()), () => gelu(float(), { approximate: undefined })],
  softplus: [
    () => softplus(float()),
    () => softplus(float(), { beta: undefined, threshold: undefined }),
  ],
  mseLoss: [
    () => mseLoss(float(), zerosLike(float())),
    () => mseLoss(float(), zerosLike(float()), { reduction: undefined }),
  ],
  crossEntropy: [
    () => crossEntropy(float(), tensor([1n])),
    () =>
      crossEntropy(float(), tensor([1n]), {
        weight: undefined,
        ignoreIndex: undefined,
        reduction: undefined,
        labelSmoothing: undefined,
      }),
  ],
  sum: [() => sum(float()), () => sum(float(), { dim: undefined, keepdim: undefined })],
  std: [
    () => std(float(), 1),
    () => std(float(), 1, { correction: undefined, keepdim: undefined }),
  ],
  clamp: [() => float().clamp({ min: 2 }), () => float().clamp({ min: 2, max: undefined })],
  flatten: [
    () => image().flatten(),
    () => image().flatten({ startDim: undefined, endDim: undefined }),
  ],
  add: [() => float().add(1), () => float().add(1, { alpha: undefined })],
};

describe("options that are undefined", () => {
  for (const [name, [left, undef]] of Object.entries(calls)) {
    it(name, () => {
      const run = (call: () => Tensor) => {
        manualSeed(3);
        const t = call();
        return [
          t.dtype,
          t.device,
          t.shape,
          t.requiresGrad,
          Array.from(t.dataSync() as Float64Array),
        ];
      };
      expect(run(undef)).to.deep.equal(run(left));
    });
  }
  it("empty and grad", () => {
    expect(empty([2], place).dtype).to.equal("float32");
    const x = tensor([1, 2], { requiresGrad: true });
    const [g] = grad(x.mul(3).sum(), x, {
      gradOutputs: undefined,
      retainGraph: undefined,
      createGraph: undefined,
      allowUnused: undefined,
    });
    expect(Array.from(g.dataSync() as Float32Array)).to.deep.equal([3, 3]);
  });
});
