// reduce and argReduce over any dims of a strided view.
//
// The kept dims give the output's number, the reduced dims a row that is folded. gpu.js: one thread folds a row. Hand
// written: a workgroup folds a long row in a fixed tree, so the same numbers give the same bits; where rows are few and
// long, several workgroups fold parts of each, and a second stage what these came to.
import type { ArgReduceCode, ReduceCode, View } from "@tapegrad/core";
import { isFresh, type Walk, walk } from "../layout.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { indexCall } from "../program/integers.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuBlock, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { mathFor } from "./math-wgsl.ts";

/** x seen as rows: which element each row begins at, and how to go along one. */
interface Rows {
  readonly kept: Walk;
  readonly row: Walk;
}

/** What was asked last: whether a variant takes a case, suits it and runs it are one question. */
let asked: { readonly x: View; readonly y: View; readonly rows: Rows } | undefined;

function rowsOf(x: View, y: View): Rows {
  if (asked === undefined || asked.x !== x || asked.y !== y) asked = { x, y, rows: makeRows(x, y) };
  return asked.rows;
}

/** The same for the last time: it would keep tensors alive. */
function lastRows(x: View, y: View): Rows {
  const rows = rowsOf(x, y);
  asked = undefined;
  return rows;
}

function makeRows(x: View, y: View): Rows {
  const keptShape: number[] = [];
  const keptSteps: number[] = [];
  const rowShape: number[] = [];
  const rowSteps: number[] = [];
  x.shape.forEach((n, d) => {
    const reduced = y.shape[d] === 1;
    (reduced ? rowShape : keptShape).push(n);
    (reduced ? rowSteps : keptSteps).push(x.strides[d] as number);
  });
  return { kept: walk(keptShape, keptSteps), row: walk(rowShape, rowSteps) };
}

/** WGSL: the place of element `index` of a walk whose sizes and steps are the parameters `${name}n<d>`, `${name}s<d>`. */
function placeCode(name: string, index: string, rank: number): string {
  if (rank === 1) return `${index} * p.${name}s0`;
  const parts: string[] = [];
  let rest = index;
  for (let d = rank - 1; d > 0; d--) {
    parts.push(`(${rest}) % p.${name}n${d} * p.${name}s${d}`);
    rest = `(${rest}) / p.${name}n${d}`;
  }
  parts.push(`${rest} * p.${name}s0`);
  return parts.join(" + ");
}
function placeParams(name: string, rank: number): Record<string, "u32"> {
  const params: Record<string, "u32"> = {};
  for (let d = 1; d < rank; d++) params[`${name}n${d}`] = "u32";
  for (let d = 0; d < rank; d++) params[`${name}s${d}`] = "u32";
  return params;
}
const placeValues = (w: Walk): number[] => [...w.sizes.slice(1), ...(w.steps[0] as number[])];

interface Fold {
  readonly type: WgslType;
  readonly start: string;
  /** Of an element x (of the input's type) as the accumulator's. */
  readonly lift: string;
  /** Of two accumulators. */
  readonly step: string;
}

function foldFor(code: ReduceCode, x: View, y: View): Fold {
  const from = wgslType(x.dtype);
  const type = wgslType(y.dtype);
  const lift = from === type ? "x" : `${type}(x)`;
  const float = type === "f32";
  switch (code) {
    case "sum":
      return { type, start: `${type}(0)`, lift, step: "a + b" };
    case "prod":
      return { type, start: `${type}(1)`, lift, step: "a * b" };
    case "max":
      return float
        ? { type, start: "-infinity()", lift, step: "larger(a, b)" }
        : { type, start: type === "u32" ? "0u" : "i32(-2147483648)", lift, step: "max(a, b)" };
    case "min":
      return float
        ? { type, start: "infinity()", lift, step: "smaller(a, b)" }
        : { type, start: type === "u32" ? "0xffffffffu" : "2147483647", lift, step: "min(a, b)" };
    default: {
      const truth = from === "f32" ? "truth(is_true(x))" : `truth(x != ${from}(0))`;
      return code === "any"
        ? { type, start: "0u", lift: truth, step: "a | b" }
        : { type, start: "1u", lift: truth, step: "a & b" };
    }
  }
}

/** Rows of this length and more are worth a workgroup. */
const LONG = 64;
const GROUP = 128;

