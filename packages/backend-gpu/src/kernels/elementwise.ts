// fill, copy with cast, unary, binary, binaryScalar, where.
//
// For float32 into a fresh output gpu.js writes the kernel; integers, questions, NaN, windows and in-place ops are
// hand-written.
import type { BinaryCode, DType, UnaryCode, View } from "@tapegrad/core";
import { indexValues, isFresh, type Walk, walkOver } from "../layout.ts";
import { gpuJs, type HelperFunction, type ScalarType } from "../program/gpu-js.ts";
import { indexCall, numberFunction } from "../program/integers.ts";
import type { Program } from "../program/program.ts";
import { keepNumbered, program, programNumbered, slot } from "../registry.ts";
import type { GpuBlock } from "../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { castExpression, wgslType } from "../types.ts";
import { COPY, type ElementwiseSpec, elementwise } from "./elementwise-wgsl.ts";
import { BINARY_JS, GPUJS_GRADIENTS, GPUJS_MATH, UNARY_JS } from "./math-gpujs.ts";
import { BINARY_F32, BINARY_INT, UNARY_F32, UNARY_INT } from "./math-wgsl.ts";

const isFloat = (x: View): boolean => x.dtype === "float32";

// ---- gpu.js -------------------------------------------------------------------------------------------------

const LETTERS = ["a", "b", "c"];
const FUNCTIONS: readonly HelperFunction[] = [...GPUJS_MATH, ...GPUJS_GRADIENTS];
/** Integers that at1 … at6 take. */
const MOST_DIMS = 6;
const BILLION = 2 ** 30;

/** Whether gpu.js can: float32, an output of its own, indices that fit into 31 bits, few dimensions. */
function plain(y: View, a: View, b?: View): boolean {
  if (!isFresh(y) || !isFloat(y)) return false;
  if (!isFloat(a) || blockOf(a) === blockOf(y)) return false;
  if (b !== undefined && (!isFloat(b) || blockOf(b) === blockOf(y))) return false;
  const inputs = b === undefined ? [a] : [a, b];
  const walk = walkOver(y, inputs, false);
  asked = { y, inputs, walk };
  return walk.sizes.length <= MOST_DIMS && walk.count < BILLION;
}

/** What was asked last: whether a variant takes a case and how it runs it are one question. */
let asked: { readonly y: View; readonly inputs: readonly View[]; readonly walk: Walk } | undefined;

/** What plain() found; it is forgotten, as it would keep tensors alive. */
function walkOf(inputs: readonly View[], y: View): Walk {
  const last = asked;
  asked = undefined;
  let same = last !== undefined && last.y === y && last.inputs.length === inputs.length;
  for (let k = 0; same && k < inputs.length; k++) same = last?.inputs[k] === inputs[k];
  return same ? (last as { walk: Walk }).walk : walkOver(y, inputs, false);
}

/** The scalars that indexCall reads: sizes, then strides by operand. */
function layoutScalars(rank: number, operands: number): Record<string, ScalarType> {
  const scalars: Record<string, ScalarType> = {};
  for (let d = 1; d < rank; d++) scalars[`n${d}`] = "Integer";
  for (let k = 0; k < operands; k++) {
    for (let d = 0; d < rank; d++) scalars[`${LETTERS[k]}s${d}`] = "Integer";
  }
  return scalars;
}

/** y = body(inputs) by a kernel of gpu.js; `body` is an expression of `args`: the inputs, then perhaps a scalar. */
export function mapped(
  runtime: GpuRuntime,
  name: string,
  args: string,
  body: string,
  inputs: readonly View[],
  y: View,
  scalar?: number,
  functions: readonly HelperFunction[] = [],
): void {
  const w = walkOf(inputs, y);
  const rank = w.sizes.length;
  const made =
    programNumbered(name, -rank) ??
    keepNumbered(
      name,
      -rank, // the positive ones are those of elementwise()
      mapKernel({ name, args, body, rank, functions }, inputs.length, scalar !== undefined),
    );
  const blocks: GpuBlock[] = [];
  for (let k = 0; k < inputs.length; k++) blocks.push(blockOf(inputs[k] as View));
  blocks.push(blockOf(y));
  const values = indexValues([], w);
  if (scalar !== undefined) values.push(scalar);
  runtime.dispatch(made, blocks, values, w.count, inputs); // views say where arrays begin
}

