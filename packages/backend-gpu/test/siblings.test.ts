// Hand-written kernels against their siblings that gpu.js compiles, beyond the small shapes of opSuite.
import { randn, setBackend, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";
import { agree } from "./siblings.ts";

describeGpu("variants of the required kernels agree", () => {
  it("unary, transposed", async () => {
    const x = randn([33, 70]).t();
    for (const f of [() => x.exp(), () => x.gelu(), () => x.silu(), () => x.erf()]) {
      await agree("unary", f);
    }
  });
  it("unary: NaN stays, logarithms have their poles, sums of bools are bools", async () => {
    const x = tensor([Number.NaN, -2, 0, 1, Number.POSITIVE_INFINITY]);
    const same = (t: Tensor): Promise<number[]> => t.data().then((d) => Array.from(d, Number));
    for (const f of [
      "exp",
      "expm1",
      "tanh",
      "erf",
      "sigmoid",
      "relu",
      "gelu",
      "hardsigmoid",
    ] as const) {
      expect((await same(x[f]()))[0], f).to.be.NaN;
      expect((await same(x.expand(2, 5).t()[f]()))[0], f).to.be.NaN;
    }
    for (const f of ["log", "log2", "log10"] as const) {
      const [nan, below, zero, one, most] = await same(x[f]());
      expect([nan, below], f).to.deep.equal([Number.NaN, Number.NaN]);
      expect([zero, one, most], f).to.deep.equal([-Infinity, 0, Infinity]);
    }
    expect(await same(tensor([true, true, false]).add(tensor([true, false, false])))).to.deep.equal(
      [1, 1, 0],
    );
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
      const expected = dims.length === 3 ? 3 : 2; // that one is long enough for two stages
      const tolerance = { rtol: 1e-5, atol: 1e-4 };
      await agree("reduce", () => x.sum(dims), { tolerance, expected });
    }
  });
  it("reduce in two stages: each code and dtype, a strided view, NaN", async () => {
    const host = Array.from({ length: 3 * 4101 }, (_, i) => ((i * 7919) % 251) - 125);
    host[9_000] = 126;
    const same = async (f: () => Tensor): Promise<void> => {
      const got = Array.from(await f().data(), Number);
      setBackend("reference");
      expect(got).to.deep.equal(Array.from(await f().data(), Number));
      setBackend(NAME);
    };
    for (const dtype of ["float32", "int32", "uint8"] as const) {
      const x = (): Tensor => tensor(host.map(Math.abs), { dtype }).reshape([3, 4101]);
      for (const f of ["sum", "amin"] as const) await same(() => x()[f](1));
      await same(() => x().t().amax(0));
      await same(() => x().sum());
    }
    const small = (): Tensor => tensor(host).reshape([4101, 3]);
    await same(() => small().eq(126).any(0));
    await same(() => small().ne(126).all(0));
    await same(() => small().eq(126).sum());
    await same(() => small().eq(126).add(1).to("float32").prod());
    expect(await small().div(small().eq(126).logicalNot()).mul(0).amax().itemAsync()).to.be.NaN;
  });
  it("matmul, batched and transposed", async () => {
    const [a, b] = [randn([3, 40, 33]), randn([3, 50, 33])];
    await agree("matmul", () => a.matmul(b.transpose(1, 2)), {
      tolerance: { rtol: 1e-5, atol: 1e-5 },
    });
  });
});
