// The text of a tensor, as PyTorch prints it (torch/_tensor_str.py): four decimals, columns of one width,
// scientific notation where the values lie far apart, only the corners of a large tensor.
import { GradNode } from "./autograd/tape.ts";
import type { View } from "./backend.ts";
import { type DType, isFloating, type TypedArray } from "./dtype.ts";
import { contiguousStrides } from "./shape.ts";
import { methods, Tensor } from "./tensor.ts";

const PRECISION = 4;
/** More elements than this are summarised. */
const THRESHOLD = 1000;
/** What a summary shows at each end of a dimension. */
const EDGE = 3;
const LINE_WIDTH = 80;
const PREFIX = "tensor(";

type Value = number | bigint;
/** Where a summary leaves elements out. */
const GAP = Symbol("…");
type Items = Value | readonly (Items | typeof GAP)[];

// ---- reading ------------------------------------------------------------------------------------------

/** The elements that are shown, nested by dimension; of a summarised tensor only the corners are read. */
function itemsOf(x: View, read: (v: View) => TypedArray, summarize: boolean): Items {
  if (!summarize) return nested(read(x), x.shape, contiguousStrides(x.shape), 0, 0);
  const [n = 0, ...shape] = x.shape;
  const [stride = 0, ...strides] = x.strides;
  const cut = n > 2 * EDGE;
  const part = (start: number, inner: Pick<View, "shape" | "strides">): View => ({
    storage: x.storage,
    dtype: x.dtype,
    offset: x.offset + start * stride,
    contiguous: false,
    ...inner,
  });
  if (shape.length === 0) {
    const run = (start: number, length: number): Value[] =>
      Array.from(read(part(start, { shape: [length], strides: [stride] })) as ArrayLike<Value>);
    return cut ? [...run(0, EDGE), GAP, ...run(n - EDGE, EDGE)] : run(0, n);
  }
  const slice = (i: number): Items => itemsOf(part(i, { shape, strides }), read, true);
  const slices = (start: number, end: number): Items[] =>
    Array.from({ length: end - start }, (_, i) => slice(start + i));
  return cut ? [...slices(0, EDGE), GAP, ...slices(n - EDGE, n)] : slices(0, n);
}

function nested(
  data: TypedArray,
  shape: readonly number[],
  strides: readonly number[],
  dim: number,
  at: number,
): Items {
  if (dim === shape.length) return data[at] as Value;
  return Array.from({ length: shape[dim] as number }, (_, i) =>
    nested(data, shape, strides, dim + 1, at + i * (strides[dim] as number)),
  );
}

function* valuesIn(items: Items | typeof GAP): Iterable<Value> {
  if (items === GAP) return;
  if (typeof items !== "object") yield items;
  else for (const item of items) yield* valuesIn(item);
}

// ---- numbers ------------------------------------------------------------------------------------------

const sign = (x: number): string => (x < 0 || Object.is(x, -0) ? "-" : "");

/**
 * toFixed and toExponential round a half up, C and Python to even. 60 decimals tell whether what is
 * dropped is an exact half: then a last digit that is even stays.
 */
function halfToEven(long: string, rounded: string): string {
  const end = long.indexOf(".") + 1 + PRECISION;
  const isHalf = /^50*$/.test(long.slice(end));
  return isHalf && "02468".includes(long[end - 1] as string) ? long.slice(0, end) : rounded;
}

function fixed(x: number): string {
  const a = Math.abs(x);
  return sign(x) + halfToEven(a.toFixed(60), a.toFixed(PRECISION));
}

function scientific(x: number): string {
  const a = Math.abs(x);
  const [long = ""] = a.toExponential(60).split("e");
  const [short = "", exponent = ""] = a.toExponential(PRECISION).split("e");
  const digits = exponent.slice(1).padStart(2, "0");
  return `${sign(x)}${halfToEven(long, short)}e${exponent[0]}${digits}`;
}

