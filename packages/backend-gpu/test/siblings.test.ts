// Hand-written kernels against their siblings that gpu.js compiles, beyond the small shapes of opSuite.
import { randn } from "@tapegrad/core";
import { describeGpu } from "./gpu.ts";
import { agree } from "./siblings.ts";

describeGpu("variants of the required kernels agree", () => {
  it("unary, transposed", async () => {
    const x = randn([33, 70]).t();
    for (const f of [() => x.exp(), () => x.gelu(), () => x.silu(), () => x.erf()]) {
      await agree("unary", f);
    }
  });
  it("binary, broadcast", async () => {
    const [a, b] = [randn([5, 1, 33]), randn([7, 1])];
    for (const f of [() => a.add(b), () => a.mul(b), () => a.div(b)]) await agree("binary", f);
  });
  it("binaryScalar", async () => {
    const x = randn([100]);
    await agree("binaryScalar", () => x.mul(2.5));
  });
  it("reduce, rows short and long, any dims", async () => {
    const x = randn([6, 130, 9]);
    for (const dims of [[0], [1], [2], [0, 2], [0, 1, 2]]) {
      await agree("reduce", () => x.sum(dims), { tolerance: { rtol: 1e-5, atol: 1e-4 } });
    }
  });
  it("matmul, batched and transposed", async () => {
    const [a, b] = [randn([3, 40, 33]), randn([3, 50, 33])];
    await agree("matmul", () => a.matmul(b.transpose(1, 2)), {
      tolerance: { rtol: 1e-5, atol: 1e-5 },
    });
  });
});
