// explainAsync() on a GPU: which kernel ran where, timed by the device.
import { expect } from "chai";
import { explain, explainAsync, nn } from "tapegrad";
import { describeGpu } from "./gpu.ts";

describeGpu("explain on a GPU", () => {
  const small = () =>
    new nn.Sequential(
      new nn.Conv2d(2, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(64, 3),
    );

  it("names the kernel of each layer, with the times of the device where it has a clock", async () => {
    const model = small();
    const e = await explainAsync(model, [1, 2, 4, 4], { backward: true });
    expect(e).to.deep.include({ backend: "webgpu", roofs: null });
    for (const layer of ["0", "3"]) {
      const kernels = e.ops.filter((op) => op.layer === layer).map((op) => op.kernel);
      expect(kernels, layer).to.not.have.length(0);
      for (const kernel of kernels) expect(kernel).to.match(/^(wgsl|gpujs|buffer copy)/);
    }
    const text = String(e);
    expect(text).to.match(/^ *0 +Conv2d +convActivated +\[1, 4, 4, 4\] +wgsl/m);
    if (Number.isNaN(e.forward.ms)) expect(text).to.match(/without times/);
    else {
      expect(e.forward.ms).to.be.above(0);
      expect(e.forward.opMs).to.be.within(0, 2 * e.forward.ms); // both are medians
      expect(text).to.match(/^backward: [\d.]+ ms, of them/m);
    }
  });

  it("explain() does not wait, and says that it knows no times", () => {
    const e = explain(small(), [1, 2, 4, 4]);
    expect(e.ops.every((op) => Number.isNaN(op.ms) && op.kernel !== "")).to.equal(true);
    expect(String(e)).to.match(/without times/);
    expect(JSON.parse(JSON.stringify(e)).ops.length).to.equal(e.ops.length);
  });
});
