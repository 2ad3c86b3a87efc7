// Reductions and arg-reductions. y has the rank of x, with 1 in each reduced dimension.
import type { ReduceCode, RequiredKernels, View } from "../backend.ts";
import { sizeOf } from "../shape.ts";
import { elements, type Value } from "./elements.ts";

interface Fold {
  readonly start: Value;
  step(old: Value, v: Value): Value;
}
const nan = (v: Value): boolean => typeof v === "number" && Number.isNaN(v);
/** NaN is not 0, so it is true, unlike in JS. */
const isTrue = (v: Value): boolean => Boolean(v) || nan(v);

/** NaN wins both, as in PyTorch. */
const larger = (old: Value, v: Value): Value => (nan(old) || (!nan(v) && old >= v) ? old : v);
const smaller = (old: Value, v: Value): Value => (nan(old) || (!nan(v) && old <= v) ? old : v);

function foldFor(code: ReduceCode, y: View): Fold {
  const wide = y.dtype === "int64";
  switch (code) {
    case "sum":
      return wide
        ? { start: 0n, step: (old, v) => (old as bigint) + BigInt(v) }
        : { start: 0, step: (old, v) => (old as number) + Number(v) };
    case "prod":
      return wide
        ? { start: 1n, step: (old, v) => (old as bigint) * BigInt(v) }
        : { start: 1, step: (old, v) => (old as number) * Number(v) };
    case "max":
      return { start: wide ? -(2n ** 63n) : -Infinity, step: larger };
    case "min":
      return { start: wide ? 2n ** 63n - 1n : Infinity, step: smaller };
    case "any":
      return { start: 0, step: (old, v) => (old || isTrue(v) ? 1 : 0) };
    case "all":
      return { start: 1, step: (old, v) => (old && isTrue(v) ? 1 : 0) };
  }
}

export const reduceKernels: Pick<RequiredKernels, "reduce" | "argReduce"> = {
  reduce(code, x, y) {
    const { start, step } = foldFor(code, y);
    const from = elements(x);
    const to = elements(y);
    // Folded in JS numbers (float64), rounded once at the end.
    const sums = new Array<Value>(to.size).fill(start);
    const target = groupOf(x, y);
    for (let i = 0; i < from.size; i++) {
      const t = target(i);
      sums[t] = step(sums[t] as Value, from.get(i));
    }
    for (let i = 0; i < to.size; i++) to.set(i, sums[i] as Value);
    return "loop";
  },
  argReduce(code, x, y, dim) {
    const from = elements(x);
    const to = elements<bigint>(y);
    const inner = sizeOf(x.shape.slice(dim + 1));
    const n = x.shape[dim] ?? 1;
    const better = (v: Value, best: Value) =>
      !nan(best) && (nan(v) || (code === "argmax" ? v > best : v < best));
    for (let i = 0; i < to.size; i++) {
      const first = Math.floor(i / inner) * n * inner + (i % inner);
      let best = 0;
      for (let k = 1; k < n; k++) {
        if (better(from.get(first + k * inner), from.get(first + best * inner))) best = k;
      }
      to.set(i, BigInt(best));
    }
    return "loop";
  },
};

/** The element of y that element i of x folds into. */
function groupOf(x: View, y: View): (i: number) => number {
  const rank = x.shape.length;
  const steps = new Array<number>(rank);
  for (let d = rank - 1, step = 1; d >= 0; d--) {
    steps[d] = y.shape[d] === 1 ? 0 : step;
    step *= y.shape[d] as number;
  }
  return (i) => {
    let rest = i;
    let target = 0;
    for (let d = rank - 1; d >= 0; d--) {
      const n = x.shape[d] as number;
      target += (rest % n) * (steps[d] as number);
      rest = Math.floor(rest / n);
    }
    return target;
  };
}
