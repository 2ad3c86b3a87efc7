// Products: how many, how large, and what is refused; the numbers are in the fixtures.
import {
  bmm,
  DTypeError,
  dot,
  linear,
  matmul,
  mm,
  mv,
  ones,
  onRun,
  type RanEvent,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { useBackend } from "./use-backend.ts";

const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const f64 = (...shape: number[]): Tensor => ones(shape, { dtype: "float64", requiresGrad: true });

function events(f: () => void): RanEvent[] {
  const seen: RanEvent[] = [];
  const stop = onRun((e) => seen.push(e));
  try {
    f();
  } finally {
    stop();
  }
  return seen;
}
const products = (seen: readonly RanEvent[]): string[] =>
  seen
    .filter((e) => e.op === "matmul")
    .map((e) => e.inputs.map((m) => `[${m?.shape.join(",")}]`).join("·"));

describe("matmul", () => {
  useBackend("reference");

  it("agrees with sums of products, whatever broadcasts", () => {
    const size = fc.integer({ min: 0, max: 3 });
    const batch = fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 2 });
    fc.assert(
      fc.property(size, size, size, batch, batch, (m, k, n, left, right) => {
        const [p, q] = [
          [...left, m, k],
          [...right, k, n],
        ];
        const count = (shape: number[]) => shape.reduce((x, y) => x * y, 1);
        const data = (shape: number[]) =>
          Float64Array.from({ length: count(shape) }, (_, i) => i % 7);
        const a = tensor(data(p), { shape: p });
        const b = tensor(data(q), { shape: q });
        const want = a.unsqueeze(-1).mul(b.unsqueeze(-3)).sum(-2);
        const y = matmul(a, b);
        expect(y.shape).to.deep.equal(want.shape);
        expect(list(y)).to.deep.equal(list(want));
      }),
    );
  });

  it("multiplies a shared matrix once, batch folded into rows, backward too", () => {
    const x = f64(4, 5, 3);
    const w = f64(3, 2);
    let y: Tensor | undefined;
    expect(products(events(() => (y = matmul(x, w))))).to.deep.equal(["[20,3]·[3,2]"]);
    const backward = products(events(() => y?.sum().backward()));
    expect(backward.sort()).to.deep.equal(["[20,2]·[2,3]", "[3,20]·[20,2]"]);
    expect(list(w.grad as Tensor)).to.deep.equal([20, 20, 20, 20, 20, 20]);
  });

  it("sums over a shared batch inside of the product", () => {
    const a = f64(2, 3);
    const b = f64(4, 3, 2);
    const y = matmul(a, b);
    const backward = products(events(() => y.sum().backward()));
    expect(backward).to.include("[2,8]·[8,3]");
    expect(list(a.grad as Tensor)).to.deep.equal([8, 8, 8, 8, 8, 8]);
  });

  it("drops the dimension a vector was given", () => {
    expect(dot(f64(3), f64(3)).shape).to.deep.equal([]);
    expect(mv(f64(2, 3), f64(3)).shape).to.deep.equal([2]);
    expect(matmul(f64(3), f64(4, 3, 2)).shape).to.deep.equal([4, 2]);
    expect(matmul(f64(4, 2, 3), f64(3)).shape).to.deep.equal([4, 2]);
  });

  it("names both shapes when they do not fit", () => {
    const both = (text: RegExp, f: () => unknown) => expect(f).to.throw(ShapeError, text);
    both(/3 and 4 .* differ[\s\S]*a: \[3\][\s\S]*b: \[4\]/, () => matmul(f64(3), f64(4)));
    both(/a has 3 columns but b has 4 rows[\s\S]*a: \[5, 2, 3\][\s\S]*b: \[4, 2\]/, () =>
      matmul(f64(5, 2, 3), f64(4, 2)),
    );
    both(/mm: expects tensors of 2 and 2[\s\S]*a: \[2, 2, 2\]/, () => mm(f64(2, 2, 2), f64(2, 2)));
    both(/bmm: both need the same batch size[\s\S]*a: \[2, 1, 1\][\s\S]*b: \[3, 1, 1\]/, () =>
      bmm(f64(2, 1, 1), f64(3, 1, 1)),
    );
    expect(() => matmul(f64(2, 2), ones([2, 2]))).to.throw(
      DTypeError,
      /a is float64 but b is float32/,
    );
  });
});

describe("linear", () => {
  useBackend("reference");

  it("is one product and one node, for any rank", () => {
    const [x, w, bias] = [f64(4, 5, 3), f64(2, 3), f64(2)];
    let y: Tensor | undefined;
    const seen = events(() => (y = linear(x, w, bias))).map((e) => e.op);
    expect(seen).to.deep.equal(["linear"]);
    y?.sum().backward();
    expect(list(bias.grad as Tensor)).to.deep.equal([20, 20]);
    expect(list(w.grad as Tensor)).to.deep.equal([20, 20, 20, 20, 20, 20]);
    expect(x.grad?.shape).to.deep.equal([4, 5, 3]);
  });
});
