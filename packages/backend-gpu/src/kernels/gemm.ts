// The fast product of matrices, hand-written: a workgroup computes a tile of y, step by step along k. It brings both
// slices into shared memory, and each thread multiplies 4 rows with 4 columns out of registers. Operands may have any
// strides; how the threads share the loading is chosen so that neighbours read neighbours.
//
// Few tiles and a long k (gradients of weights) would leave most of the device idle: then k is cut into parts, which a
// second kernel adds up in order.
import type { Activation } from "@tapegrad/core";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program } from "../registry.ts";
import type { GpuBlock, GpuRuntime } from "../runtime/runtime.ts";
import { canQuads, fitsQuads, quads } from "./gemm-quads.ts";
import { registerGroups, registerProgram } from "./gemm-registers.ts";
import { isThin, thinProgram } from "./gemm-thin.ts";

/** A matrix per batch item, in elements. */
export interface Matrix {
  readonly block: GpuBlock;
  readonly offset: number;
  /** From one row to the next, from one column to the next. */
  readonly row: number;
  readonly column: number;
  /** From one batch item to the next, for each of the batch's dims. */
  readonly steps: readonly number[];
}

/** Tiles in shared memory, registers alone (a thread an element where a side is thin), or quads that swap what they read. */
export type GemmWay = "tiled" | "registers" | "quads";

/** Processors that play a GPU pay for barriers, and for each load. */
export function preferredWay(rt: GpuRuntime, g: Gemm): GemmWay {
  if (!rt.info.software) return "tiled";
  return canQuads(rt) && fitsQuads(g) ? "quads" : "registers";
}

export interface Gemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Up to three dims. */
  readonly batch: readonly number[];
  readonly a: Matrix;
  readonly b: Matrix;
  /** Written without gaps: m × n per batch item, from `offset` on. */
  readonly y: { readonly block: GpuBlock; readonly offset: number };
  readonly bias?: {
    readonly block: GpuBlock;
    readonly offset: number;
    /** One number for each row of y, or for each column. */
    readonly per: "row" | "column";
  };
  readonly activation?: Activation;
  /** Quads alone: so many products are added up, each a step further in a and in b. */
  readonly sum?: { readonly count: number; readonly a: number; readonly b: number };
}

const STEP = 16; // of k
const RANK = 3;

export const activationCode: Readonly<Record<Activation, string>> = {
  none: "v",
  relu: "select(v, 0.0, v < 0.0)",
  relu6: "select(select(v, 0.0, v < 0.0), 6.0, v > 6.0)",
};

/** WGSL that brings a slice of TILE × STEP into shared memory as [k][row]. */
function load(name: "a" | "b", tile: number, threads: number, alongK: boolean): string {
  const [first, size] = name === "a" ? ["row0", "p.m"] : ["column0", "p.n"];
  const [outer, inner] = name === "a" ? ["p.ar", "p.ac"] : ["p.bc", "p.br"];
  const lines: string[] = [];
  for (let t = 0; t < (tile * STEP) / threads; t++) {
    const e = `e_${name}${t}`;
    lines.push(`    let ${e} = lane + ${t * threads}u;`);
    const along = alongK ? `${e} % ${STEP}u` : `${e} / ${tile}u`;
    const across = alongK ? `${e} / ${STEP}u` : `${e} % ${tile}u`;
    lines.push(`    let k_${name}${t} = ${along}; let r_${name}${t} = ${across};`);
    lines.push(`    var v_${name}${t} = 0.0;`);
    lines.push(
      `    if (${first} + r_${name}${t} < ${size} && k0 + k_${name}${t} < last) { v_${name}${t} = ${name}[at_${name} + (${first} + r_${name}${t}) * ${outer} + (k0 + k_${name}${t}) * ${inner}]; }`,
    );
    lines.push(`    part_${name}[k_${name}${t} * ${tile + 4}u + r_${name}${t}] = v_${name}${t};`);
  }
  return lines.join("\n");
}

/** The numbers of both kernels. */
export const GEMM_PARAMS: Readonly<Record<string, WgslType>> = {
  m: "u32",
  n: "u32",
  k: "u32",
  tiles_m: "u32",
  tiles_n: "u32",
  parts: "u32",
  part: "u32",
  oa: "u32",
  ar: "u32",
  ac: "u32",
  ob: "u32",
  br: "u32",
  bc: "u32",
  oy: "u32",
  obias: "u32",
  n1: "u32",
  n2: "u32",
  as0: "u32",
  as1: "u32",
  as2: "u32",
  bs0: "u32",
  bs1: "u32",
  bs2: "u32",
};

