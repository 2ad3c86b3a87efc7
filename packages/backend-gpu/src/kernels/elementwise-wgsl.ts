// One hand-written kernel for all that is done element by element: any number of strided, broadcast inputs, one
// strided output, which may be one of the inputs. An op gives the expression.
import type { View } from "@tapegrad/core";
import { indexCode, indexParams, indexValues, stridesIn, walkOver } from "../layout.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program } from "../registry.ts";
import type { GpuBlock } from "../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { mathFor } from "./math-wgsl.ts";

export interface ElementwiseSpec {
  /** Names the expression: "unary/exp". */
  readonly key: string;
  /** Of the inputs x0, x1, … and the parameters p.a, p.b …; a function is called when the kernel is made. */
  readonly expression: string | (() => string);
  /** Further parameters, after the layout's. */
  readonly params?: Readonly<Record<string, WgslType>>;
  readonly values?: readonly number[];
}

/** y = expression(inputs), all broadcast to y. */
export function elementwise(
  runtime: GpuRuntime,
  spec: ElementwiseSpec,
  inputs: readonly View[],
  y: View,
): void {
  if (runtime.pointwise !== undefined) {
    runtime.pointwise(spec.key, inputs, y, spec.values ?? []);
    return;
  }
  const target = blockOf(y);
  const views = inputs.map((x) => apart(runtime, x, y, target));
  const w = walkOver(y, views, true);
  const rank = w.sizes.length;
  // Inputs that lie in the output's buffer are read there: a buffer cannot be bound twice if one of them writes.
  const own: boolean[] = [];
  const blocks: GpuBlock[] = [];
  const offsets: number[] = [];
  let mark = "";
  for (const x of views) {
    const block = blockOf(x);
    own.push(block === target);
    if (block !== target) blocks.push(block);
    mark += block === target ? "y," : `${wgslType(x.dtype)},`;
    offsets.push(x.offset);
  }
  blocks.push(target);
  offsets.push(y.offset);
  const out = wgslType(y.dtype);
  const made = program(`wgsl/${spec.key}(${mark})${out}/${rank}`, (key) => {
    const last = views.length;
    const expression = typeof spec.expression === "string" ? spec.expression : spec.expression();
    const types = views.map((x) => wgslType(x.dtype));
    const lines = views.map((_, i) =>
      own[i] ? `  let x${i} = y[at_${i}];` : `  let x${i} = in${i}[at_${i}];`,
    );
    return wgsl({
      key,
      inputs: Object.fromEntries(types.flatMap((t, i) => (own[i] ? [] : [[`in${i}`, t] as const]))),
      outputs: { y: out },
      params: { ...indexParams(rank, last + 1), ...spec.params },
      threads: "linear",
      head: mathFor(expression),
      body: `${indexCode(rank, last + 1)}\n${lines.join("\n")}\n  y[at_${last}] = ${expression};`,
    });
  });
  const values = indexValues(offsets, w);
  if (spec.values !== undefined) values.push(...spec.values);
  runtime.dispatch(made, blocks, values, w.count);
}

/** x itself; a copy where it lies in y's buffer, but elsewhere, and would be overwritten while it is read. */
function apart(runtime: GpuRuntime, x: View, y: View, target: GpuBlock): View {
  if (blockOf(x) !== target) return x;
  const steps = stridesIn(x, y.shape);
  const same =
    x.offset === y.offset && y.strides.every((s, d) => s === steps[d] || y.shape[d] === 1);
  return same ? x : dense(runtime, x, true);
}

/** x as a dense view: itself, or a copy that lives as long as the op runs. */
export function dense(runtime: GpuRuntime, x: View, always = false): View {
  if (x.contiguous && !always) return x;
  const copy = temporaryLike(runtime, x);
  elementwise(runtime, { key: "copy", expression: "x0" }, [x], copy);
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
