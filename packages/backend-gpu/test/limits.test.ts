// What is larger than one dispatch takes, and what does not fit: more workgroups than a dimension has, errors of the
// device under the name of the op, a device that goes away by itself.
import { ArgumentError, DeviceLostError, OutOfMemoryError, ones, zeros } from "@tapegrad/core";
import { expect } from "chai";
import { gpu, runtime } from "../src/index.ts";
import { gpuJs } from "../src/program/gpu-js.ts";
import { wgsl } from "../src/program/wgsl.ts";
import { program } from "../src/registry.ts";
import { blockOf } from "../src/runtime/runtime.ts";
import { describeGpu } from "./gpu.ts";

describeGpu("limits of the GPU", () => {
  it("more workgroups than a dimension takes: each runs once", async () => {
    const rt = runtime();
    const n = gpu.info.limits.maxComputeWorkgroupsPerDimension + 3;
    for (const threads of ["groups", "linear"] as const) {
      const at = threads === "groups" ? "item" : "i";
      const made = program(`wgsl/test/limits/${threads}`, (key) =>
        wgsl({
          key,
          inputs: {},
          outputs: { y: "f32" },
          threads,
          workgroup: [1, 1, 1],
          body: `  y[${at}] += f32(${at} % 1000u);`,
        }),
      );
      const y = zeros([n]);
      rt.dispatch(made, [blockOf(y)], [], n);
      const values = await y.data();
      let wrong = 0;
      for (let i = 0; i < n; i++) if (values[i] !== i % 1000) wrong++;
      expect(wrong, threads).to.equal(0);
      y.release();
    }
  });

  it("a second and a third dimension of more threads than groups: slices, each of which knows where it begins", async () => {
    const rt = runtime();
    const most = gpu.info.limits.maxComputeWorkgroupsPerDimension;
    const made = program("gpujs/test/limits/grid", (key) =>
      gpuJs({
        key,
        inputs: [],
        rank: 3,
        source:
          "function () { return this.thread.x + 2 * (this.thread.y % 100) + 1000 * (this.thread.z % 100); }",
      }),
    );
    for (const [x, y, z] of [
      [2, most + 3, 3],
      [2, 1, most + 3],
      [1, 3, 2 * most + 1],
    ] as const) {
      const out = zeros([z, y, x]);
      rt.dispatch(made, [blockOf(out)], [], [x, y, z]);
      const values = await out.data();
      let wrong = 0;
      for (let i = 0; i < values.length; i++) {
        const [a, b, c] = [i % x, Math.floor(i / x) % y, Math.floor(i / (x * y))];
        if (values[i] !== a + 2 * (b % 100) + 1000 * (c % 100)) wrong++;
      }
      expect(wrong, `${x} × ${y} × ${z}`).to.equal(0);
      out.release();
    }
  });

  it("of a kernel in WGSL a third dimension beyond that is refused, as is a second one", () => {
    const made = program("wgsl/test/limits/refused", (key) =>
      wgsl({
        ...{ key, inputs: {}, outputs: { y: "f32" }, threads: "grid", workgroup: [1, 1, 1] },
        body: "  y[0] = 1.0;",
      }),
    );
    const y = zeros([1]);
    const n = gpu.info.limits.maxComputeWorkgroupsPerDimension + 1;
    for (const count of [
      [1, n, 1],
      [1, 1, n],
    ] as const) {
      expect(() => runtime().dispatch(made, [blockOf(y)], [], count)).to.throw(
        ArgumentError,
        /wgsl\/test\/limits\/refused: 65536 threads in one dimension/,
      );
    }
  });

  it("memory that the device refuses is an error under the name of the op", async () => {
    const rt = runtime();
    const { device } = rt;
    const pop = device.popErrorScope;
    class GPUOutOfMemoryError {
      readonly message = "none left";
    }
    device.popErrorScope = async () => {
      await pop.call(device);
      return new GPUOutOfMemoryError() as GPUError;
    };
    try {
      rt.guarded("conv2d", () => undefined);
      await rt.settled();
    } finally {
      device.popErrorScope = pop;
    }
    expect(() => rt.check()).to.throw(OutOfMemoryError, /^conv2d: the GPU has no memory left/);
    expect(await ones([2]).add(1).sum().itemAsync()).to.equal(4);
  });

  it("a device that is lost says so wherever it is asked; init() gives another", async () => {
    const old = ones([4]);
    const { device } = runtime();
    device.destroy();
    await device.lost;
    await Promise.resolve();
    expect(gpu.ready).to.equal(false);
    expect(() => old.add(1)).to.throw(DeviceLostError, /await gpu\.init\(\)/);
    await gpu.init();
    expect(await ones([4]).add(1).sum().itemAsync()).to.equal(8);
  });
});
