// Views, indexing and broadcasting against a model that has no strides: random chains, values and gradients.
import {
  add,
  arange,
  broadcastTensors,
  type IndexSpec,
  index,
  indexPut,
  sizeOf,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import {
  base,
  broadcastPlace,
  type Entry,
  expectSame,
  type Naive,
  naive,
  naiveIndex,
  places,
  together,
} from "./naive.ts";
import { useBackend } from "./use-backend.ts";

const counted = (shape: readonly number[]): Tensor =>
  arange(0, sizeOf(shape), 1, { dtype: "float64" }).reshape(shape).requiresGrad_();

type Step = (t: Tensor, n: Naive) => readonly [Tensor, Naive];
/** A number in [0, below), from any number. */
const below = (n: number, count: number): number => (count === 0 ? 0 : n % count);

/** One step, made to fit whatever tensor it meets: a, b, c are taken modulo what is possible there. */
const steps: Readonly<Record<string, (a: number, b: number, c: number) => Step>> = {
  permute: (a) => (t, n) => {
    const order = t.shape.map((_, d) => below(d + a, t.ndim));
    return [t.permute(order), naive.permute(n, order)];
  },
  transpose: (a, b) => (t, n) => {
    if (t.ndim === 0) return [t, n];
    const [p, q] = [below(a, t.ndim), below(b, t.ndim)];
    const order = t.shape.map((_, d) => (d === p ? q : d === q ? p : d));
    return [t.transpose(p, q), naive.permute(n, order)];
  },
  slice: (a, b, c) => (t, n) => {
    if (t.ndim === 0) return [t, n];
    const d = below(a, t.ndim);
    const size = t.shape[d] as number;
    const [start, step] = [below(b, size), 1 + below(c, 3)];
    const specs = t.shape.map((_, i) =>
      i === d ? (`${start}::${step}` as const) : (":" as const),
    );
    return [t.slice(specs), naive.slice(n, d, start, size, step)];
  },
  select: (a, b) => (t, n) => {
    if (t.ndim === 0) return [t, n];
    const d = below(a, t.ndim);
    if (t.shape[d] === 0) return [t, n];
    const i = below(b, t.shape[d] as number);
    return [t.select(d, i), naive.select(n, d, i)];
  },
  unsqueeze: (a) => (t, n) => {
    if (t.ndim > 4) return [t, n];
    const d = below(a, t.ndim + 1);
    return [t.unsqueeze(d), naive.unsqueeze(n, d)];
  },
  expand: (a) => (t, n) => {
    if (t.ndim > 4 || t.numel > 60) return [t, n];
    const shape = [1 + below(a, 2), ...t.shape.map((size) => (size === 1 ? 2 : size))];
    return [t.expand(shape), naive.expand(n, shape)];
  },
  diagonal: (a, b, c) => (t, n) => {
    if (t.ndim < 2) return [t, n];
    const p = below(a, t.ndim);
    const q = below(p + 1 + below(b, t.ndim - 1), t.ndim);
    const offset = below(c, 3) - 1;
    return [t.diagonal({ offset, dim1: p, dim2: q }), naive.diagonal(n, offset, p, q)];
  },
  unfold: (a, b, c) => (t, n) => {
    if (t.ndim === 0 || t.ndim > 4) return [t, n];
    const d = below(a, t.ndim);
    const size = below(b, (t.shape[d] as number) + 1);
    const step = 1 + below(c, 2);
    return [t.unfold(d, size, step), naive.unfold(n, d, size, step)];
  },
  flatten: () => (t, n) => [t.reshape([t.numel]), naive.reshape(n, [t.numel])],
  split: (a) => (t, n) => {
    const d = t.shape.findIndex((size) => size > 0 && size % 2 === 0);
    if (d < 0 || t.ndim > 4) return [t, n];
    const half = (t.shape[d] as number) / 2;
    const sizes = a % 2 ? [2, half] : [half, 2];
    const shape = [...t.shape.slice(0, d), ...sizes, ...t.shape.slice(d + 1)];
    // Splitting never needs a copy.
    return [t.view(shape), naive.reshape(n, shape)];
  },
  flip: (a) => (t, n) => {
    if (t.ndim === 0) return [t, n];
    const d = below(a, t.ndim);
    return [t.flip(d), naive.flip(n, d)];
  },
  roll: (a, b) => (t, n) => {
    if (t.ndim === 0 || t.numel === 0) return [t, n];
    const d = below(a, t.ndim);
    return [t.roll(b - 3, { dims: d }), naive.roll(n, d, b - 3)];
  },
  repeat: (a, b) => (t, n) => {
    if (t.numel > 30) return [t, n];
    const times = t.shape.map((_, d) => 1 + below(d === 0 ? a : b, 2));
    return [t.repeat(times), naive.repeat(n, times)];
  },
};

const small = fc.nat(6);
const aStep = fc
  .tuple(fc.constantFrom(...Object.keys(steps)), small, small, small)
  .map(([name, a, b, c]) => ({ name, a, b, c }));
const aShape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 });

