// One hand-written kernel for all that is done element by element: any number of strided, broadcast inputs, one
// strided output, which may be one of the inputs. An op gives the expression.
import type { View } from "@tapegrad/core";
import { indexCode, indexParams, indexValues, stridesIn, walk } from "../layout.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program } from "../registry.ts";
import type { GpuBlock } from "../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { mathFor } from "./math-wgsl.ts";

export interface ElementwiseSpec {
  /** Names the expression: "unary/exp". */
  readonly key: string;
  /** The inputs as x0, x1, …; the parameters as p.a, p.b …; `T` is not known here. */
  readonly expression: string;
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
  const target = blockOf(y);
  const views = inputs.map((x) => apart(runtime, x, y, target));
  const w = walk(y.shape, ...views.map((x) => stridesIn(x, y.shape)), y.strides);
  const rank = w.sizes.length;
  // Inputs that lie in the output's buffer are read there: a buffer cannot be bound twice if one of them writes.
  const own = views.map((x) => blockOf(x) === target);
  const types = views.map((x) => wgslType(x.dtype));
  const out = wgslType(y.dtype);
  const mark = own.map((o, i) => (o ? "y" : types[i])).join(",");
  const made = program(`wgsl/${spec.key}(${mark})${out}/${rank}`, (key) => {
    const last = views.length;
    const lines = views.map((_, i) =>
      own[i] ? `  let x${i} = y[at_${i}];` : `  let x${i} = in${i}[at_${i}];`,
    );
    return wgsl({
      key,
      inputs: Object.fromEntries(types.flatMap((t, i) => (own[i] ? [] : [[`in${i}`, t] as const]))),
      outputs: { y: out },
      params: { ...indexParams(rank, last + 1), ...spec.params },
      threads: "linear",
      head: mathFor(spec.expression),
      body: `${indexCode(rank, last + 1)}\n${lines.join("\n")}\n  y[at_${last}] = ${spec.expression};`,
    });
  });
  const offsets = [...views.map((x) => x.offset), y.offset];
  const values = indexValues(offsets, w);
  if (spec.values !== undefined) values.push(...spec.values);
  const blocks = views.filter((_, i) => !own[i]).map(blockOf);
  blocks.push(target);
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
