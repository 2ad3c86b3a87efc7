// Sorting and searching, one line along dim at a time. NaN counts as larger than everything, as in PyTorch.
import type { FusedKernels } from "../backend.ts";
import { elements, type Value } from "./elements.ts";
import { eachLine } from "./softmax.ts";

/** Below 0: a comes first. NaN comes last. */
function compare(a: Value, b: Value): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return (Number.isNaN(a) ? 1 : 0) - (Number.isNaN(b) ? 1 : 0);
}

export const sortKernels: Pick<FusedKernels, "sort" | "mode" | "searchsorted"> = {
  sort(x, values, indices, dim, descending) {
    const from = elements(x);
    const to = elements(values);
    const places = elements<bigint>(indices);
    eachLine(x.shape, dim, (first, stride, count) => {
      const line = Array.from({ length: count }, (_, k) => from.get(first + k * stride));
      const order = Uint32Array.from(line, (_, k) => k);
      // Equals stay in the order they had, in both directions.
      const by = (p: number, q: number): number => compare(line[p] as Value, line[q] as Value);
      order.sort((p, q) => (descending ? by(q, p) : by(p, q)) || p - q);
      order.forEach((place, k) => {
        to.set(first + k * stride, line[place] as Value);
        places.set(first + k * stride, BigInt(place));
      });
    });
    return "loop";
  },
  mode(x, values, indices, dim) {
    const from = elements(x);
    const to = elements(values);
    const places = elements<bigint>(indices);
    let out = 0;
    eachLine(x.shape, dim, (first, stride, count) => {
      const seen = new Map<Value, { count: number; last: number }>();
      for (let k = 0; k < count; k++) {
        const v = from.get(first + k * stride);
        seen.set(v, { count: (seen.get(v)?.count ?? 0) + 1, last: k });
      }
      let best: [Value, { count: number; last: number }] | undefined;
      for (const entry of seen) {
        const more = best === undefined ? 1 : entry[1].count - best[1].count;
        if (best === undefined || more > 0 || (more === 0 && compare(entry[0], best[0]) < 0)) {
          best = entry;
        }
      }
      if (best !== undefined) {
        to.set(out, best[0]);
        places.set(out, BigInt(best[1].last));
      }
      out++;
    });
    return "loop";
  },
  searchsorted(sorted, values, y, right) {
    const edges = elements(sorted);
    const wanted = elements(values);
    const to = elements(y);
    const count = sorted.shape[sorted.shape.length - 1] as number;
    const perLine =
      values.shape.length === 0 ? 1 : (values.shape[values.shape.length - 1] as number);
    const shared = sorted.shape.length === 1;
    for (let i = 0; i < wanted.size; i++) {
      const v = wanted.get(i);
      const line = shared ? 0 : Math.floor(i / perLine) * count;
      let [low, high] = [0, count];
      while (low < high) {
        const middle = (low + high) >> 1;
        const order = compare(edges.get(line + middle), v);
        if (order < 0 || (right && order === 0)) low = middle + 1;
        else high = middle;
      }
      to.set(i, y.dtype === "int64" ? BigInt(low) : low);
    }
    return "loop";
  },
};
