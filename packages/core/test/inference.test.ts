// inferenceMode: nothing records, and what is made inside stays out of autograd.
import {
  ArgumentError,
  AutogradError,
  add,
  enableGrad,
  InPlaceError,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  mul,
  ones,
  sum,
  type Tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

describe("inferenceMode", () => {
  useBackend("reference");

  it("records nothing, not under enableGrad either; ends with f", () => {
    const x = ones([2], { requiresGrad: true });
    const [y, z] = inferenceMode(() => {
      expect([isInferenceModeEnabled(), isGradEnabled()]).to.deep.equal([true, false]);
      return [mul(x, x), enableGrad(() => mul(x, 2))] as const;
    });
    expect([y.requiresGrad, z.requiresGrad]).to.deep.equal([false, false]);
    expect([isInferenceModeEnabled(), isGradEnabled()]).to.deep.equal([false, true]);
    expect(() => inferenceMode(async () => 1)).to.throw(ArgumentError, "async");
  });

  it("tells inference tensors: made inside, and views of them; not views of others, nor results outside", () => {
    const x = ones([2]);
    const [a, view] = inferenceMode(() => [ones([2]), x.narrow(0, 0, 1)] as const);
    const told = [a, a.narrow(0, 0, 1), a.detach(), view, a.clone(), mul(a, 2)];
    expect(told.map((t: Tensor) => t.isInference)).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("outside: reads, computes and adds to a graph; not saved, not changed, no gradient", () => {
    const x = ones([2], { requiresGrad: true });
    const a = inferenceMode(() => ones([2]).add_(1));
    sum(add(x, a)).backward();
    expect([...(x.grad?.dataSync() ?? [])]).to.deep.equal([1, 1]);
    expect(() => mul(x, a)).to.throw(AutogradError, "clone()");
    expect(() => a.add_(1)).to.throw(InPlaceError, "inferenceMode");
    expect(() => a.requiresGrad_()).to.throw(AutogradError, "clone()");
    expect(mul(x, a.clone().requiresGrad_()).requiresGrad).to.equal(true);
    inferenceMode(() => a.add_(1));
    expect([...a.dataSync()]).to.deep.equal([3, 3]);
  });
});
