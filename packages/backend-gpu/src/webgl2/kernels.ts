// The kernels of the `webgl2` backend. What every backend must have is here, in gpu.js; what spares compositions are
// the gpu.js variants of the WebGPU backend. Kernels write dense outputs; a window is written by put().
import {
  type ArgReduceCode,
  type BinaryCode,
  fillRandom,
  type Kernels,
  type Ran,
  type RandomCode,
  type RandomKey,
  type ReduceCode,
  sizeOf,
  type UnaryCode,
  type View,
} from "@tapegrad/core";
import { mapped } from "../kernels/elementwise.ts";
import { dense, temporaryLike } from "../kernels/elementwise-wgsl.ts";
import { fused } from "../kernels/index.ts";
import { matmul } from "../kernels/matmul.ts";
import { isFresh, stridesIn, walk } from "../layout.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { program, type Slot, type Variant } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { GL_BINARY, GL_MATH, GL_UNARY } from "./math.ts";
import { type GlRuntime, glBlockOf } from "./runtime.ts";

const NAME = "gpujs webgl2";
/** Dims that the index functions of gpu.js kernels take. */
const MOST_DIMS = 6;
const range = (n: number): number[] => Array.from({ length: n }, (_, d) => d);

export function webgl2Kernels(gl: GlRuntime): Kernels {
  const rt = gl as unknown as GpuRuntime; // kernels use of it what GlRuntime has

  /** Runs f into y, or into a dense temporary that is then put where y's window is. */
  const into = (y: View, f: (y: View) => void): void => {
    if (isFresh(y)) {
      f(y);
      return;
    }
    const made = temporaryLike(rt, y);
    f(made);
    put(rt, made, y);
  };
  /** y = body(inputs); views of many dims are made dense. */
  const map = (
    name: string,
    args: string,
    body: string,
    inputs: readonly View[],
    y: View,
    scalar?: number,
  ): void => {
    const dims = (...xs: readonly View[]): number =>
      walk(y.shape, ...xs.map((x) => stridesIn(x, y.shape))).sizes.length;
    // Three views of two merged dims each have six at most; what has more is copied first, by itself.
    const fits = dims(...inputs) <= MOST_DIMS;
    const views = inputs.map((x) => (fits || dims(x) <= 2 ? x : dense(rt, x)));
    into(y, (to) => mapped(rt, `gl/${name}`, args, body, views, to, scalar, GL_MATH));
  };
  const cast = (from: View, to: View): string => {
    if (from.dtype === to.dtype || to.dtype === "float32") return "x";
    if (to.dtype === "bool") return "1.0 - eqOf(x, 0.0)";
    const whole = from.dtype === "float32" ? "truncOf(x)" : "x";
    return to.dtype === "uint8" && from.dtype !== "bool" ? `byteOf(${whole})` : whole;
  };
  const bytes = (y: View, body: string): string => (y.dtype === "uint8" ? `byteOf(${body})` : body);
  const copy = (x: View, y: View): void => {
    if (walk(y.shape, stridesIn(x, y.shape)).sizes.length > MOST_DIMS) {
      for (let i = 0; i < (y.shape[0] as number); i++) copy(partOf(x, i), partOf(y, i));
      return;
    }
    const body = cast(x, y);
    if (!isFresh(y) && body === "x") put(rt, apart(rt, x, y), y);
    else map(`copy/${body}`, "x", body, [x], y);
  };
  const fill = (y: View, value: number): void => {
    const made = program("gpujs/gl/fill", (key) =>
      gpuJs({
        key,
        inputs: [],
        scalars: { v: "Number" },
        rank: 1,
        source: "function (v) { return v; }",
      }),
    );
    into(y, (to) => rt.dispatch(made, [blockOf(to)], [value], sizeOf(to.shape)));
  };
  gl.pointwise = (key, [x], y, value) => {
    if (key === "fill") fill(y, value ?? 0);
    else if (x !== undefined && key.startsWith("copy")) copy(x, y);
    else throw new Error(`webgl2: no kernel for ${key}`);
  };

  const ended =
    <A extends readonly unknown[]>(f: (...args: A) => Ran | undefined) =>
    (...args: A): Ran => {
      try {
        return f(...args);
      } finally {
        rt.done();
      }
    };
  const kernels: Record<string, (...args: never) => Ran> = {};
  for (const [name, made] of Object.entries(fused)) {
    const slot = made as unknown as Slot<readonly unknown[]>;
    const variants = slot.variants.filter((v) => v.name.startsWith("gpujs"));
    if (variants.length === 0) continue;
    kernels[name] = ended((...args: readonly unknown[]) => {
      const variant = variants.find((v: Variant<readonly unknown[]>) => v.takes?.(...args) ?? true);
      variant?.run(rt, ...args);
      return variant?.name;
    });
  }
  const product = matmul.variants.find((v) => v.name === "gpujs");
  const required = {
    fill: (y: View, value: number | bigint) => {
      const v = Number(value);
      fill(y, y.dtype === "bool" ? Number(v !== 0) : y.dtype === "float32" ? v : Math.trunc(v));
      return NAME;
    },
    copy: (x: View, y: View) => {
      copy(x, y);
      return NAME;
    },
    unary: (code: UnaryCode, x: View, y: View) => {
      const body = GL_UNARY[code];
      if (body === undefined) return undefined;
      map(`unary/${code}/${y.dtype === "uint8"}`, "x", bytes(y, body), [x], y);
      return NAME;
    },
    binary: (code: BinaryCode, a: View, b: View, y: View) => {
      const body = GL_BINARY[code];
      if (body === undefined) return undefined;
      const key = `binary/${code}/${y.dtype === "uint8"}`;
      map(key, "a, b", bytes(y, body), [apart(rt, a, y), apart(rt, b, y)], y);
      return NAME;
    },
    binaryScalar: (code: BinaryCode, x: View, scalar: number | bigint, y: View) => {
      const body = GL_BINARY[code];
      if (body === undefined) return undefined;
      const key = `scalar/${code}/${y.dtype === "uint8"}`;
      map(key, "a, b", bytes(y, body), [x], y, Number(scalar));
      return NAME;
    },
    where: (cond: View, a: View, b: View, y: View) => {
      map("where", "a, b, c", "choose(a, b, c)", [cond, a, b], y);
      return NAME;
    },
    reduce: (code: ReduceCode, x: View, y: View) => {
      fold(rt, code, x, y);
      return NAME;
    },
    argReduce: (code: ArgReduceCode, x: View, y: View, dim: number) => {
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
      into(y, (to) => {
        const length = x.shape[dim] ?? 1;
        const places = [{ offset: from.offset }];
        rt.dispatch(made, [from, to].map(blockOf), [length, inner], sizeOf(to.shape), places);
      });
      return NAME;
    },
    matmul: (a: View, b: View, y: View) => {
      into(y, (to) => product?.run(rt, a, b, to));
      return NAME;
    },
    gather: (x: View, index: View, y: View, dim: number) => {
      along(rt, "gather", dense(rt, x), dense(rt, index), y, dim, into);
      return NAME;
    },
    scatterAdd: (index: View, src: View, y: View, dim: number) => {
      scatter(rt, dense(rt, index), dense(rt, src), y, dim, into);
      return NAME;
    },
    random: (code: RandomCode, y: View, key: RandomKey) => {
      // Philox counts in 32-bit integers, which gpu.js has not: the same numbers, made here and uploaded.
      const values = new Float32Array(sizeOf(y.shape));
      fillRandom(code, key, values);
      into(y, (to) => gl.upload(glBlockOf(to), values));
      return "host philox";
    },
    arange: (y: View, start: number, step: number) => {
      const stored = (v: number): number => (y.dtype === "float32" ? v : Math.trunc(v));
      const values = Float32Array.from({ length: sizeOf(y.shape) }, (_, i) =>
        stored(start + i * step),
      );
      into(y, (to) => gl.upload(glBlockOf(to), values));
      return "host";
    },
  };
  for (const [name, f] of Object.entries(required)) {
    kernels[name] = ended(f as (...args: readonly unknown[]) => Ran) as (...args: never) => Ran;
  }
  return kernels as unknown as Kernels;
}

