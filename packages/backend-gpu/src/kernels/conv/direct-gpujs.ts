// Convolution of one and two spatial dims in gpu.js: one thread per result, any groups, kernel, stride, padding and
// dilation. Depthwise is groups = channels, whose loop over channels has one turn.
import type { Activation, View } from "@tapegrad/core";
import { gpuJs } from "../../program/gpu-js.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { type Planar, windowKey } from "./planar.ts";

/** A dense array read as [outer][middle][inner], from an element of its buffer. */
interface Place {
  readonly offset: number;
  readonly dims: readonly [number, number, number];
}
const inPlanes = (v: View, planes: number, height: number, width: number): Place => ({
  offset: v.offset,
  dims: [width, height, planes],
});

const constantsOf = (p: Planar): Record<string, number> => ({
  ...{ C: p.c, O: p.o, CG: p.cg, OG: p.og, H: p.h, W: p.w, OH: p.oh, OW: p.ow },
  ...{ KH: p.kh, KW: p.kw, SH: p.sh, SW: p.sw, PH: p.ph, PW: p.pw, DH: p.dh, DW: p.dw },
});

const keyOf = (name: string, p: Planar): string =>
  `gpujs/${name}/${windowKey(p)}/${p.c},${p.o},${p.cg}/${p.h}x${p.w}>${p.oh}x${p.ow}`;

/** A constant by its name. */
const K = (text: string): string =>
  text.replace(/\b[A-Z]{1,2}\b/g, (name) => `this.constants.${name}`);

const CLAMPED: Readonly<Record<Activation, string>> = {
  none: "",
  relu: "if (sum < 0.0) { return 0.0; }",
  relu6: "if (sum < 0.0) { return 0.0; } if (sum > 6.0) { return 6.0; }",
};

/** y = activation(x ⋆ w + bias); x, w and bias are dense, y is fresh. */
export function forward(
  rt: GpuRuntime,
  p: Planar,
  x: View,
  w: View,
  bias: View | undefined,
  y: View,
  activation: Activation,
): void {
  const made = program(`${keyOf("conv", p)}/${bias ? "bias" : ""}${activation}`, (key) =>
    gpuJs({
      key,
      inputs: bias ? ["x", "w", "bias"] : ["x", "w"],
      constants: constantsOf(p),
      rank: 3,
      source: K(`function (${bias ? "x, w, bias" : "x, w"}) {
  const o = imod(this.thread.z, O);
  const first = idiv(this.thread.z, O) * C + idiv(imod(this.thread.z, O), OG) * CG;
  let sum = ${bias ? "bias[imod(this.thread.z, O)]" : "0.0"};
  for (let c = 0; c < CG; c++) {
    for (let kh = 0; kh < KH; kh++) {
      const ih = this.thread.y * SH + kh * DH - PH;
      if (ih >= 0 && ih < H) {
        for (let kw = 0; kw < KW; kw++) {
          const iw = this.thread.x * SW + kw * DW - PW;
          if (iw >= 0 && iw < W) { sum += x[first + c][ih][iw] * w[o * CG + c][kh][kw]; }
        }
      }
    }
  }
  ${CLAMPED[activation]}
  return sum;
}`),
    }),
  );
  const blocks: GpuBlock[] = [x, w, ...(bias ? [bias] : []), y].map(blockOf);
  rt.dispatch(
    made,
    blocks,
    [],
    [p.ow, p.oh, p.n * p.o],
    [
      inPlanes(x, p.n * p.c, p.h, p.w),
      inPlanes(w, p.o * p.cg, p.kh, p.kw),
      ...(bias ? [{ offset: bias.offset }] : []),
    ],
  );
}

