// A layer and the ReLU behind it in one pass: the same bits as one after the other, on both backends.
import { expect } from "chai";
import { manualSeed, nn, noGrad, onRun, randn, type Tensor, withBackend } from "../src/index.ts";

const layers: Readonly<Record<string, [() => nn.Layer, number[]]>> = {
  pointwise: [() => new nn.Conv2d(3, 40, 1), [2, 3, 5, 5]],
  depthwise: [() => new nn.Conv2d(3, 3, 3, { groups: 3, padding: 1, bias: false }), [2, 3, 9, 7]],
  "5 × 5 depthwise": [() => new nn.Conv2d(3, 6, 5, { groups: 3, padding: 2 }), [1, 3, 9, 13]],
  "13 × 13 depthwise": [() => new nn.Conv2d(2, 2, 13, { groups: 2, padding: 6 }), [1, 2, 9, 13]],
  "1-D": [() => new nn.Conv1d(2, 5, 3), [3, 2, 11]],
  "3-D": [() => new nn.Conv3d(2, 5, 3), [1, 2, 5, 4, 6]],
  winograd: [() => new nn.Conv2d(32, 32, 3, { padding: 1 }), [1, 32, 13, 12]],
  "few channels per group": [() => new nn.Conv2d(8, 8, 3, { groups: 2, padding: 1 }), [2, 8, 9, 9]],
  "first layer, stride 2": [() => new nn.Conv2d(3, 32, 3, { stride: 2 }), [1, 3, 17, 15]],
  linear: [() => new nn.Linear(6, 7), [4, 6]],
  "linear of many": [() => new nn.Linear(401, 70), [70, 401]],
  "linear of one without bias": [() => new nn.Linear(6, 7, { bias: false }), [6]],
};

/** All numbers that a step makes, and the ops of its forward. */
function step(net: nn.Sequential, values: Tensor): { ops: string; bits: number[][] } {
  const x = values.clone().detach().requiresGrad_();
  net.zeroGrad();
  const ops: string[] = [];
  const stop = onRun(({ op }) => ops.push(op));
  const y = net.call(x);
  stop();
  y.square().sum().backward();
  const tensors = [y, x.grad, ...net.parameters().map((p) => p.grad)] as Tensor[];
  return { ops: ops.join(), bits: tensors.map((t) => [...(t.dataSync() as Float32Array)]) };
}

describe("a layer and the activation behind it", () => {
  for (const backend of ["reference", "wasm"]) {
    for (const [name, [make, shape]] of Object.entries(layers)) {
      for (const activation of [() => new nn.ReLU(), () => new nn.ReLU6()]) {
        it(`${name}, ${activation().constructor.name}, ${backend}: the same bits in one pass`, () => {
          withBackend(backend, () => {
            manualSeed(5);
            const layer = make();
            noGrad(() => layer.parameters()[0]?.mul_(6));
            const seen = activation();
            seen.registerForwardHook(() => undefined);
            const values = randn(shape);
            const together = step(new nn.Sequential(layer, activation()), values);
            const apart = step(new nn.Sequential(layer, seen), values);
            expect(together.bits).to.deep.equal(apart.bits);
            expect(together.ops).to.match(/^(conv|linear)Activated$/);
            expect(apart.ops).to.match(/^(conv|linear),relu6?$/);
          });
        });
      }
    }
  }
});
