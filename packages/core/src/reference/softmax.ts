// softmax, logSoftmax and their gradients, one line along dim at a time.
import type { FusedKernels } from "../backend.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { indices, numbers } from "./elements.ts";

type Numbers = ReturnType<typeof numbers>;

/** Calls f with the first element number of each line along dim, the distance of two, and how many there are. */
export function eachLine(
  shape: Shape,
  dim: number,
  f: (first: number, step: number, count: number) => void,
): void {
  const step = sizeOf(shape.slice(dim + 1));
  const count = shape[dim] as number;
  const outer = sizeOf(shape.slice(0, dim));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < step; i++) f(o * count * step + i, step, count);
  }
}

/** The largest; NaN when there is one. */
function largest(from: { get(i: number): number }, first: number, step: number, count: number) {
  let max = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < count; c++) max = Math.max(max, from.get(first + c * step));
  return max;
}

export const softmaxKernels: Pick<
  FusedKernels,
  "softmax" | "logSoftmax" | "softmaxGrad" | "logSoftmaxGrad" | "crossEntropy" | "crossEntropyGrad"
> = {
  crossEntropy(x, target, y, top, total, ignoreIndex, smoothing) {
    const from = numbers(x);
    const picked = indices(target);
    const to = numbers(y);
    const [largests, sums] = [top && numbers(top), total && numbers(total)];
    let i = 0;
    eachLine(x.shape, 1, (first, step, count) => {
      const max = largest(from, first, step, count);
      let sum = 0;
      let shifted = 0;
      for (let c = 0; c < count; c++) {
        const d = from.get(first + c * step) - max;
        sum += Math.exp(d);
        shifted += d;
      }
      const t = picked.get(i);
      const spread = smoothing === 0 ? 0 : (smoothing * shifted) / count;
      const at = (1 - smoothing) * (from.get(first + t * step) - max);
      to.set(i, t === ignoreIndex ? 0 : Math.log(sum) - at - spread);
      largests?.set(i, max);
      sums?.set(i, sum);
      i++;
    });
    return "loop";
  },
  crossEntropyGrad(g, x, target, top, total, dx, ignoreIndex, smoothing) {
    const [up, from, largests, sums, to] = [g, x, top, total, dx].map((v) => numbers(v)) as [
      Numbers,
      Numbers,
      Numbers,
      Numbers,
      Numbers,
    ];
    const picked = indices(target);
    let i = 0;
    eachLine(x.shape, 1, (first, step, count) => {
      const t = picked.get(i);
      const scale = up.get(i);
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        const p = Math.exp(from.get(at) - largests.get(i)) / sums.get(i);
        const q = smoothing / count + (c === t ? 1 - smoothing : 0);
        to.set(at, t === ignoreIndex ? 0 : scale * (p - q));
      }
      i++;
    });
    return "loop";
  },
  softmax(x, y, dim) {
    const from = numbers(x);
    const to = numbers(y);
    eachLine(x.shape, dim, (first, step, count) => {
      const max = largest(from, first, step, count);
      let sum = 0;
      for (let c = 0; c < count; c++) sum += Math.exp(from.get(first + c * step) - max);
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        to.set(at, Math.exp(from.get(at) - max) / sum);
      }
    });
    return "loop";
  },
  logSoftmax(x, y, dim) {
    const from = numbers(x);
    const to = numbers(y);
    eachLine(x.shape, dim, (first, step, count) => {
      const max = largest(from, first, step, count);
      let sum = 0;
      for (let c = 0; c < count; c++) sum += Math.exp(from.get(first + c * step) - max);
      const log = Math.log(sum);
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        to.set(at, from.get(at) - max - log);
      }
    });
    return "loop";
  },
  softmaxGrad(g, y, dx, dim) {
    const [up, out, to] = [numbers(g), numbers(y), numbers(dx)];
    eachLine(dx.shape, dim, (first, step, count) => {
      let sum = 0;
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        sum += up.get(at) * out.get(at);
      }
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        to.set(at, out.get(at) * (up.get(at) - sum));
      }
    });
    return "loop";
  },
  logSoftmaxGrad(g, y, dx, dim) {
    const [up, out, to] = [numbers(g), numbers(y), numbers(dx)];
    eachLine(dx.shape, dim, (first, step, count) => {
      let sum = 0;
      for (let c = 0; c < count; c++) sum += up.get(first + c * step);
      for (let c = 0; c < count; c++) {
        const at = first + c * step;
        to.set(at, up.get(at) - Math.exp(out.get(at)) * sum);
      }
    });
    return "loop";
  },
};
