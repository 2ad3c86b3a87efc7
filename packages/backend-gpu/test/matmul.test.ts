// Products of matrices: the tiled kernel, its parts along k, its margins, bias and activation.
import { type Activation, linear, matmul, randn, type Tensor } from "@tapegrad/core";
import { compare } from "@tapegrad/core/testing";
import { describeGpu } from "./gpu.ts";
import { agree } from "./siblings.ts";

const tolerance = { rtol: 1e-5, atol: 2e-4 };

describeGpu("matmul on the GPU", () => {
  const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
    [64, 64, 64],
    [65, 17, 130], // margins on all sides
    [8, 3001, 17], // long k, in parts
    [33, 1030, 40],
    [200, 20, 200],
  ];
  for (const [m, k, n] of sizes) {
    it(`${m} × ${k} · ${k} × ${n}, as it lies and transposed`, async () => {
      const [a, b, at, bt] = [randn([m, k]), randn([k, n]), randn([k, m]), randn([n, k])];
      await agree("matmul", () => matmul(a, b), { tolerance });
      await agree("matmul", () => matmul(at.t(), bt.t()), { tolerance });
    });
  }
  it("a vector, or nearly", async () => {
    const options = { tolerance, expected: 4 }; // quads are wider
    for (const [m, k, n] of [
      [1, 777, 33],
      [40, 1031, 1],
      [3, 66, 2],
    ] as const) {
      const [a, b] = [randn([m, k]), randn([n, k])];
      await agree("matmul", () => matmul(a, b.t()), options);
    }
    const [x, w] = [randn([2, 3, 1, 90]), randn([3, 90, 5])];
    await agree("matmul", () => matmul(x, w), options);
  });
  it("batches, repeated and permuted", async () => {
    const a = randn([3, 1, 20, 40]);
    const b = randn([2, 40, 24]);
    await agree("matmul", () => matmul(a, b), { tolerance });
    const c = randn([40, 3, 2, 20]).permute(2, 1, 3, 0);
    await agree("matmul", () => matmul(c, b.narrow(0, 0, 1)), { tolerance });
  });
  it("bias and activation, also after parts", async () => {
    for (const [m, k, n] of [
      [70, 30, 40],
      [10, 2000, 12],
      [1, 784, 10],
      [2, 41, 3],
    ] as const) {
      const [x, w, bias] = [randn([m, k]), randn([n, k]), randn([n])];
      for (const activation of ["none", "relu", "relu6"] as const satisfies readonly Activation[]) {
        const y: Tensor = linear(x, w, bias, { activation });
        const plain = matmul(x, w.t()).add(bias);
        const truth =
          activation === "none" ? plain : activation === "relu" ? plain.relu() : plain.relu6();
        await compare([y], [truth], tolerance, activation);
      }
    }
  });
});
