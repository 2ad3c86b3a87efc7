// Writing through views while recording: programs with PyTorch's numbers, random programs against a functional
// model, and what is refused.
import * as core from "@tapegrad/core";
import {
  type DType,
  grad,
  gradcheck,
  gradgradcheck,
  InPlaceError,
  memory,
  mul,
  noGrad,
  ones,
  SavedTensorChangedError,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@tapegrad/core";
import { closeTo } from "@tapegrad/core/testing";
import { expect } from "chai";
import fc from "fast-check";
import { readFixture } from "./fixture-runner.ts";
import { useBackend } from "./use-backend.ts";

interface Described {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}
interface Program {
  readonly name: string;
  readonly inputs: readonly Described[];
  readonly steps: readonly Readonly<
    Record<"new" | "change", readonly [string, readonly unknown[]]>
  >[];
  readonly read: readonly number[];
  readonly values: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly grads: readonly (readonly number[] | null)[];
  readonly second: readonly (readonly number[] | null)[];
}

const made = ({ shape, dtype, data }: Described, requiresGrad = false): Tensor =>
  tensor(dtype === "int64" ? data.map(BigInt) : [...data], { shape, dtype, requiresGrad });
const list = (t: Tensor): number[] => Array.from(t.dataSync() as Float64Array, Number);
const leaf = (...shape: number[]): Tensor =>
  core
    .arange(1, 1 + core.sizeOf(shape), 1, { dtype: "float64" })
    .reshape(shape)
    .requiresGrad_();

function run(program: Program, tensors: Tensor[]): void {
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== "object" || node === null) return node;
    if ("at" in node) return tensors[node.at as number];
    return "value" in node ? made(node.value as Described) : node;
  };
  for (const step of program.steps) {
    const [fn, args] = step.new ?? step.change;
    const values = args.map(resolve);
    const table = core as unknown as Record<string, ((...a: unknown[]) => Tensor) | undefined>;
    const [first, ...rest] = values as [Record<string, (...a: unknown[]) => Tensor>, ...unknown[]];
    const result = table[fn]?.(...values) ?? (first[fn] as (...a: unknown[]) => Tensor)(...rest);
    if (step.new) tensors.push(result);
  }
}

describe("programs that write through views have PyTorch's numbers", () => {
  useBackend("reference");
  const tol = { rtol: 1e-9, atol: 1e-11 };
  const same = (t: Tensor | null, expected: readonly number[] | null | undefined, what: string) =>
    closeTo(
      t === null ? new Array<number>(expected?.length ?? 0).fill(0) : list(t),
      expected ?? new Array<number>(t?.numel ?? 0).fill(0),
      tol,
      what,
    );

  for (const program of readFixture<Program>("inplace-views.json")) {
    it(program.name, () => {
      const inputs = program.inputs.map((d) => made(d, true));
      const tensors = inputs.map((x) => x.mul(1));
      run(program, tensors);
      const read = program.read.map((k) => tensors[k] as Tensor);
      read.forEach((t, i) => {
        same(t, program.values[i], `value ${i}`);
      });
      const weights = read.map((t, i) =>
        tensor([...(program.weights[i] as number[])], {
          shape: t.shape,
          dtype: "float64",
          requiresGrad: true,
        }),
      );
      const loss = read
        .map((t, i) => mul(t, weights[i] as Tensor).sum())
        .reduce((a, b) => a.add(b));
      const first = grad(loss, inputs, { createGraph: true, allowUnused: true });
      first.forEach((g, i) => {
        same(g, program.grads[i], `gradient of input ${i}`);
      });
      const squares = first
        .filter((g) => g !== null)
        .map((g) => mul(g, g).sum())
        .reduce((a, b) => a.add(b));
      if (!squares.requiresGrad) return;
      grad(squares, [...inputs, ...weights], { allowUnused: true }).forEach((g, i) => {
        same(g, program.second[i], `second derivative by ${i}`);
      });
    });
  }
});

describe("random writes through views", () => {
  useBackend("reference");

  /** A part of a 4 × 4 base: the view, and which elements it shows. */
  const parts: Readonly<Record<string, (t: Tensor) => Tensor>> = {
    row: (t) => t.select(0, 1),
    column: (t) => t.select(1, 2),
    corner: (t) => t.slice(["1:3", "2:"]),
    every: (t) => t.slice(["::2", "1::2"]),
    diagonal: (t) => t.diagonal({ offset: -1 }),
    turned: (t) => t.t().narrow(0, 1, 2),
    all: (t) => t.view([2, 8]),
    base: (t) => t,
  };
  const changes: Readonly<
    Record<string, readonly [(t: Tensor) => unknown, (t: Tensor) => Tensor]>
  > = {
    mul: [(t) => t.mul_(1.5), (t) => t.mul(1.5)],
    square: [(t) => t.square_(), (t) => t.square()],
    sin: [(t) => t.sin_(), (t) => t.sin()],
    add: [(t) => t.add_(0.25), (t) => t.add(0.25)],
    zero: [(t) => t.fill_(0.5), (t) => t.mul(0).add(0.5)],
  };
  const aPart = fc.constantFrom(...Object.keys(parts));
  const aStep = fc.record({
    part: aPart,
    change: fc.constantFrom(...Object.keys(changes)),
    early: fc.boolean(),
  });

  it("are what a choice between old and new elements gives", () => {
    fc.assert(
      fc.property(fc.array(aStep, { minLength: 1, maxLength: 5 }), aPart, (steps, read) => {
        const take = (name: string) => parts[name] as (t: Tensor) => Tensor;
        const x = leaf(4, 4).detach().div(10).requiresGrad_();
        const y = x.mul(1);
        // Some views are made before anything is written.
        const early = steps.map(({ part, early: first }) => (first ? take(part)(y) : null));
        const shown = take(read)(y);
        steps.forEach(({ part, change }, i) => {
          changes[change]?.[0](early[i] ?? take(part)(y));
        });
        let model: Tensor = x.mul(1);
        for (const { part, change } of steps) {
          const mask = zeros([4, 4], { dtype: "bool" });
          take(part)(mask).fill_(1);
          model = where(mask, changes[change]?.[1](model) as Tensor, model);
        }
        const [actual, expected] = [shown, take(read)(model)];
        closeTo(list(actual), list(expected), { rtol: 1e-12, atol: 0 }, "values");
        const loss = (t: Tensor) => t.mul(t).sum();
        const [g] = grad(loss(actual), [x]) as [Tensor];
        const [h] = grad(loss(expected), [x]) as [Tensor];
        closeTo(list(g), list(h), { rtol: 1e-10, atol: 1e-12 }, "gradient");
      }),
      { numRuns: 150 },
    );
  });
});

