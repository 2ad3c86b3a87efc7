// A tensor as the slowest reader would define it: a shape, and for each place the number of the element of the
// base that is seen there. Views, indexing and broadcasting of tensors are compared with it, and so are gradients:
// what arrives at a place belongs to the element that it shows.
import { sizeOf, type Tensor } from "@tapegrad/core";
import { expect } from "chai";

export type Place = readonly number[];
export interface Naive {
  readonly shape: readonly number[];
  source(at: Place): number;
}

export const rowMajor = (shape: readonly number[], at: Place): number =>
  at.reduce((n, i, d) => n * (shape[d] as number) + i, 0);

export const base = (shape: readonly number[]): Naive => ({
  shape,
  source: (at) => rowMajor(shape, at),
});

/** All places of a shape in row-major order. */
export function places(shape: readonly number[]): Place[] {
  return shape.reduce<Place[]>(
    (all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])),
    [[]],
  );
}

const mod = (a: number, n: number): number => ((a % n) + n) % n;
const put = <T>(list: readonly T[], d: number, ...items: T[]): T[] => [
  ...list.slice(0, d),
  ...items,
  ...list.slice(d),
];
const drop = <T>(list: readonly T[], d: number): T[] => list.filter((_, i) => i !== d);
const change = <T>(list: readonly T[], d: number, f: (item: T) => T): T[] =>
  list.map((item, i) => (i === d ? f(item) : item));

/** Each a view or copy of t, as PyTorch describes it; `shape` of the result, and where a place comes from. */
export const naive = {
  permute: (t: Naive, order: readonly number[]): Naive => ({
    shape: order.map((d) => t.shape[d] as number),
    source: (at) => t.source(t.shape.map((_, d) => at[order.indexOf(d)] as number)),
  }),
  slice(t: Naive, d: number, start: number, end: number, step: number): Naive {
    const all = Array.from({ length: t.shape[d] as number }, (_, i) => i);
    const kept = all.slice(start, end).filter((_, i) => i % step === 0);
    return {
      shape: change(t.shape, d, () => kept.length),
      source: (at) => t.source(change(at, d, (i) => kept[i] as number)),
    };
  },
  select: (t: Naive, d: number, i: number): Naive => ({
    shape: drop(t.shape, d),
    source: (at) => t.source(put(at, d, i)),
  }),
  unsqueeze: (t: Naive, d: number): Naive => ({
    shape: put(t.shape, d, 1),
    source: (at) => t.source(drop(at, d)),
  }),
  expand(t: Naive, shape: readonly number[]): Naive {
    const lead = shape.length - t.shape.length;
    return {
      shape,
      source: (at) => t.source(t.shape.map((n, d) => (n === 1 ? 0 : (at[d + lead] as number)))),
    };
  },
  diagonal(t: Naive, offset: number, p: number, q: number): Naive {
    const [rows, columns] = [t.shape[p] as number, t.shape[q] as number];
    const pairs = places([rows, columns]).filter(
      ([i, j]) => (j as number) - (i as number) === offset,
    );
    const others = t.shape.flatMap((n, d) => (d === p || d === q ? [] : [n]));
    return {
      shape: [...others, pairs.length],
      source(at) {
        const rest = [...at];
        const [i, j] = pairs[rest.pop() as number] as [number, number];
        return t.source(
          t.shape.map((_, d) => (d === p ? i : d === q ? j : (rest.shift() as number))),
        );
      },
    };
  },
  unfold: (t: Naive, d: number, size: number, step: number): Naive => ({
    shape: [...change(t.shape, d, (n) => Math.floor((n - size) / step) + 1), size],
    source: (at) => t.source(change(at.slice(0, -1), d, (i) => i * step + (at.at(-1) as number))),
  }),
  reshape: (t: Naive, shape: readonly number[]): Naive => {
    const all = places(t.shape);
    return { shape, source: (at) => t.source(all[rowMajor(shape, at)] as Place) };
  },
  flip: (t: Naive, d: number): Naive => ({
    shape: t.shape,
    source: (at) => t.source(change(at, d, (i) => (t.shape[d] as number) - 1 - i)),
  }),
  roll: (t: Naive, d: number, by: number): Naive => ({
    shape: t.shape,
    source: (at) => t.source(change(at, d, (i) => mod(i - by, t.shape[d] as number))),
  }),
  repeat: (t: Naive, times: readonly number[]): Naive => ({
    shape: t.shape.map((n, d) => n * (times[d] as number)),
    source: (at) => t.source(at.map((i, d) => i % (t.shape[d] as number))),
  }),
};