function nonFinite(x: number): string {
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

/** How the elements of one tensor are written, and how wide; decided by the values that are shown. */
interface Style {
  readonly width: number;
  write(x: Value): string;
}

function styleFor(dtype: DType, values: readonly Value[]): Style {
  if (!isFloating(dtype)) {
    const write = dtype === "bool" ? (x: Value) => (x ? "True" : "False") : String;
    return { width: widest(values.map(write)), write };
  }
  const floats = values as readonly number[];
  const finite = floats.filter((x) => Number.isFinite(x) && x !== 0);
  const sizes = finite.map(Math.abs);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const whole = finite.every(Number.isInteger);
  const far = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
  const spell = far && sizes.length > 0 ? scientific : whole ? dotted : fixed;
  return {
    width: widest(finite.map(spell)),
    write: (x) => (Number.isFinite(x) ? spell(x as number) : nonFinite(x as number)),
  };
}

/** A whole number, with the dot that says float. */
const dotted = (x: number): string => `${sign(x)}${Math.abs(x).toFixed(0)}.`;
const widest = (texts: readonly string[]): number =>
  texts.reduce((width, text) => Math.max(width, text.length), 1);

// ---- layout -------------------------------------------------------------------------------------------

function layOut(items: Items, style: Style, indent: number, rank: number): string {
  if (typeof items !== "object") return style.write(items).padStart(style.width);
  const margin = " ".repeat(indent + 1);
  if (rank === 1) {
    const texts = items.map((item) => (item === GAP ? " ..." : layOut(item, style, indent, 0)));
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - indent) / (style.width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < texts.length; i += perLine) {
      lines.push(texts.slice(i, i + perLine).join(", "));
    }
    return `[${lines.join(`,\n${margin}`)}]`;
  }
  const slices = items.map((item) =>
    item === GAP ? "..." : layOut(item, style, indent + 1, rank - 1),
  );
  return `[${slices.join(`,${"\n".repeat(rank - 1)}${margin}`)}]`;
}

/** Adds what follows the elements; what no longer fits into the line begins a new one. */
function withSuffixes(text: string, suffixes: readonly string[]): string {
  let result = text;
  let used = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    if (used + suffix.length + 2 > LINE_WIDTH) {
      result += `,\n${" ".repeat(PREFIX.length)}${suffix}`;
      used = PREFIX.length + suffix.length;
    } else {
      result += `, ${suffix}`;
      used += suffix.length + 2;
    }
  }
  return `${result})`;
}

/** The text of t: its elements, and what is not the default about it. Never throws. */
export function format(t: Tensor): string {
  if (t.released) return `${PREFIX}released)`;
  const { backend } = t.storage;
  const suffixes: string[] = [];
  if (backend.device !== "cpu") suffixes.push(`device='${backend.device}'`);
  const size = `size=(${t.shape.join(", ")}${t.ndim === 1 ? "," : ""})`;
  const dtype = `dtype=${t.dtype}`;
  let text = "[]";
  if (t.numel === 0) {
    if (t.ndim !== 1) suffixes.push(size);
    if (t.dtype !== "float32") suffixes.push(dtype);
  } else if (backend.readSync === undefined) {
    text = "..."; // only await t.data() can read it
    suffixes.push(size, dtype);
  } else {
    if (!["float32", "int64", "bool"].includes(t.dtype)) suffixes.push(dtype);
    const items = itemsOf(t, (v) => readOf(t, v), t.numel > THRESHOLD);
    text = layOut(items, styleFor(t.dtype, [...valuesIn(items)]), PREFIX.length, t.ndim);
  }
  if (t.source instanceof GradNode) suffixes.push(`gradFn=<${t.source.rule.name}>`);
  else if (t.source !== null) suffixes.push("requiresGrad=true");
  return withSuffixes(PREFIX + text, suffixes);
}

const readOf = (t: Tensor, v: View): TypedArray =>
  (t.storage.backend.readSync as (x: View) => TypedArray)(v);

declare module "./tensor.ts" {
  interface TensorMethods {
    /** The elements as PyTorch prints them; shape and dtype where the device cannot be read at once. */
    toString(): string;
  }
}
methods({
  toString() {
    return format(this);
  },
});

// What console.log shows in Node and Deno.
Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: Tensor) {
    return format(this);
  },
  configurable: true,
});
