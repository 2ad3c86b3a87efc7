// matmul: [..., m, k] × [..., k, n], strided, batch dims repeated with stride 0.
import { type Activation, sizeOf, type View } from "@tapegrad/core";
import { isFresh, type Walk, walk } from "../layout.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { indexCall } from "../program/integers.ts";
import { wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { dense } from "./elementwise-wgsl.ts";
import { type Gemm, type GemmWay, gemm, type Matrix } from "./gemm.ts";
import { fitsQuads } from "./gemm-quads.ts";
import { isThin } from "./gemm-thin.ts";

/** A product with at most one batch dimension left. */
interface Product {
  readonly a: View;
  readonly b: View;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: Walk;
}

const last = (v: View, back: number, of: readonly number[] = v.strides): number =>
  of[of.length - back] as number;

const batchWalk = (a: View, b: View, y: View): Walk =>
  walk(y.shape.slice(0, -2), a.strides.slice(0, -2), b.strides.slice(0, -2));

function productOf(rt: GpuRuntime, a: View, b: View, y: View): Product {
  let [p, q] = [a, b];
  // Batch dims that cannot be walked as three: rare, and then a copy is cheap beside the product.
  if (batchWalk(p, q, y).sizes.length > 3) [p, q] = [dense(rt, p), dense(rt, q)];
  return {
    a: p,
    b: q,
    m: last(y, 2, y.shape),
    n: last(y, 1, y.shape),
    k: last(a, 1, a.shape),
    batch: batchWalk(p, q, y),
  };
}

/** Products that fill tiles; smaller ones are one thread an element. */
const fillsTiles = (a: View, y: View): boolean => {
  const [m, n, k] = [last(y, 2, y.shape), last(y, 1, y.shape), last(a, 1, a.shape)];
  return m >= 8 && n >= 8 && k >= 8 && m * n * k >= 1 << 14;
};

/** Worth a kernel of its own. */
const LONG = 64;
const isLongAndThin = (a: View, y: View): boolean =>
  last(a, 1, a.shape) >= LONG && isThin({ m: last(y, 2, y.shape), n: last(y, 1, y.shape) });

/** The tiled product on views. */
function tiled(
  rt: GpuRuntime,
  a: View,
  b: View,
  y: View,
  bias?: View,
  activation: Activation = "none",
  way?: GemmWay,
): void {
  const { a: p, b: q, m, n, k, batch } = productOf(rt, a, b, y);
  const matrix = (v: View, steps: readonly number[]): Matrix => ({
    block: blockOf(v),
    offset: v.offset,
    row: last(v, 2),
    column: last(v, 1),
    steps,
  });
  const [as, bs] = batch.steps as [number[], number[]];
  const product: Gemm = {
    m,
    n,
    k,
    batch: batch.sizes,
    a: matrix(p, as),
    b: matrix(q, bs),
    y: { block: blockOf(y), offset: y.offset },
    activation,
    ...(bias === undefined
      ? {}
      : { bias: { block: blockOf(bias), offset: bias.offset, per: "column" as const } }),
  };
  gemm(rt, product, way);
}

const takesBias = (a: View, _b: View, bias: View | undefined): boolean =>
  a.dtype === "float32" && (bias === undefined || bias.contiguous);

type WithBias = [View, View, View | undefined, View, Activation];

/** For quads of threads, whose margins overlap. */
const fillsQuads = (a: View, y: View): boolean =>
  fitsQuads({ m: last(y, 2, y.shape), n: last(y, 1, y.shape), k: last(a, 1, a.shape) });

export const matmulBias = slot<WithBias>("matmulBias", [
  {
    name: "wgsl quads",
    on: "software",
    needs: "subgroups",
    takes: (a, b, bias, y) => takesBias(a, b, bias) && fillsQuads(a, y),
    run: (rt, a, b, bias, y, activation) => tiled(rt, a, b, y, bias, activation, "quads"),
  },
  {
    name: "wgsl registers",
    on: "software",
    takes: takesBias,
    run: (rt, a, b, bias, y, activation) => tiled(rt, a, b, y, bias, activation, "registers"),
  },
  {
    name: "wgsl tiled",
    takes: takesBias,
    run: (rt, a, b, bias, y, activation) => tiled(rt, a, b, y, bias, activation, "tiled"),
  },
]);

export const matmul = slot<[View, View, View]>("matmul", [
  {
    name: "wgsl quads",
    on: "software",
    needs: "subgroups",
    takes: (a, _b, y) => a.dtype === "float32" && fillsQuads(a, y),
    suits: (a, _b, y) => fillsTiles(a, y),
    run: (rt, a, b, y) => tiled(rt, a, b, y, undefined, "none", "quads"),
  },
  {
    name: "wgsl registers",
    on: "software",
    takes: (a) => a.dtype === "float32",
    suits: (a, _b, y) => fillsTiles(a, y) || isLongAndThin(a, y),
    run: (rt, a, b, y) => tiled(rt, a, b, y, undefined, "none", "registers"),
  },
  {
    name: "wgsl tiled",
    takes: (a) => a.dtype === "float32",
    suits: (a, _b, y) => fillsTiles(a, y),
    run: (rt, a, b, y) => tiled(rt, a, b, y, undefined, "none", "tiled"),
  },
  {
    name: "gpujs",
    takes: (a, _b, y) =>
      a.dtype === "float32" && isFresh(y) && batchWalk(a, _b, y).sizes.length <= 3,
    run(rt, a, b, y) {
      const { m, n, k, batch } = productOf(rt, a, b, y);
      const rank = batch.sizes.length;
      const made = program(`gpujs/matmul/${rank}`, (key) => {
        const scalars: Record<string, "Integer"> = { k: "Integer" };
        for (let d = 1; d < rank; d++) scalars[`n${d}`] = "Integer";
        for (const v of ["a", "b"]) {
          scalars[`${v}r`] = "Integer";
          scalars[`${v}c`] = "Integer";
          for (let d = 0; d < rank; d++) scalars[`${v}s${d}`] = "Integer";
        }
        const at = (v: string, row: string, column: string): string =>
          `${v}[${indexCall("this.thread.z", rank, `${v}s`)} + ${row} * ${v}r + ${column} * ${v}c]`;
        return gpuJs({
          key,
          inputs: ["a", "b"],
          scalars,
          rank: 3,
          source: `function (${["a", "b", ...Object.keys(scalars)].join(", ")}) {
  let sum = 0.0;
  for (let i = 0; i < k; i++) { sum += ${at("a", "this.thread.y", "i")} * ${at("b", "i", "this.thread.x")}; }
  return sum;
}`,
        });
      });
      const [as, bs] = batch.steps as [number[], number[]];
      rt.dispatch(
        made,
        [blockOf(a), blockOf(b), blockOf(y)],
        [k, ...batch.sizes.slice(1), last(a, 2), last(a, 1), ...as, last(b, 2), last(b, 1), ...bs],
        [n, m, sizeOf(y.shape.slice(0, -2))],
        [{ offset: a.offset }, { offset: b.offset }],
      );
    },
  },
  {
    name: "wgsl one thread an element",
    run(rt, a, b, y) {
      const product = productOf(rt, a, b, y);
      const { m, n, k, batch } = product;
      const type = wgslType(a.dtype);
      const made = program(`wgsl/matmul/${type}/${batch.sizes.length}`, (key) => {
        const rank = batch.sizes.length;
        const params: Record<string, "u32"> = { m: "u32", n: "u32", k: "u32", oy: "u32" };
        for (const v of ["a", "b"]) {
          for (const f of ["o", "r", "c"]) params[`${v}${f}`] = "u32";
          for (let d = 0; d < rank; d++) params[`${v}s${d}`] = "u32";
        }
        for (let d = 1; d < rank; d++) params[`n${d}`] = "u32";
        const lines: string[] = [];
        for (let d = rank - 1; d >= 0; d--) {
          const c = d > 0 ? `(rest % p.n${d})` : "rest";
          lines.push(`at_a += ${c} * p.as${d}; at_b += ${c} * p.bs${d};`);
          if (d > 0) lines.push(`rest = rest / p.n${d};`);
        }
        return wgsl({
          key,
          inputs: { a: type, b: type },
          outputs: { y: type },
          params,
          threads: "linear",
          body: `  let column = i % p.n;
  let row = (i / p.n) % p.m;
  var rest = i / p.n / p.m;
  var at_a = p.ao + row * p.ar;
  var at_b = p.bo + column * p.bc;
  ${lines.join("\n  ")}
  var sum = ${type}(0);
  for (var j = 0u; j < p.k; j++) { sum += a[at_a + j * p.ac] * b[at_b + j * p.br]; }
  y[p.oy + i] = sum;`,
        });
      });
      const [as, bs] = batch.steps as [number[], number[]];
      const [p, q] = [product.a, product.b];
      rt.dispatch(
        made,
        [blockOf(p), blockOf(q), blockOf(y)],
        [
          m,
          n,
          k,
          y.offset,
          ...[p.offset, last(p, 2), last(p, 1), ...as],
          ...[q.offset, last(q, 2), last(q, 1), ...bs],
          ...batch.sizes.slice(1),
        ],
        sizeOf(y.shape),
      );
    },
  },
]);
