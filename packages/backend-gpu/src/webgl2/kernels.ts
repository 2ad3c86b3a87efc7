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
import { dense } from "../kernels/elementwise-wgsl.ts";
import { fused } from "../kernels/index.ts";
import { matmul } from "../kernels/matmul.ts";
import { isFresh, stridesIn, walk } from "../layout.ts";
import { gpuJs } from "../program/gpu-js.ts";
import { program, type Slot, type Variant } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { gather, into, put, scatterAdd } from "./indexing.ts";
import { GL_BINARY, GL_MATH, GL_UNARY } from "./math.ts";
import { fold, foldArg } from "./reduce.ts";
import { type GlRuntime, glBlockOf } from "./runtime.ts";

const NAME = "gpujs webgl2";
/** Dims that the index functions of gpu.js kernels take. */
const MOST_DIMS = 6;

export function webgl2Kernels(gl: GlRuntime): Kernels {
  const rt = gl as unknown as GpuRuntime; // kernels use of it what GlRuntime has

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
    into(rt, y, (to) => mapped(rt, `gl/${name}`, args, body, views, to, scalar, GL_MATH));
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
    into(rt, y, (to) => rt.dispatch(made, [blockOf(to)], [value], sizeOf(to.shape)));
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
      foldArg(rt, code, x, y, dim);
      return NAME;
    },
    matmul: (a: View, b: View, y: View) => {
      into(rt, y, (to) => product?.run(rt, a, b, to));
      return NAME;
    },
    gather: (x: View, index: View, y: View, dim: number) => {
      gather(rt, dense(rt, x), dense(rt, index), y, dim);
      return NAME;
    },
    scatterAdd: (index: View, src: View, y: View, dim: number) => {
      scatterAdd(rt, dense(rt, index), dense(rt, src), y, dim);
      return NAME;
    },
    random: (code: RandomCode, y: View, key: RandomKey) => {
      // Philox counts in 32-bit integers, which gpu.js has not: the same numbers, made here and uploaded.
      const values = new Float32Array(sizeOf(y.shape));
      fillRandom(code, key, values);
      into(rt, y, (to) => gl.upload(glBlockOf(to), values));
      return "host philox";
    },
    arange: (y: View, start: number, step: number) => {
      const stored = (v: number): number => (y.dtype === "float32" ? v : Math.trunc(v));
      const values = Float32Array.from({ length: sizeOf(y.shape) }, (_, i) =>
        stored(start + i * step),
      );
      into(rt, y, (to) => gl.upload(glBlockOf(to), values));
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
