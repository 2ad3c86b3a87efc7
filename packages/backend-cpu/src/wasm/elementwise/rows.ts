// Elementwise kernels: rows of elements in, rows out, four at a time. One generator for all of them.
//
//   kernel(rows, n, y, yRow, yStep, a, aRow, aStep, b, bRow, bStep, …)
//
// walks `rows` rows of n elements; addresses and steps are bytes. How an operand is read is part of the
// kernel: u  its elements lie side by side
//          s  one element for the whole row (broadcast)
//          c  not memory at all: the parameter a (a float) is the value
//          x  any step, lane by lane; then all operands of memory are read so
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  type Local,
  type Scope,
  touch,
  v128,
  when,
} from "../assembler/assembler.ts";
import { upTo } from "../assembler/lists.ts";
import { integers } from "./math.ts";

type V = Expr<"v128">;

/** In memory; in a kernel f32 is four floats (or any 32 bits), u8 and u16 four integers, i64 four floats (cast). */
export type Cell = "f32" | "u8" | "u16" | "i64";
export type Access = "u" | "s" | "c" | "x";

export const BYTES: Readonly<Record<Cell, number>> = { f32: 4, u8: 1, u16: 2, i64: 8 };

/** Four elements side by side. */
function loadFour(cell: Cell, at: IntLocal, scratch: Local<"v128">, offset: number): V {
  switch (cell) {
    case "f32":
      return v128.load(at, offset);
    case "u8":
      return i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(v128.load32Zero(at, offset)));
    case "u16":
      return i32x4.extendLowI16x8U(v128.load64Zero(at, offset));
    case "i64":
      return [
        [0, 1, 2, 3].map((lane) =>
          scratch.set(withLane(cell, scratch, lane, at, offset + lane * 8)),
        ),
        scratch,
      ];
  }
}

/** `vector` with one lane replaced by the element at `at`. */
function withLane(cell: Cell, vector: V, lane: number, at: IntLocal, offset = 0): V {
  switch (cell) {
    case "f32":
      return v128.load32Lane(at, vector, lane, offset);
    case "u8":
      return i32x4.replaceLane(vector, lane, i32.load8U(at, offset));
    case "u16":
      return i32x4.replaceLane(vector, lane, i32.load16U(at, offset));
    case "i64":
      return f32x4.replaceLane(vector, lane, f32.convertI64S(i64.load(at, offset)));
  }
}

function storeLane(cell: Cell, at: IntLocal, vector: V, lane: number, offset = 0): Code {
  switch (cell) {
    case "f32":
      return v128.store32Lane(at, vector, lane, offset);
    case "u8":
      return i32.store8(at, i32x4.extractLane(vector, lane), offset);
    case "u16":
      return i32.store16(at, i32x4.extractLane(vector, lane), offset);
    case "i64":
      return i64.store(at, i64.truncSatF32S(f32x4.extractLane(vector, lane)), offset);
  }
}

function storeFour(cell: Cell, at: IntLocal, vector: Local<"v128">, offset: number): Code {
  switch (cell) {
    case "f32":
      return v128.store(at, vector, offset);
    case "u8": {
      const lowBytes = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];
      return v128.store32Lane(at, i8x16.shuffle(vector, vector, lowBytes), 0, offset);
    }
    case "u16": {
      const lowHalves = [0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13];
      return v128.store64Lane(at, i8x16.shuffle(vector, vector, lowHalves), 0, offset);
    }
    case "i64":
      return [0, 1, 2, 3].map((lane) => storeLane(cell, at, vector, lane, offset + lane * 8));
  }
}

/** The arguments of a kernel with one input. */
export const ROWS = {
  rows: "i32",
  n: "i32",
  y: "i32",
  yRow: "i32",
  yStep: "i32",
  a: "i32",
  aRow: "i32",
  aStep: "i32",
} as const;

export interface RowsSpec {
  readonly inputs: readonly Cell[];
  readonly output: Cell;
  /** One letter per input, or "x" for all that lie in memory. */
  readonly access: readonly Access[];
  /** Reads its arguments any number of times. */
  readonly op: (scope: Scope, ...inputs: readonly V[]) => V;
  /** y has gaps; implied by an input of access x. */
  readonly strided?: boolean;
  /** The result is a mask, to be stored as 0 and 1. */
  readonly question?: boolean;
  /** What may stand for op where |x| < within, of one input of floats side by side. */
  readonly quick?: { readonly within: number; readonly op: (scope: Scope, x: V) => V };
}

interface Input {
  readonly cell: Cell;
  readonly access: Access;
  readonly at: IntLocal;
  readonly row: IntLocal;
  readonly step: IntLocal;
  readonly moving: IntLocal;
  readonly value: Local<"v128">;
}

const NAMES = ["a", "b", "c"] as const;

/** Elements of y that are touched before they are written, where little is computed. */
const AHEAD = 512;
/** Bytes of code that are done before memory has answered. */
const CHEAP = 96;
const lengthOf = (code: Code): number =>
  code.reduce<number>((sum, c) => sum + (Array.isArray(c) ? lengthOf(c as Code) : 1), 0);

