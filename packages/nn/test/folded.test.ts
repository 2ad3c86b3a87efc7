// A batch norm in evaluation runs in the convolution or Linear in front of it.
import {
  detectAnomaly,
  inferenceMode,
  memory,
  noGrad,
  onRun,
  randn,
  type Tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close } from "./kit.ts";

function opsOf(f: () => void): string[] {
  const names: string[] = [];
  const stop = onRun(({ op, variant }) => {
    if (variant !== "view") names.push(op);
  });
  try {
    f();
  } finally {
    stop();
  }
  return names;
}
const valuesOf = (t: Tensor): number[] => [...(t.dataSync() as Float64Array)];
const same = (got: Tensor, want: Tensor): void => {
  expect(got.shape).to.deep.equal(want.shape);
  close("folded", got, valuesOf(want), want.dtype);
};
/** In training mode once, so that the statistics say something; scale and shift of norms are drawn. */
function prepared<M extends nn.Layer>(net: M, x: Tensor): M {
  const layer: nn.Layer = net;
  noGrad(() => {
    for (const m of net.modules()) {
      if (!(m instanceof nn.BatchNorm1d || m instanceof nn.BatchNorm2d)) continue;
      for (const p of [m.weight, m.bias]) p?.copy_(randn(p.shape, { dtype: p.dtype }));
    }
    layer.call(x);
  });
  return net.eval();
}
/** The same, one module after the other. */
const apart = (net: nn.Sequential, x: Tensor): Tensor =>
  [...net].reduce((y, module) => module.call(y), x);

