// to(): a tensor on another backend, and its gradient on the way back.
import {
  type Backend,
  DeviceError,
  gradcheck,
  gradgradcheck,
  referenceBackend,
  registerBackend,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

useBackend("reference");

describe("a tensor on another backend", () => {
  let forget = (): void => {};
  const register = (backend: Backend = referenceBackend()): void => {
    forget = registerBackend("elsewhere", () => ({ ...backend, name: "elsewhere" }));
  };
  afterEach(() => forget());

  it("has its values, shape and dtype; where it lies already, it is the same", () => {
    register();
    const x = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "int32" }); // biome-ignore format: a matrix
    const there = x.permute(1, 0).to("elsewhere");
    expect(there.backend).to.equal("elsewhere");
    expect(there.dtype).to.equal("int32");
    expect(there.tolist()).to.deep.equal([[1, 4], [2, 5], [3, 6]]); // biome-ignore format: a matrix
    expect(there.to("elsewhere")).to.equal(there);
    expect(there.to("reference").backend).to.equal("reference");
  });

  it("its gradient comes back, once and twice, to where x lies", () => {
    register();
    const x = tensor([0.5, -1.5, 2], { dtype: "float64", requiresGrad: true });
    const f = (t: Tensor): Tensor => t.to("elsewhere").square().to("reference").mul(t);
    gradcheck(f, [x]);
    gradgradcheck(f, [x]);
    x.to("elsewhere").square().sum().backward();
    expect(x.grad?.backend).to.equal("reference");
    expect(x.grad?.tolist()).to.deep.equal([1, -3, 4]);
  });

  it("refuses what cannot be read at once", () => {
    const { readSync: _, ...backend } = referenceBackend();
    register(backend);
    const there = tensor([1], { device: "elsewhere" });
    expect(() => there.to("reference")).to.throw(
      DeviceError,
      /to: a tensor on 'elsewhere' cannot be read at once; make a new one from await x\.data\(\)/,
    );
  });
});
