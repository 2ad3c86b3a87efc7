// backward(): depth, order, pruning, modes, hooks, custom functions, anomaly mode.
import {
  AnomalyError,
  ArgumentError,
  AutogradError,
  add,
  conv2d,
  DTypeError,
  defineOp,
  detectAnomaly,
  enableGrad,
  exp,
  Function,
  type FunctionContext,
  grad,
  gradcheck,
  gradgradcheck,
  isGradEnabled,
  mul,
  noGrad,
  OpDefinitionError,
  ones,
  randn,
  ShapeError,
  setGradEnabled,
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

describe("backward", () => {
  useBackend("reference");

  it("walks a chain of 100,000 ops without a stack overflow", () => {
    const x = ones([1], { requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = mul(y, i % 2 ? 2 : 0.5);
    y.backward();
    expect(values(x.grad)).to.deep.equal([1]);
  }).timeout(60_000);

  it("runs each node of 5,000 diamonds once, in reverse creation order", () => {
    const x = ones([1], { requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 5_000; i++) y = mul(add(y, y), 0.5);
    y.backward();
    expect(values(x.grad)).to.deep.equal([1]);
  });

  it("accumulates; grad() does not; unconnected inputs give null or an error; non-leaf inputs work", () => {
    const x = leaf([2]);
    const other = leaf([2]);
    const h = mul(x, x);
    const y = sum(mul(h, h));
    const [gh, gx, none] = grad(y, [h, x, other], { retainGraph: true, allowUnused: true });
    expect(values(gh)).to.deep.equal(values(h).map((v) => 2 * v));
    values(gx).forEach((v, i) => {
      expect(v).to.be.closeTo(4 * (values(x)[i] as number) ** 3, 1e-12);
    });
    expect([none, x.grad]).to.deep.equal([null, null]);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    values(x.grad).forEach((v, i) => {
      expect(v).to.be.closeTo(8 * (values(x)[i] as number) ** 3, 1e-12);
    });
    expect(() => grad(sum(x), other)).to.throw(
      AutogradError,
      /no output depends on input 0.*allowUnused/,
    );
  });

  it("computes only what is asked for", () => {
    const asked: unknown[] = [];
    const spy = defineOp()({
      name: "spy",
      doc: "a + b, and it says what was needed.",
      inputs: ["a", "b", "cs[]"],
      outputs: ["y"],
      shape: (a) => ({ shape: a.shape, dtype: a.dtype }),
      kernel: (k, a, b, _cs, y) => k.binary("add", a, b, y),
      vjp(gs, _s, _a, _m, need) {
        asked.push(structuredClone(need));
        return {
          a: gs.y,
          b: need.b ? gs.y : undefined,
          cs: need.cs.map((n) => (n ? gs.y : undefined)),
        };
      },
      samples: (rng) => [[rng.tensor([2]), rng.tensor([2]), []]],
    });
    const a = leaf([1]);
    const b = leaf([1]);
    const c = randn([1], { dtype: "float64" });
    spy(a, c, [c, b]).backward();
    grad(spy(a, b, [c]), b);
    expect(asked).to.deep.equal([
      { a: true, b: false, cs: [false, true] },
      { a: false, b: true, cs: [false] },
    ]);
  });

  it("noGrad, enableGrad, detach", () => {
    const x = leaf([2]);
    expect(
      noGrad(() => [exp(x).requiresGrad, enableGrad(() => exp(x).requiresGrad)]),
    ).to.deep.equal([false, true]);
    const both = () => [true, false].map((on) => setGradEnabled(on, () => exp(x).requiresGrad));
    expect([both(), noGrad(both)]).to.deep.equal([
      [true, false],
      [true, false],
    ]);
    expect(isGradEnabled()).to.equal(true);
    expect(exp(x).detach().requiresGrad).to.equal(false);
    expect(x.isLeaf && !exp(x).isLeaf).to.equal(true);
  });

  it("runs inside backward: recomputation as a custom Function", () => {
    const inner = (x: Tensor) => exp(mul(exp(x), x));
    class Recompute extends Function {
      static forward(ctx: FunctionContext, x: Tensor): Tensor {
        ctx.saveForBackward(x);
        return inner(x);
      }
      static backward(ctx: FunctionContext, g?: Tensor): Tensor {
        const x = (ctx.savedTensors[0] as Tensor).clone().detach().requiresGrad_();
        return enableGrad(() => grad(inner(x), x, { gradOutputs: [g] }))[0] as Tensor;
      }
    }
    const x = leaf([4]);
    const seed = randn([4], { dtype: "float64" });
    const [actual] = grad(Recompute.apply(mul(x, 2)), x, { gradOutputs: [seed] });
    const [expected] = grad(inner(mul(x, 2)), x, { gradOutputs: [seed] });
    expect(values(actual)).to.deep.equal(values(expected));
  });

  it("grad: gradOutputs may be one tensor; more of them than outputs are refused", () => {
    const x = leaf([3]);
    const seed = randn([3], { dtype: "float64" });
    const [one] = grad(mul(x, 2), x, { gradOutputs: seed });
    expect(values(one)).to.deep.equal(values(seed).map((v) => 2 * v));
    expect(() => grad(mul(x, 2), x, { gradOutputs: [seed, seed] })).to.throw(
      ArgumentError,
      /2 gradOutputs for 1 outputs/,
    );
  });

  it("a rule may give one new gradient to several inputs, and the same input may stand at several places", () => {
    const halves = defineOp()({
      name: "halves",
      doc: "a + b + c, and a rule that gives all of them the same tensor.",
      inputs: ["a", "b", "c"],
      outputs: ["y"],
      shape: (a) => ({ shape: a.shape, dtype: a.dtype }),
      kernel: (k, a, b, c, y) => {
        k.binary("add", a, b, y);
        return k.binary("add", y, c, y);
      },
      vjp(gs) {
        const g = mul(gs.y, 0.5);
        return { a: g, b: g, c: g };
      },
      samples: (rng) => [[rng.tensor([2]), rng.tensor([2]), rng.tensor([2])]],
    });
    const [a, b] = [leaf([2]), leaf([2])];
    const y = add(halves(a, b, a), add(b, b));
    const [ga, gb] = grad(sum(y), [a, b], { retainGraph: true });
    expect([values(ga), values(gb)]).to.deep.equal([
      [1, 1],
      [2.5, 2.5],
    ]);
    y.backward(ones([2], { dtype: "float64" }));
    expect([values(a.grad), values(b.grad)]).to.deep.equal([
      [1, 1],
      [2.5, 2.5],
    ]);
  });

  it("a hook may walk the graph that is being walked; both walks give what each gives alone", () => {
    const x = leaf([3]);
    const make = () => {
      const u = mul(x, x);
      const h = exp(u);
      return { h, side: sum(h), loss: add(sum(mul(h, h)), sum(u)) };
    };
    const alone = make();
    const [expected] = grad(alone.loss, x, { retainGraph: true });
    const [expectedOfSide] = grad(alone.side, x);
    const { h, side, loss } = make();
    let ofSide: Tensor | undefined;
    // When the hook walks from h to x, the outer walk waits with a gradient for u, which lies between them.
    h.registerHook(() => {
      if (ofSide !== undefined) return;
      ofSide = x; // the inner walk passes h, too
      [ofSide] = grad(side, x, { retainGraph: true });
    });
    const [again] = grad(loss, x);
    expect(values(again)).to.deep.equal(values(expected));
    expect(values(ofSide)).to.deep.equal(values(expectedOfSide));
  });

  it("a gradient that a rule passes on is handed on, and copied only where two would change it", () => {
    const [a, b] = [leaf([2]), leaf([2])];
    const y = add(add(a, b), b);
    const seed = randn([2], { dtype: "float64" });
    y.backward(seed);
    expect(values(a.grad)).to.deep.equal(values(seed));
    expect(values(b.grad)).to.deep.equal(values(seed).map((v) => 2 * v));
    expect(a.grad?.storage).to.not.equal(seed.storage);
    expect(a.grad?.storage).to.not.equal(b.grad?.storage);
  });

  it("a Function with two outputs, one of them unused, and a constant argument", () => {
    class Both extends Function {
      static forward(ctx: FunctionContext, x: Tensor, factor: number): readonly Tensor[] {
        ctx.saveForBackward(x);
        Object.assign(ctx, { factor });
        return [x.mul(factor), x.mul(x)];
      }
      static backward(ctx: FunctionContext, g0?: Tensor, g1?: Tensor): Tensor | undefined {
        const { factor } = ctx as unknown as { factor: number };
        const part0 = g0?.mul(factor);
        const part1 = g1?.mul((ctx.savedTensors[0] as Tensor).mul(2));
        return part0 && part1 ? part0.add(part1) : (part0 ?? part1);
      }
    }
    const x = leaf([3]);
    const f = (t: Tensor) => Both.apply(t, 3);
    expect(gradcheck(f, [x])).to.equal(true);
    const [unused] = f(x) as [Tensor];
    sum(unused).backward();
    expect(values(x.grad)).to.deep.equal([3, 3, 3]);
  });

  it("a Function may return captured leaves, one tensor twice, and integers", () => {
    const w = leaf([2]);
    class Odd extends Function {
      static forward(_ctx: FunctionContext, x: Tensor): readonly Tensor[] {
        const y = x.mul(2);
        return [w, y, y, tensor([1n])];
      }
      static backward(
        _ctx: FunctionContext,
        _w?: Tensor,
        a?: Tensor,
        b?: Tensor,
      ): Tensor | undefined {
        const [p, q] = [a?.mul(2), b?.mul(2)];
        return p && q ? p.add(q) : (p ?? q);
      }
    }
    const x = leaf([2]);
    const [captured, a, b, integer] = Odd.apply(x) as [Tensor, Tensor, Tensor, Tensor];
    expect([w.isLeaf, captured.isLeaf, integer.requiresGrad]).to.deep.equal([true, false, false]);
    sum(a.add(b.mul(10))).backward();
    expect(values(x.grad)).to.deep.equal([22, 22]);
  });

  it("modes refuse async functions, which would leave them at the first await", () => {
    const on = <R>(f: () => R): R => setGradEnabled(true, f);
    for (const mode of [noGrad, enableGrad, detectAnomaly, on]) {
      expect(() => mode(async () => 1)).to.throw(/must not be async/);
    }
    const halves: unknown[][] = [[() => 1], [true]];
    for (const half of halves) {
      expect(() => (setGradEnabled as (...args: unknown[]) => unknown)(...half)).to.throw(
        ArgumentError,
        /setGradEnabled: expected true or false, and a function/,
      );
    }
  });

  it("anomaly mode names the op whose gradient made a NaN, and where its forward ran", () => {
    class Poison extends Function {
      static forward(_ctx: FunctionContext, x: Tensor): Tensor {
        return x.clone();
      }
      static backward(_ctx: FunctionContext, g?: Tensor): Tensor {
        return (g as Tensor).mul(Number.NaN);
      }
    }
    const x = leaf([2]);
    expect(() => detectAnomaly(() => sum(Poison.apply(exp(x))).backward())).to.throw(
      AnomalyError,
      /backward of 'Poison' made a NaN[\s\S]*tape\.test/,
    );
    expect(() => sum(Poison.apply(exp(x))).backward()).to.not.throw();
  });

  it("says what is wrong with a root", () => {
    expect(() => leaf([2]).backward()).to.throw(ShapeError, /one element[\s\S]*output: \[2\]/);
    expect(() => tensor([1]).backward()).to.throw(AutogradError, /does not require grad/);
    expect(() => leaf([2]).backward(ones([3], { dtype: "float64" }))).to.throw(
      ShapeError,
      /differ in shape/,
    );
    expect(() => tensor([1n], { requiresGrad: true })).to.throw(AutogradError, /floating-point/);
    expect(() => sum(leaf([2])).backward(undefined, { retain: true } as object)).to.throw(
      /no option 'retain'/,
    );
    expect(() => grad(sum(leaf([2])), [], { create_graph: true } as object)).to.throw(
      /createGraph/,
    );
    expect(() => add(undefined as unknown as Tensor, 1)).to.throw(/expected a Tensor/);
  });
});

describe("gradients that the user hands in", () => {
  const x = () => ones([2], { dtype: "float64", requiresGrad: true });
  const wrong: [name: string, make: () => Tensor, error: typeof Error, words: RegExp][] = [
    ["shape", () => ones([1], { dtype: "float64" }), ShapeError as never, /shape/],
    ["dtype", () => ones([2], { dtype: "int32" }), DTypeError as never, /float64.*got int32/],
    ["kind", () => 3 as unknown as Tensor, ArgumentError as never, /got number|Tensor/],
  ];
  for (const [name, make, error, words] of wrong) {
    it(`are refused when their ${name} is wrong, and change nothing`, () => {
      const hooked = x();
      const remove = hooked.registerHook(make);
      expect(() => hooked.mul(2).sum().backward()).to.throw(error, words);
      expect(hooked.grad).to.equal(null);
      remove();
      const between = hooked.mul(2);
      between.registerHook(make);
      expect(() => between.sum().backward()).to.throw(error, words);
      expect(hooked.grad).to.equal(null);
      const set = x();
      set.grad = ones([2], { dtype: "float64" });
      expect(() => {
        set.grad = make();
      }).to.throw(error, words);
      expect(values(set.grad)).to.deep.equal([1, 1]);
      expect(() => x().mul(2).backward(make())).to.throw(error, words);
      class Given extends Function {
        static forward(_ctx: FunctionContext, a: Tensor) {
          return a.mul(2);
        }
        static backward() {
          return make();
        }
      }
      expect(() => Given.apply(x()).sum().backward()).to.throw(error, words);
    });
  }
  it("null from a Function is no gradient, as undefined; what it saves and gives are tensors", () => {
    class Half extends Function {
      static forward(ctx: FunctionContext, a: Tensor, b: Tensor) {
        ctx.saveForBackward(b);
        return a.mul(b);
      }
      static backward(ctx: FunctionContext, g?: Tensor) {
        return [g?.mul(ctx.savedTensors[0] as Tensor), null as never];
      }
    }
    const [a, b] = [x(), x()];
    Half.apply(a, b).sum().backward();
    expect(values(a.grad)).to.deep.equal([1, 1]);
    expect(b.grad).to.equal(null);
    class Number extends Function {
      static forward(_ctx: FunctionContext, _a: Tensor) {
        return 3 as unknown as Tensor;
      }
      static backward() {
        return undefined;
      }
    }
    expect(() => Number.apply(a)).to.throw(ArgumentError, /Number\.forward.*tensors.*number/);
    class Saves extends Number {
      static override forward(ctx: FunctionContext, c: Tensor) {
        ctx.saveForBackward(c, 3 as unknown as Tensor);
        return c.mul(2);
      }
    }
    expect(() => Saves.apply(a)).to.throw(ArgumentError, /Saves.*saveForBackward.*number/);
  });
  it("a Function may give a gradient per argument, as PyTorch's, or per tensor among them", () => {
    class Power extends Function {
      static forward(ctx: FunctionContext, exponent: number, a: Tensor) {
        ctx.saveForBackward(a.pow(exponent - 1).mul(exponent));
        return a.pow(exponent);
      }
      static backward(ctx: FunctionContext, g?: Tensor): (Tensor | undefined)[] {
        return [undefined, g?.mul(ctx.savedTensors[0] as Tensor)];
      }
    }
    const a = tensor([1, 2], { requiresGrad: true });
    Power.apply(3, a).sum().backward();
    expect(values(a.grad)).to.deep.equal([3, 12]);
    class Misplaced extends Power {
      static override backward(ctx: FunctionContext, g?: Tensor): (Tensor | undefined)[] {
        return Power.backward(ctx, g).toReversed();
      }
    }
    expect(() => Misplaced.apply(3, a).sum().backward()).to.throw(
      AutogradError,
      /gave 2 gradients/,
    );
  });
  it("a hook is a function", () => {
    expect(() => x().registerHook(3 as never)).to.throw(ArgumentError, /function, got number/);
  });
});

describe("gradcheck", () => {
  useBackend("reference");

  class Wrong extends Function {
    static forward(_ctx: FunctionContext, x: Tensor): Tensor {
      return x.mul(3);
    }
    static backward(_ctx: FunctionContext, g?: Tensor): Tensor {
      return (g as Tensor).mul(2);
    }
  }
  it("passes right rules of both orders and finds a wrong one", () => {
    const x = leaf([3]);
    expect(gradcheck((t) => exp(mul(t, t)), [x])).to.equal(true);
    expect(gradgradcheck((t) => exp(mul(t, t)), [x])).to.equal(true);
    expect(() => gradcheck((t) => Wrong.apply(t), [x])).to.throw(
      AutogradError,
      /input 0 of shape \[3\], element 0: the rule gives/,
    );
  });
  it("wants float64 inputs that require grad", () => {
    expect(() => gradcheck(exp, [tensor([1], { requiresGrad: true })])).to.throw(/float64/);
    expect(() => gradcheck(exp, [tensor([1])])).to.throw(/no input requires grad/);
  });
});

describe("defineOp", () => {
  it("refuses a definition that cannot work", () => {
    expect(() =>
      defineOp()({
        name: "bad_",
        doc: "",
        kind: "inplace",
        inputs: ["x"],
        outputs: ["y"],
        saves: ["x"],
        shape: (x) => x,
        kernel: (k, x, y) => k.copy(x, y),
        vjp: (gs) => ({ x: gs.y }),
      }),
    ).to.throw(OpDefinitionError, /bad_: an in-place op overwrites its first input/);
    expect(() =>
      defineOp()({ name: "none", doc: "", inputs: ["x"], outputs: ["y"], shape: (x) => x }),
    ).to.throw(OpDefinitionError, /vjp, a composition/);
  });
});

describe("tensors among JavaScript's values", () => {
  it("become nested arrays and JSON", () => {
    expect(tensor([[1, 2], [3, 4]]).tolist()).to.deep.equal([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(tensor([1n, 2n]).tolist()).to.deep.equal([1n, 2n]);
    expect(tensor(true).tolist()).to.equal(true);
    expect(JSON.stringify({ x: tensor([[1n], [2n]]) })).to.equal('{"x":[[1],[2]]}');
  });
  it("refuse operators, and still print", () => {
    const x = tensor([1, 2]);
    expect(() => (x as unknown as number) + 1).to.throw(
      /operators do not work on tensors; use methods/,
    );
    expect(() => Number(x)).to.throw(/item\(\)/);
    expect(`${x}`).to.equal("tensor([1., 2.])");
  });
  it("show the caller's line in the stack of an error, however deep it was thrown", () => {
    const callers = () => conv2d(ones([1, 1, 2, 2]), ones([1, 1, 3, 3]));
    expect(callers).to.throw(ShapeError).with.property("stack").that.includes("tape.test");
  });
});
