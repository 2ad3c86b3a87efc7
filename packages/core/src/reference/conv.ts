// Convolution as loops. All three ops of the family add up the same products y·x·w of one trilinear
// form; they differ only in which of the three they sum into. So there is one walk over the products.
import type { FusedKernels } from "../backend.ts";
import type { ConvGeometry } from "../ops/conv/geometry.ts";
import { ACTIVATIONS } from "./activations.ts";
import { type Elements, numbers } from "./elements.ts";

type Visit = (y: number, x: number, w: number) => void;

/** One or two spatial dims seen as three; the new ones come first and have size 1. */
function inSpace(g: ConvGeometry) {
  const missing = 3 - g.stride.length;
  const ones = new Array<number>(missing).fill(1);
  const zeros = new Array<number>(missing).fill(0);
  const spatial = (shape: readonly number[]) => [...ones, ...shape.slice(2)] as Triple;
  return {
    x: spatial(g.x),
    w: spatial(g.w),
    y: spatial(g.y),
    stride: [...ones, ...g.stride] as Triple,
    padding: [...zeros, ...g.padding] as Triple,
    dilation: [...ones, ...g.dilation] as Triple,
  };
}
type Triple = [number, number, number];

/** Calls visit with the element numbers of y, x and w for every product of the form. */
function eachProduct(g: ConvGeometry, visit: Visit): void {
  const [batch, channels] = g.x as readonly number[] as [number, number];
  const [outputs, perGroup] = g.w as readonly number[] as [number, number];
  const { x, w, y, stride, padding, dilation } = inSpace(g);
  const outputsPerGroup = outputs / g.groups;
  const planeX = x[0] * x[1] * x[2];
  const planeW = w[0] * w[1] * w[2];
  let at = 0; // y is walked in order
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const firstChannel = Math.floor(o / outputsPerGroup) * perGroup;
      for (let i = 0; i < y[0]; i++) {
        for (let j = 0; j < y[1]; j++) {
          for (let k = 0; k < y[2]; k++, at++) {
            for (let a = 0; a < w[0]; a++) {
              const p = i * stride[0] - padding[0] + a * dilation[0];
              if (p < 0 || p >= x[0]) continue;
              for (let b = 0; b < w[1]; b++) {
                const q = j * stride[1] - padding[1] + b * dilation[1];
                if (q < 0 || q >= x[1]) continue;
                for (let c = 0; c < w[2]; c++) {
                  const r = k * stride[2] - padding[2] + c * dilation[2];
                  if (r < 0 || r >= x[2]) continue;
                  const inX = (p * x[1] + q) * x[2] + r;
                  const inW = (a * w[1] + b) * w[2] + c;
                  for (let s = 0; s < perGroup; s++) {
                    const xi = (n * channels + firstChannel + s) * planeX + inX;
                    visit(at, xi, (o * perGroup + s) * planeW + inW);
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/** Sums in double precision, rounded once at the end. */
function store(
  sums: Float64Array,
  to: Elements<number>,
  activation: (x: number) => number = ACTIVATIONS.none,
): void {
  for (let i = 0; i < sums.length; i++) to.set(i, activation(sums[i] as number));
}

export const convKernels: Pick<FusedKernels, "conv" | "convInputGrad" | "convWeightGrad"> = {
  conv(x, w, bias, y, geometry, activation) {
    const p = numbers(x);
    const q = numbers(w);
    const to = numbers(y);
    const sums = new Float64Array(to.size);
    eachProduct(geometry, (yi, xi, wi) => {
      sums[yi] = (sums[yi] as number) + p.get(xi) * q.get(wi);
    });
    if (bias !== undefined) {
      const b = numbers(bias);
      const plane = to.size / ((y.shape[0] as number) * b.size);
      for (let i = 0; i < sums.length; i++) {
        sums[i] = (sums[i] as number) + b.get(Math.floor(i / plane) % b.size);
      }
    }
    store(sums, to, ACTIVATIONS[activation]);
    return "products";
  },
  convInputGrad(g, w, dx, geometry) {
    const p = numbers(g);
    const q = numbers(w);
    const to = numbers(dx);
    const sums = new Float64Array(to.size);
    eachProduct(geometry, (yi, xi, wi) => {
      sums[xi] = (sums[xi] as number) + p.get(yi) * q.get(wi);
    });
    store(sums, to);
    return "products";
  },
  convWeightGrad(g, x, dw, geometry) {
    const p = numbers(g);
    const q = numbers(x);
    const to = numbers(dw);
    const sums = new Float64Array(to.size);
    eachProduct(geometry, (yi, xi, wi) => {
      sums[wi] = (sums[wi] as number) + p.get(yi) * q.get(xi);
    });
    store(sums, to);
    return "products";
  },
};
