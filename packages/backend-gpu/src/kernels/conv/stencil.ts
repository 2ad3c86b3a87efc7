// Depthwise kernels in registers: a thread computes a small tile of one output plane. It reads each source element of
// the tile once, and which products it goes into is known as the kernel is written, so all loops are unrolled.
//
// Forward and input gradient are the same here: an output row h0 + t meets source row base(h0) + offset with weight
// row k, for a list of (t, k, offset). In the gradient only every stride-th row meets one; as tiles begin at multiples
// of the stride, which ones is known too.
import type { Activation } from "@tapegrad/core";
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { activationCode } from "../gemm.ts";
import { type Planar, windowKey } from "./planar.ts";

/** Output row (or column) t of a tile meets weight row k at source row base + offset. */
export interface Term {
  readonly t: number;
  readonly k: number;
  readonly offset: number;
}

/** The terms of one dimension of a forward pass; base(h0) = h0 · stride. */
export function forwardTerms(tile: number, k: number, s: number, p: number, d: number): Term[] {
  const terms: Term[] = [];
  for (let t = 0; t < tile; t++) {
    for (let i = 0; i < k; i++) terms.push({ t, k: i, offset: t * s + i * d - p });
  }
  return terms;
}

/** The terms of one dimension of an input gradient, for a tile that is a multiple of s; base(h0) = h0 / stride. */
export function gradientTerms(tile: number, k: number, s: number, p: number, d: number): Term[] {
  const terms: Term[] = [];
  for (let t = 0; t < tile; t++) {
    for (let i = 0; i < k; i++) {
      const at = t + p - i * d;
      if (at % s === 0) terms.push({ t, k: i, offset: at / s });
    }
  }
  return terms;
}

/** Outputs per thread, down and across: multiples of the strides. */
function tileOf(p: Planar, height: number, width: number): [number, number] {
  const multiple = (most: number, s: number): number => Math.max(1, Math.floor(most / s)) * s;
  const down = p.kh * p.kw > 9 ? 2 : 4;
  return [multiple(Math.min(down, height), p.sh), multiple(Math.min(4, width), p.sw)];
}

/** What the terms read, each once. */
export const offsetsOf = (terms: readonly Term[]): number[] =>
  [...new Set(terms.map((t) => t.offset))].sort((a, b) => a - b);

/** Most outputs, and most products, that are worth the time to compile them. */
const MOST_OUTPUTS = 28;
const MOST_PRODUCTS = 400;
/** Most loads of a tile here, likewise: twice as many take compilers ten times as long. */
const MOST_LOADS = 72;

/**
 * The tile that loads and stores least in all, for processors that play a GPU: those are what takes them long. Tiles
 * that divide the plane win over large ones that stand over its edge.
 * @param termsOf the terms of tiles of a size, down or across
 * @param mostLoads of a tile
 */
export function thriftyTile(
  sizes: readonly [number, number],
  steps: readonly [number, number],
  termsOf: readonly [(tile: number) => Term[], (tile: number) => Term[]],
  mostLoads = Number.POSITIVE_INFINITY,
): [number, number] {
  const choices = ([0, 1] as const).map((d) =>
    Array.from({ length: 8 }, (_, k) => (k + 1) * steps[d])
      .filter((tile) => tile === steps[d] || tile <= Math.min(8, sizes[d]))
      .map((tile) => {
        const terms = termsOf[d](tile);
        const [loads, products] = [offsetsOf(terms).length, terms.length];
        return { tile, loads, products, tiles: Math.ceil(sizes[d] / tile) };
      }),
  );
  let [best, least] = [[steps[0], steps[1]] as [number, number], Number.POSITIVE_INFINITY];
  for (const a of choices[0] ?? []) {
    for (const b of choices[1] ?? []) {
      const [outputs, loads] = [a.tile * b.tile, a.loads * b.loads];
      const cost = a.tiles * b.tiles * (loads + outputs);
      if (cost >= least || outputs > MOST_OUTPUTS || loads > mostLoads) continue;
      if (a.products * b.products > MOST_PRODUCTS) continue;
      [best, least] = [[a.tile, b.tile], cost];
    }
  }
  return best;
}

const MOST_TAPS = 49;

/** Registers and code stay in bounds. */
export function fitsStencil(p: Planar): boolean {
  const [down, across] = tileOf(p, 4, 4);
  return p.kh * p.kw <= MOST_TAPS && down * across <= 16 && p.dw * (p.kw - 1) <= 24;
}

type Pass = "forward" | "inputGrad";

/**
 * The products of one tile, from registers v<column> that are 0 outside of the source. Without branches: these are what
 * takes compilers long. Accumulators are a<t>_<u>, weights k<tap>.
 */
