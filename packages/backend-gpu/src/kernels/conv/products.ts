// Dense and grouped convolution as products of matrices: the patches that the kernel sees are laid out as columns
// [C·K, positions], a few images at a time; a 1 × 1 kernel of stride 1 reads the image itself. Groups are a dimension of
// the batch.
import type { Activation, View } from "@tapegrad/core";
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { elementwise } from "../elementwise-wgsl.ts";
import { activationCode, gemm } from "../gemm.ts";
import { canQuads, fitsQuads } from "../gemm-quads.ts";
import { addParts } from "./add-parts.ts";
import { type Planar, windowKey } from "./planar.ts";

/** Columns beyond this are made in several turns. */
const MOST_BYTES = 2 ** 26;

interface Place {
  readonly block: GpuBlock;
  readonly offset: number;
}
const placeOf = (v: View): Place => ({ block: blockOf(v), offset: v.offset });

interface Sizes {
  readonly groups: number;
  /** Rows of the columns of one group, and of one image. */
  readonly depth: number;
  readonly rows: number;
  readonly positions: number;
  readonly isPointwise: boolean;
  /** Images that share one run. */
  readonly images: number;
}

function sizesOf(p: Planar): Sizes {
  const taps = p.kh * p.kw;
  const positions = p.oh * p.ow;
  const isPointwise = taps * p.sh * p.sw === 1 && p.ph === 0 && p.pw === 0;
  const bytes = 4 * p.c * taps * positions;
  const images = isPointwise ? p.n : Math.max(1, Math.min(p.n, Math.floor(MOST_BYTES / bytes)));
  return {
    ...{ groups: p.c / p.cg, depth: p.cg * taps, rows: p.c * taps, positions },
    ...{ isPointwise, images },
  };
}

/** Whether the tiles of the products fill: else a thread per result does it. */
export const suitsProducts = (p: Planar): boolean => {
  const { depth, positions } = sizesOf(p);
  return p.og >= 4 && depth >= 8 && positions >= 4;
};

/** columns[image, c·K + tap, position] = x at what tap sees from position; zeros in the padding. */
function toColumns(rt: GpuRuntime, p: Planar, x: Place, columns: GpuBlock, images: number): void {
  const key = `wgsl/columns/${windowKey(p)}/${p.h}x${p.w}>${p.oh}x${p.ow}`;
  const made = program(key, () =>
    wgsl({
      key,
      inputs: { x: "f32" },
      outputs: { y: "f32" },
      params: { ox: "u32" },
      threads: "linear",
      body: `  let ow = i % ${p.ow}u;
  let oh = (i / ${p.ow}u) % ${p.oh}u;
  let tap = (i / ${p.ow * p.oh}u) % ${p.kh * p.kw}u;
  let plane = i / ${p.ow * p.oh * p.kh * p.kw}u;
  let h = i32(oh) * ${p.sh} + i32(tap / ${p.kw}u) * ${p.dh} - ${p.ph};
  let w = i32(ow) * ${p.sw} + i32(tap % ${p.kw}u) * ${p.dw} - ${p.pw};
  let inside = h >= 0 && h < ${p.h} && w >= 0 && w < ${p.w};
  y[i] = select(0.0, x[p.ox + plane * ${p.h * p.w}u + u32(h * ${p.w} + w)], inside);`,
    }),
  );
  const { rows, positions } = sizesOf(p);
  rt.dispatch(made, [x.block, columns], [x.offset], images * rows * positions);
}

/** x = the sum of all columns at the places they were read from: each element asks for them. */
function fromColumns(rt: GpuRuntime, p: Planar, columns: GpuBlock, x: Place, images: number): void {
  const key = `wgsl/columns/back/${windowKey(p)}/${p.h}x${p.w}>${p.oh}x${p.ow}`;
  const made = program(key, () =>
    wgsl({
      key,
      inputs: { columns: "f32" },
      outputs: { y: "f32" },
      params: { ox: "u32" },
      threads: "linear",
      body: `  let w = i32(i % ${p.w}u);
  let h = i32((i / ${p.w}u) % ${p.h}u);
  let first = i / ${p.w * p.h}u * ${p.kh * p.kw}u;
  var sum = 0.0;
  for (var kh = 0; kh < ${p.kh}; kh++) {
    let th = h + ${p.ph} - kh * ${p.dh};
    if (th < 0 || th % ${p.sh} != 0 || th / ${p.sh} >= ${p.oh}) { continue; }
    for (var kw = 0; kw < ${p.kw}; kw++) {
      let tw = w + ${p.pw} - kw * ${p.dw};
      if (tw < 0 || tw % ${p.sw} != 0 || tw / ${p.sw} >= ${p.ow}) { continue; }
      let row = first + u32(kh * ${p.kw} + kw);
      sum += columns[row * ${p.oh * p.ow}u + u32(th / ${p.sh} * ${p.ow} + tw / ${p.sw})];
    }
  }
  y[p.ox + i] = sum;`,
    }),
  );
  rt.dispatch(made, [columns, x.block], [x.offset], images * p.c * p.h * p.w);
}