describe("views against a model without strides", () => {
  useBackend("reference");

  it("chains of views and copies: values, shapes, gradients", () => {
    fc.assert(
      fc.property(aShape, fc.array(aStep, { minLength: 1, maxLength: 5 }), (shape, chain) => {
        const x = counted(shape);
        let [t, n]: readonly [Tensor, Naive] = [x.mul(1), base(shape)];
        for (const { name, a, b, c } of chain)
          [t, n] = (steps[name] as (typeof steps)[string])(a, b, c)(t, n);
        expectSame(t, n, x);
      }),
      { numRuns: 300 },
    );
  });
});

/** An entry that fits a dimension of that size (the sizes from there on, for a mask). */
const anEntry = (sizes: readonly number[], picked: number): fc.Arbitrary<Entry> => {
  const [size] = sizes as [number];
  const at = fc.integer({ min: -size, max: size - 1 });
  const indices = fc
    .constantFrom([picked], [1], [2, picked], [2, 1])
    .chain((shape) =>
      fc
        .array(at, { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
        .map((values): Entry => ({ kind: "indices", shape, values })),
    );
  const bound = fc.integer({ min: 0, max: size });
  const slice = fc
    .tuple(bound, bound, fc.integer({ min: 1, max: 2 }))
    .map(([start, end, step]): Entry => ({ kind: "slice", start, end, step }));
  return fc.oneof(
    at.map((i): Entry => ({ kind: "number", at: i })),
    slice,
    slice,
    indices,
    indices,
    fc.constant<Entry>({ kind: "rest" }),
  );
};

/** Entries for a shape, new axes among them; "..." takes the dims that are left. */
const anIndex = (shape: readonly number[], picked: number): fc.Arbitrary<Entry[]> => {
  const axes = fc.array(fc.nat(3), { minLength: shape.length, maxLength: shape.length });
  const entries = fc.tuple(...shape.map((_, d) => anEntry(shape.slice(d), picked)));
  return fc.tuple(entries, axes).map(([list, news]) => {
    const rest = list.findIndex((e) => e.kind === "rest");
    const kept: Entry[] = rest < 0 ? list : list.slice(0, rest + 1);
    return kept.flatMap((e, d): Entry[] => (news[d] === 0 ? [{ kind: "new" }, e] : [e]));
  });
};

function specOf(e: Entry): IndexSpec {
  switch (e.kind) {
    case "number":
      return e.at;
    case "slice":
      return `${e.start}:${e.end}:${e.step}`;
    case "indices":
      return tensor(BigInt64Array.from(e.values, BigInt), { shape: e.shape });
    case "mask":
      return tensor(Uint8Array.from(e.values, Number), { shape: e.shape, dtype: "bool" });
    case "new":
      return null;
    default:
      return "...";
  }
}

const indexed = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), fc.nat(3))
  .chain(([shape, picked]) => fc.tuple(fc.constant(shape), anIndex(shape, picked)));