/** What is baked into a kernel. */
export interface GemmForm {
  readonly tile: number;
  readonly aAlongK: boolean;
  readonly bAlongK: boolean;
  readonly bias: "row" | "column" | "none";
  readonly activation: Activation;
  /** Writes parts of sums, to be added up. */
  readonly split: boolean;
}

function tileProgram(key: string, form: GemmForm) {
  const { tile, aAlongK, bAlongK, bias, activation, split } = form;
  const side = tile / 4; // threads along one side
  const threads = side * side;
  const store: string[] = [];
  for (let i = 0; i < 4; i++) {
    store.push(`  {
    let row = row0 + ty * 4u + ${i}u;
    if (row < p.m) {
      for (var j = 0u; j < 4u; j++) {
        let column = column0 + tx * 4u + j;
        if (column < p.n) {
          let v = acc${i}[j]${bias === "none" ? "" : ` + bias[p.obias + ${bias}]`};
          y[out_at + row * p.n + column] = ${activationCode[activation]};
        }
      }
    }
  }`);
  }
  return wgsl({
    key,
    inputs: { a: "f32", b: "f32", ...(bias === "none" ? {} : { bias: "f32" as const }) },
    outputs: { y: "f32" },
    params: GEMM_PARAMS,
    threads: "groups",
    workgroup: [threads, 1, 1],
    head: `var<workgroup> part_a : array<f32, ${STEP * (tile + 4)}>;
var<workgroup> part_b : array<f32, ${STEP * (tile + 4)}>;`,
    body: `  let column0 = (item % p.tiles_n) * ${tile}u;
  var rest = item / p.tiles_n;
  let row0 = (rest % p.tiles_m) * ${tile}u;
  rest = rest / p.tiles_m;
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2;
  let at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  let tx = lane % ${side}u;
  let ty = lane / ${side}u;
  var acc0 = vec4<f32>(); var acc1 = vec4<f32>(); var acc2 = vec4<f32>(); var acc3 = vec4<f32>();
  for (var k0 = begin; k0 < last; k0 += ${STEP}u) {
${load("a", tile, threads, aAlongK)}
${load("b", tile, threads, bAlongK)}
    workgroupBarrier();
    for (var q = 0u; q < ${STEP}u; q++) {
      let fa = q * ${tile + 4}u + ty * 4u;
      let fb = q * ${tile + 4}u + tx * 4u;
      let v = vec4<f32>(part_b[fb], part_b[fb + 1u], part_b[fb + 2u], part_b[fb + 3u]);
      acc0 += part_a[fa] * v;
      acc1 += part_a[fa + 1u] * v;
      acc2 += part_a[fa + 2u] * v;
      acc3 += part_a[fa + 3u] * v;
    }
    workgroupBarrier();
  }
  let out_at = p.oy + ${split ? "(batch * p.parts + part)" : "batch"} * p.m * p.n;
${store.join("\n")}`,
  });
}

/** Adds up the parts of each batch item, in order. */
function sumProgram(key: string, bias: GemmForm["bias"], activation: Activation) {
  const at = bias === "row" ? "(i / p.n) % p.m" : "i % p.n";
  return wgsl({
    key,
    inputs: { parts: "f32", ...(bias === "none" ? {} : { bias: "f32" as const }) },
    outputs: { y: "f32" },
    params: { m: "u32", n: "u32", parts: "u32", oy: "u32", obias: "u32" },
    threads: "linear",
    body: `  let each = p.m * p.n;
  var at = i / each * p.parts * each + i % each;
  var v = ${bias === "none" ? "0.0" : `bias[p.obias + ${at}]`};
  for (var k = 0u; k < p.parts; k++) { v += parts[at]; at += each; }
  y[p.oy + i] = ${activationCode[activation]};`,
  });
}

/** y = activation(the sum of the parts + bias), for parts that follow each other for each item of the batch. */
export function sumParts(rt: GpuRuntime, g: Gemm, sums: GpuBlock, parts: number, items: number) {
  const { m, n, y, bias, activation = "none" } = g;
  const per = bias === undefined ? "none" : bias.per;
  const adder = program(`wgsl/matmul/sum/${per}/${activation}`, (name) =>
    sumProgram(name, per, activation),
  );
  rt.dispatch(
    adder,
    bias === undefined ? [sums, y.block] : [sums, bias.block, y.block],
    [m, n, parts, y.offset, bias?.offset ?? 0],
    items * m * n,
  );
}