describe("Sequential in evaluation: a norm folded into the layer in front of it", () => {
  const make = () =>
    new nn.Sequential(
      new nn.Conv2d(2, 4, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(4),
      new nn.ReLU6(),
    );

  it("gives what the two give, up to rounding", () => {
    const image = randn([2, 4, 6, 5]);
    const cases: [net: nn.Sequential, x: Tensor][] = [
      [new nn.Sequential(new nn.Conv2d(4, 4, 3, { groups: 4 }), new nn.BatchNorm2d(4)), image],
      [
        new nn.Sequential(
          new nn.Conv2d(4, 6, 3, { groups: 2, stride: 2, paddingMode: "reflect", padding: 1 }),
          new nn.BatchNorm2d(6, { affine: false, eps: 0.1 }),
          new nn.ReLU(),
        ),
        image,
      ],
      [new nn.Sequential(new nn.Linear(5, 3), new nn.BatchNorm1d(3), new nn.ReLU()), randn([7, 5])],
      [
        new nn.Sequential(new nn.Conv1d(4, 3, 2), new nn.BatchNorm1d(3), new nn.Tanh()),
        randn([2, 4, 6]),
      ],
    ];
    for (const [net, x] of cases) {
      prepared(net, x);
      noGrad(() => same(net.call(x), apart(net, x)));
    }
    const double = randn([2, 2, 5, 5], { dtype: "float64" });
    const options = { dtype: "float64" } as const;
    const net = new nn.Sequential(new nn.Conv2d(2, 3, 3, options), new nn.BatchNorm2d(3, options));
    prepared(net, double);
    noGrad(() => same(net.call(double), apart(net, double)));
  });

  it("runs the convolution alone, folded once", () => {
    const x = randn([2, 2, 5, 5]);
    const net = prepared(make(), x);
    noGrad(() => net.call(x));
    expect(opsOf(() => noGrad(() => net.call(x)))).to.deep.equal(["convActivated"]);
    expect(opsOf(() => inferenceMode(() => net.call(x)))).to.deep.equal(["convActivated"]);
    const block = new nn.SeparableConv2d(2, 3, 3, {
      norm: (c) => new nn.BatchNorm2d(c),
      activation: () => new nn.ReLU(),
      finalNorm: (c) => new nn.BatchNorm2d(c),
    });
    prepared(block, x);
    noGrad(() => block.call(x));
    expect(opsOf(() => noGrad(() => block.call(x)))).to.deep.equal(["convActivated", "conv"]);
    const bytes = (): number => memory().liveBytes;
    const before = bytes();
    for (let i = 0; i < 3; i++) noGrad(() => block.call(x)).release();
    expect(bytes()).to.equal(before);
  });

  it("sees statistics, weights and states change", () => {
    const x = randn([2, 2, 5, 5]);
    const net = prepared(make(), x);
    const [conv, norm] = [net[0] as nn.Conv2d, net[1] as nn.BatchNorm2d];
    const changes: (() => void)[] = [
      () => void net.train().call(x.mul(3)),
      () => void conv.weight.mul_(2),
      () => void norm.bias?.add_(1),
      () => void net.loadStateDict(prepared(make(), x).stateDict()),
      () => void norm.resetRunningStats(),
      () => void Object.assign(net, { 1: prepared(make(), x)[1] }),
    ];
    for (const change of changes) {
      noGrad(() => {
        const before = valuesOf(net.eval().call(x));
        change();
        const after = net.eval().call(x);
        same(after, apart(net, x));
        expect(valuesOf(after)).to.not.deep.equal(before);
      });
    }
  });

  describe("parametrized layers stay as they are", () => {
    const image = () => randn([2, 2, 5, 5]);
    /** Each with a norm behind it, or as the norm; and what is learnt in place of the weight. */
    const nets: [name: string, net: () => nn.Layer, x: () => Tensor][] = [
      ["weightNorm", () => make(nn.weightNorm), image],
      ["spectralNorm", () => make(nn.spectralNorm), image],
      [
        "orthogonal",
        () =>
          new nn.Sequential(
            nn.orthogonal(new nn.Linear(4, 3)),
            new nn.BatchNorm1d(3),
            new nn.ReLU(),
          ),
        () => randn([5, 4]),
      ],
      [
        "a norm's own weight",
        () =>
          new nn.Sequential(
            new nn.Conv2d(2, 3, 2),
            nn.weightNorm(new nn.BatchNorm2d(3), { dim: null }),
          ),
        image,
      ],
    ];
    const make = (parametrize: (conv: nn.Conv2d) => nn.Conv2d) =>
      new nn.Sequential(
        parametrize(new nn.Conv2d(2, 4, 3, { padding: 1 })),
        new nn.BatchNorm2d(4),
        new nn.ReLU6(),
      );
    for (const [name, net, input] of nets) {
      it(`${name}: values as one after the other, also after what is learnt has changed`, () => {
        const x = input();
        const whole = prepared(net(), x) as nn.Sequential;
        for (let k = 0; k < 3; k++) {
          noGrad(() => {
            const before = whole.call(x);
            same(before, apart(whole, x));
            for (const p of whole.parameters()) p.add_(randn(p.shape));
            const after = whole.call(x);
            same(after, apart(whole, x));
            expect(valuesOf(after)).to.not.deep.equal(valuesOf(before));
          });
        }
      });
    }
    it("folded before they were parametrized, and again when they no longer are", () => {
      const x = randn([2, 2, 5, 5]);
      const net = prepared(
        make((conv) => conv),
        x,
      );
      const conv = net[0] as nn.Conv2d;
      const checked = (): string[] => {
        noGrad(() => same(net.call(x), apart(net, x)));
        return opsOf(() => noGrad(() => net.call(x)));
      };
      expect(checked()).to.deep.equal(["convActivated"]);
      nn.weightNorm(conv);
      noGrad(() => conv.getParameter("parametrizations.weight.original0").mul_(2));
      expect(checked()).to.include("batchNormEval");
      nn.removeParametrizations(conv, "weight");
      expect(checked()).to.deep.equal(["convActivated"]);
    });
    it("inside a block", () => {
      const x = randn([2, 2, 5, 5]);
      const block = new nn.SeparableConv2d(2, 3, 3, { norm: (c) => new nn.BatchNorm2d(c) });
      nn.weightNorm(block.depthwise);
      prepared(block, x);
      noGrad(() => {
        const before = block.call(x);
        expect(valuesOf(block.call(x))).to.deep.equal(valuesOf(before));
        for (const key of ["original0", "original1"]) {
          block.getParameter(`depthwise.parametrizations.weight.${key}`).mul_(3);
        }
        const steps = block.children().reduce((y: Tensor, m) => (m as nn.Layer).call(y), x);
        same(block.call(x), steps);
        expect(valuesOf(steps)).to.not.deep.equal(valuesOf(before));
      });
    });
  });

  it("not in training, not where gradients are wanted, not where somebody watches", () => {
    const x = randn([2, 2, 5, 5]);
    const net = prepared(make(), x);
    const both = (f: () => void) => expect(opsOf(f)).to.include("batchNormEval");
    both(() => {
      const y = net.call(x);
      expect(y.requiresGrad).to.equal(true);
    });
    both(() => noGrad(() => detectAnomaly(() => net.call(x))));
    const remove = (net[1] as nn.Module).registerForwardHook(() => undefined);
    both(() => noGrad(() => net.call(x)));
    remove();
    for (const p of net.parameters()) p.requiresGrad = false;
    expect(opsOf(() => net.call(x))).to.not.include("batchNormEval");
    both(() => net.call(x.clone().requiresGrad_()));
    const ops = opsOf(() => noGrad(() => net.train().call(x)));
    expect(ops.some((op) => /batchNorm/.test(op))).to.equal(true);
  });

  it("leaves what the norm refuses to the norm", () => {
    const net = new nn.Sequential(new nn.Conv2d(2, 3, 1), new nn.BatchNorm2d(4)).eval();
    expect(() => noGrad(() => net.call(randn([1, 2, 3, 3])))).to.throw(/in '1' of Sequential/);
    const flat = new nn.Sequential(new nn.Conv2d(2, 3, 1), new nn.BatchNorm1d(3)).eval();
    expect(() => noGrad(() => flat.call(randn([1, 2, 3, 3])))).to.throw(
      /expected an input \[N, C\]/,
    );
    const single = new nn.Sequential(new nn.Conv2d(2, 3, 1), new nn.BatchNorm2d(3)).eval();
    expect(() => noGrad(() => single.call(randn([2, 3, 3])))).to.throw(/expected an input/);
  });
});