function products(
  rows: readonly Term[],
  columns: readonly Term[],
  kw: number,
  source: { height: number; width: number },
): string {
  const used = offsetsOf(columns);
  const name = (offset: number): string => (offset < 0 ? `m${-offset}` : `${offset}`);
  const inside = used.map(
    (c) => `let ok${name(c)} = column + ${c} >= 0 && column + ${c} < ${source.width};`,
  );
  const blocks = offsetsOf(rows).map((row) => {
    const loads = used.map(
      (c) => `let v${name(c)} = select(0.0, x[u32(at + ${c})], ok && ok${name(c)});`,
    );
    const sums: string[] = [];
    for (const r of rows) {
      if (r.offset !== row) continue;
      for (const c of columns) {
        sums.push(`a${r.t}_${c.t} += v${name(c.offset)} * k${r.k * kw + c.k};`);
      }
    }
    const lines = [
      `let ok = row + ${row} >= 0 && row + ${row} < ${source.height};`,
      `let at = plane + (row + ${row}) * ${source.width} + column;`,
      ...loads,
      ...sums,
    ];
    return `    {\n      ${lines.join("\n      ")}\n    }`;
  });
  return [...inside.map((line) => `    ${line}`), ...blocks].join("\n");
}

/**
 * Runs one pass over all planes.
 * @param blocks source (x or the gradient), weights, bias if there is one, output; all dense
 * @param offsets of source, weights and bias in their buffers
 */
export function stencil(
  rt: GpuRuntime,
  pass: Pass,
  p: Planar,
  blocks: readonly GpuBlock[],
  offsets: readonly number[],
  activation: Activation = "none",
): void {
  const forward = pass === "forward";
  const out = forward ? { height: p.oh, width: p.ow } : { height: p.h, width: p.w };
  const source = forward ? { height: p.h, width: p.w } : { height: p.oh, width: p.ow };
  const terms = forward ? forwardTerms : gradientTerms;
  const inRows = (tile: number): Term[] => terms(tile, p.kh, p.sh, p.ph, p.dh);
  const inColumns = (tile: number): Term[] => terms(tile, p.kw, p.sw, p.pw, p.dw);
  const steps: [number, number] = forward ? [1, 1] : [p.sh, p.sw];
  const [down, across] = rt.info.software
    ? thriftyTile([out.height, out.width], steps, [inRows, inColumns], MOST_LOADS)
    : tileOf(p, out.height, out.width);
  const hasBias = blocks.length === 4;
  const key = `wgsl/depthwise/${pass}/${down}x${across}/${windowKey(p)}/${p.og}/${source.height}x${source.width}>${out.height}x${out.width}/${hasBias ? "bias" : ""}${activation}`;
  const made = program(key, () => {
    const [rows, columns] = [inRows(down), inColumns(across)];
    // Asked for each output only where tiles stand over an edge.
    const inside = (t: number, u: number): string =>
      [
        ...(out.height % down > 0 ? [`h0 + ${t} < ${out.height}`] : []),
        ...(out.width % across > 0 ? [`w0 + ${u} < ${out.width}`] : []),
      ].join(" && ");
    const base = (v: string, s: number) => (forward ? `${v} * ${s}` : `${v} / ${s}`);
    const each = (f: (t: number, u: number) => string): string => {
      const lines: string[] = [];
      for (let t = 0; t < down; t++) for (let u = 0; u < across; u++) lines.push(f(t, u));
      return lines.join("\n  ");
    };
    const taps = p.kh * p.kw;
    const tilesX = Math.ceil(out.width / across);
    const tilesY = Math.ceil(out.height / down);
    const start = hasBias ? "bias[p.ob + z % p.channels]" : "0.0";
    // Output plane z of the forward reads one source plane; of the gradient, one for each multiplied channel.
    const planes = forward ? 1 : p.og;
    const plane = forward ? `z / ${p.og}u` : `z * ${p.og}u + m`;
    const weights = forward ? "z % p.channels" : `(z % p.channels) * ${p.og}u + m`;
    const compute =
      rows.length === 0 || columns.length === 0
        ? ""
        : `
  for (var m = 0u; m < ${planes}u; m++) {
    let plane = i32(p.ox + (${plane}) * ${source.height * source.width}u);
    let first = p.ow + (${weights}) * ${taps}u;
    ${Array.from({ length: taps }, (_, k) => `let k${k} = w[first + ${k}u];`).join(" ")}
${products(rows, columns, p.kw, source)}
  }`;
    return wgsl({
      key,
      inputs: { x: "f32", w: "f32", ...(hasBias ? { bias: "f32" as const } : {}) },
      outputs: { y: "f32" },
      params: { channels: "u32", ox: "u32", ow: "u32", ...(hasBias ? { ob: "u32" as const } : {}) },
      threads: "linear",
      body: `  let z = i / ${tilesX * tilesY}u;
  let h0 = i32((i / ${tilesX}u) % ${tilesY}u) * ${down};
  let w0 = i32(i % ${tilesX}u) * ${across};
  let row = ${base("h0", p.sh)};
  let column = ${base("w0", p.sw)};
  let start = ${start};
  ${each((t, u) => `var a${t}_${u} = start;`)}${compute}
  let to = i32(z * ${out.height * out.width}u) + h0 * ${out.width} + w0;
  ${each((t, u) => {
    const store = `let v = a${t}_${u}; y[u32(to + ${t * out.width + u})] = ${activationCode[activation]};`;
    return inside(t, u) === "" ? `{ ${store} }` : `if (${inside(t, u)}) { ${store} }`;
  })}`,
    });
  });
  const channels = forward ? p.o : p.c;
  const tiles = Math.ceil(out.height / down) * Math.ceil(out.width / across);
  rt.dispatch(made, blocks, [channels, ...offsets], p.n * channels * tiles);
}
