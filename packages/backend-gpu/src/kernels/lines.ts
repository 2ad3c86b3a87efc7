// Along one dim: sort, the most frequent element, the largest and smallest so far, places among sorted elements.
//
// Sorting merges runs without barriers. In runs of 32 each element counts those that go before it; then two runs become
// one, again and again: an element's place is its own number and how many of the other run go before it, by bisection.
// Equals keep their order; NaN is larger than all, as in PyTorch.
import { type FusedKernels, sizeOf, type View } from "@tapegrad/core";
import { isFresh } from "../layout.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { COPY, dense, elementwise, temporaryLike } from "./elementwise-wgsl.ts";
import { mathFor } from "./math-wgsl.ts";

const RUN = 32;

/** x with dim as the last, dense: line after line. */
export function linesOf(rt: GpuRuntime, x: View, dim: number): View {
  const lines = temporaryLike(rt, { shape: moved(x.shape, dim), dtype: x.dtype }, "lines");
  const seen = { ...x, shape: lines.shape, strides: moved(x.strides, dim), contiguous: false };
  elementwise(rt, COPY, [seen], lines);
  return lines;
}
/** The other way. */
function putLines(rt: GpuRuntime, lines: View, y: View, dim: number): void {
  const seen = { ...y, shape: lines.shape, strides: moved(y.strides, dim), contiguous: false };
  elementwise(rt, COPY, [lines], seen);
}
const moved = (list: readonly number[], dim: number): number[] => [
  ...list.slice(0, dim),
  ...list.slice(dim + 1),
  list[dim] as number,
];

/** before(a, b): a goes strictly before b. */
function order(type: WgslType, descending: boolean): string {
  const less = type === "f32" ? "a < b || (is_nan(b) && !is_nan(a))" : "a < b";
  const ascending = `fn less(a : ${type}, b : ${type}) -> bool { return ${less}; }`;
  const before = descending ? "less(b, a)" : "less(a, b)";
  return `${type === "f32" ? mathFor("is_nan") : ""}
${ascending}
fn before(a : ${type}, b : ${type}) -> bool { return ${before}; }`;
}

/** Sorted lines, and the place of each element before, both dense. */
export function sorted(
  rt: GpuRuntime,
  lines: View,
  descending: boolean,
): { values: View; places: View } {
  const n = lines.shape[lines.shape.length - 1] as number;
  const size = sizeOf(lines.shape);
  const type = wgslType(lines.dtype);
  const head = order(type, descending);
  const way = `${type}/${descending ? "descending" : "ascending"}`;
  const pair = (): { values: View; places: View } => ({
    values: temporaryLike(rt, lines, "sort"),
    places: temporaryLike(rt, { shape: lines.shape, dtype: "int64" }, "sort"),
  });
  const blocks = ({ values, places }: { values: View; places: View }) =>
    [values, places].map(blockOf);
  const runs = program(`wgsl/lines/runs/${way}`, (key) =>
    wgsl({
      key,
      inputs: { x: type },
      outputs: { values: type, places: "i32" },
      params: { n: "u32" },
      threads: "linear",
      head,
      body: `  let line = i - i % p.n; let k = i - line;
  let start = k - k % ${RUN}u; let stop = min(start + ${RUN}u, p.n);
  let v = x[i];
  var to = start;
  for (var j = start; j < stop; j++) {
    let w = x[line + j];
    if (before(w, v) || (j < k && !before(v, w))) { to++; }
  }
  values[line + to] = v;
  places[line + to] = i32(k);`,
    }),
  );
  let from = pair();
  rt.dispatch(runs, [blockOf(lines), ...blocks(from)], [n], size);
  if (n <= RUN) return from;
  const merge = program(`wgsl/lines/merge/${way}`, (key) =>
    wgsl({
      key,
      inputs: { x: type, at: "i32" },
      outputs: { values: type, places: "i32" },
      params: { n: "u32", run: "u32" },
      threads: "linear",
      head,
      body: `  let line = i - i % p.n; let k = i - line;
  let pair = k - k % (2u * p.run);
  let middle = min(pair + p.run, p.n);
  let left = k < middle;
  let own = select(middle, pair, left);
  var low = select(pair, middle, left);
  let start = low;
  var high = select(middle, min(middle + p.run, p.n), left);
  let v = x[i];
  while (low < high) {
    let half = (low + high) / 2u;
    let w = x[line + half];
    // Of equals those of the left run go first.
    if (before(w, v) || (!left && !before(v, w))) { low = half + 1u; } else { high = half; }
  }
  let to = line + pair + (k - own) + (low - start);
  values[to] = v;
  places[to] = at[i];`,
    }),
  );
  let to = pair();
  for (let width = RUN; width < n; width *= 2) {
    rt.dispatch(merge, [...blocks(from), ...blocks(to)], [n, width], size);
    [from, to] = [to, from];
  }
  return from;
}

type Args<Name extends keyof FusedKernels> = Parameters<NonNullable<FusedKernels[Name]>>;

