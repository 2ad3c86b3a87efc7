// gather, scatterAdd and the other scattering. Indices are words of any integer dtype; one outside of its dimension reads 0 and adds nothing.
// That it is an error comes out at the next read: see runtime/watch.ts.
import { type FusedKernels, sizeOf, type View } from "@tapegrad/core";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuBlock, type GpuRuntime } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { dense } from "./elementwise-wgsl.ts";
import { linesOf, sorted } from "./lines.ts";
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

type Scattered = readonly [index: View, src: View, y: View];

/** What a kernel of scattering knows: how values meet, in which types. */
interface Way {
  readonly code: Meeting;
  readonly dim: number;
  readonly includeSelf: boolean;
}

/**
 * Each thread owns an element of y and takes what goes there, in order: no atomics, the same bits always.
 * @param search WGSL in which `TAKE` stands for what is done with row j
 */
function owners(
  rt: GpuRuntime,
  way: string,
  { code, dim, includeSelf }: Way,
  [index, src, y]: Scattered,
  list: {
    readonly inputs: Readonly<Record<string, WgslType>>;
    readonly blocks: readonly GpuBlock[];
  },
  own: { readonly steps: readonly number[]; readonly offset: number },
  search: string,
): void {
  const rank = y.shape.length;
  const type = wgslType(src.dtype);
  const bytes = y.dtype === "uint8" ? "8" : "";
  const types = [type, ...Object.values(list.inputs)].join();
  const key = `wgsl/scatter/${way}/${code}${includeSelf ? "" : "First"}${bytes}/${types}/${rank},${dim}`;
  const made = program(key, () => {
    const within = range(rank)
      .filter((d) => d !== dim)
      .map((d) => `c${d} < p.m${d}`);
    const met = meets(code, type);
    const take = `let value = src[${place("os", "s", rank, dim, "j")}];
      ${includeSelf ? `old = ${met};` : `if (first) { old = value; first = false; } else { old = ${met}; }`}`;
    return wgsl({
      key,
      inputs: { ...list.inputs, src: type },
      outputs: { y: type },
      params: {
        ...{ length: "u32", oi: "u32", os: "u32", oy: "u32" },
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
  let own = ${rank === 0 ? "0u" : `c${dim}`};
  let target_at = ${place("oy", "y", rank)};
  var old = y[target_at];${includeSelf ? "" : "\n  var first = true;"}
${search.replace("TAKE", take)}
  y[target_at] = ${bytes ? "old & 255u" : "old"};`,
    });
  });
  rt.dispatch(
    made,
    [...list.blocks, blockOf(src), blockOf(y)],
    [
      ...[index.shape[dim] ?? 1, own.offset, src.offset, y.offset],
      ...[...y.shape, ...index.shape, ...own.steps, ...src.strides, ...y.strides],
    ],
    sizeOf(y.shape),
  );
}

/** Copies what lies in the memory that is written. */
const apartFrom = (rt: GpuRuntime, y: View, v: View): View =>
  blockOf(v) === blockOf(y) ? dense(rt, v, true) : v;

/** Every thread looks at every index: for short lists. */
function scatterByLooking(rt: GpuRuntime, way: Way, [indices, sources, y]: Scattered): void {
  const [index, src] = [apartFrom(rt, y, indices), apartFrom(rt, y, sources)];
  const rank = y.shape.length;
  const list = { inputs: { index: wgslType(index.dtype) }, blocks: [blockOf(index)] };
  const own = { steps: index.strides, offset: index.offset };
  owners(
    rt,
    "owner",
    way,
    [index, src, y],
    list,
    own,
    `  for (var j = 0u; j < p.length; j++) {
    if (u32(index[${place("oi", "i", rank, way.dim, "j")}]) == own) {
      TAKE
    }
  }`,
  );
}

/** Lists are sorted, equals in their order, and a thread finds its own by bisection. */
function scatterBySorting(rt: GpuRuntime, way: Way, [index, sources, y]: Scattered): void {
  const src = apartFrom(rt, y, sources);
  const { dim } = way;
  // A list that is repeated along other dims, as an embedding's is, is sorted once.
  const shape = index.shape.map((n, d) => (d !== dim && index.strides[d] === 0 ? 1 : n));
  const { storage, dtype, offset, strides } = index;
  const once = { storage, dtype, offset, strides, shape, contiguous: false };
  const { values, places } = sorted(rt, linesOf(rt, once, dim), false);
  const steps = new Array<number>(shape.length).fill(0);
  let step = shape[dim] ?? 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (d === dim) continue;
    if (shape[d] !== 1) steps[d] = step;
    step *= shape[d] as number;
  }
  const rank = y.shape.length;
  const line = range(rank)
    .filter((d) => d !== dim)
    .map((d) => `c${d} * p.i${d}`);
  const list = {
    inputs: { values: wgslType(index.dtype), places: "i32" as const },
    blocks: [values, places].map(blockOf),
  };
  owners(
    rt,
    "sorted",
    way,
    [index, src, y],
    list,
    { steps, offset: 0 },
    `  let line = ${["p.oi", ...line].join(" + ")};
  var low = 0u; var high = p.length;
  while (low < high) {
    let half = (low + high) / 2u;
    if (i32(values[line + half]) < i32(own)) { low = half + 1u; } else { high = half; }
  }
  for (; low < p.length && u32(values[line + low]) == own; low++) {
    let j = u32(places[line + low]);
    TAKE
  }`,
  );
}

/** Lists from here on are worth sorting. */
const LONG = 256;
const isLong = (index: View, dim: number): boolean => (index.shape[dim] ?? 1) >= LONG;

const ADD = { code: "add", includeSelf: true } as const;

export const scatterAdd = slot<[View, View, View, number]>("scatterAdd", [
  {
    name: "wgsl sorted",
    takes: (index) => index.shape.length > 0,
    suits: (index, _src, _y, dim) => isLong(index, dim),
    run: (rt, index, src, y, dim) => scatterBySorting(rt, { ...ADD, dim }, [index, src, y]),
  },
  {
    name: "wgsl owner gathers",
    run: (rt, index, src, y, dim) => scatterByLooking(rt, { ...ADD, dim }, [index, src, y]),
  },
]);

export const scatterInto = slot<Parameters<NonNullable<FusedKernels["scatterInto"]>>>(
  "scatterInto",
  [
    {
      name: "wgsl sorted",
      takes: (_code, index) => index.shape.length > 0,
      suits: (_code, index, _src, _y, dim) => isLong(index, dim),
      run: (rt, code, index, src, y, dim, includeSelf) =>
        scatterBySorting(rt, { code, dim, includeSelf }, [index, src, y]),
    },
    {
      name: "wgsl owner gathers",
      run: (rt, code, index, src, y, dim, includeSelf) =>
        scatterByLooking(rt, { code, dim, includeSelf }, [index, src, y]),
    },
  ],
);
