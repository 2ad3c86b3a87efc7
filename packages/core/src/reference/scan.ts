// Scans: running sums, products, logarithms of sums of exponentials, and extremes, one line along dim at a time.
import type { FusedKernels } from "../backend.ts";
import { elements, type Value } from "./elements.ts";
import { eachLine } from "./softmax.ts";
import { logaddexp } from "./special.ts";

const isNaNValue = (v: Value): boolean => typeof v === "number" && Number.isNaN(v);

/** log(e^a + e^b); of nothing it is log 0. */
const logSum = (a: Value, b: Value): Value =>
  a === Number.NEGATIVE_INFINITY
    ? b
    : b === Number.NEGATIVE_INFINITY
      ? a
      : logaddexp(a as number, b as number);

const NUMBERS = {
  sum: { start: 0, step: (old: Value, v: Value): Value => (old as number) + (v as number) },
  prod: { start: 1, step: (old: Value, v: Value): Value => (old as number) * (v as number) },
  logsumexp: { start: Number.NEGATIVE_INFINITY, step: logSum },
} as const;
const BIGINTS = {
  sum: { start: 0n, step: (old: Value, v: Value): Value => (old as bigint) + BigInt(v) },
  prod: {
    start: 1n,
    step: (old: Value, v: Value): Value => BigInt.asIntN(64, (old as bigint) * BigInt(v)),
  },
} as const;

export const scanKernels: Pick<FusedKernels, "scan" | "scanExtreme"> = {
  scan(code, x, y, dim, reverse) {
    const { start, step } =
      y.dtype === "int64" && code !== "logsumexp" ? BIGINTS[code] : NUMBERS[code];
    const from = elements(x);
    const to = elements(y);
    eachLine(x.shape, dim, (first, stride, count) => {
      // Kept in JS numbers (float64); each result is rounded once.
      let total: Value = start;
      for (let k = 0; k < count; k++) {
        const at = first + (reverse ? count - 1 - k : k) * stride;
        total = step(total, from.get(at));
        to.set(at, total);
      }
    });
    return "loop";
  },
  scanExtreme(code, x, values, indices, dim) {
    const from = elements(x);
    const best = elements(values);
    const places = elements<bigint>(indices);
    eachLine(x.shape, dim, (first, stride, count) => {
      let at = 0;
      for (let k = 0; k < count; k++) {
        const [v, old] = [from.get(first + k * stride), from.get(first + at * stride)];
        // The last of equals wins; after a NaN nothing but another one does.
        const better = code === "max" ? v >= old : v <= old;
        if (isNaNValue(v) || (!isNaNValue(old) && better)) at = k;
        best.set(first + k * stride, from.get(first + at * stride));
        places.set(first + k * stride, BigInt(at));
      }
    });
    return "loop";
  },
};
