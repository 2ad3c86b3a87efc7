// Pooling of one and two spatial dims in gpu.js. Indices go through memory as floats, exact below 2^24, since gpu.js
// writes nothing else; a NaN may be lost among the maxima, which is why these are not the first choice.
import { type PoolGeometry, type Shape, sizeOf, type View } from "@tapegrad/core";
import { gpuJs } from "../../program/gpu-js.ts";
import { program } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { asFloats, elementwise, temporaryLike } from "../elementwise-wgsl.ts";

const last = (list: readonly number[], back: number, other: number): number =>
  back <= list.length ? (list[list.length - back] as number) : other;

/** Planes of two dims; a 1-D one has height 1. */
function planesOf(shape: Shape): { count: number; height: number; width: number } {
  const space = shape.slice(2);
  const count = (shape[0] as number) * (shape[1] as number);
  return { count, height: last(space, 2, 1), width: last(space, 1, 1) };
}
const sizes = (x: Shape, y: Shape): Record<string, number> => {
  const [p, q] = [planesOf(x), planesOf(y)];
  return { H: p.height, W: p.width, OH: q.height, OW: q.width };
};
const windowOf = (g: PoolGeometry): Record<string, number> => ({
  ...sizes(g.x, g.y),
  ...{ KH: last(g.kernel, 2, 1), KW: last(g.kernel, 1, 1) },
  ...{ SH: last(g.stride, 2, 1), SW: last(g.stride, 1, 1) },
  ...{ PH: last(g.padding, 2, 0), PW: last(g.padding, 1, 0) },
  ...{ DH: last(g.dilation, 2, 1), DW: last(g.dilation, 1, 1) },
});

/** One kernel over the planes of y, reading the planes of x; capitals in the source are the constants. */
function planes(
  rt: GpuRuntime,
  name: string,
  x: View,
  y: View,
  constants: Record<string, number>,
  source: string,
): void {
  const names = new RegExp(`\\b(${Object.keys(constants).join("|")})\\b`, "g");
  const key = `gpujs/pool/${name}/${Object.values(constants).join(",")}`;
  const made = program(key, () =>
    gpuJs({
      key,
      inputs: ["x"],
      constants,
      rank: 3,
      source: source.replace(names, (all) => `this.constants.${all}`),
    }),
  );
  const [from, to] = [planesOf(x.shape), planesOf(y.shape)];
  rt.dispatch(
    made,
    [blockOf(x), blockOf(y)],
    [],
    [to.width, to.height, to.count],
    [{ offset: x.offset, dims: [from.width, from.height, from.count] }],
  );
}

const MAX = (result: string): string => `function (x) {
  let best = -3.4e38;
  let at = 0.0;
  let found = 0.0;
  for (let kh = 0; kh < KH; kh++) {
    const ih = this.thread.y * SH + kh * DH - PH;
    if (ih >= 0 && ih < H) {
      for (let kw = 0; kw < KW; kw++) {
        const iw = this.thread.x * SW + kw * DW - PW;
        if (iw >= 0 && iw < W) {
          const v = x[this.thread.z][ih][iw];
          if (found < 0.5 || v > best) { best = v; at = ih * W + iw; found = 1.0; }
        }
      }
    }
  }
  return ${result};
}`;

export function maxPool(
  rt: GpuRuntime,
  x: View,
  y: View,
  indices: View | undefined,
  g: PoolGeometry,
): void {
  planes(rt, "max", x, y, windowOf(g), MAX("best"));
  if (indices === undefined) return;
  const floats = temporaryLike(rt, { shape: indices.shape, dtype: "float32" }, "maxPool");
  planes(rt, "maxPlace", x, floats, windowOf(g), MAX("at"));
  elementwise(rt, { key: "copy/place", expression: "i32(x0)" }, [floats], indices);
}

export function avgPool(rt: GpuRuntime, x: View, y: View, g: PoolGeometry): void {
  const constants = { ...windowOf(g), PAD: g.countIncludePad ? 1 : 0 };
  planes(
    rt,
    "avg",
    x,
    y,
    constants,
    `function (x) {
  ${sides("this.thread.y", "this.thread.x")}
  let sum = 0.0;
  for (let kh = 0; kh < KH; kh++) {
    const ih = this.thread.y * SH + kh - PH;
    if (ih >= 0 && ih < H) {
      for (let kw = 0; kw < KW; kw++) {
        const iw = this.thread.x * SW + kw - PW;
        if (iw >= 0 && iw < W) { sum += x[this.thread.z][ih][iw]; }
      }
    }
  }
  return sum / (down * across);
}`,
  );
}

