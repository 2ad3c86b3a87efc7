// retainGrad() and registerPostAccumulateGradHook(), against what PyTorch does.
import { AutogradError, grad, isGradEnabled, noGrad, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

const x = (): Tensor => tensor([1, 2], { requiresGrad: true });
const values = (t: Tensor | null): unknown => t?.tolist();

describe("retainGrad", () => {
  useBackend("reference");

  it("keeps what other hooks leave, whenever they were registered; adds up over walks of both kinds", () => {
    const leaf = x();
    const y = leaf.mul(2);
    y.retainGrad();
    y.registerHook((g) => g.mul(10));
    const z = y.mul(y).sum();
    // As PyTorch: 2·y·10 = [40, 80], then again and again.
    grad(z, leaf, { retainGraph: true });
    expect(values(y.grad)).to.deep.equal([40, 80]);
    z.backward(undefined, { retainGraph: true });
    expect(values(y.grad)).to.deep.equal([80, 160]);
    const seen = y.grad;
    grad(z, y, { retainGraph: true });
    expect(values(y.grad)).to.deep.equal([120, 240]);
    expect(values(seen), "what was looked at before").to.deep.equal([80, 160]);
    y.grad = null;
    expect(y.grad).to.equal(null);
    z.backward();
    expect(values(y.grad)).to.deep.equal([40, 80]);
    expect(y.grad, "one handle").to.equal(y.grad);
  });

  it("says whether; means nothing on a leaf; needs a gradient", () => {
    const leaf = x();
    leaf.retainGrad();
    const y = leaf.mul(2);
    expect([leaf.retainsGrad, y.retainsGrad]).to.deep.equal([false, false]);
    y.retainGrad();
    expect(y.retainsGrad).to.equal(true);
    expect(() => tensor([1]).retainGrad()).to.throw(AutogradError, /does not require grad/);
    expect(() => {
      leaf.mul(2).grad = tensor([1, 2]);
    }).to.throw(AutogradError, /only a leaf .* retainGrad/);
  });

  it("belongs to the tensor: an in-place op, through a view too, does not lose it", () => {
    const y = x().mul(2);
    y.retainGrad();
    y.mul_(3);
    y.sum().backward();
    expect(values(y.grad)).to.deep.equal([1, 1]);
    const base = x().mul(2);
    const view = base.narrow(0, 1, 1);
    const other = base.narrow(0, 0, 2);
    base.retainGrad();
    other.retainGrad();
    view.mul_(5);
    base.sum().add(other.mul(3).sum()).backward();
    expect(values(base.grad)).to.deep.equal([4, 4]);
    expect(values(other.grad)).to.deep.equal([3, 3]);
  });

  it("one output of several; with createGraph it can be differentiated", () => {
    const [a, b] = x().mul(x()).unbind() as [Tensor, Tensor];
    b.retainGrad();
    a.mul(b).backward();
    expect([values(a.grad), values(b.grad)]).to.deep.equal([undefined, 1]);
    const leaf = x();
    const y = leaf.mul(3);
    y.retainGrad();
    y.pow(3).sum().backward(undefined, { createGraph: true });
    // 3·(3x)², whose derivative is 54·x.
    expect(values(grad((y.grad as Tensor).sum(), leaf)[0])).to.deep.equal([54, 108]);
  });
});

describe("registerPostAccumulateGradHook", () => {
  useBackend("reference");

  it("sees the leaf after all other hooks, nothing records; grad() calls none; it can be removed", () => {
    const leaf = x();
    const seen: unknown[] = [];
    const remove = leaf.registerPostAccumulateGradHook((p) => {
      seen.push(p === leaf, values(p.grad), isGradEnabled());
    });
    leaf.registerHook((g) => g.mul(2));
    leaf.mul(3).sum().backward();
    expect(seen).to.deep.equal([true, [6, 6], false]);
    grad(leaf.mul(3).sum(), leaf);
    expect(seen.length).to.equal(3);
    leaf.mul(3).sum().backward();
    expect(seen.at(-2)).to.deep.equal([12, 12]);
    remove();
    leaf.sum().backward();
    expect(seen.length).to.equal(6);
  });

  it("a step of an optimizer in it leaves no gradient behind", () => {
    const leaf = x();
    leaf.registerPostAccumulateGradHook((p) => {
      p.sub_((p.grad as Tensor).mul(0.5));
      p.grad = null;
    });
    leaf.mul(2).sum().backward();
    expect([values(leaf), leaf.grad]).to.deep.equal([[0, 1], null]);
  });

  it("is for leaves that require grad, takes functions, and returns nothing", () => {
    const leaf = x();
    expect(() => leaf.mul(2).registerPostAccumulateGradHook(() => {})).to.throw(
      AutogradError,
      /made by 'mul', and only leaves accumulate/,
    );
    expect(() => tensor([1]).registerPostAccumulateGradHook(() => {})).to.throw(
      AutogradError,
      /does not require grad/,
    );
    expect(() => leaf.registerPostAccumulateGradHook(null as never)).to.throw(
      /expected a function/,
    );
    leaf.registerPostAccumulateGradHook((p) => noGrad(() => p.mul(2)) as never);
    expect(() => leaf.sum().backward()).to.throw(/must return nothing, got object/);
  });
});
