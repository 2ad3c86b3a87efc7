// Results written where the caller wants them: `out` of every function that has it, and what it refuses.
import {
  ArgumentError,
  AutogradError,
  absolute,
  add,
  clip,
  DTypeError,
  eq,
  eye,
  full,
  linalg,
  linspace,
  manualSeed,
  matmul,
  max,
  mul,
  multiply,
  noGrad,
  nonzero,
  normal,
  randn,
  ShapeError,
  sum,
  Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import * as linalgPlain from "../src/ops/linalg/index.ts";
import * as linalgForms from "../src/ops/linalg/out-forms.ts";
import * as forms from "../src/ops/out-forms.ts";
import * as plain from "../src/ops/rooms.ts";
import { useBackend } from "./use-backend.ts";

type Call = (...args: unknown[]) => Tensor;
const values = (t: Tensor): number[] => Array.from(t.dataSync() as ArrayLike<number>, Number);

describe("out", () => {
  useBackend("reference");
  const a = () => tensor([0.3, 0.6]);
  const b = () => tensor([0.4, 0.2]);

  const ints = () => tensor([1n, 2n]);
  const matrix = () => tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
  const truth = () => tensor([true, false]);
  const calls: (() => unknown[])[] = [
    () => [a()],
    () => [a(), b()],
    () => [ints()],
    () => [ints(), ints()],
    () => [matrix()],
    () => [matrix(), matrix()],
    () => [matrix(), a()],
    () => [a(), matrix(), b()],
    () => [matrix(), matrix(), matrix()],
    () => [matrix().unsqueeze(0), matrix().unsqueeze(0)],
    () => [matrix(), matrix().unsqueeze(0), matrix().unsqueeze(0)],
    () => [matrix().unsqueeze(0), matrix().unsqueeze(0), matrix().unsqueeze(0)],
    () => [a(), b(), b()],
    () => [truth(), a(), b()],
    () => [[a(), b()]],
    () => [1, a()],
    () => [a(), 0],
    () => [a(), 1],
    () => [a(), { min: 0.5 }],
    () => [a(), 0, tensor([1n])],
    () => [a(), 0, tensor([1n]), tensor([5])],
    () => [a(), b(), 1],
    () => [eye(2)],
    () => [eye(2), 2],
    () => [tensor([1, 2, 3]), tensor([3, 1, 2])],
    () => [a(), truth()],
    () => [a(), tensor([1n])],
    () => [a(), 0, tensor([1n]), tensor([5]), "amax"],
    () => [matrix(), 2, 0, 1],
    () => [a(), 3, { range: [0, 1] }],
    () => [eye(2), a(), matrix()],
    () => [3],
    () => [[2]],
    () => [[2], 7],
    () => [0, 1, 3],
    () => [0, 5, [2]],
    () => [[matrix(), matrix()]],
    () => [matrix(), a(), { upper: true }],
    () => [matrix(), matrix(), { upper: true }],
    () => [matrix(), tensor([2, 2], { dtype: "int32" }), matrix()],
    () => [eye(4).reshape([2, 2, 2, 2])],
  ];
  /** Those of a list that are not what the list below has. */
  const taking = (place: string, list: object, below: object): [string, Call][] =>
    (Object.entries(list) as [string, Call][])
      .filter(
        ([name, f]) => typeof f === "function" && f !== (below as Record<string, unknown>)[name],
      )
      .map(([name, f]) => [place + name, f]);
  for (const [name, f] of [
    ...taking("", forms, plain),
    ...taking("linalg.", linalgForms, linalgPlain),
  ]) {
    it(`${name} takes it`, () => {
      for (const call of calls) {
        const args = call();
        let plain: Tensor | Record<string, Tensor>;
        try {
          manualSeed(1);
          plain = f(...args);
        } catch {
          continue; // other arguments
        }
        const results: Tensor[] =
          plain instanceof Tensor ? [plain] : Object.values(plain as object);
        const out = results.map((y) => zeros(y.shape, { dtype: y.dtype }));
        manualSeed(1);
        f(...args, { out: plain instanceof Tensor ? out[0] : out });
        // What empty() finds in memory is nobody's promise.
        if (name !== "empty") expect(out.map(values)).to.deep.equal(results.map(values));
        return;
      }
      throw new Error("no arguments fit");
    });
  }

  it("is a record of results too, such as another call gave", () => {
    const first = linalg.qr(matrix());
    const other = tensor([[2, 1], [0, 3]]); // biome-ignore format: a matrix
    const second = linalg.qr(other, { mode: "complete", out: first });
    expect(second.Q).to.equal(first.Q);
    expect(values(first.R)).to.deep.equal(values(linalg.qr(other).R));
    const message = /qr: out needs { Q, R }; got { values, indices }/;
    expect(() => linalg.qr(other, { out: max(other, 0) })).to.throw(ArgumentError, message);
    const one = zeros([]);
    expect(linalg.cond(other, { out: one })).to.equal(one);
    expect(one.item()).to.equal(linalg.cond(other).item());
    expect(() => linalg.cond(other, { out: { one } })).to.throw(
      ArgumentError,
      /out needs a tensor/,
    );
  });

  it("is taken under second names too", () => {
    const out = zeros([2]);
    expect(values(clip(tensor([-1, 3]), { min: 0, max: 2, out }))).to.deep.equal([0, 2]);
    expect(values(multiply(a(), 2, { out }))).to.deep.equal(values(a().mul(2)));
    expect(values(absolute(tensor([-1, 3]), { out }))).to.deep.equal([1, 3]);
    expect(values(out)).to.deep.equal([1, 3]);
  });

  it("stands beside options, and several results go into several tensors", () => {
    const out = zeros([2]);
    add(a(), b(), { alpha: 2, out });
    expect(values(out)).to.deep.equal(values(add(a(), b(), { alpha: 2 })));
    const m = tensor([[1, 5], [4, 2]]); // biome-ignore format: a matrix
    const rows = zeros([2, 1]);
    sum(m, 1, { keepdim: true, out: rows });
    expect(values(rows)).to.deep.equal([6, 6]);
    const [largest, places] = [zeros([2]), zeros([2], { dtype: "int64" })];
    const result = max(m, { dim: 1, out: [largest, places] });
    expect(result.values).to.equal(largest);
    expect([values(largest), values(places)]).to.deep.equal([
      [5, 4],
      [1, 0],
    ]);
  });

  it("writes through views, and over its own operands", () => {
    const board = zeros([2, 2]);
    mul(a(), 10, { out: board.select(1, 0) });
    expect(values(board)).to.deep.equal([3, 0, 6, 0]);
    const m = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    matmul(m, m, { out: m });
    expect(values(m)).to.deep.equal([7, 10, 15, 22]);
  });

  it("casts within a category, and refuses what is lost", () => {
    const wide = zeros([2], { dtype: "float64" });
    expect(values(eq(a(), a(), { out: wide }))).to.deep.equal([1, 1]);
    const int = zeros([2], { dtype: "int64" });
    expect(() => add(a(), b(), { out: int })).to.throw(DTypeError, /add: the result is float32/);
    expect(() => add(a(), b(), { out: zeros([3]) })).to.throw(ShapeError, /add: out has another/);
    expect(() => add(a(), b(), { out: [zeros([2]), zeros([2])] })).to.throw(
      ArgumentError,
      /add: out needs 1 tensors/,
    );
  });

  it("is what makers of tensors follow in dtype, unless one is said", () => {
    const int = zeros([2], { dtype: "int64" });
    expect(full([2], 7.5, { out: int })).to.equal(int);
    expect(values(int)).to.deep.equal([7, 7]);
    expect(() => full([2], 7.5, { dtype: "float32", out: int })).to.throw(DTypeError, /full: the/);
    const square = zeros([2, 2], { dtype: "float64" });
    expect(values(eye(2, { out: square }))).to.deep.equal([1, 0, 0, 1]);
    const double = zeros([3], { dtype: "float64" });
    expect(values(linspace(0, 1, 3, { out: double }))).to.deep.equal([0, 0.5, 1]);
    manualSeed(3);
    const drawn = values(randn([3], { dtype: "float64" }));
    manualSeed(3);
    expect(values(randn([3], { out: double }))).to.deep.equal(drawn);
    expect(() => zeros([3], { requiresGrad: true, out: double })).to.throw(
      ArgumentError,
      /zeros: requiresGrad is for new tensors/,
    );
  });

  it("takes the place of the options in every signature of normal, and of nonzero's table", () => {
    const out = zeros([2]);
    for (const draw of [
      () => normal(0, 0, [2], { out }),
      () => normal(tensor([0, 0]), { out }).mul_(0),
      () => normal(tensor([0, 0]), 0, { out }),
      () => normal(0, tensor([0, 0]), { out }),
    ]) {
      out.fill_(9);
      expect(values(draw())).to.deep.equal([0, 0]);
    }
    const places = zeros([1, 1], { dtype: "int64" });
    expect(values(nonzero(tensor([0, 3]), { out: places }))).to.deep.equal([1]);
  });

  it("records nothing, and says so", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const out = zeros([2]);
    expect(() => add(w, b(), { out })).to.throw(AutogradError, /add: out takes no gradients/);
    noGrad(() => add(w, b(), { out }));
    expect(out.requiresGrad).to.equal(false);
  });
});
