// Views and joins: what the fixtures cannot say (shared memory, slice specs, legacy rules).
import {
  ArgumentError,
  arange,
  cat,
  chunk,
  flatten,
  foldWindows,
  IndexError,
  memory,
  ones,
  pad,
  ShapeError,
  type SliceSpec,
  slice,
  sliceBackward,
  sliceDim,
  split,
  squeeze,
  stack,
  type Tensor,
  tensor,
  unflatten,
  unfoldWindows,
  unsqueeze,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { useBackend } from "./use-backend.ts";

const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const grid = (...shape: number[]): Tensor =>
  arange(
    shape.reduce((a, b) => a * b, 1),
    undefined,
    1,
    { dtype: "float64" },
  ).reshape(shape);

describe("slice", () => {
  useBackend("reference");

  it("reads Python's slices, as plain arrays do", () => {
    const bound = fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(7), bound, bound, fc.integer({ min: 1, max: 4 }), (n, from, to, step) => {
        const all = Array.from({ length: n }, (_, i) => i);
        const want = all.slice(from, to).filter((_, i) => i % step === 0);
        const spec = `${from ?? ""}:${to ?? ""}:${step}` as SliceSpec;
        expect(list(slice(grid(n), [spec]))).to.deep.equal(want);
        expect(list(sliceDim(grid(n), 0, from, to, step))).to.deep.equal(want);
      }),
    );
  });

  it('fills in for "...", and for missing specs', () => {
    const x = grid(2, 3, 4);
    expect(x.slice(["...", -1]).shape).to.deep.equal([2, 3]);
    expect(x.slice([0, "...", "1:3"]).shape).to.deep.equal([3, 2]);
    expect(x.slice(["..."]).shape).to.deep.equal([2, 3, 4]);
    expect(x.slice([]).shape).to.deep.equal([2, 3, 4]);
    expect(list(x.slice([1, ":", 0]))).to.deep.equal([12, 16, 20]);
    expect(list(tensor(5).slice([]))).to.deep.equal([5]);
  });

  it("shares memory, under a handle of its own", () => {
    const x = grid(4);
    const y = x.slice([":"]);
    expect(y).not.to.equal(x);
    x.slice(["::2"]).add_(10);
    expect(list(x)).to.deep.equal([10, 1, 12, 3]);
    y.release();
    expect(list(x)).to.deep.equal([10, 1, 12, 3]);
  });

  it("refuses what is no slice, before it makes anything", () => {
    const x = grid(3, 4);
    const refused = (
      specs: unknown,
      type: typeof ArgumentError | typeof ShapeError,
      text: RegExp,
    ) => expect(() => slice(x, specs as SliceSpec[])).to.throw(type as typeof ArgumentError, text);
    refused(["a:b"], ArgumentError, /slice: spec 0 must be .* got "a:b"/);
    refused([":", "1:2:3:4"], ArgumentError, /spec 1/);
    refused(["2"], ArgumentError, /got "2" \(an index is a number\)/);
    refused([1.5], ArgumentError, /got 1\.5/);
    refused([null], ArgumentError, /got null/);
    refused(["::0"], ArgumentError, /step must be .* got 0/);
    refused(["::-1"], ArgumentError, /step must be .* got -1/);
    refused(["...", "..."], ArgumentError, /only once/);
    refused([0, 0, 0], ShapeError, /3 specs for 2 dimensions/);
    refused("1:3", ArgumentError, /expects an array/);
    expect(() => slice(x, [0, 4])).to.throw(IndexError, /slice: index 4 .* dim 1 of size 4/);
    expect(() => slice(x, [0, -5])).to.throw(IndexError, /index -5/);
  });

  it("leaves no handle behind but its result", () => {
    const x = ones([3, 4, 5]);
    const before = memory().storages;
    const y = x.slice([1, "1:3", "::2"]);
    x.release();
    expect(memory().storages).to.equal(before); // y holds it
    y.release();
    expect(memory().storages).to.equal(before - 1); // nobody else does
  });
});