/** Calls `run` with a few images at a time: the first of them, and how many. */
function eachTurn(p: Planar, run: (first: number, images: number) => void): void {
  const { images } = sizesOf(p);
  for (let first = 0; first < p.n; first += images) run(first, Math.min(images, p.n - first));
}

const from = (place: Place, elements: number): Place => ({
  block: place.block,
  offset: place.offset + elements,
});

/** The columns of some images: x itself for a 1 × 1 kernel. */
function columnsOf(rt: GpuRuntime, p: Planar, x: View, first: number, images: number): Place {
  const { isPointwise, rows, positions } = sizesOf(p);
  const source = from(placeOf(x), first * p.c * p.h * p.w);
  if (isPointwise) return source;
  const block = rt.temporary(4 * images * rows * positions, "conv");
  toColumns(rt, p, source, block, images);
  return { block, offset: 0 };
}

export function forwardByProducts(
  rt: GpuRuntime,
  p: Planar,
  x: View,
  w: View,
  bias: View | undefined,
  y: View,
  activation: Activation,
): void {
  const { groups, depth, rows, positions } = sizesOf(p);
  // A bias of the product's rows is the same for each item of the batch: groups have theirs added afterwards.
  const inside = groups === 1;
  eachTurn(p, (first, images) => {
    const columns = columnsOf(rt, p, x, first, images);
    gemm(rt, {
      ...{ m: p.og, n: positions, k: depth, batch: [images, groups] },
      a: { ...placeOf(w), row: depth, column: 1, steps: [0, p.og * depth] },
      b: {
        ...columns,
        ...{ row: positions, column: 1, steps: [rows * positions, depth * positions] },
      },
      y: from(placeOf(y), first * p.o * positions),
      activation: inside ? activation : "none",
      ...(bias && inside ? { bias: { ...placeOf(bias), per: "row" as const } } : {}),
    });
  });
  if (inside || (bias === undefined && activation === "none")) return;
  const sum = bias ? "(x0 + x1)" : "x0";
  const expression = activationCode[activation].replace(/\bv\b/g, sum);
  const perChannel = bias && {
    ...bias,
    storage: bias.storage,
    ...{ shape: [p.o, 1, 1], strides: [bias.strides[0] as number, 0, 0] },
  };
  const planes = {
    ...y,
    storage: y.storage,
    ...{ shape: [p.n, p.o, p.oh, p.ow], strides: [p.o * positions, positions, p.ow, 1] },
  };
  const key = `conv/after/${bias ? "bias" : ""}${activation}`;
  elementwise(rt, { key, expression }, perChannel ? [planes, perChannel] : [planes], planes);
}

export function inputGradByProducts(rt: GpuRuntime, p: Planar, g: View, w: View, dx: View): void {
  const { groups, depth, rows, positions, isPointwise } = sizesOf(p);
  eachTurn(p, (first, images) => {
    const to = from(placeOf(dx), first * p.c * p.h * p.w);
    const columns: Place = isPointwise
      ? to
      : { block: rt.temporary(4 * images * rows * positions, "convInputGrad"), offset: 0 };
    gemm(rt, {
      ...{ m: depth, n: positions, k: p.og, batch: [images, groups] },
      a: { ...placeOf(w), row: 1, column: depth, steps: [0, p.og * depth] },
      b: {
        ...from(placeOf(g), first * p.o * positions),
        ...{ row: positions, column: 1, steps: [p.o * positions, p.og * positions] },
      },
      y: columns,
    });
    if (!isPointwise) fromColumns(rt, p, columns.block, to, images);
  });
}

/** A product per image, or of all images of a turn; the results are added up in order. */
export function weightGradByProducts(rt: GpuRuntime, p: Planar, g: View, x: View, dw: View): void {
  const { groups, depth, rows, positions, images } = sizesOf(p);
  const size = p.o * depth;
  const shape = { m: p.og, n: depth, k: positions };
  const adds = rt.info.software && canQuads(rt) && fitsQuads(shape);
  const results = adds ? Math.ceil(p.n / images) : p.n;
  const sums = results === 1 ? undefined : rt.temporary(4 * results * size, "convWeightGrad");
  const [imageOfG, imageOfX] = [p.o * positions, rows * positions];
  const [groupOfG, groupOfX] = [p.og * positions, depth * positions];
  eachTurn(p, (first, count) => {
    const a = { ...from(placeOf(g), first * imageOfG), row: positions, column: 1 };
    const b = { ...columnsOf(rt, p, x, first, count), row: 1, column: positions };
    const result = adds ? Math.floor(first / images) : first;
    const y = sums === undefined ? placeOf(dw) : { block: sums, offset: result * size };
    gemm(
      rt,
      adds
        ? {
            ...{ ...shape, y, batch: [groups], sum: { count, a: imageOfG, b: imageOfX } },
            ...{ a: { ...a, steps: [groupOfG] }, b: { ...b, steps: [groupOfX] } },
          }
        : {
            ...{ ...shape, y, batch: [count, groups] },
            a: { ...a, steps: [imageOfG, groupOfG] },
            b: { ...b, steps: [imageOfX, groupOfX] },
          },
      adds ? "quads" : undefined,
    );
  });
  if (sums !== undefined) addParts(rt, sums, blockOf(dw), results, size);
}
