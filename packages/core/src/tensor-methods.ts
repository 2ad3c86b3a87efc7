// The methods of Tensor that are no ops: reading, gradients, moving between devices and dtypes.
import type ndarray from "ndarray";
import { type BackwardOptions, backward } from "./autograd/backward.ts";
import {
  gradOf,
  registerHook,
  registerPostAccumulateGradHook,
  retainGrad,
  retainsGrad,
  setGrad,
  setRequiresGrad,
} from "./autograd/hooks.ts";
import { type AccumulatedHook, type Hook, Leaf } from "./autograd/tape.ts";
import type { Device } from "./backend.ts";
import { backendNames, resolveBackend } from "./backends.ts";
import { DTYPES, type DType, type TypedArray } from "./dtype.ts";
import { ArgumentError, DeviceError, ShapeError } from "./errors.ts";
import { toNdarray } from "./ops/creation.ts";
import { move } from "./ops/elementwise/move.ts";
import { to } from "./ops/elementwise/to.ts";
import { normalizeDim } from "./shape.ts";
import { checkLive, methods, Tensor, type TensorMethods, viewOf } from "./tensor.ts";

declare module "./tensor.ts" {
  interface TensorMethods {
    /** Whether gradients flow to or through it. Setting it makes or unmakes a leaf. */
    requiresGrad: boolean;
    /** The accumulated gradient of a leaf, or of what retainGrad() was called on; or null. Set null to clear it. */
    grad: Tensor | null;
    /** Made by the user rather than by a recorded op. */
    readonly isLeaf: boolean;
    /** Made under inferenceMode(), or a view of such a tensor. */
    readonly isInference: boolean;
    requiresGrad_(on?: boolean): Tensor;
    /** The size of one dimension, or the shape. */
    size(): readonly number[];
    size(dim: number): number;
    /** The value of a one-element tensor; CPU only. int64 beyond 2^53 throws: use data(). */
    item(): number;
    /** The value of a one-element tensor, on every device. */
    itemAsync(): Promise<number>;
    /** A copy of the elements in row-major order, on every device. */
    data(): Promise<TypedArray>;
    /** A copy of the elements at once; CPU only. */
    dataSync(): TypedArray;
    /** A copy as nested arrays: numbers, bigints for int64, booleans for bool; CPU only. */
    tolist(): NestedValues;
    /** tolist() with whole numbers for bigints, for JSON.stringify. */
    toJSON(): NestedValues;
    /** A copy as an ndarray; CPU only. */
    ndarray(): ndarray.NdArray;
    /** Adds the gradient of this tensor to `.grad` of the leaves it was made from. */
    backward(gradient?: Tensor, options?: BackwardOptions): void;
    /** The same data outside of the graph, sharing memory. */
    detach(): Tensor;
    /** Calls hook with each gradient of this tensor; returns the function that removes it. */
    registerHook(hook: Hook): () => void;
    /** Calls hook with this leaf when backward() has accumulated its gradient; returns the function that removes it. */
    registerPostAccumulateGradHook(hook: AccumulatedHook): () => void;
    /** Has backward() and grad() keep the gradient of a tensor that is no leaf in its `.grad`. */
    retainGrad(): void;
    /** Whether retainGrad() was called on it, and it is no leaf. */
    readonly retainsGrad: boolean;
    /** In another dtype, or on another device or backend. */
    to(where: DType | Device | (string & {})): Tensor;
  }
}

/** One value of a zero-dim tensor, or arrays of arrays of them. */
export type NestedValues = number | bigint | boolean | NestedValues[];

function nested(
  t: Tensor,
  op: string,
  valueOf: (v: number | bigint) => NestedValues,
): NestedValues {
  const data = readable(op, t);
  let at = 0;
  const level = (d: number): NestedValues =>
    d === t.ndim
      ? valueOf(data[at++] as number | bigint)
      : Array.from({ length: t.shape[d] as number }, () => level(d + 1));
  return level(0);
}