describe("views and in-place", () => {
  useBackend("reference");

  it("gradients of both orders agree with differences", () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = x.mul(x);
      const rows = y.unbind();
      for (const row of rows) row.mul_(w);
      y.diagonal().add_(w.square());
      return y.t().select(0, 0).add(y.sum(1));
    };
    const inputs = [leaf(3, 3), leaf(3)];
    gradcheck(f, inputs, { atol: 1e-5, rtol: 1e-5 });
    gradgradcheck(f, inputs, { atol: 1e-4, rtol: 1e-4 });
  });

  it("a buffer without gradient gets one by what is written into it", () => {
    const w = leaf(2);
    const buffer = zeros([3, 2], { dtype: "float64" });
    const views = buffer.unbind();
    expect(buffer.requiresGrad).to.equal(false);
    views[1]?.copy_(w.mul(3));
    expect([buffer.requiresGrad, views[0]?.requiresGrad]).to.deep.equal([true, true]);
    buffer.mul(2).sum().backward();
    expect(list(w.grad as Tensor)).to.deep.equal([6, 6]);
  });

  it("a view that was read before keeps its value's meaning in what was computed", () => {
    const x = leaf(3);
    const y = x.mul(2);
    const v = y.narrow(0, 0, 2);
    const before = v.mul(10).sum(); // saves nothing of v
    y.mul_(5);
    before.add(v.sum()).backward();
    expect(list(x.grad as Tensor)).to.deep.equal([30, 30, 0]);
  });

  it("a saved tensor that a view changes is refused", () => {
    const x = leaf(3);
    const y = x.mul(2);
    const z = y.mul(y);
    y.narrow(0, 0, 1).zero_();
    expect(() => z.sum().backward()).to.throw(
      SavedTensorChangedError,
      /'mul'.*'fill_'|'mul'.*'zero_'/,
    );
  });

  it("views of leaves, and views made under noGrad, are refused while recording", () => {
    const x = leaf(3);
    expect(() => x.narrow(0, 0, 1).mul_(2)).to.throw(
      InPlaceError,
      /a view of a leaf that requires/,
    );
    const y = x.mul(2);
    const v = noGrad(() => y.narrow(0, 0, 1));
    expect(() => v.mul_(x.narrow(0, 0, 1))).to.throw(InPlaceError, /a view made under noGrad/);
    const turned = leaf(2, 3).mul(1).t().detach();
    expect(() => turned.select(0, 0).mul_(leaf(2))).to.throw(InPlaceError, /not contiguous/);
    noGrad(() => x.narrow(0, 0, 1).mul_(2));
    expect(list(x)).to.deep.equal([2, 2, 3]);
  });

  it("leaves are refused under the name that was called", () => {
    const x = leaf(3);
    const at = tensor([0n]);
    const mask = tensor([true, false, true]);
    const one = ones([1], { dtype: "float64" });
    const calls: Readonly<Record<string, () => unknown>> = {
      indexPut_: () => x.indexPut_([0], 1),
      indexAdd_: () => x.indexAdd_(0, at, one),
      indexCopy_: () => x.indexCopy_(0, at, one),
      indexFill_: () => x.indexFill_(0, at, 1),
      scatter_: () => x.scatter_(0, at, 1),
      scatterReduce_: () => x.scatterReduce_(0, at, one, "amax"),
      maskedFill_: () => x.maskedFill_(mask, 1),
      maskedScatter_: () => x.maskedScatter_(mask, x.detach()),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).to.throw(InPlaceError, `${name}: the target is a leaf that requires grad`);
    }
  });

  it("a view made a leaf stays one when its base changes", () => {
    const base = ones([3], { dtype: "float64" });
    const v = base.narrow(0, 0, 2).requiresGrad_();
    base.mul_(leaf(3));
    expect([v.isLeaf, v.requiresGrad, base.requiresGrad]).to.deep.equal([true, true, true]);
  });

  it("keeps nothing alive but what backward needs", () => {
    const x = leaf(64);
    const before = memory().storages;
    for (let i = 0; i < 3; i++) {
      const y = x.mul(2);
      const v = y.narrow(0, 0, 32);
      v.mul_(3);
      const loss = y.sum();
      loss.backward();
      for (const t of [loss, v, y]) t.release();
      x.grad = null;
    }
    expect(memory().storages).to.equal(before);
  });
});