/** x, or a dense copy where it lies in y's memory at another place. */
function apart(rt: GpuRuntime, x: View, y: View): View {
  return blockOf(x) === blockOf(y) ? dense(rt, x, true) : x;
}

/** The i-th part along the first dim. */
const partOf = (v: View, i: number): View => ({
  storage: v.storage,
  dtype: v.dtype,
  shape: v.shape.slice(1),
  strides: v.strides.slice(1),
  offset: v.offset + i * (v.strides[0] as number),
  contiguous: false,
});

/** Writes a dense x into y's window: every element of y's memory asks whether it is in the window. */
function put(rt: GpuRuntime, x: View, y: View): void {
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
function fold(rt: GpuRuntime, code: ReduceCode, x: View, y: View): void {
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
  const to = isFresh(y) ? y : temporaryLike(rt, y);
  rt.dispatch(made, [from, to].map(blockOf), [n], count, [{ offset: from.offset }]);
  if (to !== y) put(rt, to, y);
}

type Into = (y: View, f: (y: View) => void) => void;

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

function along(
  rt: GpuRuntime,
  name: string,
  x: View,
  index: View,
  y: View,
  dim: number,
  into: Into,
): void {
  const rank = y.shape.length;
  const made = program(`gpujs/gl/${name}/${rank}/${dim}`, (key) => {
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
  into(y, (to) =>
    rt.dispatch(made, [x, index, to].map(blockOf), values, sizeOf(to.shape), [
      { offset: x.offset },
      { offset: index.offset },
    ]),
  );
}

/** Each element of y looks for what goes to it. */
function scatter(rt: GpuRuntime, index: View, src: View, y: View, dim: number, into: Into): void {
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
  into(y, (to) =>
    rt.dispatch(made, [index, src, old, to].map(blockOf), values, sizeOf(to.shape), [
      { offset: index.offset },
      { offset: src.offset },
      { offset: old.offset },
    ]),
  );
}