/** Elements of a part, and workgroups that keep a device busy. */
const PART = 2048;
const BUSY = 256;

/** Parts of each row: one, unless rows are few and long. */
const partsOf = ({ kept, row }: Rows): number =>
  kept.count === 0
    ? 1
    : Math.max(1, Math.min(Math.floor(BUSY / kept.count), Math.floor(row.count / PART)));

/** Workgroups that do for a processor that plays a GPU. */
const BUSY_PROCESSOR = 8;

/** So many rows keep a processor that plays a GPU busy by one thread each, which spares it the barriers. */
const MANY = 64;
/** One thread adds up no more: its sum would lose digits. */
const MOST = 4096;

interface Source {
  readonly block: GpuBlock;
  readonly offset: number;
  readonly type: WgslType;
  readonly rows: Rows;
}
interface Target {
  readonly block: GpuBlock;
  readonly offset: number;
  /** Wraps as bytes do. */
  readonly bytes: boolean;
}

const sourceOf = (x: View, rows: Rows): Source => ({
  ...{ block: blockOf(x), offset: x.offset, type: wgslType(x.dtype), rows },
});
const targetOf = (y: View): Target => ({
  ...{ block: blockOf(y), offset: y.offset, bytes: y.dtype === "uint8" },
});

/** A workgroup folds each part of a row; short rows, and on some devices many of them, have one thread each. */
function foldRows(
  rt: GpuRuntime,
  code: ReduceCode,
  fold: Fold,
  { block, offset, type, rows: { kept, row } }: Source,
  to: Target,
  parts = 1,
): void {
  const [k, r] = [kept.sizes.length, row.sizes.length];
  const alone = rt.info.software && kept.count >= MANY && row.count <= MOST;
  const long = parts > 1 || (row.count >= LONG && !alone);
  const lift = fold.lift === "x" ? "" : "/lift";
  const types = `${type},${fold.type}${to.bytes ? "/bytes" : ""}${lift}`;
  const form = long ? "group" : "thread";
  const made = program(`wgsl/reduce/${code}/${types}/${k},${r}/${form}`, (key) => {
    const finish = to.bytes ? "sum & 255u" : "sum";
    const fetch = `  let x = in0[first + ${placeCode("r", "j", r)}];
    let a = sum; let b = ${fold.lift};
    sum = ${fold.step};`;
    return wgsl({
      key,
      inputs: { in0: type },
      outputs: { y: fold.type },
      params: {
        ...{ ox: "u32", oy: "u32", length: "u32", parts: "u32" },
        ...placeParams("k", k),
        ...placeParams("r", r),
      },
      threads: long ? "groups" : "linear",
      workgroup: [long ? GROUP : 64, 1, 1],
      head: `${mathFor(`${fold.start} ${fold.lift} ${fold.step}`)}\n${long ? `var<workgroup> shared_sum : array<${fold.type}, ${GROUP}>;` : ""}`,
      body: long
        ? `  let line = item / p.parts;
  let first = p.ox + ${placeCode("k", "line", k)};
  let part = (p.length + p.parts - 1u) / p.parts;
  let begin = item % p.parts * part;
  var sum = ${fold.start};
  for (var j = begin + lane; j < min(begin + part, p.length); j += ${GROUP}u) {
  ${fetch}
  }
  shared_sum[lane] = sum;
  for (var half = ${GROUP / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
      let a = shared_sum[lane]; let b = shared_sum[lane + half];
      shared_sum[lane] = ${fold.step};
    }
  }
  if (lane == 0u) { sum = shared_sum[0]; y[p.oy + item] = ${finish}; }`
        : `  let first = p.ox + ${placeCode("k", "i", k)};
  var sum = ${fold.start};
  for (var j = 0u; j < p.length; j++) {
  ${fetch}
  }
  y[p.oy + i] = ${finish};`,
    });
  });
  rt.dispatch(
    made,
    [block, to.block],
    [offset, to.offset, row.count, parts, ...placeValues(kept), ...placeValues(row)],
    kept.count * parts,
  );
}