/** What counts of the window at output (oh, ow): `down` rows and `across` columns. */
const sides = (oh: string, ow: string): string => `
  let down = Math.min(${oh} * SH - PH + KH, H + PH) - (${oh} * SH - PH);
  if (PAD === 0) { down = Math.min(${oh} * SH - PH + KH, H) - Math.max(${oh} * SH - PH, 0); }
  let across = Math.min(${ow} * SW - PW + KW, W + PW) - (${ow} * SW - PW);
  if (PAD === 0) { across = Math.min(${ow} * SW - PW + KW, W) - Math.max(${ow} * SW - PW, 0); }`;

export function avgPoolGrad(rt: GpuRuntime, g: View, dx: View, geometry: PoolGeometry): void {
  const constants = { ...windowOf(geometry), PAD: geometry.countIncludePad ? 1 : 0 };
  planes(
    rt,
    "avgGrad",
    g,
    dx,
    constants,
    `function (x) {
  let sum = 0.0;
  for (let kh = 0; kh < KH; kh++) {
    const th = this.thread.y + PH - kh;
    const oh = idiv(Math.max(th, 0), SH);
    if (th >= 0 && oh * SH === th && oh < OH) {
      for (let kw = 0; kw < KW; kw++) {
        const tw = this.thread.x + PW - kw;
        const ow = idiv(Math.max(tw, 0), SW);
        if (tw >= 0 && ow * SW === tw && ow < OW) {
          ${sides("oh", "ow")}
          sum += x[this.thread.z][oh][ow] / (down * across);
        }
      }
    }
  }
  return sum;
}`,
  );
}

const ENDS = `
  const top = idiv(OY * H, OH);
  const bottom = idiv((OY + 1) * H + OH - 1, OH);
  const left = idiv(OX * W, OW);
  const right = idiv((OX + 1) * W + OW - 1, OW);`;

export function adaptiveAvgPool(rt: GpuRuntime, x: View, y: View): void {
  planes(
    rt,
    "adaptive",
    x,
    y,
    sizes(x.shape, y.shape),
    `function (x) {
  ${ENDS.replaceAll("OY", "this.thread.y").replaceAll("OX", "this.thread.x")}
  let sum = 0.0;
  for (let h = 0; h < H; h++) {
    if (h >= top && h < bottom) {
      for (let w = 0; w < W; w++) { if (w >= left && w < right) { sum += x[this.thread.z][h][w]; } }
    }
  }
  return sum / ((bottom - top) * (right - left));
}`,
  );
}

export function adaptiveAvgPoolGrad(rt: GpuRuntime, g: View, dx: View): void {
  planes(
    rt,
    "adaptiveGrad",
    g,
    dx,
    sizes(dx.shape, g.shape),
    `function (x) {
  let sum = 0.0;
  for (let oh = 0; oh < OH; oh++) {
    for (let ow = 0; ow < OW; ow++) {
      ${ENDS.replaceAll("OY", "oh").replaceAll("OX", "ow")}
      if (this.thread.y >= top && this.thread.y < bottom && this.thread.x >= left && this.thread.x < right) {
        sum += x[this.thread.z][oh][ow] / ((bottom - top) * (right - left));
      }
    }
  }
  return sum;
}`,
  );
}

const planeSize = (v: View): number => sizeOf(v.shape.slice(2));
const planeCount = (v: View): number => (v.shape[0] as number) * (v.shape[1] as number);

export function planeGather(rt: GpuRuntime, x: View, indices: View, y: View): void {
  const made = program("gpujs/pool/planeGather", (key) =>
    gpuJs({
      key,
      inputs: ["x", "places"],
      rank: 2,
      source:
        "function (x, places) { return x[this.thread.y][places[this.thread.y][this.thread.x]]; }",
    }),
  );
  const places = asFloats(rt, indices);
  const [large, small, count] = [planeSize(x), planeSize(y), planeCount(y)];
  rt.dispatch(
    made,
    [blockOf(x), blockOf(places), blockOf(y)],
    [],
    [small, count, 1],
    [
      { offset: x.offset, dims: [large, count] },
      { offset: 0, dims: [small, count] },
    ],
  );
}

/** Each element looks for what goes to it. */
export function planeScatter(rt: GpuRuntime, g: View, indices: View, dx: View): void {
  const made = program("gpujs/pool/planeScatter", (key) =>
    gpuJs({
      key,
      inputs: ["g", "places"],
      scalars: { size: "Integer" },
      rank: 2,
      source: `function (g, places, size) {
  let sum = 0.0;
  for (let j = 0; j < size; j++) {
    if (places[this.thread.y][j] === this.thread.x) { sum += g[this.thread.y][j]; }
  }
  return sum;
}`,
    }),
  );
  const places = asFloats(rt, indices);
  const [large, small, count] = [planeSize(dx), planeSize(g), planeCount(g)];
  rt.dispatch(
    made,
    [blockOf(g), blockOf(places), blockOf(dx)],
    [small],
    [large, count, 1],
    [
      { offset: g.offset, dims: [small, count] },
      { offset: 0, dims: [small, count] },
    ],
  );
}
