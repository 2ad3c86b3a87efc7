// A backend with nothing but the required kernels; convolution and all else is composed from them.
// Memory is one ArrayBuffer a tensor; every value passes as a JS number.
import {
  type Backend,
  type BinaryCode,
  type Block,
  type DType,
  DTypeError,
  fallbacks,
  fillRandom,
  manualSeed,
  newArray,
  type RequiredKernels,
  resetFallbacks,
  type Shape,
  sizeOf,
  type TypedArray,
  type UnaryCode,
  type View,
} from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { F, grad, randn, registerBackend } from "tapegrad";

// ---- memory -------------------------------------------------------------------------------------------

class PlainBlock implements Block {
  readonly bytes: number;
  readonly buffer: ArrayBuffer;
  constructor(bytes: number) {
    this.bytes = Math.ceil(bytes / 8) * 8;
    this.buffer = new ArrayBuffer(this.bytes);
  }
}
const memory = {
  pooledBytes: 0,
  take: (bytes: number) => new PlainBlock(bytes),
  give: () => {}, // JavaScript's garbage collector takes the buffer
};

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Bytes of an element. A backend may refuse dtypes; this one has no 16-bit floats. */
function bytesPer(dtype: DType): number {
  if (!(dtype in ARRAYS)) {
    throw new DTypeError("plain", `no ${dtype} here; cast to float32 (x.to("float32"))`);
  }
  return ARRAYS[dtype as keyof typeof ARRAYS].BYTES_PER_ELEMENT;
}

/** Element i of v, broadcast to `shape`, in row-major order: get(i) and set(i, value). */
function elements(v: View, shape: Shape = v.shape) {
  const array = new ARRAYS[v.dtype as keyof typeof ARRAYS]((v.storage.block as PlainBlock).buffer);
  const missing = shape.length - v.shape.length;
  const at = (i: number): number => {
    let place = v.offset;
    for (let d = shape.length - 1, rest = i; d >= missing; d--) {
      const n = shape[d] as number;
      if (v.shape[d - missing] !== 1) place += (rest % n) * (v.strides[d - missing] as number);
      rest = Math.floor(rest / n);
    }
    return place;
  };
  return {
    size: sizeOf(shape),
    get: (i: number): number => Number(array[at(i)]),
    set(i: number, value: number | boolean): void {
      if (v.dtype === "int64") array[at(i)] = BigInt(Math.trunc(Number(value)));
      else
        array[at(i)] = v.dtype === "bool" ? Number(value !== 0 && value !== false) : Number(value);
    },
  };
}

/** y[i] = f(i), then the name of what ran. */
function fillWith(y: View, f: (i: number) => number | boolean): string {
  const to = elements(y);
  for (let i = 0; i < to.size; i++) to.set(i, f(i));
  return "plain";
}

// ---- scalar functions: a code that is missing is declined ---------------------------------------------

const UNARY: Partial<Record<UnaryCode, (x: number) => number | boolean>> = {
  ...{ neg: (x) => -x, abs: Math.abs, square: (x) => x * x, sqrt: Math.sqrt },
  ...{ rsqrt: (x) => 1 / Math.sqrt(x), reciprocal: (x) => 1 / x },
  ...{ exp: Math.exp, log: Math.log, sin: Math.sin, cos: Math.cos, tanh: Math.tanh },
  ...{ sigmoid: (x) => 1 / (1 + Math.exp(-x)), relu: (x) => Math.max(x, 0) },
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  ...{ logicalNot: (x) => x === 0, isnan: Number.isNaN, floor: Math.floor },
};
const BINARY: Partial<Record<BinaryCode, (a: number, b: number) => number | boolean>> = {
  ...{ add: (a, b) => a + b, sub: (a, b) => a - b, rsub: (a, b) => b - a },
  ...{ mul: (a, b) => a * b, div: (a, b) => a / b, rdiv: (a, b) => b / a },
  ...{ pow: (a, b) => a ** b, maximum: Math.max, minimum: Math.min },
  ...{ eq: (a, b) => a === b, ne: (a, b) => a !== b, lt: (a, b) => a < b, le: (a, b) => a <= b },
  ...{ gt: (a, b) => a > b, ge: (a, b) => a >= b, logicalAnd: (a, b) => a !== 0 && b !== 0 },
};

