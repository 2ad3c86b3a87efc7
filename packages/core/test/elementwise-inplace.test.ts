// In-place ops: what they change, what they refuse, and that recorded values stay true.
import {
  DeviceError,
  DTypeError,
  InPlaceError,
  noGrad,
  ones,
  onRun,
  referenceBackend,
  registerBackend,
  SavedTensorChangedError,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";

const values = (t: Tensor | null): number[] =>
  Array.from((t as Tensor).dataSync() as ArrayLike<number>, Number);
const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
/** A recorded tensor with the values of x, free to be changed. */
const recorded = (x: Tensor): Tensor => x.mul(1);

describe("in place", () => {
  it("changes the tensor and returns it", () => {
    const x = tensor([1, 4]);
    expect(x.sqrt_().mul_(3).sub_(1).neg_().div_(2)).to.equal(x);
    expect(values(x)).to.deep.equal([-1, -2.5]);
    expect(values(x.copy_(tensor([7n, 8n])))).to.deep.equal([7, 8]);
    expect(values(x.zero_())).to.deep.equal([0, 0]);
  });

  it("writes through views", () => {
    const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    x.permute(1, 0).sub_(tensor([[1, 2], [3, 4]])); // biome-ignore format: a matrix
    expect(values(x)).to.deep.equal([0, -1, 1, 0]);
    x.select(1, 0).fill_(9);
    expect(values(x)).to.deep.equal([9, -1, 9, 0]);
    x.select(0, 1).clamp_({ max: 5 });
    expect(values(x)).to.deep.equal([9, -1, 5, 0]);
  });

  it("reads an operand that lies in the same memory as it was before", () => {
    const x = tensor([2, 3, 5]);
    expect(values(x.mul_(x.select(0, 0)))).to.deep.equal([4, 6, 10]);
    expect(values(x.sub_(x.select(0, 1)))).to.deep.equal([-2, 0, 4]);
    expect(values(x.add_(x))).to.deep.equal([-4, 0, 8]);
    const m = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(values(m.copy_(m.permute(1, 0)))).to.deep.equal([1, 3, 2, 4]);
  });

  it("keeps the target's dtype, and refuses what does not fit into it", () => {
    expect(tensor([1.5]).mul_(tensor([2], { dtype: "float64" })).dtype).to.equal("float32");
    const i = tensor([3n]);
    expect(() => i.mul_(0.5)).to.throw(DTypeError, /mul_: the result is float32.*int64 target/);
    expect(() => i.div_(2)).to.throw(DTypeError, /div_: expected a floating-point tensor/);
    expect(() => i.exp_()).to.throw(DTypeError, /exp_: expected a floating-point tensor/);
    expect(() => tensor([true]).sub_(tensor([true]))).to.throw(DTypeError, /sub_: .*bool/);
    expect(values(i.fill_(2.7))).to.deep.equal([2]);
  });

  it("refuses an expanded target and a result that is larger", () => {
    const wide = ones([1]).expand([3]);
    expect(() => wide.neg_()).to.throw(
      InPlaceError,
      /neg_: several elements of the target share one place/,
    );
    expect(() => ones([3]).mul_(ones([2, 3]))).to.throw(ShapeError, /mul_: .*does not fit/);
    expect(() => ones([3]).copy_(ones([2]))).to.throw(ShapeError, /copy_: sizes 3 and 2/);
  });

  it("copies nothing between backends", () => {
    const make = () => ({ ...referenceBackend(), name: "elsewhere" });
    const forget = registerBackend("elsewhere", make);
    const there = ones([2], { device: "elsewhere" });
    const here = zeros([2], { device: "reference" });
    expect(() => here.copy_(there)).to.throw(
      DeviceError,
      /copy_: x lies on 'reference', src on 'els/,
    );
    forget();
  });
});

describe("in place, recorded", () => {
  it("mul_ and div_ give the other operand its gradient from the old value", () => {
    const x = leaf([2, 3]);
    const a = leaf([5, 7]);
    const b = leaf([2, 4]);
    recorded(x).mul_(a).div_(b).add_(1).sum().backward();
    expect(values(x.grad)).to.deep.equal([2.5, 1.75]);
    expect(values(a.grad)).to.deep.equal([1, 0.75]);
    expect(values(b.grad)).to.deep.equal([-2.5, -1.3125]);
  });

  it("a tensor times itself", () => {
    const x = leaf([2, 3]);
    const y = recorded(x);
    y.mul_(y).sum().backward();
    expect(values(x.grad)).to.deep.equal([4, 6]);
  });

  it("a constant target starts to record when an operand does", () => {
    const w = leaf([2, 3]);
    const x = tensor([4, 5], { dtype: "float64" });
    x.mul_(w).sum().backward();
    expect(values(w.grad)).to.deep.equal([4, 5]);
  });

  it("rules that need the old value have it, whatever happens after", () => {
    for (const [change, slope] of [
      [(t: Tensor) => t.square_(), [4, -6]],
      [(t: Tensor) => t.abs_(), [1, -1]],
      [(t: Tensor) => t.pow_(3), [12, 27]],
      [(t: Tensor) => t.clamp_({ min: -1 }), [1, 0]],
    ] as const) {
      const x = leaf([2, -3]);
      change(recorded(x)).mul_(2).add_(1).sum().backward();
      expect(values(x.grad)).to.deep.equal(slope.map((s) => 2 * s));
    }
  });

  it("overwriting cuts the gradient off", () => {
    for (const cut of [(t: Tensor) => t.zero_(), (t: Tensor) => t.fill_(3)]) {
      const x = leaf([2, -3]);
      cut(recorded(x)).sum().backward();
      expect(values(x.grad)).to.deep.equal([0, 0]);
    }
    const x = leaf([1, 2]);
    const src = leaf([5]);
    recorded(x).copy_(src).sum().backward();
    expect(values(x.grad)).to.deep.equal([0, 0]);
    expect(values(src.grad)).to.deep.equal([2]);
  });

  it("a changed result that backward needs is an error naming both ops", () => {
    const y = recorded(leaf([1, 2])).exp_();
    y.add_(1);
    expect(() => y.sum().backward()).to.throw(SavedTensorChangedError, /'exp_'.*'y'.*'add_'/);
    const a = recorded(leaf([1, 2]));
    const z = a.mul(a);
    a.neg_();
    expect(() => z.sum().backward()).to.throw(SavedTensorChangedError, /'mul'.*'neg_'/);
  });

  it("a leaf and a view of one are refused, but not under noGrad", () => {
    const x = leaf([1, 2]);
    for (const f of [
      () => x.mul_(2),
      () => x.exp_(),
      () => x.copy_(zeros([2], { dtype: "float64" })),
      () => x.zero_(),
    ]) {
      expect(f).to.throw(InPlaceError, /the target is a leaf that requires grad/);
    }
    expect(() => x.view(2, 1).relu_()).to.throw(
      InPlaceError,
      /relu_: the target is a view of a leaf/,
    );
    noGrad(() => x.mul_(2));
    expect(values(x)).to.deep.equal([2, 4]);
    expect(x.isLeaf).to.equal(true);
  });

  it("copies nothing that no rule will read", () => {
    const ran: string[] = [];
    const stop = onRun((event) => ran.push(event.op));
    tensor([1, 2])
      .mul_(tensor([3, 4]))
      .square_();
    recorded(leaf([1, 2]))
      .mul_(tensor([3, 4], { dtype: "float64" }))
      .exp_();
    noGrad(() => leaf([1, 2]).mul_(leaf([3, 4])));
    stop();
    expect(ran).to.deep.equal(["mul_", "square_", "mulScalar", "mul_", "exp_", "mul_"]);
  });
});
