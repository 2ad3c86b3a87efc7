// softmax, logSoftmax and their gradients, one line along dim at a time.
import type { FusedKernels } from "../backend.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { numbers } from "./elements.ts";

/** Calls f with the first element number of each line along dim, the distance of two, and how many there are. */
function eachLine(
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
  "softmax" | "logSoftmax" | "softmaxGrad" | "logSoftmaxGrad"
> = {
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