describe("index against a model", () => {
  useBackend("reference");

  it("numbers, slices, indices, new axes and ... in any mixture: values, gradients", () => {
    fc.assert(
      fc.property(indexed, ([shape, entries]) => {
        const x = counted(shape);
        expectSame(index(x, entries.map(specOf)), naiveIndex(base(shape), entries), x);
      }),
      { numRuns: 300 },
    );
  });

  it("masks of several dims anywhere", () => {
    const masked = fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 3 }),
      )
      .chain(([shape, first, rank]) => {
        const from = Math.min(first, shape.length - 1);
        const part = shape.slice(from, from + rank);
        const size = sizeOf(part);
        return fc.tuple(
          fc.constant(shape),
          fc.constant(from),
          fc
            .array(fc.boolean(), { minLength: size, maxLength: size })
            .map((values): Entry => ({ kind: "mask", shape: part, values })),
        );
      });
    fc.assert(
      fc.property(masked, ([shape, from, mask]) => {
        const all: Entry = { kind: "slice", start: 0, end: 9, step: 1 };
        const entries = [...new Array<Entry>(from).fill(all), mask];
        const x = counted(shape);
        expectSame(index(x, entries.map(specOf)), naiveIndex(base(shape), entries), x);
      }),
      { numRuns: 150 },
    );
  });

  it("indexPut writes in order, or adds up", () => {
    fc.assert(
      fc.property(indexed, fc.boolean(), ([shape, entries], accumulate) => {
        const x = counted(shape).detach();
        const model = naiveIndex(base(shape), entries);
        const expected = Array.from(x.dataSync() as Float64Array);
        places(model.shape).forEach((at, i) => {
          const s = model.source(at);
          expected[s] = accumulate ? (expected[s] as number) + 100 + i : 100 + i;
        });
        const value = arange(100, 100 + sizeOf(model.shape), 1, { dtype: "float64" });
        const specs = entries.map(specOf);
        const y = indexPut(x, specs, value.reshape(model.shape), { accumulate });
        expect(Array.from(y.dataSync() as Float64Array)).to.deep.equal(expected);
        x.indexPut_(specs, value.reshape(model.shape), { accumulate });
        expect(Array.from(x.dataSync() as Float64Array)).to.deep.equal(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe("broadcasting against a model", () => {
  useBackend("reference");

  /** Shapes that broadcast: one shape with dims replaced by 1, or dropped in front. */
  const pair = fc.array(fc.nat(3), { maxLength: 4 }).chain((shape) => {
    const thinned = fc
      .tuple(
        fc.nat(shape.length),
        fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      )
      .map(([lead, ones]) => shape.map((n, d) => (ones[d] ? 1 : n)).slice(lead));
    return fc.tuple(thinned, thinned);
  });

  it("two tensors meet in their common shape, and gradients add up", () => {
    fc.assert(
      fc.property(pair, ([p, q]) => {
        const [a, b] = [counted(p), counted(q)];
        const shape = together([p, q]);
        const y = add(a.mul(100), b);
        expect(y.shape).to.deep.equal(shape);
        const expected = places(shape).map(
          (at) => 100 * broadcastPlace(p, at) + broadcastPlace(q, at),
        );
        expect(Array.from(y.dataSync() as Float64Array)).to.deep.equal(expected);
        expect(broadcastTensors([a, b]).map((t) => t.shape)).to.deep.equal([shape, shape]);
        y.sum().backward();
        const counts = new Array<number>(sizeOf(q)).fill(0);
        for (const at of places(shape)) {
          const i = broadcastPlace(q, at);
          counts[i] = (counts[i] as number) + 1;
        }
        expect(Array.from(b.grad?.dataSync() as Float64Array)).to.deep.equal(counts);
      }),
      { numRuns: 200 },
    );
  });
});
