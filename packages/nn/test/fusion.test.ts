// A layer and its batch norm fused for good: one layer that gives what the two give in evaluation.
import { ArgumentError, noGrad, ones, rand, randn, ShapeError, zeros } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close } from "./kit.ts";

type Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d;
/** In evaluation, with numbers that say something. */
function prepared(bn: Norm): Norm {
  noGrad(() => {
    for (const t of [bn.weight, bn.bias, bn.runningMean]) t?.copy_(randn(t.shape));
    bn.runningVar?.copy_(rand(bn.runningVar.shape).add(0.5));
  });
  bn.eval();
  return bn;
}

describe("a layer fused with its batch norm", () => {
  const same = (fused: nn.Layer, parts: readonly nn.Layer[], shape: readonly number[]): void => {
    const x = randn(shape);
    const want = noGrad(() => parts.reduce((y, m) => m.call(y), x));
    const got = noGrad(() => fused.call(x));
    expect(got.shape).to.deep.equal(want.shape);
    close("fused", got, [...(want.dataSync() as Float32Array)], "float32");
  };
  const convs: Record<string, [() => nn.FusableConv, () => Norm, readonly number[]]> = {
    "Conv1d without a bias": [
      () => new nn.Conv1d(2, 3, 2, { bias: false }),
      () => new nn.BatchNorm1d(3),
      [2, 2, 5],
    ],
    "Conv2d in groups": [
      () => new nn.Conv2d(4, 6, 3, { groups: 2, stride: 2, padding: 1 }),
      () => new nn.BatchNorm2d(6, { eps: 0.1 }),
      [2, 4, 5, 6],
    ],
    "Conv3d, a norm without weights": [
      () => new nn.Conv3d(1, 2, 2),
      () => new nn.BatchNorm3d(2, { affine: false }),
      [1, 1, 3, 3, 3],
    ],
    ConvTranspose1d: [
      () => new nn.ConvTranspose1d(2, 3, 2),
      () => new nn.BatchNorm1d(3),
      [2, 2, 4],
    ],
    "ConvTranspose2d in groups": [
      () => new nn.ConvTranspose2d(4, 6, 3, { groups: 2, stride: 2 }),
      () => new nn.BatchNorm2d(6),
      [2, 4, 3, 2],
    ],
  };
  for (const [name, [conv, norm, shape]] of Object.entries(convs)) {
    it(name, () => {
      const [layer, bn] = [conv().eval(), prepared(norm())];
      const before = layer.weight.dataSync().slice();
      const fused = nn.fuseConvBnEval(layer, bn);
      same(fused, [layer, bn], shape);
      expect(fused.constructor).to.equal(layer.constructor);
      expect(fused.training).to.equal(false);
      expect([...fused.parameters()]).to.have.length(2);
      expect(layer.weight.dataSync(), "the layer itself").to.deep.equal(before);
    });
  }
  it("Linear, also with a norm of one channel", () => {
    for (const bias of [true, false]) {
      const [layer, bn] = [new nn.Linear(4, 3, { bias }).eval(), prepared(new nn.BatchNorm1d(3))];
      same(nn.fuseLinearBnEval(layer, bn), [layer, bn], [5, 4]);
      // [N, 1, 4]: Linear runs along the last dim, the norm along the second.
      const single = prepared(new nn.BatchNorm1d(1));
      const fused = nn.fuseLinearBnEval(layer, single);
      same(fused, [layer, single], [5, 1, 4]);
      expect(fused.bias?.shape).to.deep.equal([3]);
    }
  });
  it("keeps what requires gradients, and the dtype, as PyTorch does", () => {
    const layer = new nn.Conv1d(1, 2, 1, { bias: false });
    const [weight, bias] = nn.fuseConvBnWeights(
      layer.weight,
      layer.bias,
      zeros([2], { dtype: "float64" }),
      ones([2], { dtype: "float64" }),
      1e-5,
      null,
      null,
    );
    expect([weight.requiresGrad, bias.requiresGrad]).to.deep.equal([true, false]);
    expect([weight.dtype, bias.dtype]).to.deep.equal(["float32", "float32"]);
  });
  it("refuses layers in training, norms without statistics and other sizes", () => {
    const conv = new nn.Conv1d(1, 2, 1);
    const bn = new nn.BatchNorm1d(2);
    expect(() => nn.fuseConvBnEval(conv, bn)).to.throw(ArgumentError, /in evaluation; call eval/);
    conv.eval();
    const bare = new nn.BatchNorm1d(2, { trackRunningStats: false }).eval();
    expect(() => nn.fuseConvBnEval(conv, bare)).to.throw(ArgumentError, /no running statistics/);
    const other = new nn.BatchNorm1d(3).eval();
    expect(() => nn.fuseConvBnEval(conv, other)).to.throw(ShapeError, /fuseConvBnWeights: expects/);
    const linear = new nn.Linear(4, 2).eval();
    expect(() => nn.fuseLinearBnEval(linear, other)).to.throw(ShapeError, /fuseLinearBnWeights/);
  });
});