describe("views", () => {
  useBackend("reference");

  it("squeeze and unsqueeze keep strided tensors strided", () => {
    const x = grid(2, 3).t();
    const y = unsqueeze(x, 1);
    expect(y.strides[0]).to.equal(1);
    expect(y.shape).to.deep.equal([3, 1, 2]);
    expect(list(squeeze(y))).to.deep.equal([0, 3, 1, 4, 2, 5]);
    expect(unsqueeze(grid(2, 3), 1).contiguous).to.equal(true);
    expect(squeeze(grid(1, 2, 1), [0, 2]).shape).to.deep.equal([2]);
  });

  it("flatten and unflatten undo each other", () => {
    const x = grid(2, 3, 4);
    expect(unflatten(flatten(x, { startDim: 1 }), 1, [3, -1]).shape).to.deep.equal([2, 3, 4]);
    expect(() => flatten(x, { startDim: 2, endDim: 1 })).to.throw(ShapeError, /startDim 2 .* 1/);
    expect(() => unflatten(x, 1, [2, 2])).to.throw(ShapeError, /unflatten: 3 elements do not make/);
  });

  it("windows overlap in memory and fold back as counts", () => {
    const x = ones([1, 1, 4, 4], { dtype: "float64" });
    const windows = unfoldWindows(x, { kernel: 3 });
    expect(windows.shape).to.deep.equal([1, 1, 2, 2, 3, 3]);
    expect(windows.storage).to.equal(x.storage);
    const counts = foldWindows(windows, [4, 4]);
    expect(list(counts)).to.deep.equal([1, 2, 2, 1, 2, 4, 4, 2, 2, 4, 4, 2, 1, 2, 2, 1]);
  });

  it("unfold and fold are adjoint for any geometry", () => {
    const small = fc.integer({ min: 1, max: 3 });
    const geometry = fc.record({ kernel: small, stride: small, dilation: small, extra: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(geometry, { minLength: 1, maxLength: 3 }), (dims) => {
        const size = dims.map((g) => g.dilation * (g.kernel - 1) + 1 + g.extra);
        const options = {
          kernel: dims.map((g) => g.kernel),
          stride: dims.map((g) => g.stride),
          dilation: dims.map((g) => g.dilation),
        };
        const x = grid(1, 2, ...size);
        const windows = unfoldWindows(x, options);
        const g = grid(...windows.shape);
        const left = list(windows.mul(g)).reduce((a, b) => a + b, 0);
        const right = list(x.mul(foldWindows(g, size, options))).reduce((a, b) => a + b, 0);
        expect(left).to.equal(right);
      }),
      { numRuns: 30 },
    );
  });

  it("sliceBackward writes into zeros", () => {
    expect(list(sliceBackward(tensor([1, 2]), [5], 0, -4, undefined, 2))).to.deep.equal([
      0, 1, 0, 2, 0,
    ]);
  });

  it("split and chunk cut as PyTorch does", () => {
    const sizes = (parts: Tensor[]) => parts.map((p) => p.shape[0]);
    expect(sizes(split(grid(7), 3))).to.deep.equal([3, 3, 1]);
    expect(sizes(split(grid(7), [0, 2, 5]))).to.deep.equal([0, 2, 5]);
    expect(sizes(chunk(grid(7), 3))).to.deep.equal([3, 3, 1]);
    expect(sizes(chunk(grid(4), 3))).to.deep.equal([2, 2]);
    expect(sizes(split(zeros([0]), 3))).to.deep.equal([0]);
    expect(() => split(grid(7), [3, 3])).to.throw(ShapeError, /add up to 7/);
    expect(() => split(grid(7), 0)).to.throw(ArgumentError, /≥ 1/);
    expect(() => chunk(grid(7), 0)).to.throw(ArgumentError, /chunks/);
  });
});

describe("cat, stack, pad", () => {
  useBackend("reference");

  it("skips tensors of shape [0], but counts their dtype", () => {
    const y = cat([zeros([0], { dtype: "float64" }), ones([2, 2])]);
    expect(y.shape).to.deep.equal([2, 2]);
    expect(y.dtype).to.equal("float64");
    expect(cat([zeros([0]), zeros([0])]).shape).to.deep.equal([0]);
  });

  it("gives gradients in the dtype of each input", () => {
    const a = ones([2], { requiresGrad: true });
    const b = ones([2], { dtype: "float64", requiresGrad: true });
    cat([a, b])
      .mul(tensor([1, 2, 3, 4]))
      .sum()
      .backward();
    expect(a.grad?.dtype).to.equal("float32");
    expect(list(b.grad as Tensor)).to.deep.equal([3, 4]);
  });

  it("refuses lists that do not go together", () => {
    expect(() => stack([])).to.throw(ArgumentError, /stack: needs at least one tensor/);
    expect(() => stack([ones([2]), ones([3])])).to.throw(ShapeError, /stack: .*tensor 1/);
    expect(() => stack([ones([2])], { dim: 2 })).to.throw(IndexError, /expected -2 to 1/);
    expect(() => cat([ones([2]), 3 as unknown as Tensor])).to.throw(ArgumentError, /got number/);
    expect(() => cat(ones([2]) as unknown as Tensor[])).to.throw(ArgumentError, /an array/);
    expect(() => cat([ones([2, 2])], { dim: 2 })).to.throw(IndexError, /cat: dim 2/);
  });

  it("crops to nothing, and pads nothing to something", () => {
    expect(pad(grid(2, 3), [-1, -2]).shape).to.deep.equal([2, 0]);
    expect(list(pad(zeros([0]), [1, 1], { value: 3 }))).to.deep.equal([3, 3]);
    expect(list(pad(grid(2), [-3, 4], { value: 9 }))).to.deep.equal([9, 9, 9]);
  });
});