function readable(op: string, t: Tensor): TypedArray {
  checkLive(op, t);
  const { backend } = t.storage;
  if (backend.readSync === undefined) {
    throw new DeviceError(
      `${op}: a tensor on '${backend.name}' cannot be read at once; ` +
        "use await t.data() or await t.itemAsync(); a function that has to know values, as nonzero has, takes " +
        "a tensor on the CPU, made from them",
    );
  }
  return backend.readSync(t);
}

function single(op: string, t: Tensor, data: TypedArray): number {
  if (data.length !== 1) {
    throw new ShapeError(op, "only a tensor of one element has one value; use data()", {
      input: t.shape,
    });
  }
  const value = data[0] as number | bigint;
  const n = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(n)) {
    throw new ArgumentError(
      op,
      `${value} is beyond 2^53; read it with data(), which gives bigints`,
    );
  }
  return n;
}

for (const [name, get, set] of [
  [
    "requiresGrad",
    (t: Tensor) => t.source !== null,
    (t: Tensor, on: unknown) => setRequiresGrad(t, Boolean(on)),
  ],
  ["grad", gradOf, (t: Tensor, g: unknown) => setGrad(t, g as Tensor | null)],
  ["retainsGrad", retainsGrad, undefined],
  ["isInference", (t: Tensor) => t.storage.inference, undefined],
  ["isLeaf", (t: Tensor) => t.source === null || t.source instanceof Leaf, undefined],
] as const) {
  Object.defineProperty(Tensor.prototype, name, {
    get(this: Tensor) {
      return get(this);
    },
    ...(set === undefined
      ? {}
      : {
          set(this: Tensor, value: unknown) {
            set(this, value);
          },
        }),
    configurable: true,
  });
}

methods({
  requiresGrad_(on = true) {
    return setRequiresGrad(this, on);
  },
  size(dim?: number) {
    return dim === undefined ? this.shape : this.shape[normalizeDim("size", dim, this.ndim)];
  },
  item() {
    return single("item", this, this.numel === 1 ? readable("item", this) : new Uint8Array(0));
  },
  async itemAsync() {
    checkLive("itemAsync", this);
    if (this.numel !== 1) return single("itemAsync", this, new Uint8Array(0));
    return single("itemAsync", this, await this.storage.backend.read(this));
  },
  async data() {
    checkLive("data", this);
    return this.storage.backend.read(this);
  },
  dataSync() {
    return readable("dataSync", this);
  },
  tolist() {
    return nested(this, "tolist", (v) => (this.dtype === "bool" ? v !== 0 : v));
  },
  toJSON() {
    return nested(this, "toJSON", (v) => (this.dtype === "bool" ? v !== 0 : Number(v)));
  },
  ndarray() {
    return toNdarray(this, readable("ndarray", this));
  },
  backward(gradient, options) {
    backward(this, gradient, options);
  },
  detach() {
    checkLive("detach", this);
    this.storage.hasViews = true;
    return viewOf(this, this.shape, this.strides, this.offset, "detach");
  },
  registerPostAccumulateGradHook(hook) {
    return registerPostAccumulateGradHook(this, hook);
  },
  retainGrad() {
    retainGrad(this);
  },
  registerHook(hook) {
    return registerHook(this, hook);
  },
  to(where) {
    checkLive("to", this);
    if (DTYPES.includes(where as DType)) return to(this, where as DType);
    if (where !== "cpu" && where !== "gpu" && !backendNames().includes(where)) {
      throw new ArgumentError(
        "to",
        `'${where}' is neither a dtype (${DTYPES.join(", ")}), nor a device (cpu, gpu), ` +
          `nor a backend (${backendNames().join(", ")})`,
      );
    }
    return move(this, resolveBackend(where));
  },
} as Partial<TensorMethods> & ThisType<Tensor>);

// x + 1 in JavaScript would make a string of x; nobody wants that.
Object.defineProperty(Tensor.prototype, Symbol.toPrimitive, {
  value(this: Tensor, hint: string) {
    if (hint === "string") return this.toString();
    throw new ArgumentError(
      "Tensor",
      "JavaScript's operators do not work on tensors; use methods: x.add(1), x.mul(y), x.lt(0); item() gives a number",
    );
  },
  configurable: true,
});
