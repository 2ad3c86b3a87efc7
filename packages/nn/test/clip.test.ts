// Clipping of gradient norms against PyTorch.
import { ArgumentError, ones, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close, type Described, fixture, left, made, type Numbers } from "./kit.ts";

describe("clipGradNorm: as PyTorch", () => {
  interface ClipCase {
    readonly name: string;
    readonly args: readonly [number, { readonly normType: number | string }];
    readonly grads: readonly (Described | null)[];
    readonly norm: number;
    readonly after: readonly (Numbers | null)[];
  }
  const parametersOf = (c: ClipCase) =>
    c.grads.map((g) => {
      const p = new nn.Parameter(ones(g?.shape ?? [1], { dtype: "float64" }));
      if (g !== null) p.grad = made(g);
      return p;
    });
  for (const c of fixture<ClipCase>("clip-grad-norm")) {
    it(`${c.name}; the norm as a tensor`, () => {
      const params = parametersOf(c);
      const [maxNorm, { normType }] = c.args;
      const norm = nn.optim.clipGradNormTensor(params, maxNorm, { normType: Number(normType) });
      close("norm", norm, [c.norm], norm.dtype === "float64" ? "float64" : "float32");
      c.after.forEach((after, i) => {
        const g = params[i]?.grad ?? null;
        if (after !== null) close(`gradient ${i}`, g as Tensor, after, "float64");
      });
    });
    it(c.name, () => {
      const params = parametersOf(c);
      const [maxNorm, { normType }] = c.args;
      let norm = 0;
      expect(
        left(() => {
          norm = nn.clipGradNorm(params, maxNorm, { normType: Number(normType) });
        }),
      ).to.equal(0);
      close("norm", [norm], [c.norm], "float64");
      c.after.forEach((after, i) => {
        const g = params[i]?.grad ?? null;
        if (after === null) expect(g).to.equal(null);
        else close(`gradient ${i}`, g as Tensor, after, "float64");
      });
    });
  }
  it("nothing to clip; and arguments without sense", () => {
    expect(nn.clipGradNorm([new nn.Parameter(ones([1]))], 1)).to.equal(0);
    expect(() => nn.clipGradNorm([], -1)).to.throw(ArgumentError, /maxNorm/);
    expect(() => nn.clipGradNorm([], 1, { normType: 0 })).to.throw(ArgumentError, /normType/);
  });
  it("a NaN shows in the norm and in every gradient", () => {
    const [a, b] = [new nn.Parameter(ones([1])), new nn.Parameter(ones([1]))];
    a.grad = tensor([Number.NaN]);
    b.grad = tensor([1]);
    expect(nn.optim.clipGradNormTensor([a, b], 1).item()).to.be.NaN;
    expect(nn.clipGradNorm([a, b], 1)).to.be.NaN;
    expect(b.grad?.item()).to.be.NaN;
  });
});
