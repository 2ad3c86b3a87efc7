// Indices of the `webgl2` backend: windows of tensors, gather, scatter. A fragment shader writes one element where it
// stands, so that each element asks what comes to it.
import { sizeOf, type View } from "@tapegrad/core";
import { dense, temporaryLike } from "../kernels/elementwise-wgsl.ts";
import { isFresh } from "../layout.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { program } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";

export const range = (n: number): number[] => Array.from({ length: n }, (_, d) => d);

/** Runs f into y, or into a dense temporary that is then put where y's window is. */
export function into(rt: GpuRuntime, y: View, f: (y: View) => void): void {
  if (isFresh(y)) {
    f(y);
    return;
  }
  const made = temporaryLike(rt, y);
  f(made);
  put(rt, made, y);
}

/** Writes a dense x into y's window: every element of y's memory asks whether it is in the window. */
export function put(rt: GpuRuntime, x: View, y: View): void {
  const from = dense(rt, x);
  // Dims of y by falling strides; those that go backwards are turned round, here and in x.
  let { offset } = y;
  let first = from.offset;
  const dims = y.shape
    .map((n, d) => ({ n, step: y.strides[d] as number, own: from.strides[d] as number }))
    .filter(({ n }) => n > 1)
    .map(({ n, step, own }) => {
      if (step >= 0) return { n, step, own };
      offset += (n - 1) * step;
      first += (n - 1) * own;
      return { n, step: -step, own: -own };
    })
    .sort((a, b) => b.step - a.step);
  if (sizeOf(y.shape) === 0) return;
  const rank = dims.length;
  const made = program(`gpujs/gl/put/${rank}`, (key) => {
    const names = range(rank).flatMap((d) => [`s${d}`, `n${d}`, `w${d}`]);
    const lines = range(rank).map(
      (d) => `c = idiv(rest, s${d});
  if (c >= n${d}) { return y[this.thread.x]; }
  at = at + c * w${d};
  rest = rest - c * s${d};`,
    );
    return gpuJs({
      key,
      inputs: ["x", "y"],
      scalars: Object.fromEntries(
        ["first", "offset", ...names].map((n) => [n, "Integer" as const]),
      ),
      rank: 1,
      source: `function (x, y, ${["first", "offset", ...names].join(", ")}) {
  let rest = this.thread.x - offset;
  let at = first;
  let c = 0;
  if (rest < 0) { return y[this.thread.x]; }
  ${lines.join("\n  ")}
  if (rest > 0) { return y[this.thread.x]; }
  return x[at];
}`,
    });
  });
  const target = blockOf(y);
  rt.dispatch(
    made,
    [blockOf(from), target, target],
    [first, offset, ...dims.flatMap(({ n, step, own }) => [step, n, own])],
    target.bytes / 4,
    [{ offset: 0 }, { offset: 0 }],
  );
}

/** Sizes of the dims before and after `dim`, of a dense shape. */
const strideOf = (shape: readonly number[], d: number): number => sizeOf(shape.slice(d + 1));

/** Coordinates c0 … of element `i` of a shape whose sizes are n0 …; local variables are exact below 2^24. */
const coordinates = (rank: number): string =>
  range(rank)
    .reverse()
    .map((d) =>
      d === 0 ? "const c0 = rest;" : `const c${d} = imod(rest, n${d}); rest = idiv(rest, n${d});`,
    )
    .join(" ");

/** y at an element is x where `index` says, along `dim`. */
export function gather(rt: GpuRuntime, x: View, index: View, y: View, dim: number): void {
  const rank = y.shape.length;
  const made = program(`gpujs/gl/gather/${rank}/${dim}`, (key) => {
    const scalars = range(rank).flatMap((d) => [`n${d}`, `s${d}`]);
    const at = range(rank).map((d) =>
      d === dim ? `index[this.thread.x] * s${d}` : `c${d} * s${d}`,
    );
    return gpuJs({
      key,
      inputs: ["x", "index"],
      scalars: Object.fromEntries(scalars.map((n) => [n, "Integer" as const])),
      rank: 1,
      source: `function (x, index${scalars.map((s) => `, ${s}`).join("")}) {
  let rest = this.thread.x;
  ${coordinates(rank)}
  return x[${rank === 0 ? "0" : at.join(" + ")}];
}`,
    });
  });
  const values = range(rank).flatMap((d) => [y.shape[d] as number, strideOf(x.shape, d)]);
  into(rt, y, (to) =>
    rt.dispatch(made, [x, index, to].map(blockOf), values, sizeOf(to.shape), [
      { offset: x.offset },
      { offset: index.offset },
    ]),
  );
}

/** Each element of y looks for what goes to it. */
export function scatterAdd(rt: GpuRuntime, index: View, src: View, y: View, dim: number): void {
  const rank = y.shape.length;
  const made = program(`gpujs/gl/scatterAdd/${rank}/${dim}`, (key) => {
    const scalars = range(rank).flatMap((d) => [`n${d}`, `m${d}`, `i${d}`, `s${d}`]);
    const place = (step: string) =>
      range(rank)
        .map((d) => `${d === dim ? "j" : `c${d}`} * ${step}${d}`)
        .join(" + ") || "0";
    const inside = range(rank)
      .filter((d) => d !== dim)
      .map((d) => `c${d} < m${d}`);
    return gpuJs({
      key,
      inputs: ["index", "src", "old"],
      scalars: Object.fromEntries(["length", ...scalars].map((n) => [n, "Integer" as const])),
      rank: 1,
      source: `function (index, src, old, length${scalars.map((s) => `, ${s}`).join("")}) {
  let rest = this.thread.x;
  ${coordinates(rank)}
  let sum = old[this.thread.x];
  if (${inside.join(" && ") || "length > 0"}) {
    for (let j = 0; j < length; j++) {
      if (index[${place("i")}] === ${rank === 0 ? "0.0" : `c${dim}`}) { sum += src[${place("s")}]; }
    }
  }
  return sum;
}`,
    });
  });
  const values = [
    index.shape[dim] ?? 1,
    ...range(rank).flatMap((d) => [
      y.shape[d] as number,
      index.shape[d] as number,
      strideOf(index.shape, d),
      strideOf(src.shape, d),
    ]),
  ];
  const old = dense(rt, y);
  into(rt, y, (to) =>
    rt.dispatch(made, [index, src, old, to].map(blockOf), values, sizeOf(to.shape), [
      { offset: index.offset },
      { offset: src.offset },
      { offset: old.offset },
    ]),
  );
}