/** The batch as three dims: how many items, the sizes, and the steps of a matrix from item to item. */
export function batchOf({ batch }: Gemm) {
  const three = (list: readonly number[], other: number): number[] => [
    ...new Array<number>(RANK - list.length).fill(other),
    ...list,
  ];
  return {
    items: batch.reduce((p, s) => p * s, 1),
    sizes: three(batch, 1),
    steps: (v: Matrix): number[] => three(v.steps, 0),
  };
}

/** How a product is cut: tile by tile, and along k. */
interface Plan {
  readonly tile: number;
  readonly parts: number;
}

/** Tiles of workgroups that keep a device busy, and the k that is worth a part. */
const BUSY = 256;
const PART = 256;

function planTiles(tilesOf: (tile: number) => number, { m, n, k }: Gemm): Plan {
  // Small tiles where large ones would be mostly margin, or too few.
  const tile = m <= 32 || n <= 32 || tilesOf(64) < BUSY / 4 ? 32 : 64;
  const tiles = tilesOf(tile);
  const parts = 2 * tiles > BUSY ? 1 : Math.min(Math.floor(BUSY / tiles), Math.floor(k / PART), 64);
  return { tile, parts: Math.max(1, parts) };
}

/** Threads of registers: some hundred are enough. */
function planRegisters(tilesOf: (tile: number) => number, { m, n, k }: Gemm): Plan {
  const tile = m >= 8 && n >= 8 && tilesOf(8) >= 128 ? 8 : 4;
  const tiles = tilesOf(tile);
  const parts = Math.min(Math.floor(BUSY / tiles), Math.floor(k / PART), 64);
  return { tile, parts: Math.max(1, parts) };
}

/** A thread for each element: some are enough. */
function planThin(items: number, { m, n, k }: Gemm): Plan {
  const parts = Math.min(Math.ceil(BUSY / 4 / (m * n * items)), Math.floor(k / PART));
  return { tile: 1, parts: Math.max(1, parts) };
}

const PROGRAMS = { tiled: tileProgram, registers: registerProgram, thin: thinProgram } as const;

/**
 * y = activation(a · b + bias) for each batch item.
 * @param way tiles in shared memory, or registers alone
 */
export function gemm(rt: GpuRuntime, g: Gemm, way: GemmWay = preferredWay(rt, g)): void {
  if (way === "quads") {
    quads(rt, g);
    return;
  }
  const { m, n, k, a, b, y, bias, activation = "none" } = g;
  const { items, sizes, steps } = batchOf(g);
  const tilesOf = (tile: number): number => Math.ceil(m / tile) * Math.ceil(n / tile) * items;
  const tiled = way === "tiled";
  const kind = tiled ? "tiled" : isThin(g) ? "thin" : "registers";
  const { tile, parts } =
    kind === "thin" ? planThin(items, g) : (tiled ? planTiles : planRegisters)(tilesOf, g);
  const tiles = tilesOf(tile);
  const part = parts === 1 ? k : Math.ceil(k / parts / STEP) * STEP;
  const split = parts > 1;
  const per = bias === undefined ? "none" : bias.per;
  const form: GemmForm = {
    tile,
    aAlongK: tiled && a.column === 1,
    bAlongK: tiled && b.column !== 1 && b.row === 1,
    bias: split ? "none" : per,
    activation: split ? "none" : activation,
    split,
  };
  const lies = tiled ? `${form.aAlongK ? "k" : "m"}${form.bAlongK ? "k" : "n"}` : "";
  const key = `wgsl/matmul/${kind}${tile}${lies}/${form.bias}/${form.activation}${split ? "/parts" : ""}`;
  const made = program(key, (name) => PROGRAMS[kind](name, form));
  const sums = split ? rt.temporary(4 * items * parts * m * n, "matmul") : undefined;
  const blocks = [a.block, b.block];
  if (form.bias !== "none" && bias !== undefined) blocks.push(bias.block);
  blocks.push(sums ?? y.block);
  rt.dispatch(
    made,
    blocks,
    [
      m,
      n,
      k,
      Math.ceil(m / tile),
      Math.ceil(n / tile),
      parts,
      part,
      ...[a.offset, a.row, a.column],
      ...[b.offset, b.row, b.column],
      sums === undefined ? y.offset : 0,
      form.bias === "none" ? 0 : (bias?.offset ?? 0),
      ...sizes.slice(1),
      ...steps(a),
      ...steps(b),
    ],
    (kind === "registers"
      ? items * registerGroups(Math.ceil(m / tile), Math.ceil(n / tile))
      : tiles) * parts,
  );
  if (sums !== undefined) sumParts(rt, g, sums, parts, items);
}
