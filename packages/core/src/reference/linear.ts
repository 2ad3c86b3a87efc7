// matmul, gather, scatterAdd, random, arange.
import type { FusedKernels, RequiredKernels } from "../backend.ts";
import { fillRandom } from "../random/philox.ts";
import { sizeOf } from "../shape.ts";
import { ACTIVATIONS } from "./activations.ts";
import { cells, elements, indices, numbers, type Value } from "./elements.ts";
import { castTo } from "./elementwise.ts";

export const linearKernels: Pick<
  RequiredKernels,
  "matmul" | "gather" | "scatterAdd" | "random" | "arange"
> = {
  matmul(a, b, y) {
    const rank = y.shape.length;
    const m = y.shape[rank - 2] as number;
    const n = y.shape[rank - 1] as number;
    const k = a.shape[rank - 1] as number;
    const batches = sizeOf(y.shape.slice(0, -2));
    const p = elements(a);
    const q = elements(b);
    const to = elements(y);
    const wide = y.dtype === "int64";
    for (let s = 0; s < batches; s++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum: Value = wide ? 0n : 0;
          for (let c = 0; c < k; c++) {
            const u = p.get((s * m + i) * k + c);
            const v = q.get((s * k + c) * n + j);
            sum = ((sum as number) + (u as number) * (v as number)) as Value;
          }
          to.set((s * m + i) * n + j, sum);
        }
      }
    }
    return "loop";
  },
  gather(x, index, y, dim) {
    const from = cells(x);
    const at = indices(index);
    const to = cells(y);
    const source = targetOf(x.shape, index.shape, dim);
    for (let i = 0; i < to.size; i++) to.set(i, from.get(source(i, at.get(i))));
    return "loop";
  },
  scatterAdd(index, src, y, dim) {
    const from = elements(src);
    const at = indices(index);
    const to = elements(y);
    const target = targetOf(y.shape, index.shape, dim);
    for (let i = 0; i < at.size; i++) {
      const t = target(i, at.get(i));
      to.set(t, ((to.get(t) as number) + (from.get(i) as number)) as Value);
    }
    return "loop";
  },
  random(code, y, key) {
    const to = numbers(y);
    const drawn = y.dtype === "float64" ? new Float64Array(to.size) : new Float32Array(to.size);
    fillRandom(code, key, drawn);
    for (let i = 0; i < to.size; i++) to.set(i, drawn[i] as number);
    return "philox";
  },
  arange(y, start, step) {
    const to = elements(y);
    const cast = castTo(y.dtype);
    for (let i = 0; i < to.size; i++) to.set(i, cast(start + i * step));
    return "loop";
  },
};

export const productKernels: Pick<FusedKernels, "matmulBias"> = {
  matmulBias(a, b, bias, y, activation) {
    linearKernels.matmul(a, b, y);
    const act = ACTIVATIONS[activation];
    const to = numbers(y);
    const n = y.shape[y.shape.length - 1] as number;
    const added = bias === undefined ? undefined : numbers(bias);
    for (let i = 0; i < to.size; i++) to.set(i, act(to.get(i) + (added?.get(i % n) ?? 0)));
    return "loop";
  },
};

/** The element of a tensor of `shape` that element i of an index tensor points to along dim. */
export function targetOf(shape: readonly number[], indexShape: readonly number[], dim: number) {
  const rank = shape.length;
  return (i: number, at: number): number => {
    let rest = i;
    let source = 0;
    for (let d = rank - 1, step = 1; d >= 0; d--) {
      const n = indexShape[d] as number;
      source += (d === dim ? at : rest % n) * step;
      rest = Math.floor(rest / n);
      step *= shape[d] as number;
    }
    return rank === 0 ? at : source;
  };
}
