// Batch and layer normalisation as loops. Both normalise groups of elements: a channel over batch and
// space, or a row. Statistics take two passes over the data (the mean, then the squares around it) and
// sum in double precision.
import type { FusedKernels, View } from "../backend.ts";
import type { Activation } from "../ops/activation.ts";
import { sizeOf } from "../shape.ts";
import { ACTIVATIONS } from "./activations.ts";
import { numbers } from "./elements.ts";

/** The channel of element i of [N, C, …]. */
function channelOf(x: View): (i: number) => number {
  const channels = x.shape[1] as number;
  const plane = sizeOf(x.shape.slice(2));
  return (i) => Math.floor(i / plane) % channels;
}

const one = { get: () => 1 };
const zero = { get: () => 0 };
const orElse = (v: View | undefined, other: { get(i: number): number }) =>
  v === undefined ? other : numbers(v);

/** Where they have a slope. */
const LETS_THROUGH: Readonly<Record<Activation, (z: number) => boolean>> = {
  none: () => true,
  relu: (z) => !(z <= 0),
  relu6: (z) => !(z <= 0 || z >= 6),
};

function statistics(x: View, group: (i: number) => number, groups: number) {
  const from = numbers(x);
  const count = from.size / groups;
  const mean = new Float64Array(groups);
  const variance = new Float64Array(groups);
  const add = (to: Float64Array, k: number, v: number) => {
    to[k] = (to[k] as number) + v / count;
  };
  for (let i = 0; i < from.size; i++) add(mean, group(i), from.get(i));
  for (let i = 0; i < from.size; i++) {
    add(variance, group(i), (from.get(i) - (mean[group(i)] as number)) ** 2);
  }
  return { mean, variance };
}

function store(values: Float64Array, to: View | undefined): void {
  if (to === undefined) return;
  const out = numbers(to);
  values.forEach((v, i) => {
    out.set(i, v);
  });
}

type NormKernels = Pick<
  FusedKernels,
  | "batchNorm"
  | "batchNormRunning"
  | "batchNormGrad"
  | "batchNormEval"
  | "layerNorm"
  | "layerNormGrad"
>;

export const normKernels: NormKernels = {
  batchNorm(x, weight, bias, y, mean, variance, rstd, eps, activation) {
    const act = ACTIVATIONS[activation];
    const channel = channelOf(x);
    const s = statistics(x, channel, x.shape[1] as number);
    const inverse = s.variance.map((v) => 1 / Math.sqrt(v + eps));
    const from = numbers(x);
    const to = numbers(y);
    const w = orElse(weight, one);
    const b = orElse(bias, zero);
    for (let i = 0; i < from.size; i++) {
      const c = channel(i);
      const normal = (from.get(i) - (s.mean[c] as number)) * (inverse[c] as number);
      to.set(i, act(normal * w.get(c) + b.get(c)));
    }
    store(s.mean, mean);
    store(s.variance, variance);
    store(inverse, rstd);
    return "loop";
  },
  batchNormRunning(runningMean, runningVar, mean, variance, { momentum, unbiased }) {
    const move = (running: View, batch: View, share: number): void => {
      const [to, from] = [numbers(running), numbers(batch)];
      for (let c = 0; c < to.size; c++) to.set(c, (1 - momentum) * to.get(c) + share * from.get(c));
    };
    move(runningMean, mean, momentum);
    move(runningVar, variance, momentum * unbiased);
    return "loop";
  },
  batchNormEval(x, mean, variance, weight, bias, y, eps, activation) {
    const act = ACTIVATIONS[activation];
    const channel = channelOf(x);
    const from = numbers(x);
    const to = numbers(y);
    const m = numbers(mean);
    const v = numbers(variance);
    const w = orElse(weight, one);
    const b = orElse(bias, zero);
    for (let i = 0; i < from.size; i++) {
      const c = channel(i);
      const normal = (from.get(i) - m.get(c)) / Math.sqrt(v.get(c) + eps);
      to.set(i, act(normal * w.get(c) + b.get(c)));
    }
    return "loop";
  },
  batchNormGrad(g, x, weight, bias, mean, rstd, dx, dweight, dbias, activation) {
    const passes = LETS_THROUGH[activation];
    const channel = channelOf(x);
    const channels = x.shape[1] as number;
    const p = numbers(g);
    const q = numbers(x);
    const to = numbers(dx);
    const m = numbers(mean);
    const r = numbers(rstd);
    const w = orElse(weight, one);
    const b = orElse(bias, zero);
    const normal = (i: number, c: number) => (q.get(i) - m.get(c)) * r.get(c);
    const gradient = (i: number, c: number) =>
      passes(normal(i, c) * w.get(c) + b.get(c)) ? p.get(i) : 0;
    const total = new Float64Array(channels);
    const moment = new Float64Array(channels);
    for (let i = 0; i < q.size; i++) {
      const c = channel(i);
      total[c] = (total[c] as number) + gradient(i, c);
      moment[c] = (moment[c] as number) + gradient(i, c) * normal(i, c);
    }
    const count = q.size / channels;
    for (let i = 0; i < q.size; i++) {
      const c = channel(i);
      const through = (total[c] as number) + normal(i, c) * (moment[c] as number);
      to.set(i, w.get(c) * r.get(c) * (gradient(i, c) - through / count));
    }
    store(moment, dweight);
    store(total, dbias);
    return "loop";
  },
  layerNorm(x, weight, bias, y, mean, rstd, dims, eps) {
    const row = sizeOf(x.shape.slice(x.shape.length - dims));
    const rows = sizeOf(x.shape.slice(0, x.shape.length - dims));
    const s = statistics(x, (i) => Math.floor(i / row), rows);
    const inverse = s.variance.map((v) => 1 / Math.sqrt(v + eps));
    const from = numbers(x);
    const to = numbers(y);
    const w = orElse(weight, one);
    const b = orElse(bias, zero);
    for (let i = 0; i < from.size; i++) {
      const k = Math.floor(i / row);
      const normal = (from.get(i) - (s.mean[k] as number)) * (inverse[k] as number);
      to.set(i, normal * w.get(i % row) + b.get(i % row));
    }
    store(s.mean, mean);
    store(inverse, rstd);
    return "loop";
  },
  layerNormGrad(g, x, weight, mean, rstd, dx, dweight, dbias, dims) {
    const row = sizeOf(x.shape.slice(x.shape.length - dims));
    const rows = sizeOf(x.shape.slice(0, x.shape.length - dims));
    const p = numbers(g);
    const q = numbers(x);
    const to = numbers(dx);
    const m = numbers(mean);
    const r = numbers(rstd);
    const w = orElse(weight, one);
    const dw = new Float64Array(row);
    const db = new Float64Array(row);
    for (let k = 0; k < rows; k++) {
      const normal = (j: number) => (q.get(k * row + j) - m.get(k)) * r.get(k);
      let total = 0; // Σ h and Σ h·x̂ of this row, h = g · weight
      let moment = 0;
      for (let j = 0; j < row; j++) {
        const gradient = p.get(k * row + j);
        total += gradient * w.get(j);
        moment += gradient * w.get(j) * normal(j);
        dw[j] = (dw[j] as number) + gradient * normal(j);
        db[j] = (db[j] as number) + gradient;
      }
      for (let j = 0; j < row; j++) {
        const h = p.get(k * row + j) * w.get(j);
        to.set(k * row + j, r.get(k) * (h - (total + normal(j) * moment) / row));
      }
    }
    store(dw, dweight);
    store(db, dbias);
    return "loop";
  },
};
