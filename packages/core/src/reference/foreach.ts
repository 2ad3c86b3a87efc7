// Passes over many tensors as loops: steps of optimizers, the common norm, scaling. Each operation rounds to the
// dtype of the parameters, as the ops do that the formulas are made of, so the bits are those of the ops.
import type { FusedKernels, View } from "../backend.ts";
import { adamFactors } from "../foreach/adam.ts";
import { numbers } from "./elements.ts";

type ForeachKernels = Pick<FusedKernels, "sgdStep" | "adamStep" | "powerSum" | "scaleAll">;

const roundingOf = (v: View): ((x: number) => number) =>
  v.dtype === "float32" ? Math.fround : (x) => x;

export const foreachKernels: ForeachKernels = {
  sgdStep(params, gradients, buffers, step) {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize, first } = step;
    params.forEach((param, k) => {
      const r = roundingOf(param);
      const p = numbers(param);
      const from = numbers(gradients[k] as View);
      const v = buffers && numbers(buffers[k] as View);
      for (let i = 0; i < p.size; i++) {
        let g = maximize ? -from.get(i) : from.get(i);
        if (weightDecay !== 0) g = r(r(p.get(i) * weightDecay) + g);
        if (v !== undefined) {
          const next = first ? g : r(r(v.get(i) * momentum) + r(g * (1 - dampening)));
          v.set(i, next);
          g = nesterov ? r(r(next * momentum) + g) : next;
        }
        p.set(i, p.get(i) + r(g * -lr));
      }
    });
    return "loop";
  },
  adamStep(params, gradients, means, squares, largest, step) {
    const { beta2, eps, weightDecay, decoupled, maximize } = step;
    const { shrink, newMean, newSquare, correction, rate } = adamFactors(step);
    params.forEach((param, k) => {
      const r = roundingOf(param);
      const p = numbers(param);
      const from = numbers(gradients[k] as View);
      const m = numbers(means[k] as View);
      const s = numbers(squares[k] as View);
      const x = largest && numbers(largest[k] as View);
      for (let i = 0; i < p.size; i++) {
        let g = maximize ? -from.get(i) : from.get(i);
        if (weightDecay !== 0 && decoupled) p.set(i, p.get(i) * shrink);
        else if (weightDecay !== 0) g = r(r(p.get(i) * weightDecay) + g);
        const mean = r(m.get(i) + r(r(g - m.get(i)) * newMean));
        const square = r(r(s.get(i) * beta2) + r(r(g * g) * newSquare));
        m.set(i, mean);
        s.set(i, square);
        let most = square;
        if (x !== undefined) {
          most = Math.max(x.get(i), square);
          x.set(i, most);
        }
        const denominator = r(r(r(Math.sqrt(most)) / correction) + eps);
        p.set(i, p.get(i) + r(r(mean / denominator) * rate));
      }
    });
    return "loop";
  },
  powerSum(xs, p, y) {
    let total = 0;
    for (const x of xs) {
      const from = numbers(x);
      for (let i = 0; i < from.size; i++) {
        const size = Math.abs(from.get(i));
        if (p === Number.POSITIVE_INFINITY) total = Math.max(total, size);
        else total += p === 2 ? size * size : size ** p;
      }
    }
    numbers(y).set(0, total);
    return "loop";
  },
  scaleAll(xs, factor) {
    for (const x of xs) {
      const values = numbers(x);
      for (let i = 0; i < values.size; i++) values.set(i, values.get(i) * factor);
    }
    return "loop";
  },
};