/** An entry of an index: a place, places to keep (a slice), places to pick (an index), a mask, a new axis, the rest. */
export type Entry =
  | { readonly kind: "number"; readonly at: number }
  | { readonly kind: "slice"; readonly start: number; readonly end: number; readonly step: number }
  | {
      readonly kind: "indices";
      readonly shape: readonly number[];
      readonly values: readonly number[];
    }
  | {
      readonly kind: "mask";
      readonly shape: readonly number[];
      readonly values: readonly boolean[];
    }
  | { readonly kind: "new" }
  | { readonly kind: "rest" };

type Axis =
  | { readonly kind: "keep"; readonly kept: readonly number[] }
  | { readonly kind: "fixed"; readonly at: number }
  | { readonly kind: "new" }
  | {
      readonly kind: "pick";
      readonly shape: readonly number[];
      readonly values: readonly number[];
    };

/** x[entries] by PyTorch's rules. */
export function naiveIndex(t: Naive, entries: readonly Entry[]): Naive {
  const takes = (e: Entry): number =>
    e.kind === "mask" ? e.shape.length : e.kind === "new" || e.kind === "rest" ? 0 : 1;
  const given = entries.reduce((n, e) => n + takes(e), 0);
  const full: Entry = { kind: "slice", start: 0, end: 99, step: 1 };
  const missing = new Array<Entry>(t.shape.length - given).fill(full);
  const filled = entries.some((e) => e.kind === "rest")
    ? entries.flatMap((e) => (e.kind === "rest" ? missing : [e]))
    : [...entries, ...missing];
  let dim = 0;
  const axes = filled.flatMap((e): Axis[] => {
    const size = t.shape[dim] as number;
    dim += takes(e);
    if (e.kind === "number") return [{ kind: "fixed", at: mod(e.at, size) }];
    if (e.kind === "slice") {
      const all = Array.from({ length: size }, (_, i) => i);
      return [{ kind: "keep", kept: all.slice(e.start, e.end).filter((_, i) => i % e.step === 0) }];
    }
    if (e.kind === "indices") {
      return [{ kind: "pick", shape: e.shape, values: e.values.map((i) => mod(i, size)) }];
    }
    if (e.kind === "mask") {
      const held = places(e.shape).filter((_, i) => e.values[i]);
      return e.shape.map((_, d) => ({
        kind: "pick",
        shape: [held.length],
        values: held.map((at) => at[d] as number),
      }));
    }
    return [{ kind: "new" }];
  });
  const shown = axes.filter((a) => a.kind !== "fixed");
  const picks = shown.flatMap((a, i) => (a.kind === "pick" ? [i] : []));
  const picked = together(picks.map((i) => (shown[i] as { shape: readonly number[] }).shape));
  const kept = shown.filter((a) => a.kind !== "pick");
  const sizes = kept.map((a) => (a.kind === "keep" ? a.kept.length : 1));
  const first = picks[0] ?? 0;
  const front = picks.every((i, k) => i === first + k) ? first : 0;
  return {
    shape: put(sizes, front, ...picked),
    source(at) {
      const pick = at.slice(front, front + picked.length);
      const rest = [...at.slice(0, front), ...at.slice(front + picked.length)];
      const from = axes.flatMap((a): number[] => {
        if (a.kind === "fixed") return [a.at];
        if (a.kind === "pick") return [a.values[broadcastPlace(a.shape, pick)] as number];
        const i = rest.shift() as number;
        return a.kind === "keep" ? [a.kept[i] as number] : [];
      });
      return t.source(from);
    },
  };
}

/** The shape that all broadcast to; they do. */
export const together = (shapes: readonly (readonly number[])[]): number[] => {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((s) => s[d - rank + s.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
};

/** The number of the element of a tensor of `shape` that is seen at a place of what it broadcasts to. */
export const broadcastPlace = (shape: readonly number[], at: Place): number =>
  rowMajor(
    shape,
    shape.map((n, d) => (n === 1 ? 0 : (at[d + at.length - shape.length] as number))),
  );

/** Values and gradient of `actual`, made from `x` (0, 1, 2, …, a leaf), are those of the model. */
export function expectSame(actual: Tensor, model: Naive, x: Tensor): void {
  expect(actual.shape).to.deep.equal(model.shape);
  const sources = places(model.shape).map((at) => model.source(at));
  expect(Array.from(actual.dataSync() as Float64Array)).to.deep.equal(sources);
  const weights = Float64Array.from(sources, (_, i) => i + 1);
  const expected = new Array<number>(sizeOf(x.shape)).fill(0);
  sources.forEach((s, i) => {
    expected[s] = (expected[s] as number) + i + 1;
  });
  actual.backward(actual.newTensor(weights, { shape: model.shape }));
  expect(Array.from(x.grad?.dataSync() as Float64Array)).to.deep.equal(expected);
}
