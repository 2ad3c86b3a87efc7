// The ownership table of ARCHITECTURE.md, row by row: who holds a storage, and when it is let go.
// Nothing is collected here: counts alone must get it right. Rows about modules and optimizers are in
// packages/nn/test: sequential, module and optim.
import {
  add,
  defineOp,
  exp,
  Function,
  type FunctionContext,
  full,
  GraphFreedError,
  grad,
  InPlaceError,
  keep,
  memory,
  mul,
  noGrad,
  onRun,
  randn,
  SavedTensorChangedError,
  scope,
  sum,
  type Tensor,
  tensor,
  UseAfterFreeError,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

/** Storages that f leaves behind. */
function left(f: () => unknown): number {
  const before = memory().storages;
  f();
  return memory().storages - before;
}
const count = (t: Tensor): number => t.storage.count;
const leaf = (shape: number[]): Tensor => randn(shape, { dtype: "float64", requiresGrad: true });
const values = (t: Tensor | null): number[] => [...((t as Tensor).dataSync() as Float64Array)];

describe("ownership: who holds a storage, when it is let go", () => {
  useBackend("reference");

  it("handle and view: each holds one; the last to go frees; released twice is once", () => {
    const x = randn([2, 3]);
    const v = x.permute(1, 0);
    expect(count(x)).to.equal(2);
    expect(left(() => x.release())).to.equal(0);
    expect(v.dataSync().length).to.equal(6);
    const free = left(() => {
      v.release();
      v.release();
    });
    expect(free).to.equal(-1);
    expect(() => add(x, x)).to.throw(UseAfterFreeError, /^add: this tensor \(made by 'randn'\)/);
  });

  it("tape-saved input: held until backward has passed, whatever happens to the handle", () => {
    const x = leaf([4]);
    const h = mul(x, x);
    const loss = sum(mul(h, h));
    expect(count(h)).to.equal(3);
    const held = h.storage;
    h.release();
    expect(held.count).to.equal(2);
    expect(left(() => loss.backward())).to.equal(0); // a gradient came, h went
    expect(held.slot).to.equal(-1);
    expect(count(x)).to.equal(1);
  });

  it("tape-saved output: exp holds its own result until backward", () => {
    const x = leaf([4]);
    const y = exp(x);
    expect(count(y)).to.equal(2);
    sum(y).backward();
    expect(count(y)).to.equal(1);
  });

  it("gradient on its way: gone when its node has run", () => {
    const x = leaf([4]);
    const loss = sum(exp(exp(exp(x))));
    const before = memory().storages;
    loss.backward();
    // Three handles were dropped by us, not released: their storages wait for a collection. What the walk
    // itself made is gone but for the one gradient.
    expect(memory().storages - before).to.be.at.most(1);
  });

  it("grad accumulator: takes a gradient that nobody shares, copies one that is shared", () => {
    const a = leaf([3]);
    const b = leaf([3]);
    add(a, b).backward(full([3], 2, { dtype: "float64" }));
    expect(a.grad?.storage).to.not.equal(b.grad?.storage);
    expect(a.grad).to.equal(a.grad);
    const seen = a.grad;
    add(a, b).backward(full([3], 1, { dtype: "float64" }));
    expect(values(seen)).to.deep.equal([3, 3, 3]); // accumulates in place, as PyTorch does
  });

  it("the user's p.grad is a handle of its own: clearing the gradient leaves it alive", () => {
    const a = leaf([3]);
    sum(mul(a, a)).backward();
    const seen = a.grad as Tensor;
    const freed = left(() => {
      a.grad = null;
    });
    expect(freed).to.equal(0);
    expect(values(seen).length).to.equal(3);
    expect(left(() => seen.release())).to.equal(-1);
  });

  it("an unseen gradient goes when it is cleared", () => {
    const a = leaf([3]);
    sum(mul(a, a)).backward();
    const freed = left(() => {
      a.grad = null;
    });
    expect(freed).to.equal(-1);
  });

  it("retainGraph keeps what the tape saved; the first walk without it lets go", () => {
    const x = leaf([3]);
    const y = exp(x);
    const loss = sum(y);
    loss.backward(undefined, { retainGraph: true });
    expect(count(y)).to.equal(2);
    loss.backward();
    expect(count(y)).to.equal(1);
    expect(() => loss.backward()).to.throw(GraphFreedError, /retainGraph: true/);
  });

  it("createGraph implies retainGraph; both tapes end with the second walk", () => {
    const x = leaf([3]);
    const y = exp(x);
    const [g] = grad(sum(y), x, { createGraph: true }) as [Tensor];
    expect(count(y)).to.be.greaterThan(2);
    const [gg] = grad(sum(g), x) as [Tensor];
    expect(values(gg)).to.deep.equal(values(y));
  });

  it("hook: sees a handle that stays the user's; what it returns flows on; it can be removed", () => {
    const x = leaf([3]);
    const y = exp(x);
    let stashed: Tensor | undefined;
    y.registerHook((g) => {
      stashed = g;
    });
    const remove = x.registerHook((g) => g.mul(10));
    sum(mul(y, y)).backward();
    expect(values(stashed as Tensor)).to.deep.equal(values(y).map((v) => 2 * v));
    values(x.grad).forEach((v, i) => {
      expect(v).to.be.closeTo(20 * (values(y)[i] as number) ** 2, 1e-9);
    });
    remove();
    x.grad = null;
    sum(x).backward();
    expect(values(x.grad)).to.deep.equal([1, 1, 1]);
  });

  it("retainGrad: a copy beside the node, until it is cleared; the handle that the user took lives on", () => {
    const x = leaf([3]);
    let y: Tensor = x;
    const stays = left(() =>
      scope(() => {
        y = keep(exp(x));
        y.retainGrad();
        sum(y).backward();
      }),
    );
    expect(stays, "y, its gradient, and that of x").to.equal(3);
    const seen = y.grad as Tensor;
    expect(count(seen), "the accumulator, and what the user sees").to.equal(2);
    y.grad = null;
    expect(count(seen)).to.equal(1);
    expect(values(seen)).to.deep.equal([1, 1, 1]);
  });

  it("post-accumulate hook: it is given the leaf itself and holds nothing of a walk", () => {
    const x = leaf([3]);
    x.registerPostAccumulateGradHook((p) => {
      p.grad = null;
    });
    expect(left(() => scope(() => sum(exp(x)).backward()))).to.equal(0);
  });

  it("Function: its context holds what it saved until backward; what the user made stays the user's", () => {
    let temporary: Tensor | undefined;
    class Cube extends Function {
      static forward(ctx: FunctionContext, x: Tensor): Tensor {
        ctx.saveForBackward(x);
        return x.mul(x).mul(x);
      }
      static backward(ctx: FunctionContext, g?: Tensor): Tensor {
        const [x] = ctx.savedTensors as [Tensor];
        temporary = x.mul(x).mul(3);
        return temporary.mul(g as Tensor);
      }
    }
    const x = leaf([3]);
    const y = Cube.apply(x);
    expect(count(x)).to.equal(2);
    sum(y).backward();
    expect(count(x)).to.equal(1);
    expect(values(temporary as Tensor).length).to.equal(3);
  });

  it("scope: releases handles born inside, never a storage that something else holds; nests; keep()", () => {
    const w = leaf([3]);
    let kept: Tensor | undefined;
    let inner: Tensor | undefined;
    const extra = left(() => {
      const result = scope(() => {
        const base = mul(w, w); // its view escapes
        inner = base;
        kept = keep(noGrad(() => exp(w)));
        const escaping = scope(() => {
          noGrad(() => exp(w));
          return base.view(3, 1);
        });
        sum(mul(w, w)).backward(); // .grad of w survives
        return { escaping };
      });
      expect(result.escaping.dataSync().length).to.equal(3);
    });
    expect(extra).to.equal(3); // the view's storage, what was kept, the gradient
    expect(inner?.released).to.equal(true);
    expect(kept?.released).to.equal(false);
    expect(() => exp(inner as Tensor)).to.throw(UseAfterFreeError, /keep\(\)/);
    expect(() => scope(async () => 1)).to.throw(/async/);
  });

  it("using: releases at the end of the block", () => {
    const t = randn([3]);
    t[Symbol.dispose]();
    expect(t.released).to.equal(true);
  });

  it("trace listener: sees metas, holds nothing", () => {
    const seen: string[] = [];
    const stop = onRun((e) => seen.push(`${e.op} ${e.outputs[0]?.shape}`));
    const x = randn([2]);
    expect(left(() => exp(x).release())).to.equal(0);
    stop();
    expect(seen).to.deep.equal(["exp 2"]);
  });

  it("an error inside backward lets the gradients of the walk go", () => {
    const broken = defineOp()({
      name: "broken",
      doc: "x, with a rule that fails.",
      inputs: ["x"],
      outputs: ["y"],
      shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
      kernel: (k, x, y) => k.copy(x, y),
      vjp: () => {
        throw new Error("broken on purpose");
      },
      samples: () => [],
    });
    const x = leaf([3]);
    const loss = sum(exp(broken(exp(x))));
    expect(left(() => expect(() => loss.backward()).to.throw("on purpose"))).to.be.at.most(0);
  });
});

describe("version counters", () => {
  useBackend("reference");

  it("a changed saved tensor is refused, and both ops are named", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = exp(x);
    y.add_(1);
    expect(() => sum(y).backward()).to.throw(
      SavedTensorChangedError,
      /backward of 'exp' needs 'y' as it was, but it was changed in place since, once, the last time by 'add_'/,
    );
  });

  it("a leaf, a view of one and an expanded tensor are refused as targets", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => x.add_(1)).to.throw(InPlaceError, /leaf that requires grad/);
    const v = x.view(2, 1);
    expect(() => v.add_(1)).to.throw(InPlaceError, /a view of a leaf that requires grad/);
    expect(() => tensor([1]).expand(3).add_(1)).to.throw(InPlaceError, /expanded/);
    expect(noGrad(() => x.add_(1)).dataSync()).to.deep.equal(new Float32Array([2, 3]));
  });
});