// ---- the required kernels -----------------------------------------------------------------------------

/** The element of `whole` that element i of `part` belongs to; along `dim` it is at(i) instead. */
function placeIn(whole: Shape, part: Shape, dim: number, at: (i: number) => number) {
  return (i: number): number => {
    let place = 0;
    for (let d = part.length - 1, rest = i, step = 1; d >= 0; d--) {
      const n = part[d] as number;
      const size = whole[d] as number;
      place += (d === dim ? at(i) : size === 1 ? 0 : rest % n) * step;
      rest = Math.floor(rest / n);
      step *= size;
    }
    return place;
  };
}

const FOLDS = {
  sum: { start: 0, step: (old: number, v: number) => old + v },
  prod: { start: 1, step: (old: number, v: number) => old * v },
  max: { start: -Infinity, step: Math.max },
  min: { start: Infinity, step: Math.min },
  any: { start: 0, step: (old: number, v: number) => Number(old !== 0 || v !== 0) },
  all: { start: 1, step: (old: number, v: number) => Number(old !== 0 && v !== 0) },
};

const kernels: RequiredKernels = {
  fill: (y, value) => fillWith(y, () => Number(value)),
  copy(x, y) {
    const from = elements(x);
    const whole = y.dtype !== "float32" && y.dtype !== "float64" && y.dtype !== "bool";
    return fillWith(y, (i) => (whole ? Math.trunc(from.get(i)) : from.get(i)));
  },
  unary(code, x, y) {
    const f = UNARY[code];
    const from = elements(x);
    return f && fillWith(y, (i) => f(from.get(i)));
  },
  binary(code, a, b, y) {
    const f = BINARY[code];
    const [p, q] = [elements(a, y.shape), elements(b, y.shape)];
    return f && fillWith(y, (i) => f(p.get(i), q.get(i)));
  },
  binaryScalar(code, x, scalar, y) {
    const f = BINARY[code];
    const from = elements(x);
    return f && fillWith(y, (i) => f(from.get(i), Number(scalar)));
  },
  where(cond, a, b, y) {
    const [c, p, q] = [cond, a, b].map((v) => elements(v, y.shape)) as Triple;
    return fillWith(y, (i) => (c.get(i) !== 0 ? p.get(i) : q.get(i)));
  },
  reduce(code, x, y) {
    const { start, step } = FOLDS[code];
    const from = elements(x);
    const folded = new Float64Array(sizeOf(y.shape)).fill(start);
    const target = placeIn(y.shape, x.shape, -1, () => 0);
    for (let i = 0; i < from.size; i++) {
      folded[target(i)] = step(folded[target(i)] as number, from.get(i));
    }
    return fillWith(y, (i) => folded[i] as number);
  },
  argReduce(code, x, y, dim) {
    const from = elements(x);
    const first = placeIn(x.shape, y.shape, dim, () => 0);
    const step = sizeOf(x.shape.slice(dim + 1));
    const better = (v: number, best: number) =>
      !Number.isNaN(best) && (Number.isNaN(v) || (code === "argmax" ? v > best : v < best));
    return fillWith(y, (i) => {
      let best = 0;
      for (let k = 1; k < (x.shape[dim] ?? 1); k++) {
        if (better(from.get(first(i) + k * step), from.get(first(i) + best * step))) best = k;
      }
      return best;
    });
  },
  matmul(a, b, y) {
    const [rows, columns] = y.shape.slice(-2) as [number, number];
    const inner = a.shape.at(-1) as number;
    const [p, q] = [elements(a), elements(b)];
    return fillWith(y, (i) => {
      const [row, column] = [Math.floor(i / columns), i % columns]; // row counts through the batch
      const batch = Math.floor(row / rows);
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += p.get(row * inner + k) * q.get((batch * inner + k) * columns + column);
      }
      return sum;
    });
  },
  gather(x, index, y, dim) {
    const [from, to] = [elements(x), elements(index)];
    const place = placeIn(x.shape, index.shape, dim, to.get);
    return fillWith(y, (i) => from.get(place(i)));
  },
  scatterAdd(index, src, y, dim) {
    const [at, from, to] = [elements(index), elements(src), elements(y)];
    const place = placeIn(y.shape, index.shape, dim, at.get);
    for (let i = 0; i < at.size; i++) to.set(place(i), to.get(place(i)) + from.get(i));
    return "plain";
  },
  random(code, y, key) {
    const drawn =
      y.dtype === "float64" ? new Float64Array(sizeOf(y.shape)) : new Float32Array(sizeOf(y.shape));
    fillRandom(code, key, drawn); // Philox: the same numbers on every backend
    return fillWith(y, (i) => drawn[i] as number);
  },
  arange: (y, start, step) => fillWith(y, (i) => start + i * step),
};
type Triple = [
  ReturnType<typeof elements>,
  ReturnType<typeof elements>,
  ReturnType<typeof elements>,
];

