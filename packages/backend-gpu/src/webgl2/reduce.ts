// Reductions of the `webgl2` backend: a thread goes along its row.
import { type ArgReduceCode, type ReduceCode, sizeOf, type View } from "@tapegrad/core";
import { dense } from "../kernels/elementwise-wgsl.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { program } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { into, range } from "./indexing.ts";

const START: Readonly<Record<ReduceCode, string>> = {
  sum: "0.0",
  prod: "1.0",
  max: "-3.4e38",
  min: "3.4e38",
  any: "0.0",
  all: "1.0",
};
const STEP: Readonly<Record<ReduceCode, string>> = {
  sum: "result += v;",
  prod: "result *= v;",
  max: "if (v > result) { result = v; }",
  min: "if (v < result) { result = v; }",
  any: "if (v !== 0.0) { result = 1.0; }",
  all: "if (v === 0.0) { result = 0.0; }",
};

/** One thread folds a row. The reduced dims are moved to the end, and made dense. */
export function fold(rt: GpuRuntime, code: ReduceCode, x: View, y: View): void {
  const kept = range(x.shape.length).filter((d) => y.shape[d] !== 1);
  const reduced = range(x.shape.length).filter((d) => y.shape[d] === 1);
  const order = [...kept, ...reduced];
  const moved = {
    storage: x.storage,
    offset: x.offset,
    dtype: x.dtype,
    shape: order.map((d) => x.shape[d] as number),
    strides: order.map((d) => x.strides[d] as number),
    contiguous: x.contiguous && order.every((d, i) => d === i),
  };
  const from = dense(rt, moved);
  const made = program(`gpujs/gl/reduce/${code}`, (key) =>
    gpuJs({
      key,
      inputs: ["x"],
      scalars: { n: "Integer" },
      rank: 1,
      source: `function (x, n) {
  let result = ${START[code]};
  for (let j = 0; j < n; j++) { const v = x[this.thread.x * n + j]; ${STEP[code]} }
  return result;
}`,
    }),
  );
  const count = sizeOf(y.shape);
  const n = count === 0 ? 0 : sizeOf(reduced.map((d) => x.shape[d] as number));
  into(rt, y, (to) =>
    rt.dispatch(made, [from, to].map(blockOf), [n], count, [{ offset: from.offset }]),
  );
}

/** Where along `dim` the largest (smallest) is, the first of equal ones. */
export function foldArg(rt: GpuRuntime, code: ArgReduceCode, x: View, y: View, dim: number): void {
  const from = dense(rt, x);
  const inner = sizeOf(x.shape.slice(dim + 1));
  const better = code === "argmax" ? ">" : "<";
  const made = program(`gpujs/gl/${code}`, (key) =>
    gpuJs({
      key,
      inputs: ["x"],
      scalars: { n: "Integer", inner: "Integer" },
      rank: 1,
      source: `function (x, n, inner) {
  let best = x[idiv(this.thread.x, inner) * n * inner + imod(this.thread.x, inner)];
  let at = 0.0;
  for (let j = 1; j < n; j++) {
    const v = x[(idiv(this.thread.x, inner) * n + j) * inner + imod(this.thread.x, inner)];
    if (v ${better} best) { best = v; at = j; }
  }
  return at;
}`,
    }),
  );
  into(rt, y, (to) => {
    const length = x.shape[dim] ?? 1;
    const places = [{ offset: from.offset }];
    rt.dispatch(made, [from, to].map(blockOf), [length, inner], sizeOf(to.shape), places);
  });
}
