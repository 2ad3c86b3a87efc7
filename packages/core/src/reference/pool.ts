// Pooling as loops. One walk visits every pair of an output element and an input element under its
// window; the poolings differ in what they do with it.
import type { FusedKernels, View } from "../backend.ts";
import { divisorAt, type PoolGeometry } from "../ops/pool/geometry.ts";
import { sizeOf } from "../shape.ts";
import { indices as indicesOf, numbers } from "./elements.ts";

/** For each output element: its number, its position, and the input elements its window sees, in order. */
function eachWindow(
  g: PoolGeometry,
  use: (y: number, position: readonly number[], inputs: readonly number[]) => void,
): void {
  const dims = g.kernel.length;
  const plane = sizeOf(g.x.slice(2));
  const outputs = sizeOf(g.y.slice(2));
  const planes = (g.x[0] as number) * (g.x[1] as number);
  for (let i = 0; i < outputs; i++) {
    const position = unravel(i, g.y.slice(2));
    const seen: number[] = [];
    for (let tap = 0; tap < sizeOf(g.kernel); tap++) {
      const at = unravel(tap, g.kernel).map(
        (t, d) =>
          (position[d] as number) * (g.stride[d] as number) -
          (g.padding[d] as number) +
          t * (g.dilation[d] as number),
      );
      let place = 0;
      for (let d = 0; d < dims; d++) {
        const size = g.x[d + 2] as number;
        const p = at[d] as number;
        place = p < 0 || p >= size ? Number.NaN : place * size + p;
      }
      if (!Number.isNaN(place)) seen.push(place);
    }
    for (let k = 0; k < planes; k++) {
      use(
        k * outputs + i,
        position,
        seen.map((p) => k * plane + p),
      );
    }
  }
}

function unravel(i: number, shape: readonly number[]): number[] {
  const position = new Array<number>(shape.length);
  let rest = i;
  for (let d = shape.length - 1; d >= 0; d--) {
    const n = shape[d] as number;
    position[d] = rest % n;
    rest = Math.floor(rest / n);
  }
  return position;
}

/** An adaptive window is a pooling window that depends on the position. */
function eachAdaptiveWindow(
  x: readonly number[],
  y: readonly number[],
  use: (y: number, inputs: readonly number[]) => void,
): void {
  const plane = sizeOf(x.slice(2));
  const outputs = sizeOf(y.slice(2));
  const planes = (x[0] as number) * (x[1] as number);
  for (let i = 0; i < outputs; i++) {
    let seen = [0];
    unravel(i, y.slice(2)).forEach((p, d) => {
      const [size, count] = [x[d + 2], y[d + 2]] as [number, number];
      const start = Math.floor((p * size) / count);
      const end = Math.ceil(((p + 1) * size) / count);
      const range = Array.from({ length: end - start }, (_, j) => start + j);
      seen = seen.flatMap((at) => range.map((r) => at * size + r));
    });
    for (let k = 0; k < planes; k++) {
      use(
        k * outputs + i,
        seen.map((p) => k * plane + p),
      );
    }
  }
}

const divisor = (g: PoolGeometry, position: readonly number[]): number =>
  position.reduce((product, i, d) => product * divisorAt(g, d, i), 1);

function store(sums: Float64Array, to: View): void {
  const out = numbers(to);
  sums.forEach((v, i) => {
    out.set(i, v);
  });
}

type PoolKernels = Pick<
  FusedKernels,
  | "maxPool"
  | "planeScatter"
  | "planeGather"
  | "avgPool"
  | "avgPoolGrad"
  | "adaptiveAvgPool"
  | "adaptiveAvgPoolGrad"
>;

export const poolKernels: PoolKernels = {
  maxPool(x, y, indices, geometry) {
    const from = numbers(x);
    const to = numbers(y);
    const at = indices && numbers(indices);
    const plane = sizeOf(geometry.x.slice(2));
    eachWindow(geometry, (yi, _position, inputs) => {
      let best = Number.NEGATIVE_INFINITY; // what a dilated window gives that sees padding only
      let place = inputs[0] ?? 0;
      for (const xi of inputs) {
        const v = from.get(xi);
        if (!(v > best) && !Number.isNaN(v)) continue;
        best = v;
        place = xi;
      }
      to.set(yi, best);
      at?.set(yi, place % plane);
    });
    return "windows";
  },
  planeScatter(g, indices, dx) {
    const from = numbers(g);
    const at = indicesOf(indices);
    const small = sizeOf(g.shape.slice(2));
    const large = sizeOf(dx.shape.slice(2));
    const sums = new Float64Array(sizeOf(dx.shape));
    for (let i = 0; i < from.size; i++) {
      const place = Math.floor(i / small) * large + at.get(i);
      sums[place] = (sums[place] as number) + from.get(i);
    }
    store(sums, dx);
    return "loop";
  },
  planeGather(x, indices, y) {
    const from = numbers(x);
    const at = indicesOf(indices);
    const to = numbers(y);
    const small = sizeOf(y.shape.slice(2));
    const large = sizeOf(x.shape.slice(2));
    for (let i = 0; i < to.size; i++) {
      to.set(i, from.get(Math.floor(i / small) * large + at.get(i)));
    }
    return "loop";
  },
  avgPool(x, y, geometry) {
    const from = numbers(x);
    const to = numbers(y);
    eachWindow(geometry, (yi, position, inputs) => {
      const sum = inputs.reduce((total, xi) => total + from.get(xi), 0);
      to.set(yi, sum / divisor(geometry, position));
    });
    return "windows";
  },
  avgPoolGrad(g, dx, geometry) {
    const from = numbers(g);
    const sums = new Float64Array(sizeOf(dx.shape));
    eachWindow(geometry, (yi, position, inputs) => {
      const share = from.get(yi) / divisor(geometry, position);
      for (const xi of inputs) sums[xi] = (sums[xi] as number) + share;
    });
    store(sums, dx);
    return "windows";
  },
  adaptiveAvgPool(x, y) {
    const from = numbers(x);
    const to = numbers(y);
    eachAdaptiveWindow(x.shape, y.shape, (yi, inputs) => {
      to.set(yi, inputs.reduce((total, xi) => total + from.get(xi), 0) / inputs.length);
    });
    return "windows";
  },
  adaptiveAvgPoolGrad(g, dx) {
    const from = numbers(g);
    const sums = new Float64Array(sizeOf(dx.shape));
    eachAdaptiveWindow(dx.shape, g.shape, (yi, inputs) => {
      for (const xi of inputs) sums[xi] = (sums[xi] as number) + from.get(yi) / inputs.length;
    });
    store(sums, dx);
    return "windows";
  },
};