interface MapSpec {
  readonly name: string;
  readonly args: string;
  readonly body: string;
  readonly rank: number;
  readonly functions: readonly HelperFunction[];
}

function mapKernel(spec: MapSpec, operands: number, withScalar: boolean): Program {
  const { name, args, body, rank, functions } = spec;
  return program(`gpujs/${name}/${rank}`, (key) => {
    const arrays = LETTERS.slice(0, operands);
    const extra = withScalar ? ["k"] : [];
    const helper = numberFunction(`function apply(${args}) { return ${body}; }`);
    const scalars = {
      ...layoutScalars(rank, operands),
      ...Object.fromEntries(extra.map((n) => [n, "Number" as const])),
    };
    const reads = arrays.map((a) => `${a}[${indexCall("this.thread.x", rank, `${a}s`)}]`);
    return gpuJs({
      key,
      inputs: arrays,
      scalars,
      rank: 1,
      ...(operands === 1 && !withScalar ? { keepsNaN: "apply" } : {}),
      functions: [...FUNCTIONS, ...functions, helper],
      source: `function (${[...arrays, ...Object.keys(scalars)].join(", ")}) { return apply(${[...reads, ...extra].join(", ")}); }`,
    });
  });
}

// ---- the slots ------------------------------------------------------------------------------------------------

/** A table's entry for the type of the operands; T is that type, and uint8 stays below 256. */
function expressionFor<C extends string>(
  floats: Readonly<Partial<Record<C, string>>>,
  ints: Readonly<Partial<Record<C, string>>>,
  code: C,
  x: View,
  y: View,
): string | undefined {
  if (isFloat(x)) return floats[code];
  const text = ints[code]?.replace(/\bT\b/g, wgslType(x.dtype));
  if (text === undefined) return undefined;
  // Sums of bools are bools.
  if (y.dtype === "bool" && x.dtype === "bool") return `truth((${text}) != 0u)`;
  return y.dtype === "uint8" ? `(${text}) & 255u` : text;
}

const named = (text: string): string =>
  text.replace(/\bx\b/g, "x0").replace(/\ba\b/g, "x0").replace(/\bb\b/g, "x1");

const unaryText = (code: UnaryCode, x: View, y: View): string | undefined =>
  expressionFor(
    UNARY_F32,
    UNARY_INT,
    code === "bitwiseNot" && x.dtype === "bool" ? "logicalNot" : code,
    x,
    y,
  );
const binaryText = (code: BinaryCode, x: View, y: View): string | undefined =>
  expressionFor(BINARY_F32, BINARY_INT, code, x, y);

/** What belongs to a code of a table is made once: in each call it is looked up. */
function perCode<T>(make: (code: string) => T): (code: string) => T {
  const known = new Map<string, T>();
  return (code) => {
    let it = known.get(code);
    if (it === undefined) {
      it = make(code);
      known.set(code, it);
    }
    return it;
  };
}

/** Types alone do not say: u32 is uint8 or bool. */
const tag = (x: View, y: View): 0 | 1 | 8 =>
  y.dtype === "uint8" || x.dtype === "uint8" ? 8 : x.dtype === "bool" ? 1 : 0;
type Tagged = Readonly<Record<0 | 1 | 8, ElementwiseSpec>>;
/** Specs of a key for each tag. */
function tagged(key: string, rest: Omit<ElementwiseSpec, "key">): Tagged {
  return {
    0: { ...rest, key },
    1: { ...rest, key: `${key}/bool` },
    8: { ...rest, key: `${key}/uint8` },
  };
}

const unaryName = perCode((code) => `unary/${code}`);
const unarySpecs = perCode((code) =>
  tagged(unaryName(code), {
    expression: ([x], y) => {
      const text = named(unaryText(code as UnaryCode, x as View, y) as string);
      // The sign of NaN is 0, as in PyTorch; what answers a question is no float.
      const passes = code !== "sign" && isFloat(x as View) && isFloat(y);
      return passes ? `keep_nan(x0, ${text})` : text;
    },
  }),
);