export const sort = slot<Args<"sort">>("sort", [
  {
    name: "wgsl merge",
    run(rt, x, values, indices, dim, descending) {
      if (sizeOf(x.shape) === 0) return;
      const done = sorted(rt, linesOf(rt, x, dim), descending);
      putLines(rt, done.values, values, dim);
      putLines(rt, done.places, indices, dim);
    },
  },
]);

export const mode = slot<Args<"mode">>("mode", [
  {
    // A sorted line has equals side by side, the last of them last.
    name: "wgsl longest run",
    run(rt, x, values, indices, dim) {
      if (sizeOf(x.shape) === 0) return;
      const lines = linesOf(rt, x, dim);
      const n = lines.shape[lines.shape.length - 1] as number;
      const done = sorted(rt, lines, false);
      const type = wgslType(x.dtype);
      const made = program(`wgsl/lines/mode/${type}`, (key) =>
        wgsl({
          key,
          inputs: { x: type, at: "i32" },
          outputs: { values: type, places: "i32" },
          params: { n: "u32" },
          threads: "linear",
          head: order(type, false),
          body: `  let line = i * p.n;
  var start = 0u; var best = 0u; var longest = 0u;
  for (var j = 0u; j < p.n; j++) {
    if (before(x[line + start], x[line + j])) { start = j; }
    if (j - start + 1u > longest) { longest = j - start + 1u; best = j; }
  }
  values[i] = x[line + best];
  places[i] = at[line + best];`,
        }),
      );
      const shape = lines.shape.slice(0, -1);
      const found = [
        temporaryLike(rt, { shape, dtype: x.dtype }, "mode"),
        temporaryLike(rt, { shape, dtype: "int64" }, "mode"),
      ] as const;
      const blocks = [done.values, done.places, ...found].map(blockOf);
      rt.dispatch(made, blocks, [n], sizeOf(shape));
      const without = (y: View): View => ({
        ...y,
        shape,
        strides: y.strides.filter((_, d) => d !== dim),
        contiguous: false,
      });
      elementwise(rt, COPY, [found[0]], without(values));
      elementwise(rt, COPY, [found[1]], without(indices));
    },
  },
]);

export const scanExtreme = slot<Args<"scanExtreme">>("scanExtreme", [
  {
    name: "wgsl one thread a line",
    run(rt, code, x, values, indices, dim) {
      const lines = linesOf(rt, x, dim);
      const n = lines.shape[lines.shape.length - 1] as number;
      if (sizeOf(x.shape) === 0) return;
      const type = wgslType(x.dtype);
      // The last of equals wins; after a NaN nothing but another one does.
      const better = code === "max" ? "v >= best" : "v <= best";
      const taken = type === "f32" ? `is_nan(v) || (!is_nan(best) && ${better})` : better;
      const made = program(`wgsl/lines/scan/${code}/${type}`, (key) =>
        wgsl({
          key,
          inputs: { x: type },
          outputs: { values: type, places: "i32" },
          params: { n: "u32" },
          threads: "linear",
          head: type === "f32" ? mathFor("is_nan") : "",
          body: `  let line = i * p.n;
  var best = x[line]; var at = 0u;
  for (var j = 0u; j < p.n; j++) {
    let v = x[line + j];
    if (${taken}) { best = v; at = j; }
    values[line + j] = best;
    places[line + j] = i32(at);
  }`,
        }),
      );
      const best = temporaryLike(rt, lines, "scan");
      const places = temporaryLike(rt, { shape: lines.shape, dtype: "int64" }, "scan");
      rt.dispatch(made, [lines, best, places].map(blockOf), [n], sizeOf(x.shape) / n);
      putLines(rt, best, values, dim);
      putLines(rt, places, indices, dim);
    },
  },
]);

export const searchsorted = slot<Args<"searchsorted">>("searchsorted", [
  {
    name: "wgsl bisection",
    takes: (edges, values, y) => edges.dtype === values.dtype && isFresh(y),
    run(rt, edges, values, y, right) {
      const type = wgslType(values.dtype);
      const count = edges.shape[edges.shape.length - 1] as number;
      const perLine = values.shape[values.shape.length - 1] ?? 1;
      const goesOn = right ? "!before(v, edge)" : "before(edge, v)";
      const made = program(`wgsl/lines/search/${type}${right ? "/right" : ""}`, (key) =>
        wgsl({
          key,
          inputs: { edges: type, values: type },
          outputs: { y: "i32" },
          params: { n: "u32", each: "u32", shared_line: "u32", oe: "u32", ov: "u32" },
          threads: "linear",
          head: order(type, false),
          body: `  let line = p.oe + select(i / p.each * p.n, 0u, p.shared_line == 1u);
  let v = values[p.ov + i];
  var low = 0u; var high = p.n;
  while (low < high) {
    let half = (low + high) / 2u;
    let edge = edges[line + half];
    if (${goesOn}) { low = half + 1u; } else { high = half; }
  }
  y[i] = i32(low);`,
        }),
      );
      const [from, wanted] = [dense(rt, edges), dense(rt, values)];
      const shared = Number(edges.shape.length === 1);
      const params = [count, perLine, shared, from.offset, wanted.offset];
      rt.dispatch(made, [from, wanted, y].map(blockOf), params, sizeOf(values.shape));
    },
  },
]);
