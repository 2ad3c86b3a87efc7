// Decompositions: what makes them right whatever the signs of their vectors, and what they refuse.
import {
  ArgumentError,
  choleskyInverse,
  einsum,
  eye,
  geqrf,
  kron,
  linalg,
  manualSeed,
  ones,
  ormqr,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  tensordot,
  topk,
  unique,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

const near = (a: Tensor, b: Tensor, atol = 1e-10): void => {
  expect(a.shape).to.deep.equal(b.shape);
  expect(a.allclose(b.add(0), { rtol: 0, atol })).to.equal(true);
};

describe("linalg", () => {
  useBackend("reference");
  const random = (...shape: number[]): Tensor => {
    manualSeed(shape.length * 7 + (shape[0] ?? 0));
    return randn(shape, { dtype: "float64" });
  };
  const one = (n: number): Tensor => eye(n, n, { dtype: "float64" });
  const shapes = [[5, 3], [3, 5], [4, 4], [2, 3, 2], [1, 1]]; // biome-ignore format: a list

  for (const shape of shapes) {
    it(`svd of [${shape}]: orthonormal factors, descending, put together again`, () => {
      const a = random(...shape);
      const { U, S, Vh } = linalg.svd(a, { fullMatrices: false });
      near(U.mul(S.unsqueeze(-2)).matmul(Vh), a);
      const k = S.shape[S.ndim - 1] as number;
      near(U.mT.matmul(U), one(k).expand([...shape.slice(0, -2), k, k]));
      near(Vh.matmul(Vh.mT), one(k).expand([...shape.slice(0, -2), k, k]));
      near(S, S.sort({ descending: true }).values);
      const full = linalg.svd(a);
      const [m, n] = shape.slice(-2) as [number, number];
      near(full.U.mT.matmul(full.U), one(m).expand([...shape.slice(0, -2), m, m]));
      near(full.Vh.matmul(full.Vh.mT), one(n).expand([...shape.slice(0, -2), n, n]));
    });
    it(`qr of [${shape}]: orthonormal times a triangle`, () => {
      const a = random(...shape);
      const { Q, R } = linalg.qr(a);
      near(Q.matmul(R), a);
      near(R, R.triu());
      const complete = linalg.qr(a, { mode: "complete" });
      near(complete.Q.matmul(complete.R), a);
    });
    it(`pinv of [${shape}] is what Moore and Penrose ask for`, () => {
      const a = random(...shape);
      const p = linalg.pinv(a);
      near(a.matmul(p).matmul(a), a);
      near(p.matmul(a).matmul(p), p);
      near(a.matmul(p), a.matmul(p).mT);
      near(p.matmul(a), p.matmul(a).mT);
    });
  }

  it("svd of a matrix without full rank, and of zeros", () => {
    const a = random(4, 1).matmul(random(1, 3));
    for (const x of [a, zeros([3, 2], { dtype: "float64" })]) {
      const { U, S, Vh } = linalg.svd(x, { fullMatrices: false });
      near(U.mul(S).matmul(Vh), x);
      near(U.mT.matmul(U), one(S.numel));
    }
    expect(linalg.matrixRank(a).item()).to.equal(1);
  });

  it("eigh: A V = V L, orthonormal, ascending", () => {
    const b = random(3, 4, 4);
    const a = b.add(b.mT);
    const { eigenvalues, eigenvectors } = linalg.eigh(a);
    near(a.matmul(eigenvectors), eigenvectors.mul(eigenvalues.unsqueeze(-2)));
    near(eigenvectors.mT.matmul(eigenvectors), one(4).expand(3, 4, 4));
    near(eigenvalues, eigenvalues.sort().values);
  });

  it("inverse, cholesky and solve undo the product", () => {
    const a = random(4, 4);
    near(a.matmul(a.inverse()), one(4));
    near(a.matmul(linalg.solve(a, random(4, 2))), random(4, 2));
    const p = a.matmul(a.mT).add(one(4));
    const l = linalg.cholesky(p);
    near(l.matmul(l.mT), p);
    near(choleskyInverse(l).matmul(p), one(4));
  });

  it("names what does not fit", () => {
    const a = random(2, 3);
    expect(() => einsum("ij,jk->il", a, random(3, 2))).to.throw(
      ArgumentError,
      /einsum: the result/,
    );
    expect(() => einsum("ij->i->j", a)).to.throw(ArgumentError, /more than one arrow/);
    expect(() => einsum("ij,jk", a)).to.throw(ArgumentError, /2 terms for 1 operands/);
    expect(() => einsum("i?", a)).to.throw(ArgumentError, /is not made of letters/);
    expect(() => einsum("ijk", a)).to.throw(ShapeError, /names 3 dimensions of operand 0/);
    expect(() => einsum("ii", a)).to.throw(ShapeError, /"i" stands for sizes 2 and 3/);
    expect(() => einsum("ij,jk", a, a)).to.throw(ShapeError, /"j" stands for sizes 3 and 2/);
    expect(() => tensordot(a, a, { dims: 1 })).to.throw(ShapeError, /dim 1 of a and dim 0 of b/);
    expect(() => linalg.matrixNorm(a, { ord: 3 })).to.throw(ArgumentError, /there is no ord 3/);
    expect(() => linalg.matrixPower(random(2, 2), 0.5)).to.throw(ArgumentError, /whole number/);
    expect(() => topk(a, 4)).to.throw(ArgumentError, /topk: k is 4, but dim 1 has 3 elements/);
  });

  it("the Ex forms tell which matrices fail, give NaN for them, and gradients for the others", () => {
    const both = tensor([
      [
        [2, 1],
        [1, 2],
      ],
      [
        [1, 2],
        [2, 1],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ]).requiresGrad_();
    const { L, info } = linalg.choleskyEx(both);
    expect(info.tolist()).to.deep.equal([0, 2, 2]);
    expect(info.dtype).to.equal("int32");
    expect(L.isnan().sum([1, 2]).tolist()).to.deep.equal([0n, 4n, 4n]);
    const inverse = linalg.invEx(both);
    expect(inverse.info.tolist()).to.deep.equal([0, 0, 2]);
    const { result } = linalg.solveEx(both, ones([3, 2]));
    expect(result.isnan().sum(1).tolist()).to.deep.equal([0n, 0n, 2n]);
    result.nanToNum().sum().backward();
    expect(both.grad?.isfinite().all().tolist()).to.equal(true);
    expect(linalg.luFactorEx(zeros([0, 0])).info.tolist()).to.equal(0);
    expect(() => linalg.choleskyEx(both, { checkErrors: true })).to.throw(
      ArgumentError,
      /linalg.choleskyEx: the decomposition failed at pivot 2/,
    );
    expect(() => linalg.ldlFactorEx(zeros([2, 2]), { checkErrors: true })).to.throw(
      ArgumentError,
      /failed at pivot 1/,
    );
    // The second could be a batch of vectors, as it is without `left`.
    for (const b of [ones([2]), ones([3, 2])]) {
      expect(() => linalg.solve(both, b, { left: false })).to.throw(ShapeError, /needs matrices B/);
    }
  });

  it("ormqr: Q · R is the matrix again, wide ones too", () => {
    for (const x of [random(2, 4), random(3, 3), random(4, 2)]) {
      const { a, tau } = geqrf(x);
      near(ormqr(a, tau, a.triu()), x);
    }
  });

  it("takes empty batches, and strided matrices", () => {
    expect(linalg.det(zeros([0, 2, 2])).shape).to.deep.equal([0]);
    expect(kron(zeros([0]), zeros([2])).shape).to.deep.equal([0]);
    expect(unique(zeros([0])).shape).to.deep.equal([0]);
    const a = random(3, 3);
    near(a.mT.inverse(), a.inverse().mT);
    near(einsum("ij,kj->ki", a, a.mT), a.mT.matmul(a.mT));
  });
});
