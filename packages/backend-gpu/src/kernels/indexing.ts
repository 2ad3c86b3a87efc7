// gather, scatterAdd and the other scattering. Indices are words of any integer dtype; one outside of its dimension reads 0 and adds nothing.
// That it is an error comes out at the next read: see runtime/watch.ts.
import { type FusedKernels, sizeOf, type View } from "@tapegrad/core";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { dense } from "./elementwise-wgsl.ts";
import { mathFor } from "./math-wgsl.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, d) => d);

/** Coordinates of element i of a shape, as c<d>; sizes are p.n<d>. */
function coordinates(rank: number): string {
  const lines = ["  var rest = i;"];
  for (let d = rank - 1; d > 0; d--) {
    lines.push(`  let c${d} = rest % p.n${d}; rest = rest / p.n${d};`);
  }
  if (rank > 0) lines.push("  let c0 = rest;");
  return lines.join("\n");
}
const place = (offset: string, step: string, rank: number, dim = -1, at = ""): string =>
  [`p.${offset}`, ...range(rank).map((d) => `${d === dim ? at : `c${d}`} * p.${step}${d}`)].join(
    " + ",
  );
const strided = (name: string, rank: number): Record<string, "u32"> =>
  Object.fromEntries(range(rank).map((d) => [`${name}${d}`, "u32" as const]));

export const gather = slot<[View, View, View, number]>("gather", [
  {
    name: "wgsl",
    run(rt, x, index, y, dim) {
      const rank = y.shape.length;
      const [type, indexType] = [wgslType(x.dtype), wgslType(index.dtype)];
      const made = program(`wgsl/gather/${type},${indexType}/${rank},${dim}`, (key) =>
        wgsl({
          key,
          inputs: { x: type, index: indexType },
          outputs: { y: type },
          params: {
            size: "u32",
            ox: "u32",
            oi: "u32",
            oy: "u32",
            ...strided("n", rank),
            ...strided("x", rank),
            ...strided("i", rank),
          },
          threads: "linear",
          body: `${coordinates(rank)}
  let at = u32(index[${place("oi", "i", rank)}]);
  var value = ${type}(0);
  if (at < p.size) { value = x[${rank === 0 ? "p.ox" : place("ox", "x", rank, dim, "at")}]; }
  y[p.oy + i] = value;`,
        }),
      );
      rt.dispatch(
        made,
        [blockOf(x), blockOf(index), blockOf(y)],
        [
          x.shape[dim] ?? 1,
          x.offset,
          index.offset,
          y.offset,
          ...y.shape,
          ...x.strides,
          ...index.strides,
        ],
        sizeOf(y.shape),
      );
    },
  },
]);

type Meeting = "add" | "set" | "prod" | "max" | "min";

/** What becomes of `old` when `value` arrives. */
function meets(code: Meeting, type: WgslType): string {
  if (code === "add") return "old + value";
  if (code === "set") return "value";
  if (code === "prod") return "old * value";
  if (type !== "f32") return `${code}(old, value)`;
  return code === "max" ? "larger(old, value)" : "smaller(old, value)";
}

/** Each thread owns an element of y and looks for what goes there, in order: no atomics, the same bits always. */
function owners(
  rt: GpuRuntime,
  code: Meeting,
  [indices, sources, y]: readonly [View, View, View],
  dim: number,
  includeSelf: boolean,
): void {
  const inside = (v: View): View => (blockOf(v) === blockOf(y) ? dense(rt, v, true) : v);
  const [index, src] = [inside(indices), inside(sources)];
  const rank = y.shape.length;
  const [type, indexType] = [wgslType(src.dtype), wgslType(index.dtype)];
  const bytes = y.dtype === "uint8" ? "8" : "";
  const way = `${code}${includeSelf ? "" : "First"}${bytes}`;
  const made = program(`wgsl/scatter/${way}/${type},${indexType}/${rank},${dim}`, (key) => {
    const within = range(rank)
      .filter((d) => d !== dim)
      .map((d) => `c${d} < p.m${d}`);
    const own = rank === 0 ? "0u" : `c${dim}`;
    const met = meets(code, type);
    return wgsl({
      key,
      inputs: { index: indexType, src: type },
      outputs: { y: type },
      params: {
        length: "u32",
        oi: "u32",
        os: "u32",
        oy: "u32",
        ...strided("n", rank),
        ...strided("m", rank),
        ...strided("i", rank),
        ...strided("s", rank),
        ...strided("y", rank),
      },
      threads: "linear",
      head: mathFor(met),
      body: `${coordinates(rank)}
  if (!(${within.join(" && ") || "true"})) { return; }
  let target_at = ${place("oy", "y", rank)};
  var old = y[target_at];${includeSelf ? "" : "\n  var first = true;"}
  for (var j = 0u; j < p.length; j++) {
    if (u32(index[${place("oi", "i", rank, dim, "j")}]) == ${own}) {
      let value = src[${place("os", "s", rank, dim, "j")}];
      ${includeSelf ? `old = ${met};` : `if (first) { old = value; first = false; } else { old = ${met}; }`}
    }
  }
  y[target_at] = ${bytes ? "old & 255u" : "old"};`,
    });
  });
  rt.dispatch(
    made,
    [blockOf(index), blockOf(src), blockOf(y)],
    [
      index.shape[dim] ?? 1,
      index.offset,
      src.offset,
      y.offset,
      ...y.shape,
      ...index.shape,
      ...index.strides,
      ...src.strides,
      ...y.strides,
    ],
    sizeOf(y.shape),
  );
}

export const scatterAdd = slot<[View, View, View, number]>("scatterAdd", [
  {
    name: "wgsl owner gathers",
    run: (rt, index, src, y, dim) => owners(rt, "add", [index, src, y], dim, true),
  },
]);

export const scatterInto = slot<Parameters<NonNullable<FusedKernels["scatterInto"]>>>(
  "scatterInto",
  [
    {
      name: "wgsl owner gathers",
      run: (rt, code, index, src, y, dim, includeSelf) =>
        owners(rt, code, [index, src, y], dim, includeSelf),
    },
  ],
);