export const reduce = slot<[ReduceCode, View, View]>("reduce", [
  {
    // Short rows, or so many of them that threads side by side read side by side.
    name: "gpujs one thread a row",
    takes: (code, x, y) =>
      code === "sum" &&
      x.dtype === "float32" &&
      isFresh(y) &&
      rowsOf(x, y).kept.sizes.length <= 6 &&
      rowsOf(x, y).row.sizes.length <= 3,
    suits: (_code, x, y) => {
      const { row, kept } = rowsOf(x, y);
      return row.count < LONG || (kept.count >= 16384 && row.count <= 1024);
    },
    run(rt, _code, x, y) {
      const { kept, row } = lastRows(x, y);
      const [k, r] = [kept.sizes.length, row.sizes.length];
      const made = program(`gpujs/reduce/sum/${k},${r}`, (key) => {
        const scalars: Record<string, "Integer"> = {};
        for (let d = 1; d < k; d++) scalars[`n${d}`] = "Integer";
        for (let d = 0; d < k; d++) scalars[`s${d}`] = "Integer";
        for (let d = 0; d < r; d++) scalars[`m${d}`] = "Integer";
        for (let d = 0; d < r; d++) scalars[`t${d}`] = "Integer";
        const places = [indexCall("this.thread.x", k, "s")];
        let body = "";
        for (let d = 0; d < r; d++) places.push(`i${d} * t${d}`);
        body = `sum += x[${places.join(" + ")}];`;
        for (let d = r - 1; d >= 0; d--)
          body = `for (let i${d} = 0; i${d} < m${d}; i${d}++) { ${body} }`;
        return gpuJs({
          key,
          inputs: ["x"],
          scalars,
          rank: 1,
          source: `function (${["x", ...Object.keys(scalars)].join(", ")}) { let sum = 0.0; ${body} return sum; }`,
        });
      });
      rt.dispatch(
        made,
        [blockOf(x), blockOf(y)],
        [...placeValues(kept), ...row.sizes, ...(row.steps[0] as number[])],
        kept.count,
        [{ offset: x.offset }],
      );
    },
  },
  {
    name: "wgsl two stages",
    takes: (_code, x, y) => partsOf(rowsOf(x, y)) > 1,
    run(rt, code, x, y) {
      const rows = lastRows(x, y);
      const { count } = rows.kept;
      const parts = Math.min(partsOf(rows), rt.info.software ? BUSY_PROCESSOR : BUSY);
      const fold = foldFor(code, x, y);
      const sums = { block: rt.temporary(4 * count * parts, `reduce ${code}`), offset: 0 };
      foldRows(rt, code, fold, sourceOf(x, rows), { ...sums, bytes: false }, parts);
      const between = { kept: walk([count], [parts]), row: walk([parts], [1]) };
      const parted = { ...sums, type: fold.type, rows: between };
      foldRows(rt, code, { ...fold, lift: "x" }, parted, targetOf(y));
    },
  },
  {
    name: "wgsl one workgroup a row",
    run(rt, code, x, y) {
      foldRows(rt, code, foldFor(code, x, y), sourceOf(x, lastRows(x, y)), targetOf(y));
    },
  },
]);

export const argReduce = slot<[ArgReduceCode, View, View, number]>("argReduce", [
  {
    name: "wgsl one thread a row",
    run(rt, code, x, y, dim) {
      const shape = x.shape.map((n, d) => (d === dim ? 1 : n));
      const kept = walk(shape, x.strides);
      const rank = kept.sizes.length;
      const type = wgslType(x.dtype);
      const better = code === "argmax" ? "v > best" : "v < best";
      const made = program(`wgsl/${code}/${type}/${rank}`, (key) =>
        wgsl({
          key,
          inputs: { in0: type },
          outputs: { y: "i32" },
          params: { ox: "u32", oy: "u32", length: "u32", step: "u32", ...placeParams("k", rank) },
          threads: "linear",
          head: type === "f32" ? mathFor("is_nan") : "",
          body: `  let first = p.ox + ${placeCode("k", "i", rank)};
  var best = in0[first];
  var at = 0u;
  for (var j = 1u; j < p.length; j++) {
    let v = in0[first + j * p.step];
    if (${type === "f32" ? `!is_nan(best) && (is_nan(v) || ${better})` : better}) { best = v; at = j; }
  }
  y[p.oy + i] = i32(at);`,
        }),
      );
      rt.dispatch(
        made,
        [blockOf(x), blockOf(y)],
        [x.offset, y.offset, x.shape[dim] ?? 1, x.strides[dim] ?? 0, ...placeValues(kept)],
        kept.count,
      );
    },
  },
]);