/** A kernel of the form above, exported as `run`. */
export function rowsKernel(spec: RowsSpec): Func {
  const params: Record<string, "i32" | "f32"> = {
    rows: "i32",
    n: "i32",
    y: "i32",
    yRow: "i32",
    yStep: "i32",
  };
  spec.inputs.forEach((_, i) => {
    const name = NAMES[i] as string;
    params[name] = spec.access[i] === "c" ? "f32" : "i32";
    params[`${name}Row`] = "i32";
    params[`${name}Step`] = "i32";
  });
  return func("run", params, (f, p) => {
    const int = (name: string): IntLocal => p[name] as IntLocal;
    const inputs = spec.inputs.map((cell, i): Input => {
      const name = NAMES[i] as string;
      return {
        cell,
        access: spec.access[i] as Access,
        at: int(name),
        row: int(`${name}Row`),
        step: int(`${name}Step`),
        moving: f.local("i32"),
        value: f.local("v128"),
      };
    });
    const strided = spec.strided || spec.access.includes("x");
    const moving = inputs.filter((input) => input.access === "u" || input.access === "x");
    const y = f.local("i32");
    const result = f.local("v128");
    const [left, rest] = f.locals("i32", 2) as [IntLocal, IntLocal];
    const compute = result.set(
      spec.question
        ? v128.and(spec.op(f, ...inputs.map((input) => input.value)), integers(1))
        : spec.op(f, ...inputs.map((input) => input.value)),
    );
    /** `vectors` times four elements. */
    const sideBySide = (vectors: number): Code => [
      upTo(vectors).map((k) => [
        moving.map(({ cell, moving: at, value }) =>
          value.set(loadFour(cell, at, value, 4 * k * BYTES[cell])),
        ),
        compute,
        storeFour(spec.output, y, result, 4 * k * BYTES[spec.output]),
      ]),
      moving.map(({ cell, moving: at }) => at.add(4 * vectors * BYTES[cell])),
      y.add(4 * vectors * BYTES[spec.output]),
    ];
    /** Four vectors by the shorter code, unless one element is not within its bounds. */
    const quickly = ({ within, op }: NonNullable<RowsSpec["quick"]>): Code => {
      const at = (inputs[0] as Input).moving;
      const four = f.locals("v128", 4);
      const size = (v: V): V => v128.and(v, integers(0x7fffffff));
      // The sign bit says that the bits of |x| are not below those of `within`; a NaN's are above.
      const least = new Int32Array(new Float32Array([within]).buffer)[0] as number;
      const outside = four.map((v) => i32x4.add(size(v), integers(-0x80000000 - least)));
      const store = (of: (v: V) => V): Code => four.map((v, k) => v128.store(y, of(v), 16 * k));
      return [
        four.map((v, k) => v.set(v128.load(at, 16 * k))),
        when(
          i32x4.bitmask(outside.reduce((a, b) => v128.or(a, b))),
          store((v) => spec.op(f, v)),
          store((v) => op(f, v)),
        ),
        at.add(64),
        y.add(64),
      ];
    };
    const streams = !strided && (spec.quick !== undefined || lengthOf(compute) < CHEAP);
    const laneByLane: Code = [
      [0, 1, 2, 3].map((lane) =>
        moving.map(({ cell, moving: at, value, step }) => [
          value.set(withLane(cell, value, lane, at)),
          at.add(step),
        ]),
      ),
      compute,
      [0, 1, 2, 3].map((lane) => [storeLane(spec.output, y, result, lane), y.add(int("yStep"))]),
    ];
    // The rest of a row, one at a time in lane 0.
    const single: Code = [
      moving.map(({ cell, moving: at, value, step }) => [
        value.set(withLane(cell, value, 0, at)),
        at.add(strided ? step : BYTES[cell]),
      ]),
      compute,
      storeLane(spec.output, y, result, 0),
      y.add(strided ? int("yStep") : BYTES[spec.output]),
    ];
    const row: Code = [
      y.set(int("y")),
      moving.map(({ moving: at, at: start }) => at.set(start)),
      inputs
        .filter((input) => input.access === "s")
        .map(({ cell, at, value }) => [
          [0, 1, 2, 3].map((lane) => value.set(withLane(cell, value, lane, at))),
        ]),
      rest.set(int("n")),
      streams
        ? when(i32.geU(rest, 2 * AHEAD), [
            left.set(i32.shrU(i32.sub(rest, AHEAD), 4)),
            rest.set(i32.sub(rest, i32.shl(left, 4))),
            countdown(left, [
              touch(y, AHEAD * BYTES[spec.output]),
              spec.quick === undefined ? sideBySide(4) : quickly(spec.quick),
            ]),
          ])
        : [],
      left.set(i32.shrU(rest, 2)),
      countdownOrSkip(left, strided ? laneByLane : sideBySide(1)),
      left.set(i32.and(int("n"), 3)),
      countdownOrSkip(left, single),
      int("y").add(int("yRow")),
      inputs.filter((input) => input.access !== "c").map(({ at, row: step }) => at.add(step)),
    ];
    return [
      inputs
        .filter((input) => input.access === "c")
        .map(({ at, value }) => value.set(f32x4.splat(at as unknown as Expr<"f32">))),
      when(int("rows"), countdown(int("rows"), row)),
    ];
  });
}