/** dx = ∂⟨g, x ⋆ w⟩ / ∂x: each element asks which outputs it went into. */
export function inputGrad(rt: GpuRuntime, p: Planar, g: View, w: View, dx: View): void {
  const made = program(keyOf("convInputGrad", p), (key) =>
    gpuJs({
      key,
      inputs: ["g", "w"],
      constants: constantsOf(p),
      rank: 3,
      source: K(`function (g, w) {
  const c = imod(imod(this.thread.z, C), CG);
  const first = idiv(imod(this.thread.z, C), CG) * OG;
  const plane = idiv(this.thread.z, C) * O + idiv(imod(this.thread.z, C), CG) * OG;
  let sum = 0.0;
  for (let o = 0; o < OG; o++) {
    for (let kh = 0; kh < KH; kh++) {
      const th = this.thread.y + PH - kh * DH;
      const oh = idiv(Math.max(th, 0), SH);
      if (th >= 0 && oh * SH === th && oh < OH) {
        for (let kw = 0; kw < KW; kw++) {
          const tw = this.thread.x + PW - kw * DW;
          const ow = idiv(Math.max(tw, 0), SW);
          if (tw >= 0 && ow * SW === tw && ow < OW) { sum += g[plane + o][oh][ow] * w[(first + o) * CG + c][kh][kw]; }
        }
      }
    }
  }
  return sum;
}`),
    }),
  );
  rt.dispatch(
    made,
    [g, w, dx].map(blockOf),
    [],
    [p.w, p.h, p.n * p.c],
    [inPlanes(g, p.n * p.o, p.oh, p.ow), inPlanes(w, p.o * p.cg, p.kh, p.kw)],
  );
}

/** Partial sums per image are worth their memory while they are small. */
const PARTIAL_BYTES = 2 ** 24;

/** dw = ∂⟨g, x ⋆ w⟩ / ∂w: a sum per image, then over the images; in one where the sums per image would be large. */
export function weightGrad(rt: GpuRuntime, p: Planar, g: View, x: View, dw: View): void {
  const taps = p.kh * p.kw;
  const perImage = p.n > 1 && 4 * p.n * p.o * p.cg * taps <= PARTIAL_BYTES;
  const images = perImage ? 1 : p.n;
  const made = program(`${keyOf("convWeightGrad", p)}/${images}`, (key) =>
    gpuJs({
      key,
      inputs: ["x", "g"],
      constants: { ...constantsOf(p), N: images },
      rank: 3,
      source: K(`function (x, g) {
  const kh = idiv(this.thread.x, KW);
  const kw = imod(this.thread.x, KW);
  const image = idiv(this.thread.z, O);
  const o = imod(this.thread.z, O);
  const c = idiv(imod(this.thread.z, O), OG) * CG + this.thread.y;
  let sum = 0.0;
  for (let n = 0; n < N; n++) {
    for (let oh = 0; oh < OH; oh++) {
      const ih = oh * SH + kh * DH - PH;
      if (ih >= 0 && ih < H) {
        for (let ow = 0; ow < OW; ow++) {
          const iw = ow * SW + kw * DW - PW;
          if (iw >= 0 && iw < W) { sum += x[(image + n) * C + c][ih][iw] * g[(image + n) * O + o][oh][ow]; }
        }
      }
    }
  }
  return sum;
}`),
    }),
  );
  const sums = perImage ? rt.temporary(4 * p.n * p.o * p.cg * taps, "convWeightGrad") : blockOf(dw);
  rt.dispatch(
    made,
    [blockOf(x), blockOf(g), sums],
    [],
    [taps, p.cg, (perImage ? p.n : 1) * p.o],
    [inPlanes(x, p.n * p.c, p.h, p.w), inPlanes(g, p.n * p.o, p.oh, p.ow)],
  );
  if (!perImage) return;
  const adding = program("gpujs/convWeightGrad/images", (key) =>
    gpuJs({
      key,
      inputs: ["sums"],
      scalars: { n: "Integer", size: "Integer" },
      rank: 1,
      source:
        "function (sums, n, size) { let sum = 0.0; for (let i = 0; i < n; i++) { sum += sums[i * size + this.thread.x]; } return sum; }",
    }),
  );
  const size = p.o * p.cg * taps;
  rt.dispatch(adding, [sums, blockOf(dw)], [p.n, size], size, [{ offset: 0 }]);
}
