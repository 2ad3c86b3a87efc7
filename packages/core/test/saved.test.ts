// What the tape keeps, and ways to keep something else: savedTensorsHooks, checkpoint.
import {
  ArgumentError,
  CheckpointError,
  checkpoint,
  dropout,
  GraphFreedError,
  grad,
  InPlaceError,
  keep,
  manualSeed,
  memory,
  mul,
  noGrad,
  randn,
  resetPeak,
  SavedTensorChangedError,
  ShapeError,
  savedTensorsHooks,
  scope,
  sum,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

const leaf = (shape: number[]): Tensor => randn(shape, { dtype: "float64", requiresGrad: true });
const values = (t: Tensor | null | undefined): number[] => [
  ...((t as Tensor).dataSync() as Float64Array),
];
const same = (t: Tensor): Tensor => t;

describe("savedTensorsHooks", () => {
  useBackend("reference");

  const offloaded = <R>(f: () => R): R =>
    savedTensorsHooks(
      (t) => {
        const { shape } = t;
        const data = t.dataSync();
        t.release();
        return { data, shape };
      },
      ({ data, shape }) => tensor(data, { shape }),
      f,
    );

  it("the tape keeps what pack returns; gradients of both orders are those without", () => {
    const x = leaf([3]);
    const f = (): Tensor => sum(mul(x.exp(), x.mul(x)).sin());
    const second = (y: Tensor): number[] => {
      const [g] = grad(y, x, { createGraph: true });
      return [...values(g), ...values(grad(sum(g.pow(2)), x)[0])];
    };
    expect(second(offloaded(f))).to.deep.equal(second(f()));
  });

  it("holds no storage of what was packed, and backward leaves nothing behind", () => {
    const x = leaf([1000]);
    const before = memory().storages;
    const y = offloaded(() => scope(() => sum(x.exp().exp().sin())));
    expect(memory().storages - before).to.equal(1);
    y.backward();
    expect(memory().storages - before).to.equal(2); // y and the gradient
  });

  it("pack sees tensors without history; a tensor it returns is held until backward", () => {
    const x = leaf([2]);
    const seen: boolean[] = [];
    const y = scope(() =>
      savedTensorsHooks(
        (t) => {
          seen.push(t.requiresGrad);
          return t.mul(1);
        },
        same,
        () => sum(mul(x, x)),
      ),
    );
    y.backward();
    expect(seen).to.deep.equal([false, false]);
    expect(values(x.grad)).to.deep.equal(values(x).map((v) => 2 * v));
    expect(() => y.backward()).to.throw(GraphFreedError);
  });

  it("the innermost pair is called, once for each tensor and walk; and none inside the hooks", () => {
    const x = leaf([2]);
    const calls: string[] = [];
    const named = (name: string, f: () => Tensor): Tensor =>
      savedTensorsHooks(
        (t) => {
          calls.push(`pack ${name}`);
          return t.exp().log();
        },
        (t) => {
          calls.push(`unpack ${name}`);
          return t.mul(1);
        },
        f,
      );
    const y = named("outer", () => mul(named("inner", () => x.exp()).sin(), 2));
    grad(sum(y), x, { retainGraph: true });
    grad(sum(y), x);
    const walk = ["unpack outer", "unpack inner"];
    expect(calls).to.deep.equal(["pack inner", "pack outer", ...walk, ...walk]);
  });

  it("changes of the original go unnoticed; pack must not change it; unpack gives the like", () => {
    const x = leaf([2]);
    const base = mul(x, 1);
    const y = savedTensorsHooks(
      (t) => t.clone(),
      same,
      () => base.sin(),
    );
    noGrad(() => base.add_(1));
    expect(() => sum(y).backward()).not.to.throw();
    const changing = (t: Tensor): Tensor => t.mul_(2);
    expect(() => savedTensorsHooks(changing, same, () => base.sin())).to.throw(
      InPlaceError,
      "pack has changed",
    );
    const z = savedTensorsHooks(
      same,
      (t) => t.sum(),
      () => sum(x.sin()),
    );
    expect(() => z.backward()).to.throw(ShapeError, "unpack");
    const none = savedTensorsHooks(
      same,
      () => 3 as never,
      () => sum(x.sin()),
    );
    expect(() => none.backward()).to.throw(ArgumentError, "unpack");
    expect(() => savedTensorsHooks(same, 1 as never, same as never)).to.throw(ArgumentError);
    expect(() => savedTensorsHooks(same, same, async () => 1)).to.throw(ArgumentError, "async");
  });
});

describe("checkpoint", () => {
  useBackend("reference");

  const deep = (x: Tensor, w: Tensor): Tensor => {
    let h = x;
    for (let i = 0; i < 4; i++) h = mul(h, w).sin().exp();
    return h;
  };

  it("gives the gradients of both orders, to inputs and to what the function captures", () => {
    const [x, w] = [leaf([5]), leaf([5])];
    const all = (f: () => Tensor): number[] => {
      x.grad = null;
      w.grad = null;
      sum(f()).backward();
      const [gx, gw] = grad(sum(f()), [x, w], { createGraph: true }) as [Tensor, Tensor];
      const second = grad(sum(mul(gx, gw)), [x, w]);
      return [x.grad, w.grad, gx, gw, ...second].flatMap(values);
    };
    const plain = all(() => deep(mul(x, 2), w));
    expect(all(() => checkpoint((h) => deep(h, w), mul(x, 2)))).to.deep.equal(plain);
    expect(all(() => checkpoint(deep, mul(x, 2), w))).to.deep.equal(plain);
    const nested = (): Tensor =>
      checkpoint(
        (h: Tensor) => {
          let y = h;
          for (let i = 0; i < 4; i++) y = checkpoint((a: Tensor) => mul(a, w).sin().exp(), y);
          return y;
        },
        mul(x, 2),
      );
    expect(all(nested)).to.deep.equal(plain);
  });

  it("lowers the peak, and leaves nothing behind", () => {
    const x = leaf([10_000]);
    const peak = (f: () => Tensor): number => {
      x.grad = null;
      resetPeak();
      const { liveBytes, storages } = memory();
      scope(() => f().backward());
      expect(memory().storages - storages).to.equal(1); // the gradient
      return memory().peakBytes - liveBytes;
    };
    const block = (h: Tensor): Tensor => h.sin().exp().sin().exp().sin().exp();
    const plain = peak(() => sum(block(block(block(block(x))))));
    const saving = peak(() => {
      let h: Tensor = x;
      for (let i = 0; i < 4; i++) h = checkpoint(block, h);
      return sum(h);
    });
    expect(saving).to.be.lessThan(0.6 * plain);
  });

  it("draws the same numbers, and goes on where the generator was", () => {
    const x = leaf([64]);
    const f = (h: Tensor): Tensor => mul(dropout(h.exp(), { p: 0.5, training: true }), h);
    const run = (g: () => Tensor): number[][] => {
      x.grad = null;
      manualSeed(3);
      const y = sum(g());
      const between = values(randn([2], { dtype: "float64" }));
      y.backward();
      return [values(x.grad), between, values(randn([2], { dtype: "float64" }))];
    };
    const plain = run(() => f(x));
    expect(run(() => checkpoint(f, x))).to.deep.equal(plain);
    const other = run(() => checkpoint(f, x, { preserveRngState: false }));
    expect(other[2]).not.to.deep.equal(plain[2]);
  });

  it("retainGraph: runs again at each walk; without a need it never does", () => {
    const x = leaf([3]);
    let runs = 0;
    const y = sum(
      checkpoint((h: Tensor) => {
        runs++;
        return h.exp().sin();
      }, x),
    );
    const first = grad(y, x, { retainGraph: true })[0];
    expect(values(grad(y, x)[0])).to.deep.equal(values(first));
    expect(runs).to.equal(3);
    noGrad(() => checkpoint(() => runs++));
    checkpoint(() => x.add(1))
      .sum()
      .backward();
    expect(runs).to.equal(4);
  });

  it("returns what the function returns; keep()t tensors outlive it", () => {
    const x = leaf([3]);
    let kept: Tensor | undefined;
    const [a, { b }] = checkpoint((h: Tensor): [Tensor, { b: Tensor }] => {
      kept = keep(h.exp());
      return [kept.sin(), { b: kept.cos() }];
    }, x);
    sum(a.add(b)).backward();
    const expected = values(kept).map((e) => e * (Math.cos(e) - Math.sin(e)));
    values(x.grad).forEach((g, i) => {
      expect(g).to.be.closeTo(expected[i] as number, 1e-12);
    });
  });

  it("refuses a recompute that differs, changed inputs and leaves, and unknown options", () => {
    const x = leaf([3]);
    let times = 0;
    const more = checkpoint((h: Tensor) => (times++ === 0 ? h.exp() : h.exp().exp()), x);
    expect(() => sum(more).backward()).to.throw(CheckpointError, "saved 1 tensors");
    times = 0;
    const longer = checkpoint((h: Tensor) => sum(h.narrow(0, 0, 2 + times++).exp()), x);
    expect(() => longer.backward()).to.throw(CheckpointError, "float64 [2]");
    const h = mul(x, 1);
    const y = checkpoint((a: Tensor) => sum(a.exp()), h);
    noGrad(() => h.add_(1));
    expect(() => y.backward()).to.throw(SavedTensorChangedError, "add_");
    const z = checkpoint(() => sum(mul(x, x)));
    noGrad(() => x.add_(1));
    expect(() => z.backward()).to.throw(SavedTensorChangedError, "add_");
    expect(() => checkpoint(same, x, { preserveRng: true } as never)).to.throw(
      ArgumentError,
      "preserveRngState",
    );
    expect(() => checkpoint(3 as never)).to.throw(ArgumentError);
  });
});
