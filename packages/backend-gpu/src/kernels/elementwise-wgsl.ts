// One hand-written kernel for all that is done element by element: any number of strided, broadcast inputs, one
// strided output, which may be one of the inputs. An op gives the expression.
import type { View } from "@tapegrad/core";
import { indexCode, indexParams, indexValues, stridesIn, walkOver } from "../layout.ts";
import type { Program } from "../program/program.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { keepNumbered, program, programNumbered } from "../registry.ts";
import type { GpuBlock } from "../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { mathFor } from "./math-wgsl.ts";

/** A constant: programs are looked up by its key in each call. */
export interface ElementwiseSpec {
  /** Names the expression: "unary/exp". */
  readonly key: string;
  /** Of the inputs x0, x1, … and the parameter p.k; a function is called when a kernel is made. */
  readonly expression: string | ((inputs: readonly View[], y: View) => string);
  /** The type of the parameter k, if there is one. */
  readonly scalar?: (inputs: readonly View[], y: View) => WgslType;
}

/** As it is; in another dtype of the same words too. */
export const COPY: ElementwiseSpec = { key: "copy", expression: "x0" };

/** y = expression(inputs), all broadcast to y. @param k the parameter of an expression that has one */
export function elementwise(
  runtime: GpuRuntime,
  spec: ElementwiseSpec,
  inputs: readonly View[],
  y: View,
  k?: number,
): void {
  if (runtime.pointwise !== undefined) {
    runtime.pointwise(spec.key, inputs, y, k);
    return;
  }
  const target = blockOf(y);
  let views = inputs;
  for (let n = 0; n < inputs.length; n++) {
    const x = inputs[n] as View;
    if (blockOf(x) !== target) continue;
    const from = apart(runtime, x, y);
    if (from !== x) views = views.map((v) => (v === x ? from : v));
  }
  const w = walkOver(y, views, true);
  const rank = w.sizes.length;
  // Inputs that lie in the output's buffer are read there: a buffer cannot be bound twice if one of them writes.
  const blocks: GpuBlock[] = [];
  const offsets: number[] = [];
  let code = 8 * rank + views.length;
  for (let n = 0; n < views.length; n++) {
    const x = views[n] as View;
    const block = blockOf(x);
    if (block !== target) blocks.push(block);
    code = 4 * code + (block === target ? OWN : TYPES.indexOf(wgslType(x.dtype)));
    offsets.push(x.offset);
  }
  blocks.push(target);
  offsets.push(y.offset);
  code = 4 * code + TYPES.indexOf(wgslType(y.dtype));
  const made =
    programNumbered(spec.key, code) ??
    keepNumbered(spec.key, code, kernelFor(spec, views, y, rank));
  const values = indexValues(offsets, w);
  if (k !== undefined) values.push(k);
  runtime.dispatch(made, blocks, values, w.count);
}

const TYPES: readonly WgslType[] = ["f32", "i32", "u32"];
/** Instead of a type: the operand is the output's buffer. */
const OWN = 3;

function kernelFor(spec: ElementwiseSpec, views: readonly View[], y: View, rank: number): Program {
  const own = views.map((x) => blockOf(x) === blockOf(y));
  const types = views.map((x) => wgslType(x.dtype));
  const out = wgslType(y.dtype);
  const mark = types.map((t, k) => (own[k] ? "y," : `${t},`)).join("");
  return program(`wgsl/${spec.key}(${mark})${out}/${rank}`, (key) => {
    const last = views.length;
    const expression =
      typeof spec.expression === "string" ? spec.expression : spec.expression(views, y);
    const lines = views.map((_, i) =>
      own[i] ? `  let x${i} = y[at_${i}];` : `  let x${i} = in${i}[at_${i}];`,
    );
    return wgsl({
      key,
      inputs: Object.fromEntries(types.flatMap((t, i) => (own[i] ? [] : [[`in${i}`, t] as const]))),
      outputs: { y: out },
      params: {
        ...indexParams(rank, last + 1),
        ...(spec.scalar ? { k: spec.scalar(views, y) } : {}),
      },
      threads: "linear",
      head: mathFor(expression),
      body: `${indexCode(rank, last + 1)}\n${lines.join("\n")}\n  y[at_${last}] = ${expression};`,
    });
  });
}

/** x itself; a copy where it lies elsewhere in y's buffer and would be overwritten while it is read. */
function apart(runtime: GpuRuntime, x: View, y: View): View {
  const steps = stridesIn(x, y.shape);
  const same =
    x.offset === y.offset && y.strides.every((s, d) => s === steps[d] || y.shape[d] === 1);
  return same ? x : dense(runtime, x, true);
}

/** x as a dense view: itself, or a copy that lives as long as the op runs. */
export function dense(runtime: GpuRuntime, x: View, always = false): View {
  if (x.contiguous && !always) return x;
  const copy = temporaryLike(runtime, x);
  elementwise(runtime, COPY, [x], copy);
  return copy;
}

/** Class numbers, places: integers as floats, exact below 2^24, since gpu.js reads nothing else. */
export function asFloats(runtime: GpuRuntime, x: View): View {
  const copy = temporaryLike(runtime, { shape: x.shape, dtype: "float32" });
  elementwise(runtime, { key: "copy/asFloat", expression: "f32(x0)" }, [x], copy);
  return copy;
}

/** A dense view on memory that lives as long as the op runs. */
export function temporaryLike(
  runtime: GpuRuntime,
  meta: Pick<View, "shape" | "dtype">,
  origin = "temporary",
): View {
  const { shape, dtype } = meta;
  const count = shape.reduce((n, s) => n * s, 1);
  const block = runtime.temporary(4 * count, origin);
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d] as number;
  }
  return { storage: runtime.hold(block), offset: 0, shape, strides, dtype, contiguous: true };
}