export const unary = slot<[UnaryCode, View, View]>("unary", [
  {
    name: "gpujs",
    takes: (code, x, y) => UNARY_JS[code] !== undefined && plain(y, x),
    run: (rt, code, x, y) => mapped(rt, unaryName(code), "x", UNARY_JS[code] as string, [x], y),
  },
  {
    name: "wgsl",
    takes: (code, x) => (isFloat(x) ? UNARY_F32 : UNARY_INT)[code] !== undefined,
    run: (rt, code, x, y) => elementwise(rt, unarySpecs(code)[tag(x, y)], [x], y),
  },
]);

const binaryName = perCode((code) => `binary/${code}`);
const binarySpecs = perCode((code) =>
  tagged(binaryName(code), {
    expression: ([a], y) => named(binaryText(code as BinaryCode, a as View, y) as string),
  }),
);

export const binary = slot<[BinaryCode, View, View, View]>("binary", [
  {
    name: "gpujs",
    takes: (code, a, b, y) => BINARY_JS[code] !== undefined && plain(y, a, b),
    run: (rt, code, a, b, y) =>
      mapped(rt, binaryName(code), "a, b", BINARY_JS[code] as string, [a, b], y),
  },
  {
    name: "wgsl",
    takes: (code, a) => (isFloat(a) ? BINARY_F32 : BINARY_INT)[code] !== undefined,
    run: (rt, code, a, b, y) => elementwise(rt, binarySpecs(code)[tag(a, y)], [a, b], y),
  },
]);

const binaryScalarName = perCode((code) => `scalar/${code}`);
const binaryScalarSpecs = perCode((code) =>
  tagged(binaryScalarName(code), {
    expression: ([x], y) =>
      named(binaryText(code as BinaryCode, x as View, y) as string).replace(/\bx1\b/g, "p.k"),
    scalar: ([x]) => wgslType((x as View).dtype),
  }),
);

export const binaryScalar = slot<[BinaryCode, View, number | bigint, View]>("binaryScalar", [
  {
    name: "gpujs",
    takes: (code, x, s, y) =>
      BINARY_JS[code] !== undefined && plain(y, x) && Number.isFinite(Number(s)),
    run: (rt, code, x, s, y) =>
      mapped(rt, binaryScalarName(code), "a, b", BINARY_JS[code] as string, [x], y, Number(s)),
  },
  {
    name: "wgsl",
    takes: (code, x) => (isFloat(x) ? BINARY_F32 : BINARY_INT)[code] !== undefined,
    run: (rt, code, x, s, y) =>
      elementwise(rt, binaryScalarSpecs(code)[tag(x, y)], [x], y, Number(s)),
  },
]);

const FILL: ElementwiseSpec = {
  key: "fill",
  expression: "p.k",
  scalar: (_inputs, y) => wgslType(y.dtype),
};

export const fill = slot<[View, number | bigint]>("fill", [
  {
    name: "wgsl",
    run(rt, y, value) {
      const v = Number(value);
      const word = y.dtype === "bool" ? Number(v !== 0) : y.dtype === "float32" ? v : Math.trunc(v);
      elementwise(rt, FILL, [], y, y.dtype === "uint8" ? word & 255 : word);
    },
  },
]);

const castSpecs = perCode((from) =>
  perCode(
    (to): ElementwiseSpec => ({
      key: `cast/${from}/${to}`,
      expression: castExpression(from as DType, to as DType, "x0"),
    }),
  ),
);

export const copy = slot<[View, View]>("copy", [
  {
    // The copy engine: no kernel at all.
    name: "buffer copy",
    takes: (x, y) =>
      x.contiguous && y.contiguous && x.dtype === y.dtype && blockOf(x) !== blockOf(y),
    suits: (x) => x.shape.reduce((n, s) => n * s, 1) >= 1 << 16, // it ends the compute pass
    run: (rt, x, y) =>
      rt.copy(
        blockOf(x),
        4 * x.offset,
        blockOf(y),
        4 * y.offset,
        4 * x.shape.reduce((n, s) => n * s, 1),
      ),
  },
  {
    name: "wgsl",
    run: (rt, x, y) =>
      elementwise(rt, x.dtype === y.dtype ? COPY : castSpecs(x.dtype)(y.dtype), [x], y),
  },
]);

const WHERE: ElementwiseSpec = { key: "where", expression: "select(x2, x1, x0 != 0u)" };

export const where = slot<[View, View, View, View]>("where", [
  {
    name: "wgsl",
    run: (rt, cond, a, b, y) => elementwise(rt, WHERE, [cond, a, b], y),
  },
]);
