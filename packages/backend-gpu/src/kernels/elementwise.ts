// fill, copy with cast, unary, binary, binaryScalar, where.
//
// For float32 into a fresh output gpu.js writes the kernel; integers, questions, NaN, windows and in-place ops are
// hand-written.
import type { BinaryCode, UnaryCode, View } from "@tapegrad/core";
import { indexValues, isFresh, type Walk, walkOver } from "../layout.ts";
import { gpuJs, type HelperFunction, type ScalarType } from "../program/gpu-js.ts";
import { indexCall, numberFunction } from "../program/integers.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { castExpression, wgslType } from "../types.ts";
import { elementwise } from "./elementwise-wgsl.ts";
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
function plain(inputs: readonly View[], y: View): boolean {
  if (!isFresh(y) || !isFloat(y)) return false;
  for (const x of inputs) if (!isFloat(x) || blockOf(x) === blockOf(y)) return false;
  const w = walkOf(inputs, y);
  return w.sizes.length <= MOST_DIMS && w.count < BILLION;
}

/** What was asked last: whether a variant takes a case and how it runs it are one question. */
let asked: { readonly y: View; readonly inputs: readonly View[]; readonly walk: Walk } | undefined;

function walkOf(inputs: readonly View[], y: View): Walk {
  if (asked?.y === y && inputs.every((x, k) => asked?.inputs[k] === x)) return asked.walk;
  asked = { y, inputs, walk: walkOver(y, inputs, false) };
  return asked.walk;
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
  asked = undefined; // it would keep tensors alive
  const rank = w.sizes.length;
  const made = program(`gpujs/${name}/${rank}`, (key) => {
    const arrays = LETTERS.slice(0, inputs.length);
    const extra = scalar === undefined ? [] : ["k"];
    const helper = numberFunction(`function apply(${args}) { return ${body}; }`);
    const scalars = {
      ...layoutScalars(rank, inputs.length),
      ...Object.fromEntries(extra.map((n) => [n, "Number" as const])),
    };
    const reads = arrays.map((a) => `${a}[${indexCall("this.thread.x", rank, `${a}s`)}]`);
    return gpuJs({
      key,
      inputs: arrays,
      scalars,
      rank: 1,
      functions: [...FUNCTIONS, ...functions, helper],
      source: `function (${[...arrays, ...Object.keys(scalars)].join(", ")}) { return apply(${[...reads, ...extra].join(", ")}); }`,
    });
  });
  const blocks = inputs.map(blockOf);
  blocks.push(blockOf(y));
  const values = indexValues([], w);
  if (scalar !== undefined) values.push(scalar);
  runtime.dispatch(made, blocks, values, w.count, inputs); // views say where arrays begin
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
  return text !== undefined && y.dtype === "uint8" ? `(${text}) & 255u` : text;
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

export const unary = slot<[UnaryCode, View, View]>("unary", [
  {
    name: "gpujs",
    takes: (code, x, y) => UNARY_JS[code] !== undefined && plain([x], y),
    run: (rt, code, x, y) => mapped(rt, `unary/${code}`, "x", UNARY_JS[code] as string, [x], y),
  },
  {
    name: "wgsl",
    takes: (code, x) => (isFloat(x) ? UNARY_F32 : UNARY_INT)[code] !== undefined,
    run: (rt, code, x, y) =>
      elementwise(
        rt,
        {
          key: `unary/${code}${tag(x, y)}`,
          expression: () => named(unaryText(code, x, y) as string),
        },
        [x],
        y,
      ),
  },
]);

/** Types alone do not say: u32 is uint8 or bool. */
const tag = (x: View, y: View): string =>
  y.dtype === "uint8" || x.dtype === "uint8" ? "8" : x.dtype === "bool" ? "1" : "";

export const binary = slot<[BinaryCode, View, View, View]>("binary", [
  {
    name: "gpujs",
    takes: (code, a, b, y) => BINARY_JS[code] !== undefined && plain([a, b], y),
    run: (rt, code, a, b, y) =>
      mapped(rt, `binary/${code}`, "a, b", BINARY_JS[code] as string, [a, b], y),
  },
  {
    name: "wgsl",
    takes: (code, a) => (isFloat(a) ? BINARY_F32 : BINARY_INT)[code] !== undefined,
    run: (rt, code, a, b, y) =>
      elementwise(
        rt,
        {
          key: `binary/${code}${tag(a, y)}`,
          expression: () => named(binaryText(code, a, y) as string),
        },
        [a, b],
        y,
      ),
  },
]);

export const binaryScalar = slot<[BinaryCode, View, number | bigint, View]>("binaryScalar", [
  {
    name: "gpujs",
    takes: (code, x, s, y) =>
      BINARY_JS[code] !== undefined && plain([x], y) && Number.isFinite(Number(s)),
    run: (rt, code, x, s, y) =>
      mapped(rt, `scalar/${code}`, "a, b", BINARY_JS[code] as string, [x], y, Number(s)),
  },
  {
    name: "wgsl",
    takes: (code, x) => (isFloat(x) ? BINARY_F32 : BINARY_INT)[code] !== undefined,
    run: (rt, code, x, s, y) =>
      elementwise(
        rt,
        {
          key: `scalar/${code}${tag(x, y)}`,
          expression: () => named(binaryText(code, x, y) as string).replace(/\bx1\b/g, "p.k"),
          params: { k: wgslType(x.dtype) },
          values: [Number(s)],
        },
        [x],
        y,
      ),
  },
]);

export const fill = slot<[View, number | bigint]>("fill", [
  {
    name: "wgsl",
    run(rt, y, value) {
      const v = Number(value);
      const word = y.dtype === "bool" ? Number(v !== 0) : y.dtype === "float32" ? v : Math.trunc(v);
      elementwise(
        rt,
        {
          key: "fill",
          expression: "p.k",
          params: { k: wgslType(y.dtype) },
          values: [y.dtype === "uint8" ? word & 255 : word],
        },
        [],
        y,
      );
    },
  },
]);

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
      elementwise(
        rt,
        {
          key: x.dtype === y.dtype ? "copy" : `cast/${x.dtype}/${y.dtype}`,
          expression: castExpression(x.dtype, y.dtype, "x0"),
        },
        [x],
        y,
      ),
  },
]);

export const where = slot<[View, View, View, View]>("where", [
  {
    name: "wgsl",
    run: (rt, cond, a, b, y) =>
      elementwise(rt, { key: "where", expression: "select(x2, x1, x0 != 0u)" }, [cond, a, b], y),
  },
]);