// ---- the backend --------------------------------------------------------------------------------------

function readSync(x: View): TypedArray {
  const from = elements(x);
  const out = newArray(x.dtype, from.size) as TypedArray;
  for (let i = 0; i < from.size; i++) {
    out[i] = (x.dtype === "int64" ? BigInt(from.get(i)) : from.get(i)) as never;
  }
  return out;
}

export const plainBackend: Backend = {
  name: "plain",
  device: "cpu",
  memory,
  kernels,
  bytesPer,
  upload: (data, y) => void fillWith(y, (i) => Number(data[i])),
  readSync,
  read: async (x) => readSync(x),
  describe: () => "an example: the required kernels alone, one JS number at a time",
};
// A low priority: it never becomes the default.
registerBackend("plain", () => plainBackend, { priority: -1 });

// ---- what it can do -----------------------------------------------------------------------------------

/** Ops whose checks in opSuite this backend passes. The last rows have no kernel here: they are composed. */
export const PASSES = [
  ...["add", "sub", "mul", "div", "neg", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "relu6"],
  ...["sum", "mean", "amax", "argmax", "matmul", "gather", "scatterAdd", "where", "cat", "pad"],
  ...["linear", "softmax", "logSoftmax", "layerNorm", "batchNorm", "dropout"],
  ...["conv", "convInputGrad", "convWeightGrad", "maxPool", "avgPool", "adaptiveAvgPool"],
];

/** @returns how many checks of opSuite passed, and what was composed in a depthwise convolution */
export function run({ small = false } = {}) {
  let passed = 0;
  const only = (op: string) => PASSES.includes(op);
  // Gradients in float32 run every rule once; the full run compares them with differences, and their own too.
  for (const check of opSuite("plain", { only, gradients: small ? "float32" : true })) {
    try {
      check.run();
    } catch (cause) {
      throw new Error(`${check.op}, ${check.name}`, { cause });
    }
    passed++;
  }
  console.log(`${passed} checks passed on ${PASSES.length} ops`);

  manualSeed(0);
  const options = { device: "plain", requiresGrad: true };
  const [x, w] = [randn([1, 4, 6, 6], options), randn([8, 1, 3, 3], options)];
  resetFallbacks();
  const y = F.conv2d(x, w, { groups: 4 });
  const [dw] = grad(y.sum(), [w]);
  const composed = fallbacks()
    .filter((f) => f.backend === "plain")
    .map((f) => f.op);
  console.log(
    `depthwise conv2d [${y.shape}], weight gradient [${dw?.shape}]; composed: ${composed.join(", ")}`,
  );
  return { passed, y, dw, composed };
}
